//! Counting, for one policy.

use std::collections::HashMap;

use policy_dsl::CompiledPolicy;
use policy_dsl::source::Sources;
use policy_engine::condition::AtomId;
use policy_engine::{Caller, ClauseId, Decision, Program, Request, RuleId};

use super::{AtomCoverage, Place, RuleCoverage};
use crate::explain::SourceText;

/// What the tests of one policy have met so far.
#[derive(Debug)]
pub(crate) struct Tally {
    rules: Vec<(Place, RuleCoverage)>,
    /// For each atom of each clause: its index among the atoms of the rule.
    atoms: HashMap<(ClauseId, AtomId), usize>,
}

impl Tally {
    /// Nothing yet, of a policy made of these texts.
    pub(crate) fn new(policy: &CompiledPolicy, sources: &Sources) -> Self {
        let rules = policy.program.parts().rules.iter().zip(&policy.rules);
        let rules = rules.map(|(rule, origin)| {
            let file = sources.name(origin.span.source).to_owned();
            let place = Place { file, line: sources.start(origin.span).line, id: rule.id.clone() };
            let text = SourceText::of(origin.span, sources);
            let effect = rule.effect.keyword();
            (place, RuleCoverage { effect, consulted: 0, decided: 0, atoms: Vec::new(), text })
        });
        let mut tally = Self { rules: rules.collect(), atoms: HashMap::new() };
        tally.name_atoms(&policy.program);
        tally
    }

    /// An atom that several paths of a rule have in common is one of the rule's.
    fn name_atoms(&mut self, program: &Program) {
        for (id, clause) in (0..).map(ClauseId).zip(&program.parts().clauses) {
            let Some((_, rule)) = self.rules.get_mut(clause.rule.0 as usize) else { continue };
            for atom in program.atoms_of(id) {
                let text = program.atom_text(id, atom);
                let known = rule.atoms.iter().position(|known| known.text == text);
                let index = known.unwrap_or_else(|| {
                    rule.atoms.push(AtomCoverage { text, held: 0, failed: 0 });
                    rule.atoms.len() - 1
                });
                self.atoms.insert((id, atom), index);
            }
        }
    }

    /// Counts one request of a test, and its decision.
    pub(crate) fn count(&mut self, caller: &Caller<'_>, request: &Request<'_>, decision: &Decision) {
        for id in &decision.rules {
            if let Some(rule) = self.rule(*id) {
                rule.decided += 1;
            }
        }
        let mut last = None;
        for consulted in caller.consulted(request) {
            let is_new = last.replace(consulted.rule) != Some(consulted.rule);
            let indices: Vec<_> = consulted
                .atoms
                .iter()
                .filter_map(|(atom, holds)| Some((*self.atoms.get(&(consulted.clause, *atom))?, *holds)))
                .collect();
            let Some(rule) = self.rule(consulted.rule) else { continue };
            rule.consulted += u64::from(is_new);
            for (index, holds) in indices {
                if let Some(atom) = rule.atoms.get_mut(index) {
                    *(if holds { &mut atom.held } else { &mut atom.failed }) += 1;
                }
            }
        }
    }

    fn rule(&mut self, id: RuleId) -> Option<&mut RuleCoverage> {
        self.rules.get_mut(id.0 as usize).map(|(_, rule)| rule)
    }

    pub(super) fn finish(self) -> Vec<(Place, RuleCoverage)> {
        self.rules
    }
}
