//! When an issuer's keys are fetched: pure, with the time handed in.
//!
//! The time is the clock's on the wall, in seconds, and not a monotonic one: a process that Lambda froze, or
//! restored from a snapshot, has to see that its keys are old. A clock that was set back makes keys due.

/// Keys older than this are fetched anew before they are used.
pub const REFRESH_AFTER: i64 = 60 * 60;
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
    fetched_at: Option<i64>,
    failures: u32,
    failed_at: i64,
    kid_fetches: i64,
    earned_at: i64,
}

impl Schedule {
    pub(super) const fn new() -> Self {
        Self { fetched_at: None, failures: 0, failed_at: 0, kid_fetches: KID_FETCHES, earned_at: 0 }
    }

    /// Whether the keys are to be fetched, whichever token comes: there are none, or they are old.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.age(now).is_none_or(|age| age >= REFRESH_AFTER) && !self.is_backing_off(now)
    }

    /// Whether the keys can still be used.
    pub(super) fn is_usable(&self, now: i64) -> bool {
        self.age(now).is_some_and(|age| age < STALE_LIMIT)
    }

    /// Whether the keys may be fetched for an unknown `kid`; spends one of those fetches.
    pub(super) fn spend_kid_fetch(&mut self, now: i64) -> bool {
        if self.is_backing_off(now) {
            return false;
        }
        let earned = elapsed(self.earned_at, now) / KID_COOL_DOWN;
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

    pub(super) const fn succeeded(&mut self, now: i64) {
        self.fetched_at = Some(now);
        self.failures = 0;
    }

    pub(super) const fn failed(&mut self, now: i64) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
    }

    fn is_backing_off(&self, now: i64) -> bool {
        let Some(doublings) = self.failures.checked_sub(1) else {
            return false;
        };
        let pause = 1_i64.checked_shl(doublings.min(16)).unwrap_or(MAX_BACK_OFF).min(MAX_BACK_OFF);
        elapsed(self.failed_at, now) < pause
    }

    fn age(&self, now: i64) -> Option<i64> {
        // A clock that was set back says nothing about the age: due, and usable as long as it may be.
        self.fetched_at.map(|at| if now < at { REFRESH_AFTER } else { now.saturating_sub(at) })
    }
}

/// The time that passed; endless where the clock was set back, so that nothing waits for it to catch up.
const fn elapsed(since: i64, now: i64) -> i64 {
    if now < since { i64::MAX } else { now.saturating_sub(since) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn fetched() -> Schedule {
        let mut schedule = Schedule::new();
        schedule.succeeded(NOW);
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
    fn a_clock_set_back_makes_keys_due_but_not_useless() {
        assert!(fetched().is_due(NOW - 10));
        assert!(fetched().is_usable(NOW - 10));
        let mut schedule = fetched();
        schedule.failed(NOW);
        assert!(schedule.is_due(NOW - 10_000));
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
        schedule.succeeded(NOW);
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
