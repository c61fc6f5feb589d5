//! W0306: some tokens have no policy for the whole API.
//!
//! **What it does.** Makes tokens from the policy's own conditions, gives each to the authorizer's emitter, and
//! reports the rules for which the answer is right for the request at hand only: with such a token, a request,
//! and a change that was tried and helps, where one is known. See [`prove`](crate::prove).
//!
//! **Why is this bad?** API Gateway keeps an answer, and applies it to every route ("Configure a Lambda
//! authorizer", AWS's documentation). The next request with the same token is refused, though the rules
//! allow it.
//!
//! **Example.**
//!
//! ```text
//! allow GET /users/{id}
//! allow GET /users/{id}/photos when path.id == token.sub
//! ```
//!
//! IAM's `*` crosses `/`, so no pattern allows every `/users/{id}` and leaves out others' photos. Turn the
//! cache off (`cache 0`), or have one answer for each method and path:
//! `identity header.Authorization context.httpMethod context.path`.

use policy_engine::iam::Obstacle;
use policy_engine::{AuthorizerSettings, IdentitySource, ResponseFormat, RuleId, Token};
use serde_json::{Map, Value as Json};

use crate::codes::Code;
use crate::compile::CompiledPolicy;
use crate::diagnostic::Diagnostic;
use crate::prove::{Conflict, whole_api};

/// Of a token, so many characters are shown.
const MAX_SHOWN: usize = 160;

/// As many other rules are pointed to.
const MAX_OTHERS: usize = 8;

pub(super) fn check(policy: &CompiledPolicy, out: &mut Vec<Diagnostic>) {
    let settings = &policy.program.parts().authorizer;
    // A simple response has no IAM policy.
    if settings.response == ResponseFormat::Simple || is_kept_by_request(settings) {
        return;
    }
    out.extend(whole_api(policy).conflicts.iter().filter_map(|conflict| diagnostic(policy, conflict)));
}

/// Whether API Gateway keeps no answer, or one for each method and path.
fn is_kept_by_request(settings: &AuthorizerSettings) -> bool {
    let has = |names: &[&str]| {
        settings
            .identity
            .iter()
            .any(|source| matches!(source, IdentitySource::Context(name) if names.contains(&name.as_str())))
    };
    settings.cache == Some(0) || (has(&["httpMethod", "routeKey"]) && has(&["path"]))
}

fn diagnostic(policy: &CompiledPolicy, conflict: &Conflict) -> Option<Diagnostic> {
    let rule = policy.program.parts().rules.get(conflict.rule.0 as usize)?;
    let span = |id: RuleId| policy.rules.get(id.0 as usize).map(|origin| origin.span);
    let more = match conflict.others.len() {
        count if count > MAX_OTHERS => format!(", together with {count} other rules"),
        _ => String::new(),
    };
    let message =
        format!("`{}` has answers that hold for one request only{more}: {}", rule.id, conflict.obstacle);
    let example = example(policy, conflict);
    let mend = conflict.mend.as_ref().map_or_else(String::new, |mend| format!("{mend}, or "));
    let help = format!(
        "{example}; {mend}turn the cache off (`cache 0`), or add `context.httpMethod` and `context.path` to `identity`"
    );
    let diagnostic = Diagnostic::new(Code::PerRequest, message).at(span(conflict.rule)?).help(help);
    let others = conflict.others.iter().filter_map(|other| span(*other)).take(MAX_OTHERS);
    Some(others.fold(diagnostic, |diagnostic, span| diagnostic.related("together with this rule", span)))
}

/// A token, and a request.
fn example(policy: &CompiledPolicy, conflict: &Conflict) -> String {
    let who = match &conflict.token {
        None => "without a token".to_owned(),
        Some(token) => format!("with the token {}", written(policy, token)),
    };
    let stage = conflict.stage.as_ref().map_or_else(String::new, |stage| format!(" on the stage `{stage}`"));
    match conflict.obstacle {
        Obstacle::DocumentTooLarge | Obstacle::ResourceTooLong | Obstacle::TooMany => {
            format!("{who}{stage}, for instance, there is no policy for the whole API")
        }
        _ => {
            let Conflict { verb, path, .. } = conflict;
            format!("{who}{stage}, for instance, no policy for the whole API is right about `{verb} {path}`")
        }
    }
}

fn written(policy: &CompiledPolicy, token: &Token) -> String {
    let userinfo = token.userinfo().map(|found| format!(" and userinfo `{}`", json(found)));
    let issuers = &policy.program.parts().issuers;
    let issuer = issuers.get(token.issuer().0 as usize).filter(|_| issuers.len() > 1);
    let issuer = issuer.map(|issuer| format!(" of `{}`", issuer.name));
    let claims = json(token.claims());
    format!("`{claims}`{}{}", userinfo.unwrap_or_default(), issuer.unwrap_or_default())
}

fn json(object: &Map<String, Json>) -> String {
    let text = Json::Object(object.clone()).to_string();
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown == text { text } else { format!("{shown}…") }
}
