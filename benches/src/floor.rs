//! The least that an authorizer can do: read an event and its token, and verify the signature with a key that was
//! parsed once. No rule is looked at, and hardly anything is checked.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Verifies RS256 tokens of one key.
#[derive(Debug)]
pub struct Floor {
    key: ParsedPublicKey,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "methodArn")]
    method_arn: &'a str,
    #[serde(rename = "authorizationToken")]
    token: Option<&'a str>,
    #[serde(borrow)]
    headers: Option<Headers<'a>>,
}

#[derive(Deserialize)]
struct Headers<'a> {
    #[serde(rename = "Authorization")]
    authorization: Option<&'a str>,
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
}

/// What a token says that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The request's ARN.
    pub method_arn: String,
    /// The token's issuer.
    pub iss: String,
    /// Its subject.
    pub sub: String,
    /// Its end, in seconds since 1970-01-01 UTC.
    pub exp: i64,
}

impl Floor {
    /// A floor for the key of that public PEM text (`-----BEGIN PUBLIC KEY-----`); none where it is none of RSA.
    pub fn new(public_pem: &str) -> Option<Self> {
        let base64: String = public_pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64::engine::general_purpose::STANDARD.decode(base64).ok()?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).ok().map(|key| Self { key })
    }

    /// What the token of a TOKEN or REQUEST event says, if the key has signed it.
    pub fn verify(&self, event: &[u8]) -> Option<Verified> {
        let event: Event<'_> = serde_json::from_slice(event).ok()?;
        let token = event.token.or_else(|| event.headers?.authorization)?;
        let token = token.strip_prefix("Bearer ")?;
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        let header: Header<'_> = serde_json::from_slice(&header).ok()?;
        if header.alg != "RS256" || header.kid.is_empty() {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.key.verify_sig(signed.as_bytes(), &signature).ok()?;
        let Claims { iss, sub, exp } = claims;
        Some(Verified { method_arn: event.method_arn.to_owned(), iss, sub, exp })
    }
}
