//! W0305: a claim that is nearly a registered one.
//!
//! **What it does.** Looks for claims that are a letter away from one that RFC 7519, RFC 9068, OpenID Connect
//! Core 1.0 or Amazon Cognito defines.
//!
//! **Why is this bad?** No token has the misspelt claim, so every test of it is false: an `allow` opens
//! nothing, and a `deny … when` protects nothing.
//!
//! **Example.**
//!
//! ```text
//! allow GET /inbox when token.emial_verified
//! ```
//!
//! Write `token.email_verified`.

use std::collections::HashMap;

use super::policy::Policy;
use super::visit::{self, Found};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::Name;

/// "JSON Web Token (JWT)", RFC 7519, section 4.1; "JWT Profile for OAuth 2.0 Access Tokens", RFC 9068,
/// section 2.2; "OpenID Connect Core 1.0", sections 2 and 5.1; "OpenID Connect Front-Channel Logout 1.0",
/// section 3 (`sid`).
const REGISTERED: [&str; 43] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "roles",
    "groups",
    "entitlements",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "sid",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "act",
    "may_act",
    "cnf",
    "permissions",
];

/// "Understanding the identity (ID) token" and "Understanding the access token", Amazon Cognito's developer
/// guide.
const COGNITO: [&str; 12] = [
    "cognito:username",
    "cognito:groups",
    "cognito:roles",
    "cognito:preferred_role",
    "cognito:user_status",
    "cognito:mfa_enabled",
    "cognito:email_alias",
    "cognito:phone_number_alias",
    "token_use",
    "origin_jti",
    "event_id",
    "identities",
];

/// Claims of other issuers (Entra ID, Auth0, Okta, Google) that are no misspelling.
const OTHERS: [&str; 32] = [
    "emails",
    "role",
    "group",
    "scp",
    "scopes",
    "permission",
    "tid",
    "oid",
    "upn",
    "unique_name",
    "ver",
    "gty",
    "org_id",
    "org_name",
    "user_id",
    "username",
    "user_name",
    "uid",
    "cid",
    "wids",
    "hd",
    "idp",
    "rh",
    "uti",
    "aio",
    "ipaddr",
    "appid",
    "login_hint",
    "names",
    "profiles",
    "client",
    "version",
];

/// Of shorter names, two letters in the wrong order are the only sure sign.
const SHORTEST: usize = 5;

/// Names of this length may differ in more than one place.
const LONG: usize = 9;

/// In how many.
const MOST_CHANGES: usize = 2;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let mut known: HashMap<&str, Option<&str>> = HashMap::new();
    for statement in policy.unit.statements() {
        visit::statement(statement, &mut |found| {
            let Found::Member(member) = found else { return };
            let Some(claim) = member.names.first() else { return };
            let near = *known.entry(claim.node.as_str()).or_insert_with(|| near(&claim.node));
            out.extend(near.map(|near| report(claim, near)));
        });
    }
}

fn report(claim: &Name, near: &str) -> Diagnostic {
    let message = format!("`{}` is no registered claim, and nearly one: `{near}`", claim.node);
    let help = format!("write `{near}` if that is meant");
    Diagnostic::new(Code::MisspeltClaim, message).at(claim.span).help(help)
}

/// The registered claim that is meant, if one is.
fn near(claim: &str) -> Option<&'static str> {
    let all = || REGISTERED.into_iter().chain(COGNITO);
    if all().chain(OTHERS).any(|known| known == claim) || claim.len() > 40 {
        return None;
    }
    let lower = claim.to_lowercase();
    let distance = |known: &'static str| {
        if known.len().abs_diff(lower.len()) > MOST_CHANGES {
            return None;
        }
        let distance = strsim::osa_distance(known, &lower);
        is_misspelling(known, claim, distance).then_some((distance, known))
    };
    all().filter_map(distance).min().map(|(_, known)| known)
}

fn is_misspelling(known: &str, claim: &str, distance: usize) -> bool {
    // One and several of something are different claims, except in Cognito's own name space.
    let is_plural = claim.strip_suffix('s') == Some(known) || known.strip_suffix('s') == Some(claim);
    if is_plural {
        return known.contains(':');
    }
    match known.len() {
        ..SHORTEST => distance == 0 || (distance == 1 && has_same_letters(known, claim)),
        SHORTEST..LONG => distance <= 1,
        _ => distance <= MOST_CHANGES,
    }
}

fn has_same_letters(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut bytes = text.to_lowercase().into_bytes();
        bytes.sort_unstable();
        bytes
    };
    sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn only_what_is_misspelt_is_near() {
        for (claim, expected) in [
            ("emial", Some("email")),
            ("Email", Some("email")),
            ("email_verfied", Some("email_verified")),
            ("emailVerified", Some("email_verified")),
            ("sbu", Some("sub")),
            ("cognito:group", Some("cognito:groups")),
            ("cognito_groups", Some("cognito:groups")),
            ("given_nmae", Some("given_name")),
            ("prefered_username", Some("preferred_username")),
            ("scop", Some("scope")),
            ("email", None),
            ("emails", None),
            ("role", None),
            ("suc", None),
            ("tenant", None),
            ("team", None),
            ("department", None),
            ("custom:groups", None),
            ("https://example.com/groups", None),
            ("given", None),
            ("suspended", None),
        ] {
            assert_eq!(near(claim), expected, "{claim}");
        }
    }
}
