//! Development tokens: claims filled in as an issuer asks for them, and signed.

use policy_authorizer::dev::{DevError, DevKey};
use policy_engine::issuer::IssuerConfig;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::input::Object;

/// How long a token lives unless said, in seconds.
const LIFETIME: i64 = 3_600;

/// Adds what a token needs, where the claims have none of it: `iat`, `exp`, and what the issuer asks for.
/// `now` and `lifetime` in seconds.
pub(crate) fn fill(claims: &mut Object, issuer: Option<&IssuerConfig>, now: i64, lifetime: Option<u32>) {
    let longest =
        issuer.and_then(|issuer| issuer.max_lifetime).and_then(|longest| i64::try_from(longest).ok());
    let usual = longest.map_or(LIFETIME, |longest| longest.min(LIFETIME));
    add(claims, "iat", now);
    add(claims, "exp", now.saturating_add(lifetime.map_or(usual, i64::from)));
    if let Some(issuer) = issuer {
        fill_for_issuer(claims, issuer);
    }
}

fn fill_for_issuer(claims: &mut Object, issuer: &IssuerConfig) {
    add(claims, "iss", issuer.url.as_str());
    if let Some(audience) = issuer.audiences.first().filter(|_| !claims.contains_key("client_id")) {
        add(claims, "aud", audience.as_str());
    }
    if let Some(token_use) = &issuer.token_use {
        add(claims, "token_use", token_use.as_str());
    }
}

fn add(claims: &mut Object, name: &str, value: impl Into<Value>) {
    claims.entry(name).or_insert_with(|| value.into());
}

/// Signs the claims. The header's `typ` is the one that the issuer asks for, if it does.
pub(crate) fn sign(key: &DevKey, claims: Object, issuer: Option<&IssuerConfig>) -> Result<String, Failure> {
    let token_type = issuer.and_then(|issuer| issuer.token_type.as_deref()).unwrap_or("JWT");
    let header = json!({ "alg": key.algorithm().name(), "typ": token_type, "kid": key.kid() });
    key.sign_parts(&header.to_string(), &Value::Object(claims).to_string()).map_err(failed)
}

/// What to tell where there is no key, or no token.
pub(crate) fn failed(error: DevError) -> Failure {
    Failure::invalid(format!("no token can be signed: {error}"))
}
