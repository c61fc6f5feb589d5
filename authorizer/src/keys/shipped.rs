//! Keys that are put into a bundle: what an authorizer starts from while the issuer does not answer.

use std::fmt;

use serde_json::Value;

use super::jwks::{self, JwksError};
use super::store::MAX_DOCUMENT_BYTES;

/// Why a JWKS cannot go into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShippedKeysError {
    /// It has more than [`MAX_DOCUMENT_BYTES`].
    TooLarge,
    /// It holds a private or a symmetric key, which has no place in a bundle.
    Secret,
    /// It is none that can be used.
    Jwks(JwksError),
}

impl fmt::Display for ShippedKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "it has more than {MAX_DOCUMENT_BYTES} bytes"),
            Self::Secret => f.write_str("it holds a private key: only the public ones belong into a bundle"),
            Self::Jwks(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ShippedKeysError {}

/// How many keys of the JWKS can be used; at least one, and none of them a secret.
pub fn check_shipped(document: &[u8]) -> Result<usize, ShippedKeysError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(ShippedKeysError::TooLarge);
    }
    let keys = jwks::parse(document).map_err(ShippedKeysError::Jwks)?;
    let document: Value =
        serde_json::from_slice(document).map_err(|_| ShippedKeysError::Jwks(JwksError::NotAJwks))?;
    let listed = document.get("keys").and_then(Value::as_array);
    // RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
    let secrets = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let is_secret = |key: &Value| secrets.iter().any(|member| key.get(member).is_some());
    if listed.is_some_and(|keys| keys.iter().any(is_secret)) {
        return Err(ShippedKeysError::Secret);
    }
    Ok(keys.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_shipped() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let public = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x });
        let private = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "b", "x": x, "d": x });
        let factor = json!({ "kty": "RSA", "n": x, "e": "AQAB", "p": x });
        let shared = json!({ "kty": "oct", "k": x });
        let check = |keys: Value| check_shipped(json!({ "keys": keys }).to_string().as_bytes());
        assert_eq!(check(json!([public])), Ok(1));
        assert_eq!(check(json!([public, { "kty": "PQC" }])), Ok(1));
        assert_eq!(check(json!([public, private])), Err(ShippedKeysError::Secret));
        assert_eq!(check(json!([public, factor])), Err(ShippedKeysError::Secret));
        assert_eq!(check(json!([public, shared])), Err(ShippedKeysError::Secret));
        assert!(matches!(check(json!([])), Err(ShippedKeysError::Jwks(JwksError::NoUsableKey(..)))));
        assert_eq!(check_shipped(b"<html>"), Err(ShippedKeysError::Jwks(JwksError::NotAJwks)));
        assert_eq!(check_shipped(&vec![b' '; MAX_DOCUMENT_BYTES + 1]), Err(ShippedKeysError::TooLarge));
    }
}
