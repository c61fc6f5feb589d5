//! W0405: a rule allows only what is denied.
//!
//! **What it does.** Looks for `allow` and `public` rules all of whose paths and verbs are covered by `deny`
//! rules that hold whenever the rule does.
//!
//! **Why is this bad?** A deny wins over every allow, wherever it stands: the rule never lets anybody
//! through.
//!
//! **Example.**
//!
//! ```text
//! deny  DELETE     /users/**
//! allow DELETE     /users/{userid}  when group "admins"
//! ```
//!
//! Say in the deny whom it spares: `deny DELETE /users/** unless group "admins"`.

use policy_engine::Effect;

use super::covered_rule::{Clauses, covered, point_to};
use super::policy::Policy;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(policy: &Policy<'_>, clauses: &Clauses<'_>, out: &mut Vec<Diagnostic>) {
    for (rule, own) in policy.rules_with_clauses() {
        if rule.effect == Effect::Deny || own.iter().all(|clause| policy.logic.never(clause.condition)) {
            continue;
        }
        let holds_too = |clause: &super::policy::Clause<'_>, by: &super::policy::Clause<'_>| {
            policy.logic.implies(clause.condition, by.condition)
        };
        let Some(denying) = covered(policy, own, &[&clauses.deny], holds_too) else { continue };
        let message = "this rule never allows anything: all that it matches is denied";
        let diagnostic = Diagnostic::new(Code::OverriddenRule, message).at(rule.written.effect.span);
        let help = "a deny wins over every allow: say in it whom it spares, with `unless`, or drop the rule";
        out.push(point_to(policy, &denying, diagnostic.help(help), "denies it"));
    }
}
