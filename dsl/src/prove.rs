//! For which tokens there is one IAM policy for the whole API: worked out when a policy is built.
//!
//! The rules fall into groups that have nothing to do with each other. Of many it can be seen that IAM can
//! say them, whatever the token (`look`, `groups`). For the others, tokens are made from the rules' own
//! conditions (`uses`, `tokens`), one for each way in which the conditions can turn out, and each is given
//! to the authorizer's own emitter. So every conflict that is reported is one that was seen, with its token;
//! and where the tokens are all that the rules can tell apart, there are no others.

mod groups;
mod look;
mod mend;
mod minimal;
mod sample;
mod slice;
mod stand_in;
mod tokens;
mod uses;
mod whole;

use std::collections::{BTreeSet, HashSet};

use policy_engine::condition::{Atom, Comparison, Literal, Operand};
use policy_engine::iam::Obstacle;
use policy_engine::text::ParamValues;
use policy_engine::{ProgramParts, RuleId, Token, Verb};

use crate::compile::CompiledPolicy;
use groups::{Group, Routes};
use look::Look;
pub use mend::Mend;
use slice::{Arns, Cut, Slice, Who};
use tokens::Tokens;
use whole::Whole;

/// As many tokens are tried in all.
const MAX_TOKENS: usize = 8_192;

/// As many clauses are tried in all to make conflicts small.
const MAX_SPENT: usize = 16_384;

/// As many conflicts are told apart in one group of rules.
const MAX_IN_GROUP: usize = 3;

/// As many conflicts are reported.
const MAX_CONFLICTS: usize = 24;

/// As many tokens are tried with the whole policy, where that settles how large its documents get.
const MAX_WHOLE: usize = 512;

/// The callers of as many tests are tried.
const MAX_TESTS: usize = 64;

/// A policy of more paths is too large for that.
const MAX_SMALL: usize = 64;

/// What is known about a policy's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// How far the search went.
    pub coverage: Coverage,
    /// Rules that need answers for single requests, in the order of the rules.
    pub conflicts: Vec<Conflict>,
}

/// How far a search went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Every token that the rules can tell apart was looked at, or needed no look. Claims are taken to be
    /// of ordinary length, and lists of claims that are compared with the path to have at most three items.
    Complete,
    /// So many tokens were tried, and there are more.
    Sampled {
        /// How many.
        tried: usize,
    },
}

/// Rules that together leave no policy for the whole API, for some tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The rule that stands in the way.
    pub rule: RuleId,
    /// The others without which there would be such a policy.
    pub others: Vec<RuleId>,
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// A token for which it does; `None` for requests without one.
    pub token: Option<Token>,
    /// The stage of the API, where its name counts.
    pub stage: Option<String>,
    /// The verb of a request that the answer for another one would be wrong about.
    pub verb: Verb,
    /// Its path.
    pub path: String,
    /// A change after which the token has a policy for the whole API.
    pub mend: Option<Mend>,
}

impl Proof {
    /// Whether it is certain that every token has a policy for the whole API.
    pub fn is_whole(&self) -> bool {
        self.coverage == Coverage::Complete && self.conflicts.is_empty()
    }
}

/// Looks for tokens without a policy for the whole API. Parameters without a value are given stand-ins.
///
/// The same policy gives the same answer. The work grows with the number of rules that can get in each
/// other's way, and is bounded by counts.
pub fn whole_api(policy: &CompiledPolicy) -> Proof {
    let parts = policy.program.parts();
    let values = stand_in::values(parts);
    let mut names = BTreeSet::new();
    for atom in &parts.conditions.atoms {
        stage_names(atom, &values, &mut names);
    }
    let arns = Arns::new(&names);
    let mut search = Search {
        parts,
        values: &values,
        arns: &arns,
        looks: Look::all(parts, &values),
        whole: Whole::new(&policy.program, &values, &arns),
        seen: HashSet::new(),
        conflicts: Vec::new(),
        tried: 0,
        spent: 0,
        is_complete: true,
    };
    search.run(policy);
    let mut conflicts = search.conflicts;
    conflicts.sort_by(|a, b| (a.rule, &a.others).cmp(&(b.rule, &b.others)));
    let coverage =
        if search.is_complete { Coverage::Complete } else { Coverage::Sampled { tried: search.tried } };
    Proof { coverage, conflicts }
}

struct Search<'p> {
    parts: &'p ProgramParts,
    values: &'p ParamValues,
    arns: &'p Arns,
    looks: Vec<Look<'p>>,
    whole: Whole<'p>,
    /// The conflicts that are known: their rules, the one in the way first.
    seen: HashSet<Vec<RuleId>>,
    conflicts: Vec<Conflict>,
    tried: usize,
    /// The work that was done to make conflicts small.
    spent: usize,
    is_complete: bool,
}

impl Search<'_> {
    fn run(&mut self, policy: &CompiledPolicy) {
        let parts = self.parts;
        let routes = Routes::new(&parts.routes);
        let groups = groups::groups(&self.looks);
        for group in &groups {
            if self.is_over() {
                self.is_complete = false;
                return;
            }
            let routes = routes.of(&group.clauses, &self.looks);
            self.group(group, &routes);
        }
        if !self.fits() {
            self.sizes(&routes);
        }
        if !self.is_complete {
            let callers = policy.tests.iter().filter(|test| test.params.is_empty());
            let mut tokens: Vec<Option<Token>> = Vec::new();
            for test in callers {
                if !tokens.contains(&test.token) {
                    tokens.push(test.token.clone());
                }
            }
            for token in tokens.into_iter().take(MAX_TESTS) {
                self.everywhere(&Who { token, stage: 0 });
            }
        }
    }

    fn is_over(&self) -> bool {
        self.tried >= MAX_TOKENS || self.spent >= MAX_SPENT || self.conflicts.len() >= MAX_CONFLICTS
    }

    fn group(&mut self, group: &Group, routes: &[usize]) {
        let cut = Cut { parts: self.parts, values: self.values, clauses: &group.clauses, routes };
        let Some(slice) = Slice::new(&cut) else {
            self.is_complete = false;
            return;
        };
        let tokens = Tokens::of(slice.parts(), self.values, self.arns);
        self.is_complete &= tokens.is_complete && !group.is_cut;
        let mut known: Vec<Slice> = Vec::new();
        for who in &tokens.all {
            if self.is_over() || known.len() >= MAX_IN_GROUP {
                self.is_complete = false;
                return;
            }
            self.tried += 1;
            if slice.inexact(who, self.arns).is_none() {
                continue;
            }
            if known.iter().any(|known| known.inexact(who, self.arns).is_some()) {
                continue;
            }
            match self.conflict(&cut, who) {
                Some(slice) => known.push(slice),
                None => self.is_complete = false,
            }
        }
    }

    /// Finds the fewest rules for which the token still has no policy for the whole API, and reports them,
    /// if that is so for the whole policy as well.
    fn conflict(&mut self, cut: &Cut<'_>, who: &Who) -> Option<Slice> {
        let (slice, clauses) = minimal::rules(cut, who, self.arns, &mut self.spent)?;
        let small = minimal::who(&slice, who, self.arns);
        let who = if self.whole.inexact(&small).is_some() { &small } else { who };
        self.whole.inexact(who)?;
        let small = Cut { clauses: &clauses, ..*cut };
        self.report(&slice, &small, who);
        Some(slice)
    }

    fn report(&mut self, slice: &Slice, cut: &Cut<'_>, who: &Who) {
        let Some(inexact) = slice.inexact(who, self.arns) else { return };
        let rules: Vec<RuleId> = minimal::rule_ids(cut);
        let in_the_way = inexact.rule.and_then(|rule| slice.rule(rule));
        let Some(rule) = in_the_way.or(rules.first().copied()) else { return };
        let others: Vec<RuleId> = rules.into_iter().filter(|other| *other != rule).collect();
        let all: Vec<RuleId> = std::iter::once(rule).chain(others.iter().copied()).collect();
        if self.seen.contains(&all) {
            return;
        }
        let (verb, path) = self.whole.request(&all, &inexact, who);
        self.seen.insert(all);
        let mend = mend::find(slice, inexact.obstacle, who, self.arns, &mut self.whole);
        let stage = self.stage(slice, who);
        let token = who.token.clone();
        self.conflicts.push(Conflict {
            rule,
            others,
            obstacle: inexact.obstacle,
            token,
            stage,
            verb,
            path,
            mend,
        });
    }

    /// The stage's name, where a rule of these asks for it.
    fn stage(&self, slice: &Slice, who: &Who) -> Option<String> {
        let asks = slice.parts().conditions.atoms.iter().any(|atom| match atom {
            Atom::Compare(left, _, right) => [left, right].contains(&&Operand::Stage),
            Atom::Member { item, .. } => *item == Operand::Stage,
            Atom::Like(subject, _) => *subject == Operand::Stage,
            _ => false,
        });
        asks.then(|| self.arns.stage(who.stage).to_owned())
    }

    /// Whether every rule together fits into a document, whatever the token.
    fn fits(&self) -> bool {
        /// An ARN up to the verb, quotes and a comma, and what guards a wildcard.
        const RESOURCE: usize = 100;
        /// A claim in the path, in its encodings.
        const CLAIM: usize = 120;
        /// What surrounds the resources, and the guards against malformed paths.
        const REST: usize = 2_000;
        let has_conditions = self.parts.conditions.atoms.iter().any(|atom| match atom {
            Atom::AddressIn(_) => true,
            Atom::Compare(left, _, right) => [left, right].contains(&&Operand::Time),
            _ => false,
        });
        let settings = &self.parts.authorizer;
        let times = if settings.resource_policy { 2 } else { 1 };
        let sizes = self.looks.iter().map(|look| {
            let segments = look.pattern.segments.len().saturating_add(1);
            let one = RESOURCE + look.pattern.to_string().len() + CLAIM * segments;
            one.saturating_mul(look.verbs.iter().count()).saturating_mul(times)
        });
        sizes.fold(REST, usize::saturating_add) <= settings.max_policy_bytes as usize && !has_conditions
    }

    /// Tries tokens that as many rules as possible apply to; of a small policy, all tokens.
    fn sizes(&mut self, routes: &Routes<'_>) {
        if self.parts.clauses.len() <= MAX_SMALL {
            let tokens = Tokens::of(self.parts, self.values, self.arns);
            if tokens.is_complete && tokens.all.len() <= MAX_WHOLE {
                tokens.all.iter().for_each(|who| self.everywhere(who));
                return;
            }
        }
        self.is_complete = false;
        // Those over everything below cover the others, whose documents are larger.
        let numbered = self.looks.iter().enumerate();
        let clauses: Vec<usize> = numbered.filter(|(_, look)| !look.is_hub).map(|(at, _)| at).collect();
        let first = clauses.get(..minimal::MAX_GROWN.min(clauses.len())).unwrap_or_default();
        let routes = routes.of(first, &self.looks);
        let cut = Cut { parts: self.parts, values: self.values, clauses: first, routes: &routes };
        if let Some((clauses, who)) = minimal::grown(&cut, self.arns)
            && !self.is_over()
        {
            self.conflict(&Cut { clauses: &clauses, ..cut }, &who);
        }
    }

    /// Asks the whole policy.
    fn everywhere(&mut self, who: &Who) {
        self.tried += 1;
        let Some(inexact) = self.whole.inexact(who) else { return };
        let all: Vec<usize> = (0..self.parts.clauses.len()).collect();
        let routes: Vec<usize> = (0..self.parts.routes.len()).collect();
        let cut = Cut { parts: self.parts, values: self.values, clauses: &all, routes: &routes };
        let is_known = |one: &Conflict| match inexact.rule {
            Some(rule) => one.rule == rule,
            None => one.obstacle == inexact.obstacle,
        };
        if !self.is_over() && !self.conflicts.iter().any(is_known) {
            self.conflict(&cut, who);
        }
    }
}

/// The stages that the atom compares the request's stage with.
fn stage_names(atom: &Atom, values: &ParamValues, out: &mut BTreeSet<String>) {
    let mut add = |literal: &Literal| {
        if let Literal::Text(text) = literal {
            out.extend(text.resolve(values).ok().map(std::borrow::Cow::into_owned));
        }
    };
    match atom {
        Atom::Compare(Operand::Stage, Comparison::Equal, Operand::Literal(literal))
        | Atom::Compare(Operand::Literal(literal), Comparison::Equal, Operand::Stage) => add(literal),
        Atom::Member { item: Operand::Stage, list: Operand::Literal(Literal::List(items)) } => {
            items.iter().for_each(add);
        }
        _ => {}
    }
}
