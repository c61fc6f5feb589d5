//! Values at run time, and how they compare.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use crate::condition::{Comparison, Number};
use crate::path::segment_equals;

/// A value that an atom looks at. There is none where it is missing or null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Number(Number),
    /// An integer that 64 bits hold only without a sign.
    Large(u64),
    Text(&'a str),
    /// Equal to a string in each of the forms in which a segment can hold it.
    PathPart(&'a str),
    Array(&'a [Json]),
    Object(&'a Map<String, Json>),
}

impl<'a> Value<'a> {
    pub(crate) fn of_json(json: &'a Json) -> Option<Self> {
        Some(match json {
            Json::Null => return None,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => of_json_number(number)?,
            Json::String(text) => Self::Text(text),
            Json::Array(items) => Self::Array(items),
            Json::Object(object) => Self::Object(object),
        })
    }

    /// The string, if it is one.
    pub(crate) const fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) | Self::PathPart(text) => Some(text),
            _ => None,
        }
    }

    /// Whether both have the same type and are so related; arrays and objects never are.
    pub(crate) fn compares(self, comparison: Comparison, other: Self) -> bool {
        if comparison == Comparison::Equal {
            return self.equals(other);
        }
        let order = self.compare_numbers(other).or_else(|| match (self.text(), other.text()) {
            (Some(a), Some(b)) => Some(a.cmp(b)),
            _ => None,
        });
        order.is_some_and(|order| match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }

    /// Whether both are the same string, number or boolean.
    pub(crate) fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Text(a), Self::Text(b)) | (Self::PathPart(a), Self::PathPart(b)) => a == b,
            (Self::PathPart(part), Self::Text(text)) | (Self::Text(text), Self::PathPart(part)) => {
                segment_equals(part, text)
            }
            (a, b) => a.compare_numbers(b) == Some(Ordering::Equal),
        }
    }

    /// How two numbers lie to each other; `None` where one is no number.
    #[allow(clippy::cast_precision_loss, reason = "an integer meets a float as a float, as documented")]
    fn compare_numbers(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => compare_numbers(a, b),
            (Self::Large(a), Self::Large(b)) => Some(a.cmp(&b)),
            (Self::Large(_), Self::Number(Number::Integer(_))) => Some(Ordering::Greater),
            (Self::Large(a), Self::Number(Number::Float(b))) => (a as f64).partial_cmp(&b),
            (Self::Number(_), Self::Large(_)) => other.compare_numbers(self).map(Ordering::reverse),
            _ => None,
        }
    }
}

/// An integer beyond 64 bits does not occur: JSON text that holds one is read as a float.
fn of_json_number(number: &serde_json::Number) -> Option<Value<'static>> {
    let integer = number.as_i64().map(|value| Value::Number(Number::Integer(value)));
    let large = || number.as_u64().map(Value::Large);
    integer.or_else(large).or_else(|| number.as_f64().map(|value| Value::Number(Number::Float(value))))
}

#[allow(clippy::cast_precision_loss, reason = "an integer meets a float as a float, as documented")]
fn compare_numbers(a: Number, b: Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Integer(a), Number::Integer(b)) => Some(a.cmp(&b)),
        (Number::Integer(a), Number::Float(b)) => (a as f64).partial_cmp(&b),
        (Number::Float(a), Number::Integer(b)) => a.partial_cmp(&(b as f64)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
    }
}
