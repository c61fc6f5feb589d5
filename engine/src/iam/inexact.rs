//! Why there is no policy for the whole API.

use std::fmt;

use crate::iam::residual::Opaque;
use crate::program::RuleId;

/// Why there is no policy for the whole API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inexact {
    /// The rule that stands in the way, where it is one.
    pub rule: Option<RuleId>,
    /// What about it does.
    pub obstacle: Obstacle,
    /// A path that no policy for the whole API can be right about, where one is known; `{any}` stands for
    /// any segment.
    pub example: Option<String>,
}

/// What stands in the way of a policy for the whole API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The rule reads a header or a query parameter.
    ReadsRequest,
    /// The rule asks of the path more than whether a part of it is a certain string.
    PathCondition,
    /// The rule's path has a wildcard that IAM cannot say: its `*` crosses `/`.
    Wildcard,
    /// The rule compares the path with a string that holds `*`, `?` or `${`.
    IamCharacter,
    /// The rule's alternatives, or all the patterns, are too many.
    TooMany,
    /// A resource would be longer than 512 characters.
    ResourceTooLong,
    /// The document would be larger than `max_policy_bytes`.
    DocumentTooLarge,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadsRequest => {
                "it reads of the request what IAM cannot ask for: a header, a query parameter"
            }
            Self::PathCondition => "it asks of the path more than whether a part of it is a certain string",
            Self::Wildcard => "its path has a wildcard that IAM cannot say: a `*` there crosses `/`",
            Self::IamCharacter => {
                "it compares the path with a string that holds `*`, `?` or `${`, which IAM reads as its own"
            }
            Self::TooMany => "it stands for too many paths",
            Self::ResourceTooLong => "a resource would be longer than 512 characters",
            Self::DocumentTooLarge => "the document would be larger than `max_policy_bytes`",
        })
    }
}

impl From<Opaque> for Obstacle {
    fn from(opaque: Opaque) -> Self {
        match opaque {
            Opaque::Request => Self::ReadsRequest,
            Opaque::Path => Self::PathCondition,
        }
    }
}

impl From<Obstacle> for Inexact {
    fn from(obstacle: Obstacle) -> Self {
        Self { rule: None, obstacle, example: None }
    }
}
