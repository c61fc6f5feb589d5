//! W0401: a rule matches no declared route.
//!
//! **What it does.** Looks for rules none of whose paths and verbs is among the routes of `api`.
//!
//! **Why is this bad?** API Gateway answers only the routes that exist, so such a rule never decides
//! anything. Where its path is misspelt, an `allow` opens nothing, and a `deny` does not protect what it was
//! written for.
//!
//! **Example.**
//!
//! ```text
//! api { GET /users/{userid} }
//! deny GET /user/{userid} unless token.email_verified
//! ```
//!
//! Write the path as the route has it: `/users/{userid}`.

use std::ops::ControlFlow;

use policy_engine::VerbSet;

use super::policy::{Clause, Policy, Rule};
use super::trie::{Entry, Search, Trie};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_SUGGESTIONS;
use crate::suggest::did_you_mean;

pub(super) fn check(policy: &Policy<'_>, routes: &Trie<'_>, out: &mut Vec<Diagnostic>) {
    if policy.routes.is_empty() {
        return;
    }
    let mut suggestions = 0;
    for (rule, clauses) in policy.rules_with_clauses() {
        if clauses.iter().any(|clause| meets(clause, rule.verbs, routes)) {
            continue;
        }
        let message = match clauses {
            [one] => format!("`{} {}` is no declared route", rule.verbs, one.pattern),
            _ => "this rule matches no declared route".to_owned(),
        };
        suggestions += 1;
        let near = (suggestions <= MAX_SUGGESTIONS).then(|| help(policy, rule, clauses, routes)).flatten();
        let help = near.unwrap_or_else(|| "add the route to `api`, or drop the rule".to_owned());
        let span = clauses.first().map_or(rule.written.effect.span, |clause| clause.path.span);
        let span = if clauses.len() == 1 { span } else { rule.written.effect.span };
        out.push(Diagnostic::new(Code::NoSuchRoute, message).at(span).help(help));
    }
}

/// Whether any of the routes has one of the verbs and a path that the clause matches, as far as can be seen.
fn meets(clause: &Clause<'_>, verbs: VerbSet, routes: &Trie<'_>) -> bool {
    let found = routes.meeting(clause.pattern, verbs, |routes| stop_at(routes, verbs));
    found == Search::Ended
}

fn stop_at(routes: &[Entry], verbs: VerbSet) -> ControlFlow<()> {
    if routes.iter().any(|route| !route.verbs.intersection(verbs).is_empty()) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// The verbs that the path does have, or a path that is near.
fn help(policy: &Policy<'_>, rule: &Rule<'_>, clauses: &[Clause<'_>], routes: &Trie<'_>) -> Option<String> {
    let mut declared = VerbSet::EMPTY;
    for clause in clauses {
        routes.meeting(clause.pattern, VerbSet::ANY, |routes| {
            declared = routes.iter().fold(declared, |verbs, route| verbs.union(route.verbs));
            ControlFlow::Continue(())
        });
    }
    if !declared.is_empty() {
        return Some(format!("the path is declared with {declared}"));
    }
    let [clause] = clauses else { return None };
    let usable = policy.routes.iter().filter(|route| !route.verbs.intersection(rule.verbs).is_empty());
    let paths: Vec<String> = usable.map(|route| route.pattern.to_string()).collect();
    did_you_mean(&clause.pattern.to_string(), paths.iter().map(String::as_str))
}
