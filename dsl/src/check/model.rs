//! The checked model: every name resolved, every type right. Only `path.x` is still a name, since it is a
//! different part of the path in each of a rule's patterns.

use policy_engine::condition::{Comparison, IssuerId, Literal, Selector};
use policy_engine::pattern::PathPattern;
use policy_engine::text::{Param, Text};
use policy_engine::{Algorithm, AuthorizerSettings, Effect, KeySource, Route, VerbSet};

use crate::compile::TestCase;
use crate::source::Span;
use crate::syntax::Name;

/// A policy without errors.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) params: Vec<Param>,
    pub(crate) issuers: Vec<Issuer>,
    /// By [`LetId`].
    pub(crate) lets: Vec<LetModel>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) routes: Vec<DeclaredRoute>,
    pub(crate) principal: Option<Operand>,
    pub(crate) context: Vec<ContextEntry>,
    pub(crate) usage_key: Option<Operand>,
    pub(crate) authorizer: AuthorizerSettings,
    pub(crate) tests: Vec<TestCase>,
}

/// Index of a `let` in [`Model::lets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LetId(pub(crate) usize);

/// A named condition.
#[derive(Debug, Clone)]
pub(crate) struct LetModel {
    pub(crate) condition: Condition,
    pub(crate) extent: Extent,
}

/// How much a condition is with every `let` written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Its tests and operators.
    pub(crate) nodes: usize,
    /// How many of them are in one another.
    pub(crate) depth: usize,
    /// Whether any of them reads `path.x`.
    pub(crate) reads_path: bool,
    /// Whether there is more: a `let` that has an error, and counts as nothing here.
    pub(crate) is_partial: bool,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) because: Option<Text>,
    /// Index of its file in the unit.
    pub(crate) file: usize,
    pub(crate) line: usize,
    pub(crate) verbs: VerbSet,
    pub(crate) patterns: Vec<PathPattern>,
    pub(crate) condition: Condition,
    pub(crate) span: Span,
    pub(crate) doc: Option<String>,
}

/// A route, and where it is declared: in the policy, or in an API description.
#[derive(Debug)]
pub(crate) struct DeclaredRoute {
    pub(crate) route: Route,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Constant(bool),
    Atom(Atom),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// At the place of the name.
    Let(LetId, Span),
}

/// [`policy_engine::condition::Atom`] before its operands are stored.
#[derive(Debug, Clone)]
pub(crate) enum Atom {
    Compare(Operand, Comparison, Operand),
    Member { item: Operand, list: Operand },
    Like(Operand, Text),
    AddressIn(Text),
    Present(Selector),
    True(Selector),
    Issuer(IssuerId),
}

/// [`policy_engine::condition::Operand`] before its claims are stored and its path names are placed.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Literal(Literal),
    Claim(Selector),
    Groups,
    Scopes,
    /// With the place of all of `path.x`.
    Path(Name),
    Header(String),
    Query(String),
    Time,
    Stage,
}

#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) url: Text,
    pub(crate) keys: KeySource,
    pub(crate) audiences: Vec<Text>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) token_use: Option<Text>,
    pub(crate) token_type: Option<Text>,
    pub(crate) groups: Option<Selector>,
    pub(crate) scopes: Vec<Selector>,
    pub(crate) leeway: u64,
    pub(crate) max_lifetime: Option<u64>,
    pub(crate) userinfo: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct ContextEntry {
    pub(crate) key: String,
    pub(crate) value: ContextValue,
}

#[derive(Debug)]
pub(crate) enum ContextValue {
    Operand(Operand),
    Condition(Condition),
    Json(Operand),
}

impl Atom {
    pub(crate) fn operands(&self) -> impl Iterator<Item = &Operand> {
        let (first, second) = match self {
            Self::Compare(left, _, right) => (Some(left), Some(right)),
            Self::Member { item, list } => (Some(item), Some(list)),
            Self::Like(subject, _) => (Some(subject), None),
            Self::AddressIn(_) | Self::Present(_) | Self::True(_) | Self::Issuer(_) => (None, None),
        };
        first.into_iter().chain(second)
    }
}

impl Operand {
    /// How many items the list has, if it is one.
    fn items(&self) -> usize {
        match self {
            Self::Literal(Literal::List(items)) => items.len(),
            _ => 0,
        }
    }
}

impl Condition {
    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// What the condition is with every `let` written out.
    pub(crate) fn extent(&self, lets: impl Fn(LetId) -> Option<Extent> + Copy) -> Extent {
        match self {
            Self::Constant(_) => Extent::around([]),
            Self::Atom(atom) => Extent {
                nodes: atom.operands().map(Operand::items).fold(1, usize::saturating_add),
                depth: 1,
                reads_path: atom.operands().any(|operand| matches!(operand, Operand::Path(_))),
                is_partial: false,
            },
            Self::Let(id, _) => {
                Extent::around([lets(*id).unwrap_or(Extent { is_partial: true, ..Extent::default() })])
            }
            Self::Not(inner) => Extent::around([inner.extent(lets)]),
            Self::All(parts) | Self::Any(parts) => Extent::around(parts.iter().map(|part| part.extent(lets))),
        }
    }
}

impl Extent {
    /// One operator more, around those.
    fn around(parts: impl IntoIterator<Item = Self>) -> Self {
        let inner = parts.into_iter().fold(Self::default(), |sum, part| Self {
            nodes: sum.nodes.saturating_add(part.nodes),
            depth: sum.depth.max(part.depth),
            reads_path: sum.reads_path || part.reads_path,
            is_partial: sum.is_partial || part.is_partial,
        });
        Self { nodes: inner.nodes.saturating_add(1), depth: inner.depth.saturating_add(1), ..inner }
    }
}
