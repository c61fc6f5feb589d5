//! How much was met.

use std::fmt;

use serde::Serialize;
use serde::ser::SerializeStruct;

/// Parts of a whole: a part for each rule, met when it made a decision, and two for each atom of its
/// condition, met when the atom was true and when it was false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(super) rules: usize,
    pub(super) rules_decided: usize,
    pub(super) outcomes: usize,
    pub(super) outcomes_met: usize,
}

impl Share {
    /// Both together.
    pub(super) const fn with(self, other: Self) -> Self {
        Self {
            rules: self.rules + other.rules,
            rules_decided: self.rules_decided + other.rules_decided,
            outcomes: self.outcomes + other.outcomes,
            outcomes_met: self.outcomes_met + other.outcomes_met,
        }
    }

    /// Whether at least that many percent were met; all of nothing is.
    pub(crate) const fn reaches(self, percent: u8) -> bool {
        self.met() * 100 >= self.all() * percent as usize
    }

    const fn met(self) -> usize {
        self.rules_decided + self.outcomes_met
    }

    const fn all(self) -> usize {
        self.rules + self.outcomes
    }

    /// In tenths of a percent, rounded down: only all of it is 100 %.
    fn tenths(self) -> usize {
        (self.met() * 1_000).checked_div(self.all()).unwrap_or(1_000)
    }

    fn percent(self) -> f64 {
        // At most 1,000.
        u32::try_from(self.tenths()).map_or(0.0, |tenths| f64::from(tenths) / 10.0)
    }
}

/// As `83.3%`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}%", self.tenths() / 10, self.tenths() % 10)
    }
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Share", 3)?;
        fields.serialize_field("percent", &self.percent())?;
        fields.serialize_field("met", &self.met())?;
        fields.serialize_field("all", &self.all())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_compared_exactly() {
        let share =
            |rules_decided, outcomes_met| Share { rules: 1, rules_decided, outcomes: 2, outcomes_met };
        for (share, text) in [
            (Share::default(), "100.0%"),
            (share(0, 0), "0.0%"),
            (share(1, 0), "33.3%"),
            (share(1, 1), "66.6%"),
            (share(1, 2), "100.0%"),
        ] {
            assert_eq!(share.to_string(), text);
        }
        assert!(share(1, 1).reaches(66));
        assert!(!share(1, 1).reaches(67));
        assert!(share(1, 2).reaches(100));
        assert!(Share::default().reaches(100));
    }
}
