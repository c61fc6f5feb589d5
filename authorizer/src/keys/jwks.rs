//! JSON Web Key Sets (RFC 7517).

use std::fmt;

use base64_simd::URL_SAFE_NO_PAD;
use policy_engine::Algorithm;
use serde::Deserialize;
use serde_json::Value;

use super::key::{KeyFault, Material, PublicKey, VerificationKey};
use super::rsa;
use super::set::KeySet;

/// The most keys that are read of a set.
pub const MAX_KEYS: usize = 64;
/// Why a document is no set of keys that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwksError {
    /// It is no JSON object with a list `keys`.
    NotAJwks,
    /// No key in it is used; the first one's fault, if there is one.
    NoUsableKey(Option<KeyFault>),
    /// It holds more than [`MAX_KEYS`].
    TooMany,
}

impl JwksError {
    /// What the document is instead.
    pub(crate) const fn lack(self) -> &'static str {
        match self {
            Self::NotAJwks => "something that is not a JWKS",
            Self::NoUsableKey(Some(KeyFault::Weak)) => {
                "a JWKS without a usable key: RSA keys have 2,048 bits or more"
            }
            Self::NoUsableKey(Some(KeyFault::Use | KeyFault::Operations)) => {
                "a JWKS without a usable key: none is for signatures"
            }
            Self::NoUsableKey(Some(KeyFault::Private)) => "a JWKS of private keys",
            Self::NoUsableKey(_) => "a JWKS without a usable key",
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
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
}

/// The usable keys of a set. One that is not, or is not understood, is passed over, as RFC 7517 section 5 asks; its
/// name is kept, to say so where a token asks for it.
pub(crate) fn parse(bytes: &[u8]) -> Result<KeySet, JwksError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|_| JwksError::NotAJwks)?;
    if document.keys.len() > MAX_KEYS {
        return Err(JwksError::TooMany);
    }
    let (mut keys, mut unusable, mut first_fault) = (Vec::new(), Vec::new(), None);
    for value in document.keys {
        let kid = value.get("kid").and_then(Value::as_str).map(str::to_owned);
        match usable(value, kid.as_ref()) {
            Ok(key) => keys.push(key),
            Err(fault) => {
                first_fault = first_fault.or(Some(fault));
                unusable.extend(kid.map(|kid| (kid, fault)));
            }
        }
    }
    if keys.is_empty() {
        return Err(JwksError::NoUsableKey(first_fault));
    }
    Ok(KeySet::named(keys, unusable))
}

fn usable(value: Value, kid: Option<&String>) -> Result<VerificationKey, KeyFault> {
    // A name of another type names nothing, and must not make the key one that every token may use.
    if kid.is_none() && value.get("kid").is_some_and(|kid| !kid.is_null()) {
        return Err(KeyFault::Malformed);
    }
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| KeyFault::Malformed)?;
    jwk.check_purpose()?;
    let algorithm = match &jwk.alg {
        None => None,
        Some(name) => Some(Algorithm::parse(name).ok_or(KeyFault::Unsupported)?),
    };
    let material = jwk.material()?;
    if algorithm.is_some_and(|algorithm| !material.is_for(algorithm)) {
        return Err(KeyFault::Malformed);
    }
    let key = PublicKey::new(material, algorithm).ok_or(KeyFault::Malformed)?;
    Ok(VerificationKey::new(kid.cloned(), algorithm, key))
}

impl Jwk {
    fn check_purpose(&self) -> Result<(), KeyFault> {
        if self.d.is_some() {
            return Err(KeyFault::Private);
        }
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyFault::Use);
        }
        let Some(operations) = &self.key_ops else {
            return Ok(());
        };
        let count = |name: &str| operations.iter().filter(|operation| *operation == name).count();
        let fits = count("verify") == 1 && operations.iter().all(|operation| count(operation) == 1);
        if fits { Ok(()) } else { Err(KeyFault::Operations) }
    }

    fn material(&self) -> Result<Material, KeyFault> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (bytes(self.n.as_ref())?, bytes(self.e.as_ref())?);
                rsa::material(&n, &e)
            }
            ("EC", Some("P-256")) => self.point(32).map(Material::P256),
            ("EC", Some("P-384")) => self.point(48).map(Material::P384),
            ("OKP", Some("Ed25519")) => full(self.x.as_ref(), 32).map(Material::Ed25519),
            _ => Err(KeyFault::Unsupported),
        }
    }

    /// The uncompressed point. RFC 7518 section 6.2.1.2: each coordinate has the curve's full length.
    fn point(&self, length: usize) -> Result<Vec<u8>, KeyFault> {
        const UNCOMPRESSED: u8 = 4;
        let (x, y) = (full(self.x.as_ref(), length)?, full(self.y.as_ref(), length)?);
        Ok([&[UNCOMPRESSED][..], &x, &y].concat())
    }
}

/// Of exactly that length.
fn full(text: Option<&String>, length: usize) -> Result<Vec<u8>, KeyFault> {
    bytes(text).ok().filter(|bytes| bytes.len() == length).ok_or(KeyFault::Malformed)
}

fn bytes(text: Option<&String>) -> Result<Vec<u8>, KeyFault> {
    text.and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok()).ok_or(KeyFault::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::set::KeyError;
    use super::*;
    use crate::dev::DevKey;

    /// A public key without a name, an algorithm or a purpose.
    fn bare(algorithm: Algorithm) -> Value {
        let mut jwk = DevKey::generate(algorithm).unwrap().jwk();
        let members = jwk.as_object_mut().unwrap();
        members.retain(|name, _| !["kid", "alg", "use"].contains(&name.as_str()));
        jwk
    }

    fn ones(bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode_to_string(vec![0xff_u8; bytes])
    }

    fn fault(key: &Value) -> Option<KeyFault> {
        match parse(json!({ "keys": [key] }).to_string().as_bytes()) {
            Ok(_) => None,
            Err(JwksError::NoUsableKey(Some(fault))) => Some(fault),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn which_keys_are_used() {
        let rsa = json!({ "kty": "RSA", "n": ones(256), "e": "AQAB" });
        let with = |name: &str, value: Value| {
            let mut key = rsa.clone();
            key[name] = value;
            key
        };
        let ec = |curve: &str, x: usize, y: usize| json!({ "kty": "EC", "crv": curve, "x": ones(x), "y": ones(y) });
        let okp = |curve: &str, x: usize| json!({ "kty": "OKP", "crv": curve, "x": ones(x) });
        for (key, expected) in [
            (rsa.clone(), None),
            (with("use", json!("sig")), None),
            (with("use", Value::Null), None),
            (with("alg", json!("RS256")), None),
            (with("alg", json!("PS512")), None),
            (with("kid", json!("k")), None),
            (with("kid", Value::Null), None),
            (with("key_ops", json!(["verify"])), None),
            (with("x5c", json!(["anything"])), None),
            (bare(Algorithm::ES256), None),
            (bare(Algorithm::ES384), None),
            (bare(Algorithm::EdDSA), None),
            (with("use", json!("enc")), Some(KeyFault::Use)),
            (with("use", json!("")), Some(KeyFault::Use)),
            (with("use", json!(["sig"])), Some(KeyFault::Malformed)),
            (with("key_ops", json!(["encrypt"])), Some(KeyFault::Operations)),
            (with("key_ops", json!([])), Some(KeyFault::Operations)),
            (with("key_ops", json!(["verify", "verify"])), Some(KeyFault::Operations)),
            (with("key_ops", json!("verify")), Some(KeyFault::Malformed)),
            (with("alg", json!("RSA-OAEP")), Some(KeyFault::Unsupported)),
            (with("alg", json!("HS256")), Some(KeyFault::Unsupported)),
            (with("alg", json!("none")), Some(KeyFault::Unsupported)),
            (with("alg", json!("ES256")), Some(KeyFault::Malformed)),
            (with("alg", json!(7)), Some(KeyFault::Malformed)),
            (with("kid", json!(7)), Some(KeyFault::Malformed)),
            (with("d", json!("AQAB")), Some(KeyFault::Private)),
            (with("n", json!(ones(128))), Some(KeyFault::Weak)),
            (with("n", json!(ones(255))), Some(KeyFault::Weak)),
            (with("e", json!("AQ")), Some(KeyFault::Weak)),
            (with("e", json!("Ag")), Some(KeyFault::Weak)),
            (with("n", json!(ones(2048))), Some(KeyFault::Unsupported)),
            (with("n", json!("not base64url!")), Some(KeyFault::Malformed)),
            (with("n", json!(format!("{}=", ones(256)))), Some(KeyFault::Malformed)),
            (json!({ "kty": "RSA" }), Some(KeyFault::Malformed)),
            (json!({ "kty": "rsa", "n": ones(256), "e": "AQAB" }), Some(KeyFault::Unsupported)),
            (json!({ "kty": "oct", "k": ones(32) }), Some(KeyFault::Unsupported)),
            // Not a point of the curve.
            (ec("P-256", 32, 32), Some(KeyFault::Malformed)),
            (ec("P-384", 48, 48), Some(KeyFault::Malformed)),
            (ec("P-256", 31, 32), Some(KeyFault::Malformed)),
            (ec("P-256", 48, 48), Some(KeyFault::Malformed)),
            (ec("secp256k1", 32, 32), Some(KeyFault::Unsupported)),
            (ec("P-521", 66, 66), Some(KeyFault::Unsupported)),
            (okp("Ed448", 57), Some(KeyFault::Unsupported)),
            (okp("X25519", 32), Some(KeyFault::Unsupported)),
            (okp("Ed25519", 31), Some(KeyFault::Malformed)),
            (json!("a string"), Some(KeyFault::Malformed)),
            (json!({ "kid": "k" }), Some(KeyFault::Malformed)),
        ] {
            assert_eq!(fault(&key), expected, "{key}");
        }
    }

    #[test]
    fn documents() {
        for (text, error) in [
            ("", JwksError::NotAJwks),
            ("<html>", JwksError::NotAJwks),
            ("[]", JwksError::NotAJwks),
            ("{}", JwksError::NotAJwks),
            (r#"{"keys": {}}"#, JwksError::NotAJwks),
            (r#"{"keys": []}"#, JwksError::NoUsableKey(None)),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), error, "{text}");
        }
        let many = json!({ "keys": vec![json!({}); MAX_KEYS + 1] }).to_string();
        assert_eq!(parse(many.as_bytes()).unwrap_err(), JwksError::TooMany);
    }

    #[test]
    fn the_alg_member_binds_a_key() {
        let jwks =
            json!({ "keys": [{ "kty": "RSA", "kid": "a", "alg": "RS512", "n": ones(256), "e": "AQAB" }] });
        let set = parse(jwks.to_string().as_bytes()).unwrap();
        assert_eq!(set.lookup(Some("a"), Algorithm::RS512).unwrap().len(), 1);
        assert_eq!(set.lookup(Some("a"), Algorithm::RS256).unwrap_err(), KeyError::OtherAlgorithm);
        assert_eq!(set.lookup(Some("a"), Algorithm::PS512).unwrap_err(), KeyError::OtherAlgorithm);
        assert_eq!(set.lookup(Some("a"), Algorithm::ES256).unwrap_err(), KeyError::OtherAlgorithm);
        assert_eq!(set.lookup(None, Algorithm::RS256).unwrap_err(), KeyError::Unknown);
    }

    #[test]
    fn kids_choose_among_the_keys_that_fit() {
        let rsa = |kid: Value| json!({ "kty": "RSA", "kid": kid, "n": ones(256), "e": "AQAB" });
        let mut point = bare(Algorithm::ES256);
        point["kid"] = json!("a");
        let keys =
            json!({ "keys": [rsa(json!("a")), rsa(json!("b")), rsa(json!("b")), rsa(Value::Null), point] });
        let mut keys = keys;
        keys["keys"].as_array_mut().unwrap().extend([
            json!({ "kty": "RSA", "kid": "weak", "n": ones(128), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "use": "enc", "n": ones(256), "e": "AQAB" }),
        ]);
        let set = parse(keys.to_string().as_bytes()).unwrap();
        let count = |kid, algorithm| set.lookup(kid, algorithm).map(|keys| keys.len());
        assert_eq!(count(Some("a"), Algorithm::RS256), Ok(1));
        assert_eq!(count(Some("b"), Algorithm::RS256), Ok(2), "one name for two keys");
        assert_eq!(count(Some("c"), Algorithm::RS256), Err(KeyError::Unknown));
        assert_eq!(count(Some("weak"), Algorithm::RS256), Err(KeyError::Unusable(KeyFault::Weak)));
        assert_eq!(count(Some("b"), Algorithm::ES256), Err(KeyError::OtherAlgorithm));
        assert_eq!(count(None, Algorithm::RS256), Err(KeyError::Ambiguous));
        assert_eq!(count(None, Algorithm::ES256), Ok(1), "the only one that fits");
        assert_eq!(count(None, Algorithm::ES384), Err(KeyError::Unknown));
    }
}
