//! Path patterns of rules and routes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path pattern: segments, and whether everything below them is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PathPattern {
    /// The segments, in order.
    pub segments: Vec<Segment>,
    /// What ends the pattern.
    pub tail: Tail,
}

/// One segment of a [`PathPattern`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Segment {
    /// That segment, byte for byte.
    Literal(String),
    /// Exactly one segment, whatever it is: `*`, or `{name}` with its name.
    Any(Option<String>),
    /// One segment that the glob matches.
    Glob(String),
}

/// The end of a [`PathPattern`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tail {
    /// Nothing follows.
    None,
    /// One or more segments follow: `**`, or `{name+}` with its name.
    Below(Option<String>),
}

impl PathPattern {
    /// Whether one or more segments of any kind follow the written ones.
    pub const fn has_tail(&self) -> bool {
        matches!(self.tail, Tail::Below(_))
    }

    /// What `path.name` stands for in a rule with this pattern.
    pub fn binding(&self, name: &str) -> Option<PathRef> {
        let at = |index: usize| u16::try_from(index).ok();
        for (index, segment) in self.segments.iter().enumerate() {
            if matches!(segment, Segment::Any(Some(bound)) if bound == name) {
                return at(index).map(PathRef::Segment);
            }
        }
        match &self.tail {
            Tail::Below(Some(bound)) if bound == name => at(self.segments.len()).map(PathRef::Rest),
            _ => None,
        }
    }

    /// The name that the pattern gives to this part of the path.
    pub fn name_of(&self, part: PathRef) -> Option<&str> {
        match part {
            PathRef::Segment(index) => match self.segments.get(usize::from(index))? {
                Segment::Any(name) => name.as_deref(),
                Segment::Literal(_) | Segment::Glob(_) => None,
            },
            PathRef::Rest(_) => match &self.tail {
                Tail::Below(name) => name.as_deref(),
                Tail::None => None,
            },
        }
    }
}

/// A part of the request's path that a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PathRef {
    /// The segment of that index, counted from 0.
    Segment(u16),
    /// All from the segment of that index to the end, slashes included.
    Rest(u16),
}

/// Written as in a rule.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) | Segment::Glob(text) => write!(f, "/{text}")?,
                Segment::Any(None) => f.write_str("/*")?,
                Segment::Any(Some(name)) => write!(f, "/{{{name}}}")?,
            }
        }
        match &self.tail {
            Tail::None if self.segments.is_empty() => f.write_str("/"),
            Tail::None => Ok(()),
            Tail::Below(None) => f.write_str("/**"),
            Tail::Below(Some(name)) => write!(f, "/{{{name}+}}"),
        }
    }
}
