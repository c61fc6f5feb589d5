//! Why a decision came out as it did: the rules that made it with what their conditions saw, or what the
//! nearest ones lack.

mod consulted;
mod miss;
mod refused;
mod seen;
mod text;

pub use consulted::{Consulted, PathComparison};
pub use miss::{Lack, NearMiss};
pub use refused::{HostileClaim, HostileWhy, malformed_at};
pub use seen::{Seen, SeenAtom};
pub(crate) use text::selector_text;

use crate::caller::Caller;
use crate::decide::{Decision, Reason};
use crate::index::Found;
use crate::path::RequestPath;
use crate::program::{Clause, ClauseId, Effect, RuleId};
use crate::request::Request;
use crate::verb::{Verb, VerbSet};
use seen::View;

/// A decision with all that explains it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The rules that made it, in the order of the text, with what their conditions saw.
    pub rules: Vec<RuleSeen>,
    /// For [`Reason::Default`]: the rules that nearly allowed it, the nearest first.
    pub near_misses: Vec<NearMiss>,
    /// For [`Reason::Default`] without a near miss: the verbs for which a rule could allow this path.
    pub other_verbs: VerbSet,
    /// For the same: the rules that could allow what lies below this path, and not the path itself (`/users/**`).
    pub below: Vec<RuleId>,
    /// For [`Reason::HostileClaim`]: the claim.
    pub hostile: Option<HostileClaim>,
}

/// A rule that made a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSeen {
    /// The rule.
    pub rule: RuleId,
    /// The first of its clauses that matched the request, and whose condition held.
    pub clause: ClauseId,
    /// Every atom of the condition.
    pub atoms: Vec<SeenAtom>,
}

impl Caller<'_> {
    /// Decides a request, and explains the decision.
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        let decision = self.decide(request);
        let is_default = decision.reason == Reason::Default;
        let near_misses = if is_default { self.near_misses(request) } else { Vec::new() };
        let (other_verbs, below) = if is_default && near_misses.is_empty() {
            (self.other_verbs(request), self.rules_below(request))
        } else {
            (VerbSet::default(), Vec::new())
        };
        let hostile = if decision.reason == Reason::HostileClaim { self.hostile() } else { None };
        Explanation {
            rules: self.rules_seen(request, &decision),
            near_misses,
            other_verbs,
            below,
            hostile,
            decision,
        }
    }

    /// The rules that match the request's verb and path and could have allowed it, each with what it lacks:
    /// those that lack least first, then in the order of the text. Empty for a malformed path.
    pub fn near_misses(&self, request: &Request<'_>) -> Vec<NearMiss> {
        let Ok(path) = RequestPath::parse(request.path) else { return Vec::new() };
        let mut misses: Vec<NearMiss> = Vec::new();
        self.each_clause(request, &path, |_, clause, view| {
            misses.extend(view.miss(clause.rule, clause.condition));
        });
        // Stable: of a rule's clauses that lack as much, the first one stays.
        misses.sort_by_key(|miss| (miss.rule, miss.lack.count()));
        misses.dedup_by_key(|miss| miss.rule);
        misses.sort_by_key(|miss| (miss.lack.count(), miss.rule));
        misses
    }

    fn rules_seen(&self, request: &Request<'_>, decision: &Decision) -> Vec<RuleSeen> {
        let Ok(path) = RequestPath::parse(request.path) else { return Vec::new() };
        let mut rules: Vec<RuleSeen> = Vec::new();
        if decision.rules.is_empty() {
            return rules;
        }
        self.each_clause(request, &path, |id, clause, view| {
            let is_new = rules.last().is_none_or(|seen| seen.rule != clause.rule);
            if is_new && decision.rules.contains(&clause.rule) && view.holds(clause.condition) {
                let atoms = view.atoms(clause.condition);
                rules.push(RuleSeen { rule: clause.rule, clause: id, atoms });
            }
        });
        rules
    }

    fn other_verbs(&self, request: &Request<'_>) -> VerbSet {
        let Ok(path) = RequestPath::parse(request.path) else { return VerbSet::default() };
        let has_rule = |verb: &Verb| {
            let mut found = false;
            self.each_clause(&Request { verb: *verb, ..*request }, &path, |_, clause, _| {
                found |= self.could_allow(clause.rule);
            });
            found
        };
        Verb::ALL.into_iter().filter(has_rule).collect()
    }

    fn rules_below(&self, request: &Request<'_>) -> Vec<RuleId> {
        // Whatever is below: of the patterns that match it, those are meant that say no more than `**` there.
        let below = format!("{}/below", request.path.trim_end_matches('/'));
        let (Ok(path), Ok(below)) = (RequestPath::parse(request.path), RequestPath::parse(&below)) else {
            return Vec::new();
        };
        let mut rules = Vec::new();
        self.each_clause(request, &below, |_, Clause { rule, pattern, .. }, _| {
            if pattern.has_tail() && pattern.segments.len() == path.segments().len() {
                rules.push(*rule);
            }
        });
        rules.dedup();
        rules.retain(|rule| self.could_allow(*rule));
        rules
    }

    fn could_allow(&self, rule: RuleId) -> bool {
        self.policy.rule(rule).is_some_and(|rule| rule.effect != Effect::Deny)
    }

    /// Every clause that the request's verb and path match, in the order of the text.
    fn each_clause<'a>(
        &'a self,
        request: &Request<'a>,
        path: &'a RequestPath<'a>,
        mut visit: impl FnMut(ClauseId, &'a Clause, View<'a>),
    ) {
        let mut found = Found::new();
        self.policy.find(request.verb, path, None, &mut found);
        for id in found {
            let Some(clause) = self.policy.parts().clauses.get(id.0 as usize) else { continue };
            visit(
                id,
                clause,
                View { caller: self, path, context: request.context, pattern: &clause.pattern },
            );
        }
    }
}
