//! W0503: an issuer's tokens are not used.
//!
//! **What it does.** Looks for issuers whose tokens no `allow` rule can match, since each asks for another
//! issuer.
//!
//! **Why is this bad?** Tokens are accepted that open nothing: the issuer is left over, or a rule names the
//! wrong one.
//!
//! **Example.**
//!
//! ```text
//! issuer people   { url "https://people.example.com/"    audience "api" }
//! issuer machines { url "https://machines.example.com/"  audience "api" }
//! allow GET /users  when issuer people
//! ```
//!
//! Write the rule that is for `machines`, or drop it.

use policy_engine::Effect;
use policy_engine::condition::{Atom, IssuerId, Node, NodeId};

use super::policy::Policy;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::StatementKind;

/// The most parts of one condition that are looked at.
const MAX_PARTS: usize = 100;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    // Without such a rule, tokens are asked for by conditions of public rules, or by the context.
    if !policy.rules.iter().any(|rule| rule.effect == Effect::Allow) {
        return;
    }
    for statement in policy.own_statements() {
        let StatementKind::Issuer(issuer) = &statement.kind else { continue };
        let name = &issuer.name;
        let index = policy.parts.issuers.iter().position(|issuer| issuer.name == name.node);
        let Some(id) = index.and_then(|index| u32::try_from(index).ok()).map(IssuerId) else { continue };
        let is_used = policy.clauses.iter().any(|clause| {
            let asks_for_token =
                policy.effect(clause) == Some(Effect::Allow) || !policy.logic.always(clause.condition);
            asks_for_token && policy.allows(clause) && !excludes(policy, clause.condition, id)
        });
        if !is_used {
            let message = format!("no rule allows a token of `{}` anything", name.node);
            let help = "write a rule for it, or drop the issuer";
            out.push(Diagnostic::new(Code::UnusedIssuer, message).at(name.span).help(help));
        }
    }
}

/// Whether the condition asks for another issuer.
fn excludes(policy: &Policy<'_>, condition: NodeId, issuer: IssuerId) -> bool {
    let is_other =
        |id: NodeId| matches!(policy.logic.atom(id), Some(Atom::Issuer(other)) if *other != issuer);
    let parts = policy.logic.conjuncts(&condition).iter().take(MAX_PARTS);
    parts.copied().any(|part| match policy.parts.conditions.node(part) {
        Some(Node::Any(alternatives)) => alternatives.iter().all(|part| is_other(*part)),
        Some(Node::Not(inner)) => {
            matches!(policy.logic.atom(*inner), Some(Atom::Issuer(excluded)) if *excluded == issuer)
        }
        _ => is_other(part),
    })
}
