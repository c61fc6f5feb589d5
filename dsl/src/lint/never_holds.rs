//! W0403: a rule can never hold.
//!
//! **What it does.** Looks for rules whose condition contradicts itself: `false`, an empty list, `a and not
//! a`, one claim that is to be two different things, a range with nothing in it, tokens of two issuers at
//! once.
//!
//! **Why is this bad?** Such an `allow` opens nothing, and such a `deny` protects nothing. Mostly an `and`
//! was written where an `or` was meant.
//!
//! **Example.**
//!
//! ```text
//! allow GET /reports when token.role == "editor" and token.role == "owner"
//! ```
//!
//! Write `token.role in ["editor", "owner"]`.

use policy_engine::Effect;

use super::policy::Policy;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    for (rule, clauses) in policy.rules_with_clauses() {
        if !clauses.iter().all(|clause| policy.logic.never(clause.condition)) {
            continue;
        }
        let effect = match rule.effect {
            Effect::Deny => "denies",
            Effect::Allow | Effect::Public => "allows",
        };
        let message = format!("this rule never {effect} anything: its condition can never hold");
        let help = "where either of two is enough, write `or`; where nothing is meant, drop the rule";
        let written = rule.written;
        let span = match (&written.when, &written.unless) {
            (Some(when), Some(unless)) if when.span.start <= unless.span.start => when.span.to(unless.span),
            (Some(when), Some(unless)) => unless.span.to(when.span),
            (Some(one), None) | (None, Some(one)) => one.span,
            (None, None) => written.effect.span,
        };
        out.push(Diagnostic::new(Code::NeverHolds, message).at(span).help(help));
    }
}
