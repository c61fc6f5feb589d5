//! Plans made ahead, when a policy is loaded: for the kinds of token that most APIs see.

use smallvec::SmallVec;

use crate::caller::Caller;
use crate::condition::{AtomId, IssuerId};
use crate::iam::arn::MethodArn;
use crate::iam::holes::Holes;
use crate::policy::Policy;
use crate::request::Token;
use crate::test::Test;

/// With more facts than this, a kind has none of them, one, or all.
const MAX_COMBINED: usize = 4;

/// The most kinds that are planned for.
const MAX_KINDS: usize = 64;

/// A kind with more clauses than this is planned for when it comes.
const MAX_CLAUSES: usize = 32;

/// The most clauses that are looked at for all kinds.
const MAX_ALL_CLAUSES: usize = 512;

/// After so many moves of automata and comparisons of alternatives no more kinds are planned for: about a
/// millisecond of work.
const MAX_WORK: usize = 100_000;

/// In how many forms a claim that rules compare with the path can stand there: a plain one in one, one with a
/// character such as `|` also with that encoded.
const FORMS: [usize; 2] = [1, 2];

impl Policy {
    /// Plans ahead for requests without a token, and for tokens about which none, one, some or all of the rules'
    /// conditions on claims hold. The work is bounded; what is not planned for here is planned for when the first
    /// such token comes. Nothing but time depends on it.
    pub fn prepare(&self) {
        // What a stage decides is not known before the first request.
        if self.reads_stage || !self.stage_tests.is_empty() || !self.plans.are_shareable(self) {
            return;
        }
        let mut left = Left { kinds: MAX_KINDS, clauses: MAX_ALL_CLAUSES, work: MAX_WORK };
        left.plan(self, None, &[], 0);
        let forms = if Holes::of_kind(self, 1).texts().is_empty() { &FORMS[..1] } else { &FORMS[..] };
        for forms in forms {
            for issuer in (0u32..).take(self.issuer_count()) {
                let token = Token::new(IssuerId(issuer), serde_json::Map::new());
                for facts in kinds(self) {
                    left.plan(self, Some(&token), &facts, *forms);
                }
            }
        }
    }
}

/// What may still be done.
struct Left {
    kinds: usize,
    clauses: usize,
    work: usize,
}

impl Left {
    fn plan(&mut self, policy: &Policy, token: Option<&Token>, facts: &[AtomId], forms: usize) {
        if self.kinds == 0 || self.work == 0 {
            return;
        }
        let caller = Caller::of_kind(policy, token, facts);
        let clauses = policy.program.index.clauses_for(&caller.facts).take(MAX_CLAUSES + 1).count();
        if clauses > MAX_CLAUSES.min(self.clauses) {
            return;
        }
        self.kinds -= 1;
        self.clauses -= clauses;
        let holes = Holes::of_kind(policy, if token.is_some() { forms } else { 0 });
        let work = policy.plans.prepare(&caller, &MethodArn::of_any_stage(), &holes);
        self.work = self.work.saturating_sub(work);
    }
}

/// Sets of facts: first none, then each alone, then more of them.
fn kinds(policy: &Policy) -> Vec<SmallVec<[AtomId; 8]>> {
    let is_issuer = |test: &Test| matches!(test, Test::Issuer(_));
    let atoms = (0u32..).zip(&policy.tests).filter(|(_, test)| !is_issuer(test));
    let atoms = atoms.map(|(number, _)| AtomId(number)).filter(|atom| policy.is_token_only(*atom));
    let atoms: SmallVec<[AtomId; 8]> = atoms.take(MAX_KINDS).collect();
    if atoms.len() > MAX_COMBINED {
        let one = |atom: &AtomId| SmallVec::from_slice(&[*atom]);
        return std::iter::once(SmallVec::new())
            .chain(atoms.iter().map(one))
            .chain([atoms.clone()])
            .collect();
    }
    let mut sets: Vec<u32> = (0..1 << atoms.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    let set = |set: u32| {
        let numbered = (0u32..).zip(&atoms);
        numbered.filter(|(number, _)| set & (1 << number) != 0).map(|(_, atom)| *atom).collect()
    };
    sets.into_iter().map(set).collect()
}
