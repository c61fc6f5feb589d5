//! W0502: a param is not used.
//!
//! **What it does.** Looks for `param`s that nothing reads. Those of files that are taken in with `use`, and
//! those of a file without rules, may be there for other policies.
//!
//! **Why is this bad?** One without a default must be given wherever the policy is deployed, for nothing.
//! Perhaps a fixed text stands where it was to stand.
//!
//! **Example.**
//!
//! ```text
//! param admin_group = "admins"
//! allow GET /reports when group "admins"
//! ```
//!
//! Use it: `when group admin_group`, or drop it.

use std::collections::BTreeSet;

use super::policy::Policy;
use super::visit::{self, Found};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::StatementKind;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let used = names_used(policy);
    for statement in policy.own_statements() {
        if let StatementKind::Param(param) = &statement.kind
            && !used.contains(param.name.node.as_str())
        {
            let name = &param.name;
            let message = format!("the param `{}` is not used", name.node);
            let help = format!("write `{0}` or `${{{0}}}` where it is meant, or drop it", name.node);
            out.push(Diagnostic::new(Code::UnusedParam, message).at(name.span).help(help));
        }
    }
}

/// Every `let` and `param` that is named anywhere.
pub(super) fn names_used<'p>(policy: &Policy<'p>) -> BTreeSet<&'p str> {
    let mut used = BTreeSet::new();
    for statement in policy.unit.statements() {
        visit::statement(statement, &mut |found| {
            if let Found::Name(name, _) = found {
                used.insert(name);
            }
        });
    }
    used
}
