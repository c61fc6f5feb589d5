//! JSON Web Key Sets (RFC 7517).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use policy_engine::Algorithm;
use serde::Deserialize;
use serde_json::Value;

use super::key::{KeyKind, VerificationKey};
use super::set::KeySet;

/// The most keys that are read of a set.
pub const MAX_KEYS: usize = 64;
/// RFC 7518 section 3.3: RSA keys have 2,048 bits or more.
const MIN_RSA_BYTES: usize = 256;
/// The largest that the verifier takes.
const MAX_RSA_BYTES: usize = 1024;

/// Why a document is no set of keys that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwksError {
    /// It is no JSON object with a list `keys`.
    NotAJwks,
    /// No key in it can verify signatures of an algorithm that policies know.
    NoUsableKey,
    /// It holds more than [`MAX_KEYS`].
    TooMany,
}

impl JwksError {
    /// What the document is instead.
    pub(crate) const fn lack(self) -> &'static str {
        match self {
            Self::NotAJwks => "something that is not a JWKS",
            Self::NoUsableKey => "a JWKS without a usable key",
            Self::TooMany => "a JWKS of too many keys",
        }
    }
}

impl fmt::Display for JwksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is {}", self.lack())
    }
}

impl std::error::Error for JwksError {}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// A key as the set writes it. Members that policies do not need (`x5c`, `x5u`, …) are passed over.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The usable keys of a set. One that is not, or is not understood, is passed over, as RFC 7517 section 5 asks.
pub(crate) fn parse(bytes: &[u8]) -> Result<KeySet, JwksError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|_| JwksError::NotAJwks)?;
    if document.keys.len() > MAX_KEYS {
        return Err(JwksError::TooMany);
    }
    let jwks = document.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let keys: Vec<VerificationKey> = jwks.filter_map(Jwk::into_key).collect();
    if keys.is_empty() { Err(JwksError::NoUsableKey) } else { Ok(KeySet::named(keys)) }
}

impl Jwk {
    fn into_key(self) -> Option<VerificationKey> {
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        if self.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return None;
        }
        let algorithm = match &self.alg {
            None => None,
            Some(name) => Some(Algorithm::parse(name)?),
        };
        let (kind, decoding) = self.material()?;
        Some(VerificationKey { kid: self.kid, kind, algorithm, decoding })
    }

    fn material(&self) -> Option<(KeyKind, DecodingKey)> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let modulus = decode(self.n.as_ref()?)?;
                let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
                if !(MIN_RSA_BYTES..=MAX_RSA_BYTES).contains(&bytes) {
                    return None;
                }
                let exponent = decode(self.e.as_ref()?)?;
                Some((KeyKind::Rsa, DecodingKey::from_rsa_raw_components(&modulus, &exponent)))
            }
            ("EC", Some("P-256")) => self.point(32).map(|key| (KeyKind::P256, key)),
            ("EC", Some("P-384")) => self.point(48).map(|key| (KeyKind::P384, key)),
            ("OKP", Some("Ed25519")) => {
                let x = self.x.as_ref()?;
                (decode(x)?.len() == 32).then_some(())?;
                Some((KeyKind::Ed25519, DecodingKey::from_ed_components(x).ok()?))
            }
            _ => None,
        }
    }

    /// RFC 7518 section 6.2.1.2: each coordinate has the curve's full length.
    fn point(&self, length: usize) -> Option<DecodingKey> {
        let (x, y) = (self.x.as_ref()?, self.y.as_ref()?);
        let full = decode(x)?.len() == length && decode(y)?.len() == length;
        full.then_some(())?;
        DecodingKey::from_ec_components(x, y).ok()
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::set::KeyError;
    use super::*;

    fn zeros(bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode(vec![1_u8; bytes])
    }

    fn usable(key: &Value) -> bool {
        parse(json!({ "keys": [key] }).to_string().as_bytes()).is_ok()
    }

    #[test]
    fn keys_that_are_used() {
        let rsa = json!({ "kty": "RSA", "n": zeros(256), "e": "AQAB" });
        assert!(usable(&rsa));
        let with = |name: &str, value: Value| {
            let mut key = rsa.clone();
            key[name] = value;
            key
        };
        assert!(usable(&with("use", json!("sig"))));
        assert!(usable(&with("use", Value::Null)));
        assert!(usable(&with("alg", json!("RS256"))));
        assert!(usable(&with("key_ops", json!(["verify"]))));
        assert!(usable(&with("x5c", json!(["anything"]))));
        assert!(usable(&json!({ "kty": "EC", "crv": "P-256", "x": zeros(32), "y": zeros(32) })));
        assert!(usable(&json!({ "kty": "EC", "crv": "P-384", "x": zeros(48), "y": zeros(48) })));
        assert!(usable(&json!({ "kty": "OKP", "crv": "Ed25519", "x": zeros(32) })));

        assert!(!usable(&with("use", json!("enc"))));
        assert!(!usable(&with("alg", json!("RSA-OAEP"))));
        assert!(!usable(&with("alg", json!("HS256"))));
        assert!(!usable(&with("key_ops", json!(["encrypt"]))));
        assert!(!usable(&with("n", json!(zeros(128)))), "1,024 bits");
        assert!(!usable(&with("n", json!(zeros(2048)))), "16,384 bits");
        assert!(!usable(&with("n", json!("not base64url!"))));
        assert!(!usable(&json!({ "kty": "RSA" })));
        assert!(!usable(&json!({ "kty": "oct", "k": zeros(32) })));
        assert!(!usable(&json!({ "kty": "EC", "crv": "P-256", "x": zeros(31), "y": zeros(32) })));
        assert!(!usable(&json!({ "kty": "EC", "crv": "secp256k1", "x": zeros(32), "y": zeros(32) })));
        assert!(!usable(&json!({ "kty": "OKP", "crv": "Ed448", "x": zeros(57) })));
        assert!(!usable(&json!("a string")));
    }

    #[test]
    fn documents() {
        for (text, error) in [
            ("", JwksError::NotAJwks),
            ("<html>", JwksError::NotAJwks),
            ("[]", JwksError::NotAJwks),
            ("{}", JwksError::NotAJwks),
            (r#"{"keys": {}}"#, JwksError::NotAJwks),
            (r#"{"keys": []}"#, JwksError::NoUsableKey),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), error, "{text}");
        }
        let many = json!({ "keys": vec![json!({}); MAX_KEYS + 1] }).to_string();
        assert_eq!(parse(many.as_bytes()).unwrap_err(), JwksError::TooMany);
    }

    #[test]
    fn the_alg_member_binds_a_key() {
        let jwks =
            json!({ "keys": [{ "kty": "RSA", "kid": "a", "alg": "RS512", "n": zeros(256), "e": "AQAB" }] });
        let set = parse(jwks.to_string().as_bytes()).unwrap();
        assert_eq!(set.lookup(Some("a"), Algorithm::RS512).unwrap().len(), 1);
        assert_eq!(set.lookup(Some("a"), Algorithm::RS256).unwrap_err(), KeyError::Unknown);
        assert_eq!(set.lookup(Some("a"), Algorithm::ES256).unwrap_err(), KeyError::Unknown);
    }

    #[test]
    fn kids_choose_among_the_keys_that_fit() {
        let rsa = |kid: Value| json!({ "kty": "RSA", "kid": kid, "n": zeros(256), "e": "AQAB" });
        let point = json!({ "kty": "EC", "crv": "P-256", "kid": "a", "x": zeros(32), "y": zeros(32) });
        let keys =
            json!({ "keys": [rsa(json!("a")), rsa(json!("b")), rsa(json!("b")), rsa(Value::Null), point] });
        let set = parse(keys.to_string().as_bytes()).unwrap();
        let count = |kid, algorithm| set.lookup(kid, algorithm).map(|keys| keys.len());
        assert_eq!(count(Some("a"), Algorithm::RS256), Ok(1));
        assert_eq!(count(Some("b"), Algorithm::RS256), Ok(2), "one name for two keys");
        assert_eq!(count(Some("c"), Algorithm::RS256), Err(KeyError::Unknown));
        assert_eq!(count(Some("b"), Algorithm::ES256), Err(KeyError::Unknown));
        assert_eq!(count(None, Algorithm::RS256), Err(KeyError::Ambiguous));
        assert_eq!(count(None, Algorithm::ES256), Ok(1), "the only one that fits");
        assert_eq!(count(None, Algorithm::ES384), Err(KeyError::Unknown));
    }
}
