//! Verbs and path patterns.

use policy_engine::VerbSet;

use super::Spanned;
use crate::source::Span;

/// The verbs of a rule or route, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verbs {
    /// Each verb as a set: of one, or of all for `ANY`.
    pub named: Vec<Spanned<VerbSet>>,
    /// From the first to the last.
    pub span: Span,
}

impl Verbs {
    /// All of them.
    pub fn set(&self) -> VerbSet {
        self.named.iter().fold(VerbSet::EMPTY, |set, verb| set.union(verb.node))
    }
}

/// A path pattern. `/` has neither segments nor a tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The segments, in order.
    pub segments: Vec<Spanned<Segment>>,
    /// `**` or `{name+}` at the end.
    pub tail: Option<Spanned<Tail>>,
    /// Where it is written.
    pub span: Span,
}

/// One segment of a path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// That segment, byte for byte.
    Literal(String),
    /// `*`
    Any,
    /// `{name}`: the name without its braces.
    Param(String),
    /// A glob that globset can read.
    Glob(String),
}

/// What follows the segments: one or more of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// `**`
    Any,
    /// `{name+}`: the name without braces and plus.
    Param(String),
}
