//! W0304: an answer is kept for requests that it is not right for.
//!
//! **What it does.** Where the `authorizer` block turns the cache on, looks for headers, query parameters,
//! addresses and times that rules, `principal`, `context` or `usage_key` read and that are not among its
//! `identity` sources; and whether the token itself is among them. An address or time that a rule compares is
//! left alone: the IAM policy asks for it by itself, with each request.
//!
//! **Why is this bad?** API Gateway keeps an answer for all requests with the same identity sources ("API
//! Gateway Lambda authorizers", AWS's documentation). What it depends on beyond them is that of the first
//! caller: others get the first one's rights.
//!
//! **Example.**
//!
//! ```text
//! authorizer { cache 300  identity header.Authorization }
//! allow GET /reports when request.header."x-tenant" == token.tenant
//! ```
//!
//! Add `header."x-tenant"` to `identity`, or turn the cache off: `cache 0`.

use policy_engine::{IdentitySource, ResponseFormat, TokenSource};

use super::policy::Policy;
use super::reads::{Part, Place, Reading, Search, described, written};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::{Statement, StatementKind};

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let settings = &policy.parts.authorizer;
    let Some(seconds) = settings.cache.filter(|seconds| *seconds > 0) else { return };
    let token = match &settings.token {
        TokenSource::Header(name) => IdentitySource::Header(name.clone()),
        TokenSource::Query(name) => IdentitySource::Query(name.clone()),
    };
    let key = if settings.identity.is_empty() { std::slice::from_ref(&token) } else { &settings.identity };
    if !key.contains(&token) {
        out.extend(token_outside(policy, &token, seconds));
    }
    let mut search = Search::new(policy);
    for statement in policy.unit.statements().filter(|statement| is_answered(statement)) {
        let asks_iam =
            matches!(statement.kind, StatementKind::Rule(_)) && settings.response == ResponseFormat::Iam;
        for (Reading { part, is_circumstance }, place) in search.of_statement(statement) {
            let help = match part {
                _ if is_circumstance && asks_iam => continue,
                Part::Path => continue,
                Part::Keyed(source) if key.contains(&source) => continue,
                Part::Keyed(source) => {
                    format!("add `{}` to `identity`, or write `cache 0`", written(&source))
                }
                Part::Time => "no identity source tells the time: write `cache 0`".to_owned(),
            };
            out.push(outside(policy, &place, seconds, help));
        }
    }
}

/// Whether an answer depends on it by itself: not a `let`, which others name, nor an invariant.
const fn is_answered(statement: &Statement) -> bool {
    !matches!(statement.kind, StatementKind::Let(_) | StatementKind::Invariant(_))
}

fn outside(policy: &Policy<'_>, place: &Place, seconds: u32, help: String) -> Diagnostic {
    let message =
        format!("{} is no part of the cache key: {}", described(policy, place), consequence(seconds));
    let diagnostic = Diagnostic::new(Code::OutsideCacheKey, message).at(place.at).help(help);
    match place.inside {
        Some(span) => diagnostic.related("read here", span),
        None => diagnostic,
    }
}

fn token_outside(policy: &Policy<'_>, token: &IdentitySource, seconds: u32) -> Option<Diagnostic> {
    let identity = &policy.authorizer()?.identity;
    let span = identity.first()?.span.to(identity.last()?.span);
    let (token, consequence) = (written(token), consequence(seconds));
    let message = format!("the token (`{token}`) is no part of the cache key: {consequence}");
    let help = format!("add `{token}`, or write `cache 0`");
    Some(Diagnostic::new(Code::OutsideCacheKey, message).at(span).help(help))
}

fn consequence(seconds: u32) -> String {
    format!("for {seconds} seconds, one caller's answer is given to others")
}
