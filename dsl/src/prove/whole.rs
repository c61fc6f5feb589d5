//! The whole policy, asked only where something was found.

use std::cell::OnceCell;

use policy_engine::iam::Inexact;
use policy_engine::pattern::{Segment, Tail};
use policy_engine::text::ParamValues;
use policy_engine::{Clause, Policy, Program, ProgramParts, Request, RequestContext, RuleId, Verb, VerbSet};

use super::sample;
use super::slice::{self, Arns, Who};

/// A policy that is made ready when it is first asked.
pub(super) struct Whole<'p> {
    program: &'p Program,
    values: &'p ParamValues,
    arns: &'p Arns,
    policy: OnceCell<Option<Policy>>,
    /// As many changed policies are still tried.
    changes: usize,
}

/// As many changed policies are tried for all conflicts; fewer of a large policy.
const MAX_CHANGES: usize = 24;

/// As many clauses are in all the changed policies together, beyond the first.
const MAX_CHANGED: usize = 16_384;

impl<'p> Whole<'p> {
    pub(super) fn new(program: &'p Program, values: &'p ParamValues, arns: &'p Arns) -> Self {
        let changes = (MAX_CHANGED / program.parts().clauses.len().max(1)).clamp(1, MAX_CHANGES);
        Self { program, values, arns, policy: OnceCell::new(), changes }
    }

    /// Why the token has no policy for the whole API, where it has none.
    pub(super) fn inexact(&self, who: &Who) -> Option<Inexact> {
        slice::inexact(self.policy()?, who, self.arns)
    }

    /// Whether the token has a policy for the whole API once the policy is so changed, or only other rules than
    /// these stand in the way of one.
    pub(super) fn is_mended(
        &mut self,
        who: &Who,
        rules: &[RuleId],
        change: impl FnOnce(&mut ProgramParts),
    ) -> bool {
        let Some(left) = self.changes.checked_sub(1) else { return false };
        self.changes = left;
        let mut parts = self.program.parts().clone();
        change(&mut parts);
        let Ok(changed) = Policy::bind(parts.into_program(), self.values.clone()) else { return false };
        let inexact = slice::inexact(&changed, who, self.arns);
        inexact.is_none_or(|inexact| inexact.rule.is_some_and(|rule| !rules.contains(&rule)))
    }

    /// A request that shows it: one on the path that the emitter names, where the policy allows it; for the
    /// first of the rules.
    pub(super) fn request(&self, rules: &[RuleId], inexact: &Inexact, who: &Who) -> (Verb, String) {
        let all = &self.program.parts().clauses;
        let of = |rule: &RuleId| all.iter().filter(|clause| clause.rule == *rule).collect::<Vec<&Clause>>();
        let clauses: Vec<&Clause> = rules.first().map(of).unwrap_or_default();
        let shared = rules
            .iter()
            .map(|rule| of(rule).iter().fold(VerbSet::EMPTY, |verbs, clause| verbs.union(clause.verbs)));
        let shared = shared.fold(VerbSet::ANY, VerbSet::intersection);
        let named = inexact.example.as_ref().map(|path| path.replace("{any}", "any"));
        let filled = clauses.iter().map(|clause| fill(clause));
        let paths: Vec<String> = named.into_iter().chain(filled).collect();
        let own = clauses.iter().flat_map(|clause| clause.verbs.iter());
        let verbs: Vec<Verb> = shared.iter().chain(own).collect();
        let context = RequestContext {
            stage: Some(self.arns.stage(who.stage).to_owned()),
            ..RequestContext::default()
        };
        let first = (
            verbs.first().copied().unwrap_or(Verb::Get),
            paths.first().cloned().unwrap_or_else(|| "/".to_owned()),
        );
        let Some(policy) = self.policy() else { return first };
        let caller = policy.caller(who.token.as_ref());
        let pairs = paths.iter().flat_map(|path| verbs.iter().map(move |verb| (*verb, path)));
        let mut allowed = pairs
            .filter(|(verb, path)| caller.decide(&Request { verb: *verb, path, context: &context }).allowed);
        allowed.next().map_or(first, |(verb, path)| (verb, path.clone()))
    }

    fn policy(&self) -> Option<&Policy> {
        let (program, values) = (self.program, self.values);
        let bind = || Policy::bind(program.clone(), values.clone()).ok();
        self.policy.get_or_init(bind).as_ref()
    }
}

/// A path of the clause.
fn fill(clause: &Clause) -> String {
    let mut path = String::new();
    for segment in &clause.pattern.segments {
        path.push('/');
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Any(_) => path.push_str("any"),
            Segment::Glob(glob) => path.push_str(&sample::matching(glob).unwrap_or_else(|| glob.clone())),
        }
    }
    if matches!(clause.pattern.tail, Tail::Below(_)) {
        path.push_str("/any");
    }
    if path.is_empty() { "/".to_owned() } else { path }
}
