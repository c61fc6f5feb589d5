//! When an issuer's keys are fetched: pure, with the time handed in.
//!
//! The time is the clock's on the wall, in seconds, and not a monotonic one: a process that Lambda froze, or
//! restored from a snapshot, has to see that its keys are old. Where that clock is set back, every age starts
//! anew from its worst case, so that nothing waits for the clock to catch up, and nothing lives for longer.

/// Keys older than this are fetched anew before they are used, unless the issuer said how long they are good.
pub const REFRESH_AFTER: i64 = 60 * 60;
/// Keys are not fetched anew before this, however short the issuer says that they are good: some say seconds.
pub const MIN_REFRESH_AFTER: i64 = 5 * 60;
/// Keys are fetched anew after this, however long the issuer says that they are good: some say weeks, and a
/// withdrawn key must not live on for that.
pub const MAX_REFRESH_AFTER: i64 = 2 * 60 * 60;
/// Keys older than this, with the issuer down since, are not used any more: a key that the issuer has
/// withdrawn must die some time.
pub const STALE_LIMIT: i64 = 24 * 60 * 60;
/// A fetch for an unknown `kid` is earned once in this time.
pub const KID_COOL_DOWN: i64 = 30;
/// So many of them can be saved up. A token with a made-up `kid` costs one, and leaves the others to a
/// key that the issuer did rotate in; while made-up ones keep coming, that key is found when the next is earned.
pub const KID_FETCHES: i64 = 3;
/// The longest pause after failures, which start at one second and double.
pub const MAX_BACK_OFF: i64 = 60;

/// The memory that decisions to fetch are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    origin: Origin,
    failures: u32,
    failed_at: i64,
    kid_fetches: i64,
    earned_at: i64,
}

/// Where the keys in use come from, and how long they are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// There are none.
    Nowhere,
    /// The bundle: until this time, or the first good fetch.
    Bundle { until: i64 },
    /// The issuer, at this time; due after so many seconds.
    Issuer { at: i64, refresh_after: i64 },
}

impl Schedule {
    /// Without keys.
    pub(super) const fn new() -> Self {
        Self::of(Origin::Nowhere)
    }

    /// With keys of the bundle, which can be used until that time. They do not put off a fetch.
    pub(super) const fn with_shipped_keys(until: i64) -> Self {
        Self::of(Origin::Bundle { until })
    }

    const fn of(origin: Origin) -> Self {
        Self { origin, failures: 0, failed_at: 0, kid_fetches: KID_FETCHES, earned_at: 0 }
    }

    /// Has to be called with the time before anything else is asked.
    pub(super) const fn observe(&mut self, now: i64) {
        if let Origin::Issuer { at, refresh_after } = self.origin
            && now < at
        {
            self.origin = Origin::Issuer { at: now.saturating_sub(refresh_after), refresh_after };
        }
        if now < self.failed_at {
            self.failed_at = now.saturating_sub(MAX_BACK_OFF);
        }
        if now < self.earned_at {
            self.earned_at = now.saturating_sub(KID_COOL_DOWN);
        }
    }

    /// Whether the keys are to be fetched, whichever token comes: there are none of the issuer's, or they are old.
    pub(super) const fn is_due(&self, now: i64) -> bool {
        self.is_old(now) && !self.is_backing_off(now)
    }

    /// Whether the keys can still be used.
    pub(super) const fn is_usable(&self, now: i64) -> bool {
        match self.origin {
            Origin::Nowhere => false,
            Origin::Bundle { until } => now < until,
            Origin::Issuer { at, .. } => now.saturating_sub(at) < STALE_LIMIT,
        }
    }

    /// Whether keys that are used now would have been fetched anew, had the issuer answered.
    pub(super) const fn is_old(&self, now: i64) -> bool {
        match self.origin {
            Origin::Nowhere | Origin::Bundle { .. } => true,
            Origin::Issuer { at, refresh_after } => now.saturating_sub(at) >= refresh_after,
        }
    }

    /// Whether the keys may be fetched for an unknown `kid`; spends one of those fetches.
    pub(super) fn spend_kid_fetch(&mut self, now: i64) -> bool {
        if self.is_backing_off(now) {
            return false;
        }
        let earned = now.saturating_sub(self.earned_at) / KID_COOL_DOWN;
        if earned > 0 {
            self.kid_fetches = self.kid_fetches.saturating_add(earned).min(KID_FETCHES);
            self.earned_at = now;
        }
        if self.kid_fetches == 0 {
            return false;
        }
        self.kid_fetches -= 1;
        true
    }

    /// The issuer gave its keys; `max_age` is how long it says that they are good, in seconds.
    pub(super) fn succeeded(&mut self, now: i64, max_age: Option<i64>) {
        let refresh_after =
            max_age.map_or(REFRESH_AFTER, |age| age.clamp(MIN_REFRESH_AFTER, MAX_REFRESH_AFTER));
        self.origin = Origin::Issuer { at: now, refresh_after };
        self.failures = 0;
    }

    pub(super) const fn failed(&mut self, now: i64) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
    }

    const fn is_backing_off(&self, now: i64) -> bool {
        let pause = match self.failures {
            0 => return false,
            // 2 to the power of 6 is the first beyond the longest pause.
            failures @ 1..=6 => 1_i64 << (failures - 1),
            _ => MAX_BACK_OFF,
        };
        now.saturating_sub(self.failed_at) < pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn fetched() -> Schedule {
        let mut schedule = Schedule::new();
        schedule.succeeded(NOW, None);
        schedule
    }

    #[test]
    fn keys_are_due_at_first_and_when_old() {
        assert!(Schedule::new().is_due(NOW));
        assert!(!Schedule::new().is_usable(NOW));
        assert!(!fetched().is_due(NOW));
        assert!(!fetched().is_due(NOW + REFRESH_AFTER - 1));
        assert!(fetched().is_due(NOW + REFRESH_AFTER));
        assert!(fetched().is_usable(NOW + STALE_LIMIT - 1));
        assert!(!fetched().is_usable(NOW + STALE_LIMIT));
    }

    #[test]
    fn the_issuer_says_how_long_keys_are_good_within_bounds() {
        for (max_age, refresh_after) in [
            (None, REFRESH_AFTER),
            (Some(0), MIN_REFRESH_AFTER),
            (Some(15), MIN_REFRESH_AFTER),
            (Some(1_800), 1_800),
            (Some(i64::MAX), MAX_REFRESH_AFTER),
            (Some(-1), MIN_REFRESH_AFTER),
        ] {
            let mut schedule = Schedule::new();
            schedule.succeeded(NOW, max_age);
            assert!(!schedule.is_due(NOW + refresh_after - 1), "{max_age:?}");
            assert!(schedule.is_due(NOW + refresh_after), "{max_age:?}");
            assert!(schedule.is_usable(NOW + STALE_LIMIT - 1), "{max_age:?}");
        }
    }

    #[test]
    fn shipped_keys_are_used_up_to_their_end_and_put_off_no_fetch() {
        let mut schedule = Schedule::with_shipped_keys(NOW + 10);
        assert!(schedule.is_due(NOW));
        assert!(schedule.is_usable(NOW + 9));
        assert!(!schedule.is_usable(NOW + 10));
        schedule.succeeded(NOW, None);
        assert!(schedule.is_usable(NOW + 10), "the issuer's own have taken their place");
        assert!(!schedule.is_usable(NOW + STALE_LIMIT), "and they do not come back");
    }

    #[test]
    fn a_clock_set_back_makes_keys_due_and_gives_them_no_second_life() {
        let mut schedule = fetched();
        schedule.failed(NOW);
        let back = NOW - 1_000_000;
        schedule.observe(back);
        assert!(schedule.is_due(back), "neither age nor back-off waits for the clock");
        assert!(schedule.is_usable(back));
        assert!(schedule.spend_kid_fetch(back));
        let rest = STALE_LIMIT - REFRESH_AFTER;
        schedule.observe(back + rest);
        assert!(!schedule.is_usable(back + rest), "as if it had been {REFRESH_AFTER} s old");
    }

    #[test]
    fn a_clock_set_forward_makes_keys_as_old_as_they_are() {
        let mut schedule = fetched();
        schedule.observe(NOW + STALE_LIMIT);
        assert!(schedule.is_due(NOW + STALE_LIMIT));
        assert!(!schedule.is_usable(NOW + STALE_LIMIT));
    }

    #[test]
    fn failures_pause_ever_longer_up_to_a_limit() {
        let mut schedule = Schedule::new();
        for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            schedule.failed(NOW);
            assert!(!schedule.is_due(NOW + pause - 1), "{pause}");
            assert!(!schedule.spend_kid_fetch(NOW + pause - 1), "{pause}");
            assert!(schedule.is_due(NOW + pause), "{pause}");
        }
        schedule.succeeded(NOW, None);
        assert!(schedule.spend_kid_fetch(NOW));
    }

    #[test]
    fn unknown_kids_spend_what_is_saved_and_then_wait() {
        let mut schedule = fetched();
        for _ in 0..KID_FETCHES {
            assert!(schedule.spend_kid_fetch(NOW));
        }
        assert!(!schedule.spend_kid_fetch(NOW));
        assert!(!schedule.spend_kid_fetch(NOW + KID_COOL_DOWN - 1));
        assert!(schedule.spend_kid_fetch(NOW + KID_COOL_DOWN));
        assert!(!schedule.spend_kid_fetch(NOW + KID_COOL_DOWN));
        assert!(schedule.spend_kid_fetch(NOW + 100 * KID_COOL_DOWN));
    }

    #[test]
    fn no_count_of_unknown_kids_fetches_more_than_its_share() {
        let mut schedule = fetched();
        let hour = 3_600;
        let fetches = (0..hour).filter(|second| schedule.spend_kid_fetch(NOW + second)).count();
        let most = usize::try_from(KID_FETCHES + hour / KID_COOL_DOWN).unwrap();
        assert!(fetches <= most, "{fetches}");
    }
}
