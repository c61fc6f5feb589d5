//! W0501: a condition is not used.
//!
//! **What it does.** Looks for `let`s that no rule, invariant, context or other `let` names. Those of files
//! that are taken in with `use`, and those of a file without rules, may be there for other policies.
//!
//! **Why is this bad?** It looks as if it decided something. Perhaps a rule was to ask for it, and does not.
//!
//! **Example.**
//!
//! ```text
//! let admin = group "admins"
//! allow GET /reports
//! ```
//!
//! Use it: `allow GET /reports when admin`, or drop it.

use super::policy::Policy;
use super::unused_param::names_used;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::StatementKind;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let used = names_used(policy);
    for statement in policy.own_statements() {
        if let StatementKind::Let(definition) = &statement.kind
            && !used.contains(definition.name.node.as_str())
        {
            let name = &definition.name;
            let message = format!("the condition `{}` is not used", name.node);
            let help = "name it in a rule, or drop it";
            out.push(Diagnostic::new(Code::UnusedLet, message).at(name.span).help(help));
        }
    }
}
