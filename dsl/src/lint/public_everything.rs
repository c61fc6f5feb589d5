//! W0406: everything is open to everybody.
//!
//! **What it does.** Looks for `public` rules without a condition whose path is `/**`, or wildcards only.
//! `public OPTIONS /**` is left alone: browsers ask so, without a token, before they call another origin.
//!
//! **Why is this bad?** Such a rule opens every route of the API, those that will be added later included,
//! and no other rule but a `deny` counts any more.
//!
//! **Example.**
//!
//! ```text
//! public ANY /**
//! ```
//!
//! Name what is public: `public GET /health /docs/**`.

use policy_engine::pattern::Segment;
use policy_engine::{Effect, Verb, VerbSet};

use super::policy::{Clause, Policy};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    for clause in &policy.clauses {
        let verbs = policy.verbs(clause).without(VerbSet::from(Verb::Options));
        let is_public = policy.effect(clause) == Some(Effect::Public);
        if !is_public || verbs.is_empty() || !is_everything(clause) || !policy.logic.always(clause.condition)
        {
            continue;
        }
        let (verbs, path) = (policy.verbs(clause), clause.pattern);
        let message = format!("`public {verbs} {path}` opens the whole API to everybody");
        let help = "name what is public; for whoever has a token, write `allow`";
        out.push(Diagnostic::new(Code::PublicEverything, message).at(clause.path.span).help(help));
    }
}

fn is_everything(clause: &Clause<'_>) -> bool {
    clause.pattern.has_tail()
        && clause.pattern.segments.iter().all(|segment| matches!(segment, Segment::Any(_)))
}
