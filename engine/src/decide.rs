//! The decision for one request.

use smallvec::SmallVec;

use crate::caller::Caller;
use crate::condition::AtomId;
use crate::index::{Found, Search};
use crate::path::{Malformed, RequestPath};
use crate::policy::Policy;
use crate::program::{ClauseHead, ClauseId, Effect, RuleId};
use crate::request::Request;
use crate::verb::Verb;

/// Whether a request may pass, and what made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may pass.
    pub allowed: bool,
    /// What made it so.
    pub reason: Reason,
    /// For [`Reason::Rule`]: the rules, in the order of the text. Those that deny, where any does.
    pub rules: SmallVec<[RuleId; 4]>,
}

/// What made a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// One rule or several.
    Rule,
    /// No rule allows it.
    Default,
    /// The path is malformed.
    MalformedPath(Malformed),
    /// A claim that some rule compares to the path is hostile (see [`Caller::hostile_claim`]).
    HostileClaim,
}

impl Reason {
    /// The name that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Default => "default",
            Self::MalformedPath(_) => "malformed_path",
            Self::HostileClaim => "hostile_claim",
        }
    }
}

impl Decision {
    pub(crate) fn deny(reason: Reason) -> Self {
        Self { allowed: false, reason, rules: SmallVec::new() }
    }
}

impl Policy {
    /// Fills in the clauses that match the verb and the path, as far as the token's facts do not rule them out; without
    /// facts, all of them.
    pub(crate) fn find(
        &self,
        verb: Verb,
        path: &RequestPath<'_>,
        facts: Option<&[AtomId]>,
        found: &mut Found,
    ) {
        let search = Search { verb, path, facts, globs: &self.path_globs };
        self.program.index.find(search, found);
    }
}

impl Caller<'_> {
    /// Decides a request.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let parsed = RequestPath::parse(request.path);
        let path = match &parsed {
            Ok(path) => path,
            Err(why) => return Decision::deny(Reason::MalformedPath(*why)),
        };
        if self.is_hostile() {
            return Decision::deny(Reason::HostileClaim);
        }
        // Once a rule denies, only those that do.
        let mut is_denied = false;
        let mut rules: SmallVec<[RuleId; 4]> = SmallVec::new();
        let mut found = Found::new();
        self.policy.find(request.verb, path, Some(&self.facts), &mut found);
        for clause in &found {
            let Some((head, allows)) = self.counting(*clause) else { continue };
            // The clauses come in the order of the rules.
            let is_settled = allows && is_denied || rules.last() == Some(&head.rule);
            if is_settled || !self.holds(head.condition, Some((path, request.context))) {
                continue;
            }
            if !allows && !is_denied {
                is_denied = true;
                rules.clear();
            }
            rules.push(head.rule);
        }
        if rules.is_empty() {
            return Decision::deny(Reason::Default);
        }
        Decision { allowed: !is_denied, reason: Reason::Rule, rules }
    }

    /// The head of a clause that counts for this caller, and whether its rule allows: without a token, what needs one
    /// does not.
    pub(crate) fn counting(&self, clause: ClauseId) -> Option<(ClauseHead, bool)> {
        let head = *self.policy.program.heads.get(clause.0 as usize)?;
        match head.effect {
            Effect::Allow if self.token().is_none() => None,
            Effect::Allow | Effect::Public => Some((head, true)),
            Effect::Deny => Some((head, false)),
        }
    }
}
