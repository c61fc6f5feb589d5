//! What a condition asks of a request beside its verb and path, where IAM can ask the same: the caller's address
//! and the time.

use ipnet::IpNet;

use crate::condition::{Comparison, Number};
use crate::iam::document::Condition;
use crate::value::Value;

/// From here on, and before here, IAM has no times to write (RFC 3339, section 1).
const FIRST_TIME: i64 = -62_167_219_200;
const LAST_TIME: i64 = 253_402_300_799;

/// One question with two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Circumstance {
    /// The request comes before this time, in seconds since 1970.
    Before(i64),
    /// The address lies in this block.
    Address(IpNet),
}

/// The answers under which a comparison of the time holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeTest {
    /// Always, or never.
    Constant(bool),
    /// Before that time, or not before it.
    Before(i64, bool),
    /// During that second, or not during it.
    During(i64, bool),
}

impl TimeTest {
    /// What `request.time` so compared with the value asks. The rules count whole seconds, IAM's clock may have
    /// parts of them: `<= n` is before the second after n.
    pub(crate) fn new(comparison: Comparison, value: Option<Value<'_>>) -> Self {
        let Some((low, high)) = value.and_then(bounds) else { return Self::Constant(false) };
        match comparison {
            Comparison::Less => Self::before(high, true),
            Comparison::LessOrEqual => Self::before(low.saturating_add(1), true),
            Comparison::Greater => Self::before(low.saturating_add(1), false),
            Comparison::GreaterOrEqual => Self::before(high, false),
            Comparison::Equal if low == high && (FIRST_TIME..LAST_TIME).contains(&low) => {
                Self::During(low, true)
            }
            Comparison::Equal => Self::Constant(false),
        }
    }

    /// The opposite.
    pub(crate) const fn not(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::Before(time, value) => Self::Before(time, !value),
            Self::During(time, value) => Self::During(time, !value),
        }
    }

    const fn before(time: i64, value: bool) -> Self {
        if time > LAST_TIME {
            Self::Constant(value)
        } else if time < FIRST_TIME {
            Self::Constant(!value)
        } else {
            Self::Before(time, value)
        }
    }
}

/// The greatest whole number that is not above the number, and the least that is not below it.
#[allow(clippy::cast_possible_truncation, reason = "what is beyond 64 bits is beyond all times")]
fn bounds(value: Value<'_>) -> Option<(i64, i64)> {
    match value {
        Value::Number(Number::Integer(number)) => Some((number, number)),
        Value::Number(Number::Float(number)) => Some((number.floor() as i64, number.ceil() as i64)),
        Value::Large(_) => Some((i64::MAX, i64::MAX)),
        _ => None,
    }
}

/// The comparison with its sides exchanged.
pub(crate) const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// Whether some request can answer these questions so: times in order, blocks that lie in one another.
pub(crate) fn is_possible(answers: &[(Circumstance, bool)]) -> bool {
    answers.iter().all(|(yes, is_yes)| {
        !is_yes
            || answers.iter().all(|(other, is_other)| match (yes, other) {
                (Circumstance::Before(early), Circumstance::Before(late)) => early > late || *is_other,
                (Circumstance::Address(a), Circumstance::Address(b)) if *is_other => {
                    a.contains(b) || b.contains(a)
                }
                (Circumstance::Address(a), Circumstance::Address(b)) => !b.contains(a),
                _ => true,
            })
    })
}

/// The answers as a condition of IAM; `None` where nothing is asked.
pub(crate) fn condition(answers: &[(Circumstance, bool)]) -> Option<Condition> {
    let mut condition = Condition::default();
    let mut narrowest: Option<IpNet> = None;
    for (question, answer) in answers {
        match (question, answer) {
            (Circumstance::Before(time), true) => condition.before(*time),
            (Circumstance::Before(time), false) => condition.from(*time),
            (Circumstance::Address(block), true) => {
                if narrowest.is_none_or(|known| known.contains(block)) {
                    narrowest = Some(*block);
                }
            }
            (Circumstance::Address(block), false) => condition.outside(&block.to_string()),
        }
    }
    if let Some(block) = narrowest {
        condition.inside(&block.to_string());
    }
    (!answers.is_empty()).then_some(condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Circumstance {
        Circumstance::Address(text.parse().unwrap())
    }

    #[test]
    fn a_second_has_parts() {
        let integer = |number| Some(Value::Number(Number::Integer(number)));
        let float = |number| Some(Value::Number(Number::Float(number)));
        for (comparison, value, expected) in [
            (Comparison::Less, integer(10), TimeTest::Before(10, true)),
            (Comparison::LessOrEqual, integer(10), TimeTest::Before(11, true)),
            (Comparison::Greater, integer(10), TimeTest::Before(11, false)),
            (Comparison::GreaterOrEqual, integer(10), TimeTest::Before(10, false)),
            (Comparison::Equal, integer(10), TimeTest::During(10, true)),
            (Comparison::Less, float(1.5), TimeTest::Before(2, true)),
            (Comparison::LessOrEqual, float(1.5), TimeTest::Before(2, true)),
            (Comparison::Greater, float(1.5), TimeTest::Before(2, false)),
            (Comparison::GreaterOrEqual, float(1.5), TimeTest::Before(2, false)),
            (Comparison::Equal, float(1.5), TimeTest::Constant(false)),
            (Comparison::Equal, float(2.0), TimeTest::During(2, true)),
            (Comparison::Less, float(1e300), TimeTest::Constant(true)),
            (Comparison::Greater, Some(Value::Large(u64::MAX)), TimeTest::Constant(false)),
            (Comparison::GreaterOrEqual, integer(i64::MIN), TimeTest::Constant(true)),
            (Comparison::Less, Some(Value::Text("10")), TimeTest::Constant(false)),
            (Comparison::Less, None, TimeTest::Constant(false)),
        ] {
            assert_eq!(TimeTest::new(comparison, value), expected, "{comparison:?} {value:?}");
        }
    }

    #[test]
    fn what_no_request_can_answer() {
        let (wide, narrow, other) = (block("10.0.0.0/8"), block("10.1.0.0/16"), block("192.0.2.0/24"));
        let (early, late) = (Circumstance::Before(1), Circumstance::Before(2));
        for (answers, expected) in [
            (&[(wide, true), (narrow, true)][..], true),
            (&[(wide, true), (narrow, false)], true),
            (&[(wide, false), (narrow, true)], false),
            (&[(wide, true), (other, true)], false),
            (&[(wide, false), (other, false)], true),
            (&[(early, true), (late, false)], false),
            (&[(early, false), (late, true), (wide, true)], true),
        ] {
            assert_eq!(is_possible(answers), expected, "{answers:?}");
        }
    }
}
