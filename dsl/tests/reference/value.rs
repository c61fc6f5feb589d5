//! What values stand for, and how two of them compare.

use std::cmp::Ordering;

use policy_dsl::syntax::{Member, RequestPart, Value, ValueKind};
use policy_engine::condition::{Number, Root};
use serde_json::{Map, Value as Json};

use super::{World, forms};

/// What a value stands for. Null and whatever is missing stand for nothing.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A part of the path, as it was sent.
    Path(String),
    List(Vec<Known>),
    Object,
}

impl World<'_> {
    pub(crate) fn value(&self, value: &Value) -> Option<Known> {
        match &value.kind {
            ValueKind::Text(text) => Some(Known::Text(self.policy.text(text))),
            ValueKind::Name(name) => Some(Known::Text(self.policy.param(name))),
            ValueKind::Number(Number::Integer(number)) => Some(Known::Integer(i128::from(*number))),
            ValueKind::Number(Number::Float(number)) => Some(Known::Float(*number)),
            ValueKind::Bool(value) => Some(Known::Bool(*value)),
            ValueKind::List(items) => {
                Some(Known::List(items.iter().filter_map(|item| self.value(item)).collect()))
            }
            ValueKind::Member(member) => self.member(member),
            ValueKind::Path(name) => {
                let sent = self.path.get(&name.node).expect("a path parameter that the rule binds");
                Some(Known::Path(sent.clone()))
            }
            ValueKind::Request(part) => self.request(part),
        }
    }

    /// `token.x`, `userinfo.x`
    pub(crate) fn member(&self, member: &Member) -> Option<Known> {
        let token = self.token?;
        let object = match member.root {
            Root::Token => token.claims(),
            Root::Userinfo => token.userinfo()?,
        };
        let names: Vec<&str> = member.names.iter().map(|name| name.node.as_str()).collect();
        claim(object, &names)
    }

    fn request(&self, part: &RequestPart) -> Option<Known> {
        // Of a name that comes twice, the last counts.
        match part {
            RequestPart::Header(name) => self
                .context
                .headers
                .iter()
                .rfind(|(header, _)| header.eq_ignore_ascii_case(&name.node))
                .map(|(_, value)| Known::Text(value.clone())),
            RequestPart::Query(name) => self
                .context
                .query
                .iter()
                .rfind(|(parameter, _)| *parameter == name.node)
                .map(|(_, value)| Known::Text(value.clone())),
            RequestPart::Ip => panic!("an address is compared with blocks of addresses only"),
            RequestPart::Time => self.context.time.map(|time| Known::Integer(i128::from(time))),
            RequestPart::Stage => self.context.stage.clone().map(Known::Text),
        }
    }
}

/// What is found in an object under these names, one below the other.
pub(crate) fn claim(object: &Map<String, Json>, names: &[&str]) -> Option<Known> {
    match names {
        [] => None,
        [name] => known(object.get(*name)?),
        [name, below @ ..] => claim(object.get(*name)?.as_object()?, below),
    }
}

fn known(json: &Json) -> Option<Known> {
    match json {
        Json::Null => None,
        Json::Bool(value) => Some(Known::Bool(*value)),
        Json::Number(number) => match number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)) {
            Some(number) => Some(Known::Integer(number)),
            None => Some(Known::Float(number.as_f64()?)),
        },
        Json::String(text) => Some(Known::Text(text.clone())),
        Json::Array(items) => Some(Known::List(items.iter().filter_map(known).collect())),
        Json::Object(_) => Some(Known::Object),
    }
}

/// Whether both are of the same type, and equal. Lists and objects never are.
pub(crate) fn equal(a: &Known, b: &Known) -> bool {
    match (a, b) {
        (Known::Bool(a), Known::Bool(b)) => a == b,
        (Known::Path(sent), Known::Text(text)) | (Known::Text(text), Known::Path(sent)) => {
            forms(text).contains(sent)
        }
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

/// How two strings, or two numbers, are ordered.
pub(crate) fn order(a: &Known, b: &Known) -> Option<Ordering> {
    match (a, b) {
        (Known::Text(a) | Known::Path(a), Known::Text(b) | Known::Path(b)) => {
            Some(a.as_bytes().cmp(b.as_bytes()))
        }
        (Known::Integer(a), Known::Integer(b)) => Some(a.cmp(b)),
        (Known::Integer(_) | Known::Float(_), Known::Integer(_) | Known::Float(_)) => {
            float(a).partial_cmp(&float(b))
        }
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "the language compares an integer and a float as floats")]
fn float(number: &Known) -> f64 {
    match number {
        Known::Integer(number) => *number as f64,
        Known::Float(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}
