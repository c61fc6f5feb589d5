//! What an IAM policy document allows: the matcher that emitted documents are held to. It reads their JSON,
//! as API Gateway does, and knows no more of IAM than the documents may use; whatever else stands in one is
//! an error.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a document of another shape is a failed test"
)]

mod held_back;

use std::net::IpAddr;

use jiff::Timestamp;
use policy_engine::RequestContext;
use serde_json::Value as Json;

use crate::reference::{Regular, escaped};

pub(crate) use held_back::{has_expired, hides_address};

/// A document, ready to be asked.
pub(crate) struct Document {
    statements: Vec<Statement>,
}

struct Statement {
    allows: bool,
    /// The patterns that the resource must match one of; or must not, for `NotResource`.
    patterns: Vec<Vec<char>>,
    all_but: bool,
    /// What must hold besides.
    conditions: Vec<Condition>,
}

/// One operator of a statement's `Condition`, on the one key that it may be used with.
enum Condition {
    /// Whether `aws:CurrentTime` lies that way of the time.
    Time(fn(&Timestamp, &Timestamp) -> bool, Timestamp),
    /// Whether `aws:SourceIp` lies in one of the blocks, or in none.
    Address(Vec<String>, bool),
    /// Whether it lies in one of the blocks or is not there.
    AddressIfExists(Vec<String>),
    /// Whether it is there.
    HasAddress,
}

impl Document {
    pub(crate) fn read(json: &Json) -> Self {
        let document = json.as_object().expect("a document is an object");
        assert_eq!(keys(json), ["Statement", "Version"], "{json}");
        assert_eq!(document["Version"], "2012-10-17");
        let statements = document["Statement"].as_array().expect("a list of statements");
        assert!(!statements.is_empty(), "a document says something");
        Self { statements: statements.iter().map(Statement::read).collect() }
    }

    /// Whether a resource may be invoked in that context: some statement allows it, and none denies it.
    pub(crate) fn allows(&self, arn: &str, context: &RequestContext) -> bool {
        self.says(true, arn, context) && !self.says(false, arn, context)
    }

    /// Whether a resource is denied in so many words.
    pub(crate) fn denies(&self, arn: &str, context: &RequestContext) -> bool {
        self.says(false, arn, context)
    }

    fn says(&self, allows: bool, arn: &str, context: &RequestContext) -> bool {
        let arn: Vec<char> = arn.chars().collect();
        let mut own = self.statements.iter().filter(|one| one.allows == allows && one.holds(context));
        own.any(|one| one.is_about(&arn))
    }

    /// Everything that may be invoked in that context, without the start of its ARN, which all patterns share.
    pub(crate) fn allowed(&self, prefix: &str, context: &RequestContext) -> Regular {
        let denied = Regular::Not(Box::new(self.denied(prefix, context)));
        Regular::All(vec![self.said(true, prefix, context), denied])
    }

    /// Everything that is denied in so many words in that context, likewise.
    pub(crate) fn denied(&self, prefix: &str, context: &RequestContext) -> Regular {
        self.said(false, prefix, context)
    }

    fn said(&self, allows: bool, prefix: &str, context: &RequestContext) -> Regular {
        let own = self.statements.iter().filter(|one| one.allows == allows && one.holds(context));
        Regular::Any(own.map(|one| one.resources(prefix)).collect())
    }

    /// Whether any statement allows anything.
    pub(crate) fn allows_something(&self) -> bool {
        self.statements.iter().any(|statement| statement.allows)
    }

    /// Every pattern, of Allow and Deny.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &[char]> {
        self.statements.iter().flat_map(|statement| statement.patterns.iter().map(Vec::as_slice))
    }

    /// Whether what it allows depends on the time.
    pub(crate) fn reads_time(&self) -> bool {
        let mut conditions = self.statements.iter().flat_map(|statement| &statement.conditions);
        conditions.any(|condition| matches!(condition, Condition::Time(..)))
    }
}

impl Statement {
    fn read(json: &Json) -> Self {
        for key in keys(json) {
            let known = ["Effect", "Action", "Resource", "NotResource", "Condition"];
            assert!(known.contains(&key), "`{key}` in {json}");
        }
        assert_eq!(json["Action"], "execute-api:Invoke");
        let allows = match json["Effect"].as_str() {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => panic!("no effect in {json}"),
        };
        let (list, all_but) = match (json.get("Resource"), json.get("NotResource")) {
            (Some(list), None) => (list, false),
            (None, Some(list)) => (list, true),
            _ => panic!("Resource or NotResource in {json}"),
        };
        let patterns: Vec<Vec<char>> = texts(list).iter().map(|pattern| pattern.chars().collect()).collect();
        assert!(!patterns.is_empty(), "a statement is about something: {json}");
        assert!(!(allows && all_but), "an Allow with NotResource: {json}");
        let conditions = json.get("Condition").map_or_else(Vec::new, Condition::read);
        Self { allows, patterns, all_but, conditions }
    }

    fn holds(&self, context: &RequestContext) -> bool {
        self.conditions.iter().all(|condition| condition.holds(context))
    }

    fn is_about(&self, arn: &[char]) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, arn)) != self.all_but
    }

    fn resources(&self, prefix: &str) -> Regular {
        let expressions = self.patterns.iter().map(|pattern| expression(pattern, prefix));
        // What starts with a star are guards that come again and again.
        let (guards, others): (Vec<String>, Vec<String>) = expressions.partition(|one| one.starts_with('.'));
        let any = |list: Vec<String>| Regular::Any(list.into_iter().map(Regular::Matching).collect());
        let named = Regular::Any(vec![any(guards), any(others)]);
        if self.all_but { Regular::Not(Box::new(named)) } else { named }
    }
}

impl Condition {
    fn read(json: &Json) -> Vec<Self> {
        let operators = json.as_object().expect("a condition is an object");
        operators.iter().map(|(operator, operand)| Self::read_one(operator, operand)).collect()
    }

    fn read_one(operator: &str, operand: &Json) -> Self {
        let value = |key: &str| {
            assert_eq!(keys(operand), [key], "{operator}: {operand}");
            &operand[key]
        };
        let time = |lies: fn(&Timestamp, &Timestamp) -> bool| {
            let text = value("aws:CurrentTime").as_str().expect("one time");
            Self::Time(lies, text.parse().expect("a time as RFC 3339"))
        };
        match operator {
            "DateGreaterThan" => time(Timestamp::gt),
            "DateGreaterThanEquals" => time(Timestamp::ge),
            "DateLessThan" => time(Timestamp::lt),
            "DateLessThanEquals" => time(Timestamp::le),
            "IpAddress" => Self::Address(texts(value("aws:SourceIp")), true),
            "NotIpAddress" => Self::Address(texts(value("aws:SourceIp")), false),
            "IpAddressIfExists" => Self::AddressIfExists(texts(value("aws:SourceIp"))),
            "Null" => {
                assert_eq!(value("aws:SourceIp"), "false");
                Self::HasAddress
            }
            _ => panic!("`{operator}` on {operand}"),
        }
    }

    /// An operator that is not negated holds of no key that is not there.
    fn holds(&self, context: &RequestContext) -> bool {
        match self {
            Self::Time(lies, time) => {
                context.time.is_some_and(|now| lies(&Timestamp::from_second(now).expect("a time"), time))
            }
            Self::Address(blocks, wanted) => {
                context.ip.is_some_and(|ip| blocks.iter().any(|block| lies_in(ip, block))) == *wanted
            }
            Self::AddressIfExists(blocks) => {
                context.ip.is_none_or(|ip| blocks.iter().any(|block| lies_in(ip, block)))
            }
            Self::HasAddress => context.ip.is_some(),
        }
    }
}

fn lies_in(address: IpAddr, block: &str) -> bool {
    let (network, length) = block.split_once('/').unwrap_or((block, "128"));
    let length: u32 = length.parse().expect("a prefix length");
    let top = |bits: u128, size: u32| bits.checked_shr(size.saturating_sub(length)).unwrap_or(0);
    match (address.to_canonical(), network.parse().expect("an address")) {
        (IpAddr::V4(a), IpAddr::V4(b)) => top(u32::from(a).into(), 32) == top(u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => top(a.into(), 128) == top(b.into(), 128),
        _ => false,
    }
}

/// A text, or a list of some.
fn texts(json: &Json) -> Vec<String> {
    let text = |one: &Json| one.as_str().expect("a text").to_owned();
    json.as_array().map_or_else(|| vec![text(json)], |list| list.iter().map(text).collect())
}

/// The pattern behind the prefix as a regular expression over bytes. A `?` is one character.
fn expression(pattern: &[char], prefix: &str) -> String {
    let text: String = pattern.iter().collect();
    let rest = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    let rest = rest.unwrap_or_else(|| panic!("`{text}` does not start with `{prefix}/`"));
    assert!(!rest.contains("${"), "a policy variable in `{text}`");
    let each = rest.chars().map(|c| match c {
        '*' => ".*".to_owned(),
        '?' => r"(?:[\x00-\x7F]|[\xC2-\xF4][\x80-\xBF]+)".to_owned(),
        c => escaped(c.encode_utf8(&mut [0; 4]).as_bytes()),
    });
    each.collect()
}

fn keys(json: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = json.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}

/// `*` is any characters, none and `/` included; `?` is one character; case counts.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        (['*', pattern @ ..], _) => (0..=text.len()).any(|skipped| matches(pattern, &text[skipped..])),
        (['?', pattern @ ..], [_, text @ ..]) => matches(pattern, text),
        ([literal, pattern @ ..], [c, text @ ..]) => literal == c && matches(pattern, text),
        ([], text) => text.is_empty(),
        (_, []) => false,
    }
}

#[test]
fn patterns_match_as_in_iam() {
    for (pattern, text, matched) in [
        ("a/b", "a/b", true),
        ("a/b", "A/b", false),
        ("a/*", "a/", true),
        ("a/*", "a/b/c", true),
        ("a/*", "a", false),
        ("*/c", "a/b/c", true),
        ("a/?", "a/", false),
        ("a/?", "a/ü", true),
        ("a/?", "a//", true),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b*", "xxbxxaxx", false),
        ("", "", true),
        ("*", "", true),
    ] {
        let [pattern_chars, text_chars]: [Vec<char>; 2] = [pattern, text].map(|text| text.chars().collect());
        assert_eq!(matches(&pattern_chars, &text_chars), matched, "{pattern} {text}");
    }
}
