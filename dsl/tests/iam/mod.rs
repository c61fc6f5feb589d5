//! What an IAM policy document allows: the matcher that emitted documents are held to. It reads their JSON,
//! as API Gateway does, and knows no more of IAM than the documents may use; whatever else stands in one is
//! an error.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a document of another shape is a failed test"
)]

pub(crate) mod second;

use jiff::Timestamp;
use serde_json::Value as Json;

/// A document, ready to be asked.
pub(crate) struct Document {
    statements: Vec<Statement>,
}

struct Statement {
    allows: bool,
    /// The patterns that the resource must match one of; or must not, for `NotResource`.
    patterns: Vec<Vec<char>>,
    all_but: bool,
    /// The time from which on, and the time before which, it holds.
    from: Option<Timestamp>,
    before: Option<Timestamp>,
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

    /// Whether a resource may be invoked at that time: some statement allows it, and none denies it.
    pub(crate) fn allows(&self, arn: &str, now: Timestamp) -> bool {
        let arn: Vec<char> = arn.chars().collect();
        let says = |allows| {
            self.statements
                .iter()
                .any(|statement| statement.allows == allows && statement.is_about(&arn, now))
        };
        says(true) && !says(false)
    }

    /// Whether a resource is denied in so many words.
    pub(crate) fn denies(&self, arn: &str, now: Timestamp) -> bool {
        let arn: Vec<char> = arn.chars().collect();
        self.statements.iter().any(|statement| !statement.allows && statement.is_about(&arn, now))
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
        self.statements.iter().any(|statement| statement.from.is_some() || statement.before.is_some())
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
        let patterns: Vec<Vec<char>> = match list {
            Json::String(one) => vec![one.chars().collect()],
            _ => list
                .as_array()
                .expect("a list of resources")
                .iter()
                .map(|pattern| pattern.as_str().expect("a resource").chars().collect())
                .collect(),
        };
        assert!(!patterns.is_empty(), "a statement is about something: {json}");
        assert!(!(allows && all_but), "an Allow with NotResource: {json}");
        let (from, before) = json.get("Condition").map_or((None, None), times);
        Self { allows, patterns, all_but, from, before }
    }

    fn is_about(&self, arn: &[char], now: Timestamp) -> bool {
        let named = self.patterns.iter().any(|pattern| matches(pattern, arn));
        named != self.all_but
            && self.from.is_none_or(|from| now >= from)
            && self.before.is_none_or(|before| now < before)
    }
}

fn times(condition: &Json) -> (Option<Timestamp>, Option<Timestamp>) {
    let (mut from, mut before) = (None, None);
    for (operator, operand) in condition.as_object().expect("a condition is an object") {
        assert_eq!(keys(operand), ["aws:CurrentTime"], "{condition}");
        let text = operand["aws:CurrentTime"].as_str().expect("one time");
        let time = Some(text.parse().expect("a time as RFC 3339"));
        match operator.as_str() {
            "DateGreaterThanEquals" => from = time,
            "DateLessThan" => before = time,
            _ => panic!("`{operator}` in {condition}"),
        }
    }
    (from, before)
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
