//! What a template deploys, as far as a policy is concerned.

use std::collections::BTreeMap;

use policy_engine::pattern::PathPattern;
use policy_engine::{IdentitySource, VerbSet};

use crate::source::Span;

/// What a template deploys.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    pub(super) routes: Vec<Route>,
    /// Lambda authorizers.
    pub(super) authorizers: BTreeMap<String, Authorizer>,
    /// Where the default authorizer is asked for the preflight requests of browsers, and its name.
    pub(super) preflights: Vec<(Span, String)>,
    /// Some routes are not known: nothing is said of those that seem to be missing.
    pub(super) is_partial: bool,
}

/// A route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) verbs: VerbSet,
    pub(super) pattern: PathPattern,
    pub(super) at: Span,
    pub(super) guard: Guard,
}

/// Who is asked about the requests to a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nobody.
    Open,
    /// A Lambda authorizer.
    Lambda(String),
    /// Something else: IAM, a user pool, a JWT authorizer.
    Other(String),
    /// That is not known.
    Unknown,
}

/// A Lambda authorizer.
#[derive(Debug)]
pub(super) struct Authorizer {
    /// As the template calls it.
    pub(super) name: String,
    pub(super) at: Span,
    /// For how many seconds answers are kept.
    pub(super) ttl: Option<Setting<u32>>,
    /// The cache key.
    pub(super) identity: Option<Setting<Vec<IdentitySource>>>,
    /// Whether an answer is a yes or no; only HTTP APIs have such.
    pub(super) is_simple: Option<Setting<bool>>,
}

/// What is set, and where.
#[derive(Debug)]
pub(super) struct Setting<T> {
    pub(super) value: T,
    pub(super) at: Span,
}
