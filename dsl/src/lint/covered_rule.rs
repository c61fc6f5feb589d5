//! W0404: a rule adds nothing to others.
//!
//! **What it does.** Looks for rules all of whose paths and verbs are covered by rules with the same effect
//! and the same or a weaker condition; for an `allow`, by `public` rules, too. Of two rules that say the
//! same, the second is named.
//!
//! **Why is this bad?** Whoever changes such a rule, to take a right away or to protect something, changes
//! nothing: the other rule still decides.
//!
//! **Example.**
//!
//! ```text
//! allow GET /users/**        when group "staff"
//! allow GET /users/{userid}  when group "staff" and token.email_verified
//! ```
//!
//! The second rule asks for more than the first, which allows the same without it. Drop one of them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use policy_engine::Effect;
use policy_engine::pattern::{PathPattern, Segment};

use super::policy::{Clause, Policy};
use super::trie::{Entry, Trie};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

/// The most entries of one pattern whose conditions are all compared; of more, only those with the condition
/// itself, one of its parts, or none.
const MAX_COMPARED: usize = 64;

/// The most entries that are looked at for one clause.
const MAX_CANDIDATES: usize = 256;

/// How many of the covering rules are pointed to.
const SHOWN: usize = 3;

pub(super) fn check(policy: &Policy<'_>, clauses: &Clauses<'_>, out: &mut Vec<Diagnostic>) {
    for (rule, own) in policy.rules_with_clauses() {
        if own.iter().all(|clause| policy.logic.never(clause.condition)) {
            continue;
        }
        let tries: &[&Trie<'_>] = match rule.effect {
            Effect::Allow => &[&clauses.allow, &clauses.public],
            Effect::Public => &[&clauses.public],
            Effect::Deny => &[&clauses.deny],
        };
        let Some(covering) = covered(policy, own, tries, |clause, by| adds_nothing(policy, clause, by))
        else {
            continue;
        };
        let message = "this rule adds nothing: whatever it matches is decided the same without it";
        let diagnostic = Diagnostic::new(Code::CoveredRule, message).at(rule.written.effect.span);
        let help = "drop it; or, where it was to ask for more, narrow the other rule";
        out.push(point_to(policy, &covering, diagnostic.help(help), "covers it"));
    }
}

/// Every clause by its rule's effect, those of one pattern by their conditions.
pub(super) struct Clauses<'p> {
    pub(super) allow: Trie<'p>,
    pub(super) public: Trie<'p>,
    pub(super) deny: Trie<'p>,
}

impl<'p> Clauses<'p> {
    pub(super) fn new(policy: &Policy<'p>) -> Self {
        let of = |effect: Effect| {
            let clauses = policy.clauses.iter().enumerate();
            let taken = clauses.filter(|(_, clause)| policy.effect(clause) == Some(effect));
            Trie::new(taken.map(|(index, clause)| {
                let verbs = policy.verbs(clause);
                (clause.pattern, Entry { key: clause.condition.0, index, verbs })
            }))
        };
        Self { allow: of(Effect::Allow), public: of(Effect::Public), deny: of(Effect::Deny) }
    }
}

/// The rules that together stand before all of these clauses, if there are such.
pub(super) fn covered(
    policy: &Policy<'_>,
    clauses: &[Clause<'_>],
    tries: &[&Trie<'_>],
    stands_before: impl Fn(&Clause<'_>, &Clause<'_>) -> bool,
) -> Option<BTreeSet<usize>> {
    let mut covering = BTreeSet::new();
    for clause in clauses {
        let mut left = policy.verbs(clause);
        let mut tries = tries.iter();
        while !left.is_empty() {
            let mut candidates = 0;
            tries.next()?.covering(clause.pattern, |entries| {
                for entry in likely(policy, clause, entries) {
                    candidates += 1;
                    let Some(by) = policy.clauses.get(entry.index) else { continue };
                    if !left.intersection(entry.verbs).is_empty() && stands_before(clause, by) {
                        left = left.without(entry.verbs);
                        covering.insert(by.rule);
                    }
                    if left.is_empty() || candidates >= MAX_CANDIDATES {
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            });
        }
    }
    Some(covering)
}

/// The entries of one pattern whose conditions the clause's may imply.
fn likely<'e>(policy: &Policy<'_>, clause: &Clause<'_>, entries: &'e [Entry]) -> Vec<&'e Entry> {
    if entries.len() <= MAX_COMPARED {
        return entries.iter().collect();
    }
    let of = |key: u32| {
        let start = entries.partition_point(|entry| entry.key < key);
        entries.iter().skip(start).take_while(move |entry| entry.key == key).take(MAX_COMPARED)
    };
    let parts = policy.logic.conjuncts(&clause.condition).iter().take(MAX_COMPARED);
    let keys: BTreeSet<u32> =
        parts.chain([&clause.condition]).copied().chain(policy.logic.truth()).map(|node| node.0).collect();
    keys.into_iter().flat_map(of).collect()
}

/// Points to rules that stand before another.
pub(super) fn point_to(
    policy: &Policy<'_>,
    rules: &BTreeSet<usize>,
    diagnostic: Diagnostic,
    what: &str,
) -> Diagnostic {
    let shown = rules.iter().filter_map(|index| policy.rules.get(*index)).take(SHOWN);
    shown.fold(diagnostic, |diagnostic, rule| {
        diagnostic.related(format!("`{}` {what}", rule.id), rule.written.effect.span)
    })
}

/// Whether the second clause, whose path covers the first one's, makes it superfluous. Two that say the same
/// are both covered by the other: then the one above stands.
fn adds_nothing(policy: &Policy<'_>, clause: &Clause<'_>, by: &Clause<'_>) -> bool {
    if by.rule == clause.rule || !policy.logic.implies(clause.condition, by.condition) {
        return false;
    }
    let says_the_same = policy.effect(clause) == policy.effect(by)
        && same_paths(clause.pattern, by.pattern)
        && policy.logic.implies(by.condition, clause.condition);
    !says_the_same || by.rule < clause.rule
}

/// Whether the patterns are the same but for names.
fn same_paths(a: &PathPattern, b: &PathPattern) -> bool {
    a.has_tail() == b.has_tail()
        && a.segments.len() == b.segments.len()
        && a.segments.iter().zip(&b.segments).all(|pair| match pair {
            (Segment::Any(_), Segment::Any(_)) => true,
            (a, b) => a == b,
        })
}
