//! W0307: a simple response is kept for requests that it is not right for.
//!
//! **What it does.** Where the `authorizer` block says `response simple` and turns the cache on, looks for rules
//! that tell routes apart without `context.routeKey` among its `identity` sources; and for rules that tell
//! requests to one route apart, without `context.httpMethod` and `context.path` among them.
//!
//! **Why is this bad?** A simple response is a yes or no to the request at hand. API Gateway keeps it for every
//! request with the same identity sources, whatever its route ("Control access to HTTP APIs with AWS Lambda
//! authorizers", AWS's documentation): who may read `/users` may then delete `/users/1`.
//!
//! **Example.**
//!
//! ```text
//! authorizer { response simple  cache 300  identity header.Authorization }
//! allow GET /reports when group "staff"
//! ```
//!
//! Add `context.routeKey` to `identity`, or turn the cache off: `cache 0`. With `response iam` the answer is for all
//! routes, and the cache can stay as it is.

use std::ops::ControlFlow;

use policy_engine::{IdentitySource, ResponseFormat, VerbSet};

use super::policy::{Clause, Policy, Route};
use super::reads::{Part, Place, Reading, Search, described};
use super::trie::{Entry, Trie};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::StatementKind;

/// How many routes are looked at for one path of a rule.
const MAX_COMPARED: usize = 64;

const BY_PATH: &str = "add `context.httpMethod` and `context.path` to `identity`, or write `cache 0`";

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let settings = &policy.parts.authorizer;
    let Some(seconds) = settings.cache.filter(|seconds| *seconds > 0) else { return };
    let has = |name: &str| settings.identity.contains(&IdentitySource::Context(name.to_owned()));
    if settings.response != ResponseFormat::Simple || (has("httpMethod") && has("path")) {
        return;
    }
    if !has("routeKey") {
        out.extend(between_routes(policy, seconds));
    }
    within_routes(policy, seconds, out);
}

/// Rules that are not about every request, without the route among the identity sources.
fn between_routes(policy: &Policy<'_>, seconds: u32) -> Option<Diagnostic> {
    let (_, clauses) = policy
        .rules_with_clauses()
        .find(|(_, clauses)| !clauses.iter().any(|clause| is_everything(policy, clause)))?;
    let message = format!(
        "rules tell routes apart, and the route is no part of the cache key: for {seconds} seconds, the answer for one \
         route is given for all"
    );
    let diagnostic = Diagnostic::new(Code::AcrossRoutes, message)
        .at(place(policy)?)
        .related("this rule is not about every route", clauses.first()?.path.span)
        .help("add `context.routeKey` to `identity`, or write `cache 0`");
    Some(diagnostic)
}

/// Where the cache key is said, or else that responses are simple.
fn place(policy: &Policy<'_>) -> Option<Span> {
    let written = policy.authorizer()?;
    match (written.identity.first(), written.identity.last()) {
        (Some(first), Some(last)) => Some(first.span.to(last.span)),
        _ => written.response.map(|response| response.span),
    }
}

fn is_everything(policy: &Policy<'_>, clause: &Clause<'_>) -> bool {
    clause.pattern.segments.is_empty() && clause.pattern.has_tail() && policy.verbs(clause) == VerbSet::ANY
}

/// Rules that tell requests to one route apart: that read its parameters, or are about a part of it.
fn within_routes(policy: &Policy<'_>, seconds: u32, out: &mut Vec<Diagnostic>) {
    let consequence = format!("for {seconds} seconds, the answer for one path is given for others");
    let mut search = Search::new(policy);
    let reading = Reading { part: Part::Path, is_circumstance: false };
    for statement in policy.unit.statements() {
        if matches!(statement.kind, StatementKind::Rule(_))
            && let Some(place) = search.of_statement(statement).get(&reading)
        {
            out.push(reads_path(policy, place, &consequence));
        }
    }
    let routes = policy.routes.iter().enumerate();
    let routes =
        Trie::new(routes.map(|(index, route)| (route.pattern, Entry { key: 0, index, verbs: route.verbs })));
    for clause in &policy.clauses {
        let Some(route) = halved(policy, clause, &routes) else { continue };
        let (verbs, path) = (policy.verbs(clause), clause.pattern);
        let message = format!(
            "`{verbs} {path}` is a part of the route `{}`, and the path is no part of the cache key: {consequence}",
            route.pattern
        );
        out.push(
            Diagnostic::new(Code::AcrossRoutes, message)
                .at(clause.path.span)
                .related("declared here", route.span)
                .help(BY_PATH),
        );
    }
}

fn reads_path(policy: &Policy<'_>, place: &Place, consequence: &str) -> Diagnostic {
    let message = format!("{} is no part of the cache key: {consequence}", described(policy, place));
    let diagnostic = Diagnostic::new(Code::AcrossRoutes, message).at(place.at).help(BY_PATH);
    match place.inside {
        Some(span) => diagnostic.related("read here", span),
        None => diagnostic,
    }
}

/// A route of which the clause is about some requests, and not about others.
fn halved<'r, 'p>(policy: &'r Policy<'p>, clause: &Clause<'p>, routes: &Trie<'_>) -> Option<&'r Route<'p>> {
    let verbs = policy.verbs(clause);
    let own = Trie::new([(clause.pattern, Entry { key: 0, index: 0, verbs })]);
    let mut found = None;
    let mut compared = 0;
    routes.meeting(clause.pattern, verbs, |entries| {
        for route in entries.iter().filter_map(|entry| policy.routes.get(entry.index)) {
            compared += 1;
            let mut is_covered = false;
            own.covering(route.pattern, |_| {
                is_covered = true;
                ControlFlow::Break(())
            });
            // Each verb of a route is a route of its own, save where it is for any.
            let takes_some_verbs = route.verbs == VerbSet::ANY && verbs != VerbSet::ANY;
            let meets = !route.verbs.intersection(verbs).is_empty();
            if meets && (!is_covered || takes_some_verbs) {
                found = Some(route);
            }
            if found.is_some() || compared >= MAX_COMPARED {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    found
}
