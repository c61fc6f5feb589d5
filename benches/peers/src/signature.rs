//! The signature of a token: RS256, a key of 2,048 bits, 900 bytes of token.

use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

/// The length of the token, in bytes.
pub const LENGTH: usize = 900;

const ISSUER: &str = "https://issuer.example.com/";
const AUDIENCE: &str = "app";

/// A signed token and its key.
pub struct Signed {
    /// The token, in compact form.
    pub token: String,
    /// The public key, as an `RSAPublicKey` of RFC 8017 in DER.
    pub key: Vec<u8>,
}

impl Signed {
    /// A token of [`LENGTH`] bytes, signed with a key made for it.
    pub fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#);
        let token = (0..LENGTH)
            .map(|padding| format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims(padding).to_string())))
            .map(|signed| {
                format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(sign(&pair, signed.as_bytes())))
            })
            .find(|token| token.len() >= LENGTH)
            .expect("padding makes a token long enough");
        Self { token, key: pair.public_key().as_ref().to_vec() }
    }
}

impl Default for Signed {
    fn default() -> Self {
        Self::new()
    }
}

fn claims(padding: usize) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "exp": 4_102_444_800_u64, "iat": 1_700_000_000,
        "email_verified": true, "scope": "openid get:profile", "cognito:groups": ["staff"],
        "note": "x".repeat(padding),
    })
}

fn sign(pair: &KeyPair, text: &[u8]) -> Vec<u8> {
    let mut out = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    pair.sign(&signature::RSA_PKCS1_SHA256, &random, text, &mut out).expect("the key signs");
    out
}

/// aws-lc-rs with the key parsed once.
pub struct Floor(ParsedPublicKey);

impl Floor {
    /// The parsed key.
    pub fn new(key: &[u8]) -> Self {
        Self(ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).expect("the key is one"))
    }

    /// The claims, where the signature is the key's.
    pub fn verify(&self, token: &str) -> Option<Map<String, Value>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.0.verify_sig(signed.as_bytes(), &signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

/// jsonwebtoken, on the backend that the process has installed.
pub struct JsonWebToken {
    key: DecodingKey,
    validation: Validation,
}

impl JsonWebToken {
    /// The key, and what a token has to be.
    pub fn new(key: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        Self { key: DecodingKey::from_rsa_der(key), validation }
    }

    /// The claims, where the token holds.
    pub fn verify(&self, token: &str) -> Option<Map<String, Value>> {
        Some(jsonwebtoken::decode(token, &self.key, &self.validation).ok()?.claims)
    }
}

/// Holds a way to verify to what it has to take and to refuse.
///
/// # Panics
///
/// Where it refuses the token, or takes one whose claims were changed.
pub fn assert_verifies(name: &str, token: &str, verify: impl Fn(&str) -> Option<Map<String, Value>>) {
    let claims = verify(token).unwrap_or_else(|| panic!("{name} refuses the token"));
    assert_eq!(claims.get("sub"), Some(&json!("ana")), "{name}");
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let (header, _) = signed.split_once('.').expect("a token has three parts");
    let other = claims_of_another();
    assert!(verify(&format!("{header}.{other}.{signature}")).is_none(), "{name} takes changed claims");
}

fn claims_of_another() -> String {
    let mut claims = claims(1);
    claims["sub"] = json!("ben");
    BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
}
