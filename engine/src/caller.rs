//! A policy as it is for one token: everything that the token decides is worked out once.

use serde_json::Value as Json;

use crate::condition::{AtomId, IssuerId, Node, NodeId, SelectorId};
use crate::facts::HostileSource;
use crate::path::RequestPath;
use crate::policy::Policy;
use crate::program::Issuer;
use crate::request::{RequestContext, Token};
use crate::test::Scene;
use crate::value::select;

/// Who asks: a token, or nobody.
#[derive(Debug)]
pub struct Caller<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) known: Known<'a>,
    pub(crate) facts: Vec<AtomId>,
    pub(crate) hostile: Option<HostileSource>,
}

/// What the token says.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    token: Option<&'a Token>,
    claims: Vec<Option<&'a Json>>,
    groups: Vec<&'a str>,
    scopes: Vec<&'a str>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(policy: &'a Policy, token: Option<&'a Token>) -> Self {
        let known = Known::new(policy, token);
        let facts = policy.facts.facts(&known, &policy.tests);
        let hostile = policy.facts.hostile(&known);
        Self { policy, known, facts, hostile }
    }

    /// The policy that is asked.
    pub const fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The token, if there is one.
    pub const fn token(&self) -> Option<&'a Token> {
        self.known.token
    }

    /// The claim that is hostile where a rule compares it to the path, written as in a rule. With one,
    /// every request is denied.
    pub fn hostile_claim(&self) -> Option<String> {
        let table = &self.policy.parts().conditions;
        let issuer = self.known.issuer_settings(self.policy);
        let selector = match self.hostile? {
            HostileSource::Claim(id) => Some(id),
            HostileSource::Groups => issuer.and_then(|issuer| issuer.groups),
            HostileSource::Scopes => issuer.and_then(|issuer| self.known.scopes_selector(issuer)),
        };
        let selector = selector.and_then(|id| table.selector(id))?;
        Some(crate::explain::selector_text(selector))
    }

    pub(crate) const fn is_hostile(&self) -> bool {
        self.hostile.is_some()
    }

    pub(crate) fn is_fact(&self, atom: AtomId) -> bool {
        self.facts.binary_search(&atom).is_ok()
    }

    /// The truth of a test that the token and the stage decide.
    pub(crate) fn settled_holds(&self, atom: AtomId, stage: &RequestContext) -> bool {
        let scene = RequestScene { known: &self.known, path: None, context: stage };
        self.policy.test(atom).is_some_and(|test| test.holds(&scene))
    }

    /// Whether the condition holds, for a request or, without one, as far as the token goes.
    pub(crate) fn holds(&self, node: NodeId, request: Option<(&RequestPath<'_>, &RequestContext)>) -> bool {
        let holds = |child: &NodeId| self.holds(*child, request);
        match self.policy.parts().conditions.node(node) {
            None => false,
            Some(Node::Constant(value)) => *value,
            Some(Node::Atom(atom)) => self.atom_holds(*atom, request),
            Some(Node::Not(child)) => !holds(child),
            Some(Node::All(children)) => children.iter().all(holds),
            Some(Node::Any(children)) => children.iter().any(holds),
        }
    }

    pub(crate) fn atom_holds(
        &self,
        atom: AtomId,
        request: Option<(&RequestPath<'_>, &RequestContext)>,
    ) -> bool {
        if self.policy.is_token_only(atom) {
            return self.is_fact(atom);
        }
        let Some((path, context)) = request else { return false };
        let scene = RequestScene { known: &self.known, path: Some(path), context };
        self.policy.test(atom).is_some_and(|test| test.holds(&scene))
    }
}

impl<'a> Known<'a> {
    fn new(policy: &'a Policy, token: Option<&'a Token>) -> Self {
        let mut known = Self { token, claims: Vec::new(), groups: Vec::new(), scopes: Vec::new() };
        let Some(token) = token else { return known };
        let selectors = policy.parts().conditions.selectors.iter();
        known.claims = selectors.map(|selector| select(selector, token.claims(), token.userinfo())).collect();
        if let Some(issuer) = known.issuer_settings(policy) {
            let groups = issuer.groups.and_then(|id| known.claim(id));
            let scopes = known.scopes_selector(issuer).and_then(|id| known.claim(id));
            known.groups = groups.map(|groups| list(groups, false)).unwrap_or_default();
            known.scopes = scopes.map(|scopes| list(scopes, true)).unwrap_or_default();
        }
        known
    }

    fn issuer_settings(&self, policy: &'a Policy) -> Option<&'a Issuer> {
        policy.parts().issuers.get(self.token?.issuer().0 as usize)
    }

    fn scopes_selector(&self, issuer: &Issuer) -> Option<SelectorId> {
        issuer.scopes.iter().copied().find(|id| self.claim(*id).is_some())
    }

    fn claim(&self, selector: SelectorId) -> Option<&'a Json> {
        self.claims.get(selector.0 as usize).copied().flatten()
    }
}

/// A string is one item, or with `split` one for each word; an array has its strings as items.
fn list(value: &Json, split: bool) -> Vec<&str> {
    match value {
        Json::String(text) if split => text.split_ascii_whitespace().collect(),
        Json::String(text) => std::iter::once(text.as_str()).collect(),
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

impl Scene for Known<'_> {
    fn claim(&self, selector: SelectorId) -> Option<&Json> {
        Known::claim(self, selector)
    }

    fn groups(&self) -> &[&str] {
        &self.groups
    }

    fn scopes(&self) -> &[&str] {
        &self.scopes
    }

    fn issuer(&self) -> Option<IssuerId> {
        self.token.map(Token::issuer)
    }

    fn path(&self) -> Option<&RequestPath<'_>> {
        None
    }

    fn context(&self) -> Option<&RequestContext> {
        None
    }
}

/// The token and a request together.
pub(crate) struct RequestScene<'a> {
    pub(crate) known: &'a Known<'a>,
    pub(crate) path: Option<&'a RequestPath<'a>>,
    pub(crate) context: &'a RequestContext,
}

impl Scene for RequestScene<'_> {
    fn claim(&self, selector: SelectorId) -> Option<&Json> {
        self.known.claim(selector)
    }

    fn groups(&self) -> &[&str] {
        &self.known.groups
    }

    fn scopes(&self) -> &[&str] {
        &self.known.scopes
    }

    fn issuer(&self) -> Option<IssuerId> {
        Scene::issuer(self.known)
    }

    fn path(&self) -> Option<&RequestPath<'_>> {
        self.path
    }

    fn context(&self) -> Option<&RequestContext> {
        Some(self.context)
    }
}
