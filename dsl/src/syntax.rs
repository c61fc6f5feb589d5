//! The syntax tree: what a policy's text says, with a span for every part of it.
//!
//! Names are not resolved here: [`ValueKind::Name`] may be a `let` or a `param`, or neither.

mod block;
mod condition;
mod path;
mod test;
mod value;

use std::fmt;

use policy_engine::Effect;

use crate::source::Span;

pub use block::{Authorizer, Issuer};
pub use condition::{Condition, ConditionKind, Operator, Relation};
pub use path::{Path, Segment, Tail, Verbs};
pub use test::{Caller, Claims, Expectation, Test};
pub use value::{Member, RequestPart, Text, TextPart, Value, ValueKind};

/// A part of the tree, and where it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The part.
    pub node: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// The part with its place.
    pub const fn new(node: T, span: Span) -> Self {
        Self { node, span }
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.node, self.span)
    }
}

/// A name as it is written; for a quoted one (`token."cognito:groups"`), what the string holds.
pub type Name = Spanned<String>;

/// A string without `${…}`.
pub type Plain = Spanned<String>;

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The statements that could be read, in the order of the text.
    pub statements: Vec<Statement>,
    /// The statements that could not be read; each has an error of its own.
    pub broken: Vec<Broken>,
    /// Every comment, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment, from its `#` to the end of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Whether it documents the statement below it: `##`, first on its line.
    pub is_doc: bool,
    /// Where it is written.
    pub span: Span,
}

/// A statement that could not be read. What it would have defined is not unknown, only not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name that it seems to define: of a `let`, `param` or `issuer`, or behind a rule's `as`.
    pub name: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// The doc comment above it: its lines, without their `##`.
    pub doc: Option<String>,
    /// The warnings that are turned off for it: `# allow(W0101): reason`.
    pub allowed: Vec<AllowedWarning>,
    /// Where it is written, without its comments.
    pub span: Span,
}

/// A warning that is turned off for one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedWarning {
    /// The code as it is written; it may be no code at all.
    pub code: Name,
    /// Why; empty where nothing is said.
    pub reason: String,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `allow`, `public`, `deny`
    Rule(Rule),
    /// `never allow`, `always allow`
    Invariant(Invariant),
    /// `let NAME = C`
    Let(Let),
    /// `param NAME [= "default"]`
    Param(Param),
    /// `issuer NAME { … }`
    Issuer(Issuer),
    /// `api { … }`, `api "openapi.yaml"`
    Api(Api),
    /// `principal V`
    Principal(Value),
    /// `context { KEY = V … }`
    Context(Vec<ContextEntry>),
    /// `usage_key V`
    UsageKey(Value),
    /// `authorizer { … }`
    Authorizer(Authorizer),
    /// `use "other.policy"`
    Use(Plain),
    /// `test "NAME" { … }`
    Test(Test),
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it does where it matches, at its keyword.
    pub effect: Spanned<Effect>,
    /// Its verbs; at least one.
    pub verbs: Verbs,
    /// Its paths; at least one.
    pub paths: Vec<Path>,
    /// `when C`
    pub when: Option<Condition>,
    /// `unless C`
    pub unless: Option<Condition>,
    /// `as ID`
    pub id: Option<Name>,
    /// `because "TEXT"`
    pub because: Option<Text>,
}

/// An invariant over all tokens and requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// `never` or `always`, at its keyword.
    pub kind: Spanned<InvariantKind>,
    /// Its verbs; at least one.
    pub verbs: Verbs,
    /// Its paths; at least one.
    pub paths: Vec<Path>,
    /// `when C`: it is about the tokens and requests for which this holds.
    pub when: Option<Condition>,
    /// `unless C`: and for which this does not.
    pub unless: Option<Condition>,
}

/// What an invariant says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvariantKind {
    /// `never allow`
    Never,
    /// `always allow`
    Always,
}

/// `let NAME = C`
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub condition: Condition,
}

/// `param NAME [= "default"]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The name.
    pub name: Name,
    /// The value where none is given.
    pub default: Option<Plain>,
}

/// The routes that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// `api { VERB… PATH… }`
    Routes(Vec<Route>),
    /// `api "openapi.yaml"`
    File(Plain),
}

/// Declared routes: each of the verbs on each of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The verbs; at least one.
    pub verbs: Verbs,
    /// The paths; at least one.
    pub paths: Vec<Path>,
    /// Where it is written.
    pub span: Span,
}

/// One entry of `context`.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextEntry {
    /// The key.
    pub key: Name,
    /// What the backend gets.
    pub value: ContextValue,
    /// Where it is written.
    pub span: Span,
}

/// What the backend gets for a context key.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextValue {
    /// A value; its name, where it is one, may be a condition's.
    Value(Value),
    /// A condition that is more than a value: whether it holds.
    Condition(Condition),
    /// `json(V)`
    Json(Value),
}
