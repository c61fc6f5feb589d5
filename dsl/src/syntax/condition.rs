//! Conditions.

use super::{Name, Spanned, Value};
use crate::source::Span;

/// A condition. At most [`MAX_DEPTH`](crate::limits::MAX_DEPTH) deep.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What it says.
    pub kind: ConditionKind,
    /// Where it is written, parentheses around it included.
    pub span: Span,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// `a or b …`: at least two.
    Or(Vec<Condition>),
    /// `a and b …`: at least two.
    And(Vec<Condition>),
    /// `not a`
    Not(Box<Condition>),
    /// `group V`
    Group(Value),
    /// `scope V`
    Scope(Value),
    /// `issuer NAME`
    Issuer(Name),
    /// `has V`
    Has(Value),
    /// `a == b`, `a in b`, …
    Relation(Box<Relation>),
    /// A value alone: a claim, a name, `true`.
    Value(Value),
}

/// Two values and what is between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// What stands left of the operator.
    pub left: Value,
    /// The operator.
    pub operator: Spanned<Operator>,
    /// What stands right of the operator.
    pub right: Value,
}

/// What can stand between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `contains`
    Contains,
    /// `like`
    Like,
}

impl Operator {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Like => "like",
        }
    }
}
