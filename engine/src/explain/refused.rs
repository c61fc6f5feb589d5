//! What is wrong with a path that is malformed, or a claim that is hostile.

use std::fmt;
use std::ops::Range;

use crate::caller::Caller;
use crate::condition::SelectorId;
use crate::facts::HostileSource;
use crate::path::{Malformed, RequestPath, is_hostile};
use crate::test::Scene;

/// A claim that could change the path's meaning, where a rule compares it to the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostileClaim {
    /// The claim, written as in a rule.
    pub claim: String,
    /// Its value; for a list, the item.
    pub value: String,
    /// What is wrong with it.
    pub why: HostileWhy,
}

/// What makes a value hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostileWhy {
    /// It is empty.
    Empty,
    /// It holds that character.
    Holds(char),
}

impl fmt::Display for HostileWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Holds(c) if c.is_control() => f.write_str("it holds a control character"),
            Self::Holds(c) => write!(f, "it holds `{c}`"),
        }
    }
}

impl Caller<'_> {
    /// The claim for which every request is denied, if there is one, and what is wrong with it.
    pub fn hostile(&self) -> Option<HostileClaim> {
        let claim = self.hostile_claim()?;
        let values = match self.hostile? {
            HostileSource::Claim(id) => self.strings(id),
            HostileSource::Groups => self.known.groups().to_vec(),
            HostileSource::Scopes => self.known.scopes().to_vec(),
        };
        let value = values.into_iter().find(|value| is_hostile(value))?;
        Some(HostileClaim { claim, value: value.to_owned(), why: why(value) })
    }

    fn strings(&self, id: SelectorId) -> Vec<&str> {
        match Scene::claim(&self.known, id) {
            Some(serde_json::Value::String(text)) => vec![text],
            Some(serde_json::Value::Array(items)) => items.iter().filter_map(|item| item.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

fn why(value: &str) -> HostileWhy {
    let hostile = value.chars().find(|c| is_hostile(c.encode_utf8(&mut [0; 4])));
    hostile.map_or(HostileWhy::Empty, HostileWhy::Holds)
}

/// Where a malformed path is so: the bytes that make it so, or nothing where no single place does.
pub fn malformed_at(path: &str) -> Option<Range<usize>> {
    match RequestPath::parse(path).err()? {
        Malformed::NotAbsolute | Malformed::TooLong => None,
        Malformed::EmptySegment if path.contains("//") => path.find("//").map(|at| at..at + 2),
        Malformed::EmptySegment => Some(path.len().checked_sub(1)?..path.len()),
        Malformed::DotSegment => dot_segment(path),
        Malformed::Backslash => path.find('\\').map(|at| at..at + 1),
        Malformed::ControlCharacter => path.find(|c: char| c.is_ascii_control()).map(|at| at..at + 1),
        Malformed::EncodedSeparator => {
            let lower = path.to_ascii_lowercase();
            let found = ["%2f", "%5c", "%2e", "%00"].iter().filter_map(|code| lower.find(code)).min();
            found.map(|at| at..at + 3)
        }
    }
}

fn dot_segment(path: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for segment in path.split('/') {
        let end = start + segment.len();
        if matches!(segment, "." | "..") {
            return Some(start..end);
        }
        start = end + 1;
    }
    None
}
