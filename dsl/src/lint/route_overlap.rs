//! W0407: a parameter also matches another route's own name.
//!
//! **What it does.** Looks for `{name}` and `*` in a rule that match one declared route's parameter and, in
//! the same place, another one's literal segment, where no rule names that literal.
//!
//! **Why is this bad?** API Gateway tells `/users/me` from `/users/{userid}`; a rule for `/users/{userid}`
//! does not. It decides about `/users/me` as well, with `me` as the user's id.
//!
//! **Example.**
//!
//! ```text
//! api   { GET /users/{userid}  GET /users/me }
//! allow GET /users/{userid}  when group "staff"
//! ```
//!
//! Give `/users/me` a rule of its own, to show that it was thought of; where the other rule is not to count
//! for it, a `deny`.

use std::ops::ControlFlow;

use policy_engine::VerbSet;
use policy_engine::pattern::{PathPattern, Segment};

use super::covered_rule::Clauses;
use super::policy::{Clause, Policy, Route};
use super::trie::{Search, Trie};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

/// How many literal routes are looked at for one parameter.
const MAX_LITERALS: usize = 16;

/// With how many other routes each of them is compared.
const MAX_COMPARED: usize = 64;

pub(super) fn check(
    policy: &Policy<'_>,
    routes: &Trie<'_>,
    clauses: &Clauses<'_>,
    out: &mut Vec<Diagnostic>,
) {
    if policy.routes.is_empty() {
        return;
    }
    for clause in &policy.clauses {
        if clause.pattern.segments.iter().any(|segment| matches!(segment, Segment::Any(_))) {
            check_clause(policy, clause, routes, clauses, out);
        }
    }
}

fn check_clause(
    policy: &Policy<'_>,
    clause: &Clause<'_>,
    routes: &Trie<'_>,
    clauses: &Clauses<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let verbs = policy.verbs(clause);
    let mut met: Vec<&Route<'_>> = Vec::new();
    routes.meeting(clause.pattern, verbs, |entries| {
        let routes = entries.iter().filter_map(|entry| policy.routes.get(entry.index));
        met.extend(routes.filter(|route| !route.verbs.intersection(verbs).is_empty()));
        ControlFlow::Continue(())
    });
    if met.len() < 2 {
        return;
    }
    for (at, segment) in clause.pattern.segments.iter().enumerate() {
        let Segment::Any(_) = segment else { continue };
        let open: Vec<&Route<'_>> =
            met.iter().copied().filter(|route| is_open(route, at)).take(MAX_COMPARED).collect();
        let is_overlooked = |route: &&&Route<'_>| {
            let is_rival = |other: &&Route<'_>| {
                let shared = other.verbs.intersection(route.verbs).intersection(verbs);
                !shared.is_empty() && can_meet(other.pattern, route.pattern)
            };
            open.iter().any(is_rival) && !has_own_rule(policy, route, at, verbs, clauses)
        };
        let mut literal = met.iter().filter(|route| is_literal(route.pattern, at)).take(MAX_LITERALS);
        if let Some(route) = literal.find(is_overlooked) {
            report(policy, clause, at, route, out);
        }
    }
}

fn report(policy: &Policy<'_>, clause: &Clause<'_>, at: usize, route: &Route<'_>, out: &mut Vec<Diagnostic>) {
    let Some(segment) = clause.path.segments.get(at) else { return };
    let text = policy.sources.slice(segment.span);
    let message =
        format!("`{text}` also matches the route `{}`, which has no rule of its own", route.pattern);
    let help = format!("write a rule for `{}`: one like this, or a `deny`", route.pattern);
    out.push(
        Diagnostic::new(Code::RouteOverlap, message)
            .at(segment.span)
            .related("declared here", route.span)
            .help(help),
    );
}

fn is_open(route: &Route<'_>, at: usize) -> bool {
    matches!(route.pattern.segments.get(at), Some(Segment::Any(_)))
}

fn is_literal(pattern: &PathPattern, at: usize) -> bool {
    matches!(pattern.segments.get(at), Some(Segment::Literal(_)))
}

/// Whether a rule that reaches the route names it in this place.
fn has_own_rule(
    policy: &Policy<'_>,
    route: &Route<'_>,
    at: usize,
    verbs: VerbSet,
    clauses: &Clauses<'_>,
) -> bool {
    let verbs = route.verbs.intersection(verbs);
    [&clauses.allow, &clauses.public, &clauses.deny].into_iter().any(|clauses| {
        let mut found = false;
        let search = clauses.meeting(route.pattern, verbs, |entries| {
            let clauses = entries.iter().filter_map(|entry| policy.clauses.get(entry.index));
            found |= clauses.take(MAX_COMPARED).any(|clause| is_literal(clause.pattern, at));
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found || search == Search::Ended
    })
}

/// Whether a path can be asked for that both routes match. Routes have no globs.
fn can_meet(a: &PathPattern, b: &PathPattern) -> bool {
    let fits = |short: &PathPattern, long: &PathPattern| {
        short.segments.len() == long.segments.len() && short.has_tail() == long.has_tail()
            || (short.has_tail() && short.segments.len() < long.segments.len())
            || (short.has_tail() && long.has_tail())
    };
    (fits(a, b) || fits(b, a))
        && a.segments.iter().zip(&b.segments).all(|pair| match pair {
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
            _ => true,
        })
}
