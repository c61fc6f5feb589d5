//! W0308: an answer is kept for longer than the token lives that it was given for.
//!
//! **What it does.** Where the `authorizer` block turns the cache on and does not say `expire_with_token yes`,
//! looks for issuers whose `max_lifetime` is shorter than `cache`, and for tokens of tests whose `exp` comes
//! sooner after their `iat`.
//!
//! **Why is this bad?** API Gateway does not look at the token: what it keeps holds until the cache's time is
//! over ("API Gateway Lambda authorizers", AWS's documentation). A token that has ended is let in for that long.
//!
//! **Example.**
//!
//! ```text
//! authorizer { cache 300 }
//! issuer main { url "https://id.example.com/"  audience "app"  max_lifetime 60 }
//! ```
//!
//! Write `expire_with_token yes`, with which every Allow of the IAM policy ends with the token, or `cache 60`.

use policy_engine::ResponseFormat;
use serde_json::Value;

use super::policy::Policy;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{Caller, Claims, StatementKind, Test};

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let settings = &policy.parts.authorizer;
    let Some(cache) = settings.cache.map(u64::from).filter(|cache| *cache > 0) else { return };
    if settings.expire_with_token {
        return;
    }
    let help = |lifetime: u64| match settings.response {
        ResponseFormat::Iam => {
            format!("write `expire_with_token yes` in `authorizer`, or `cache {lifetime}`")
        }
        ResponseFormat::Simple => format!("write `cache {lifetime}`, or less"),
    };
    let mut report = |what: &str, lifetime: u64, at: Span| {
        let message = format!(
            "{what} {lifetime} seconds, and answers are kept for {cache}: it is let in after its end"
        );
        out.push(Diagnostic::new(Code::OutlivedToken, message).at(at).help(help(lifetime)));
    };
    let mut is_known = false;
    for statement in policy.unit.statements() {
        let StatementKind::Issuer(issuer) = &statement.kind else { continue };
        let Some(lifetime) = issuer.max_lifetime.filter(|lifetime| lifetime.node < cache) else { continue };
        is_known = true;
        let name = &issuer.name.node;
        report(&format!("a token of `{name}` lives for at most"), lifetime.node, lifetime.span);
    }
    // What an issuer says of all its tokens is not said again of one.
    if is_known {
        return;
    }
    let tests = policy.unit.statements().filter_map(|statement| match &statement.kind {
        StatementKind::Test(test) => lifetime_of(policy, test),
        _ => None,
    });
    // Tests are many, and their tokens much the same.
    if let Some((lifetime, at)) = tests.filter(|(lifetime, _)| *lifetime < cache).min() {
        report("this token lives for", lifetime, at);
    }
}

/// How long the test's token lives, in seconds, and where it is written.
fn lifetime_of(policy: &Policy<'_>, test: &Test) -> Option<(u64, Span)> {
    match &test.caller {
        Caller::Anonymous(_) => None,
        Caller::Token(claims) => Some((lifetime(&claims.node)?, claims.span)),
        Caller::TokenFile(path) => {
            let file = policy.sources.text(*policy.unit.attached.get(&path.span)?);
            Some((lifetime(&serde_json::from_str(file).ok()?)?, path.span))
        }
    }
}

/// From `iat` to `exp` ("JSON Web Token (JWT)", RFC 7519, section 4.1).
fn lifetime(claims: &Claims) -> Option<u64> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_u64);
    seconds("exp")?.checked_sub(seconds("iat")?).filter(|lifetime| *lifetime > 0)
}
