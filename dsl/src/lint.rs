//! Warnings about policies that can be used, and are probably not what was meant: one lint a file.
//!
//! Each says only what can be seen in the text, the patterns and the conditions, and nothing where it cannot be
//! sure; one asks the authorizer's own emitter. The work grows with the size of the policy, or is bounded by counts.

mod across_routes;
pub(crate) mod allowed;
mod covered_rule;
mod invisible_character;
mod levels;
pub(crate) mod logic;
mod misspelt_claim;
mod mixed_script;
mod negated_claim;
mod never_holds;
mod no_such_route;
mod outlived_token;
mod outside_cache_key;
mod overridden_rule;
mod per_request;
mod policy;
mod public_everything;
mod reads;
mod route_overlap;
mod text;
pub(crate) mod trie;
mod unreached_route;
mod unused_issuer;
mod unused_let;
mod unused_param;
mod visit;

use crate::codes::Code;
use crate::compile::CompiledPolicy;
use crate::diagnostic::Diagnostic;
use crate::load::Unit;
use crate::source::Sources;
use crate::syntax::AllowedWarning;
use policy::Policy;
use trie::{Entry, Trie};

pub use levels::{Level, Levels, NoWarning, warning};

/// Looks at the characters of every file, those with errors included.
pub(crate) fn check_text(unit: &Unit, sources: &Sources, out: &mut Vec<Diagnostic>) {
    for page in text::pages(unit, sources) {
        mixed_script::check(&page, out);
        invisible_character::check(&page, out);
    }
}

/// Looks at a policy without errors. `levels` spares the work for what is turned off anyway.
pub(crate) fn check_policy(
    unit: &Unit,
    sources: &Sources,
    policy: &CompiledPolicy,
    levels: &Levels,
    out: &mut Vec<Diagnostic>,
) {
    let names_it = |line: &AllowedWarning| Code::named(&line.code.node) == Some(Code::PerRequest);
    // A line that allows it has to be seen to be needed.
    if !levels.is_off(Code::PerRequest) || unit.statements().any(|one| one.allowed.iter().any(names_it)) {
        per_request::check(policy, out);
    }
    let policy = Policy::new(unit, sources, policy);
    check_rules(&policy, out);
    negated_claim::check(&policy, out);
    outside_cache_key::check(&policy, out);
    across_routes::check(&policy, out);
    outlived_token::check(&policy, out);
    misspelt_claim::check(&policy, out);
    // A file without rules is there to be taken in by others.
    if !policy.rules.is_empty() {
        unused_let::check(&policy, out);
        unused_param::check(&policy, out);
        unused_issuer::check(&policy, out);
    }
}

fn check_rules(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    never_holds::check(policy, out);
    let clauses = covered_rule::Clauses::new(policy);
    covered_rule::check(policy, &clauses, out);
    overridden_rule::check(policy, &clauses, out);
    public_everything::check(policy, out);
    let routes = Trie::new(
        policy
            .routes
            .iter()
            .enumerate()
            .map(|(index, route)| (route.pattern, Entry { key: 0, index, verbs: route.verbs })),
    );
    no_such_route::check(policy, &routes, out);
    unreached_route::check(policy, &clauses, out);
    route_overlap::check(policy, &routes, &clauses, out);
}
