//! A policy as it is for one token: everything that the token decides is worked out once.

use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::condition::{AtomId, IssuerId, Node, NodeId, SelectorId};
use crate::facts::HostileSource;
use crate::path::{RequestPath, segment_equals};
use crate::policy::Policy;
use crate::program::Issuer;
use crate::request::{RequestContext, Token};
use crate::selection::{Selected, looked_up};
use crate::strings::Strings;
use crate::test::{Scene, Test, path_part};

/// So few claims are looked at one by one.
const FEW_CLAIMS: usize = 8;

/// Who asks: a token, or nobody.
#[derive(Debug)]
pub struct Caller<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) known: Known<'a>,
    pub(crate) facts: SmallVec<[AtomId; 8]>,
    pub(crate) hostile: Option<HostileSource>,
}

/// What a policy's rules make of a token, without the token: to be kept with it, for the next request.
#[derive(Debug, Clone)]
pub struct Standing {
    facts: SmallVec<[AtomId; 8]>,
    hostile: Option<HostileSource>,
}

impl Standing {
    /// How long its facts are, in bytes.
    pub fn size(&self) -> usize {
        size_of_val(self.facts.as_slice())
    }
}

/// What the token says.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    token: Option<&'a Token>,
    claims: Claims<'a>,
}

/// The claims that a policy reads.
#[derive(Debug)]
enum Claims<'a> {
    /// All of them were looked up.
    Selected { claims: Selected<'a>, groups: Strings<'a>, scopes: Strings<'a> },
    /// One is looked up when it is asked for: where the facts are known, most never are.
    OnDemand(&'a Policy),
}

impl<'a> Caller<'a> {
    pub(crate) fn new(policy: &'a Policy, token: Option<&'a Token>) -> Self {
        let claims = token.map_or_else(Selected::new, |token| {
            policy.selection.select(&policy.parts().conditions.selectors, token)
        });
        let known = Known::new(policy, token, claims);
        let facts = policy.facts.facts(&known, known.selected(), &policy.tests);
        let hostile = policy.facts.hostile(&known, known.selected());
        Self { policy, known, facts, hostile }
    }

    pub(crate) fn standing_as(policy: &'a Policy, token: &'a Token, standing: &Standing) -> Self {
        let Standing { ref facts, hostile } = *standing;
        let known = Known { token: Some(token), claims: Claims::OnDemand(policy) };
        Self { policy, known, facts: SmallVec::from_slice(facts), hostile }
    }

    /// What the policy's rules make of the token, for [`Policy::caller_standing_as`].
    pub fn standing(&self) -> Standing {
        Standing { facts: self.facts.clone(), hostile: self.hostile }
    }

    /// A caller about whom these facts hold, beside those that hold for each of the token's issuer.
    pub(crate) fn of_kind(policy: &'a Policy, token: Option<&'a Token>, facts: &[AtomId]) -> Self {
        let mut caller = Self::new(policy, token);
        caller.facts.extend_from_slice(facts);
        caller.facts.sort_unstable();
        caller.facts.dedup();
        caller
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
    #[inline]
    pub(crate) fn holds(&self, node: NodeId, request: Option<(&RequestPath<'_>, &RequestContext)>) -> bool {
        match self.policy.parts().conditions.node(node) {
            None => false,
            Some(Node::Atom(atom)) => self.atom_holds(*atom, request),
            Some(node) => self.tree_holds(node, request),
        }
    }

    /// The same of a node that is known: most are atoms, for which nothing is called.
    fn tree_holds(&self, node: &Node, request: Option<(&RequestPath<'_>, &RequestContext)>) -> bool {
        let holds = |child: &NodeId| self.holds(*child, request);
        match node {
            Node::Constant(value) => *value,
            Node::Atom(atom) => self.atom_holds(*atom, request),
            Node::Not(child) => !holds(child),
            Node::All(children) => children.iter().all(holds),
            Node::Any(children) => children.iter().any(holds),
        }
    }

    #[inline]
    pub(crate) fn atom_holds(
        &self,
        atom: AtomId,
        request: Option<(&RequestPath<'_>, &RequestContext)>,
    ) -> bool {
        if self.policy.is_token_only(atom) {
            return self.is_fact(atom);
        }
        let Some(((path, context), test)) = request.zip(self.policy.test(atom)) else { return false };
        if let Some((part, claim)) = test.claimed_part() {
            let claim = self.known.claim(claim).and_then(Json::as_str);
            return path_part(path, part).zip(claim).is_some_and(|(part, claim)| segment_equals(part, claim));
        }
        let scene = RequestScene { known: &self.known, path: Some(path), context };
        scene_holds(test, &scene)
    }
}

// Not made part of every place that asks, as below.
#[inline(never)]
fn scene_holds(test: &Test, scene: &RequestScene<'_>) -> bool {
    test.holds(scene)
}

impl<'a> Known<'a> {
    fn new(policy: &'a Policy, token: Option<&'a Token>, claims: Selected<'a>) -> Self {
        let issuer = token.and_then(|token| issuer_of(policy, token));
        let claim = |id| selected(&claims, id);
        let groups = issuer.map(|issuer| groups(issuer, claim)).unwrap_or_default();
        let scopes = issuer.map(|issuer| scopes(issuer, claim)).unwrap_or_default();
        Self { token, claims: Claims::Selected { claims, groups, scopes } }
    }

    fn selected(&self) -> &[(SelectorId, &'a Json)] {
        match &self.claims {
            Claims::Selected { claims, .. } => claims,
            Claims::OnDemand(_) => &[],
        }
    }

    fn issuer_settings(&self, policy: &'a Policy) -> Option<&'a Issuer> {
        issuer_of(policy, self.token?)
    }

    #[inline(never)]
    fn groups_on_demand(&self, policy: &'a Policy) -> Strings<'a> {
        let issuer = self.issuer_settings(policy);
        issuer.map(|issuer| groups(issuer, |id| self.claim(id))).unwrap_or_default()
    }

    #[inline(never)]
    fn scopes_on_demand(&self, policy: &'a Policy) -> Strings<'a> {
        let issuer = self.issuer_settings(policy);
        issuer.map(|issuer| scopes(issuer, |id| self.claim(id))).unwrap_or_default()
    }

    fn scopes_selector(&self, issuer: &Issuer) -> Option<SelectorId> {
        scopes_selector(issuer, |id| self.claim(id))
    }

    fn claim(&self, selector: SelectorId) -> Option<&'a Json> {
        match &self.claims {
            Claims::Selected { claims, .. } => selected(claims, selector),
            Claims::OnDemand(policy) => on_demand(policy, self.token?, selector),
        }
    }
}

// What is on demand is not made part of every place that asks: the binary's size has a bound.
#[inline(never)]
fn on_demand<'a>(policy: &'a Policy, token: &'a Token, selector: SelectorId) -> Option<&'a Json> {
    looked_up(policy.parts().conditions.selector(selector)?, token)
}

fn issuer_of<'a>(policy: &'a Policy, token: &Token) -> Option<&'a Issuer> {
    policy.parts().issuers.get(token.issuer().0 as usize)
}

#[inline]
fn selected<'a>(claims: &[(SelectorId, &'a Json)], selector: SelectorId) -> Option<&'a Json> {
    if claims.len() <= FEW_CLAIMS {
        return claims.iter().find(|(own, _)| *own == selector).map(|(_, value)| *value);
    }
    let at = claims.binary_search_by_key(&selector, |(own, _)| *own).ok()?;
    claims.get(at).map(|(_, value)| *value)
}

fn groups<'a>(issuer: &Issuer, claim: impl Fn(SelectorId) -> Option<&'a Json>) -> Strings<'a> {
    issuer.groups.and_then(claim).map(|groups| Strings::of(groups, false)).unwrap_or_default()
}

fn scopes<'a>(issuer: &Issuer, claim: impl Fn(SelectorId) -> Option<&'a Json>) -> Strings<'a> {
    let selector = scopes_selector(issuer, &claim);
    selector.and_then(claim).map(|scopes| Strings::of(scopes, true)).unwrap_or_default()
}

fn scopes_selector<'a>(
    issuer: &Issuer,
    claim: impl Fn(SelectorId) -> Option<&'a Json>,
) -> Option<SelectorId> {
    issuer.scopes.iter().copied().find(|id| claim(*id).is_some())
}

impl Scene for Known<'_> {
    fn claim(&self, selector: SelectorId) -> Option<&Json> {
        Known::claim(self, selector)
    }

    fn groups(&self) -> Strings<'_> {
        match &self.claims {
            Claims::Selected { groups, .. } => *groups,
            Claims::OnDemand(policy) => self.groups_on_demand(policy),
        }
    }

    fn scopes(&self) -> Strings<'_> {
        match &self.claims {
            Claims::Selected { scopes, .. } => *scopes,
            Claims::OnDemand(policy) => self.scopes_on_demand(policy),
        }
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

    fn groups(&self) -> Strings<'_> {
        self.known.groups()
    }

    fn scopes(&self) -> Strings<'_> {
        self.known.scopes()
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
