//! Which of many like lines are written.

use sha2::{Digest, Sha256};

/// The share of the lines about allowed requests that is written. Lines about others always are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling(f64);

impl Sampling {
    /// Every line.
    pub const ALL: Self = Self(1.0);

    /// The share of that text: a number from 0 to 1.
    ///
    /// ```
    /// use policy_authorizer::log::Sampling;
    ///
    /// assert!(Sampling::parse("0.01").is_some());
    /// assert_eq!(Sampling::parse("1"), Some(Sampling::ALL));
    /// assert_eq!(Sampling::parse("5%"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let share: f64 = text.trim().parse().ok()?;
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// Whether the lines of the invocation of that id are written. The id decides, and no random number: those of
    /// one invocation go together, and processes that were restored from one snapshot do not all take the same.
    pub fn takes(self, id: &str) -> bool {
        const OUT_OF: f64 = 4_294_967_296.0;
        let digest = Sha256::digest(id);
        let start = digest.first_chunk::<4>().copied().unwrap_or_default();
        f64::from(u32::from_be_bytes(start)) < self.0 * OUT_OF
    }

    /// The share, where lines are left out.
    pub(crate) fn share(self) -> Option<f64> {
        (self.0 < 1.0).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        for (text, expected) in [
            ("0", Some(0.0)),
            (" 0.25 ", Some(0.25)),
            ("1.0", Some(1.0)),
            ("1.01", None),
            ("-0.1", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            ("1/2", None),
        ] {
            assert_eq!(Sampling::parse(text), expected.map(Sampling), "{text}");
        }
    }

    #[test]
    fn about_so_many_are_taken_and_always_the_same() {
        let ids: Vec<String> = (0..10_000).map(|n| format!("request-{n}")).collect();
        let taken = |share: f64| ids.iter().filter(|id| Sampling(share).takes(id)).count();
        assert_eq!((taken(0.0), taken(1.0)), (0, 10_000));
        assert!((900..1_100).contains(&taken(0.1)), "{}", taken(0.1));
        assert_eq!(taken(0.1), taken(0.1));
    }
}
