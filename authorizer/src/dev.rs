//! Keys and tokens for development and tests: `policyctl token`. Not part of a deployed authorizer.

mod pem;

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy_engine::Algorithm;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::keys::pem_section;

/// A private key that signs tokens.
#[derive(Debug)]
pub struct DevKey {
    algorithm: Algorithm,
    pair: Pair,
    kid: String,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// Why there is no key, or no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DevError {
    /// It is no private key in PEM form (`-----BEGIN PRIVATE KEY-----`, PKCS #8).
    NotAPrivateKey,
    /// The key is not of the kind that the algorithm needs.
    OtherAlgorithm(Algorithm),
    /// The cryptography library failed.
    Failed,
}

impl fmt::Display for DevError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPrivateKey => {
                f.write_str("it is not a private key in PEM form (PKCS #8: `-----BEGIN PRIVATE KEY-----`)")
            }
            Self::OtherAlgorithm(algorithm) => write!(f, "the key is not one for `{}`", algorithm.name()),
            Self::Failed => f.write_str("the cryptography library failed"),
        }
    }
}

impl std::error::Error for DevError {}

impl DevKey {
    /// A new key for that algorithm; RSA keys have 2,048 bits.
    pub fn generate(algorithm: Algorithm) -> Result<Self, DevError> {
        let pair = match algorithm {
            Algorithm::ES256 => Pair::Ec(failing(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING))?),
            Algorithm::ES384 => Pair::Ec(failing(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING))?),
            Algorithm::EdDSA => Pair::Ed(failing(Ed25519KeyPair::generate())?),
            _ => Pair::Rsa(failing(RsaKeyPair::generate(KeySize::Rsa2048))?),
        };
        Ok(Self::new(algorithm, pair))
    }

    /// The key of a PEM text, for that algorithm; where none is given, for RS256, ES256, ES384 or `EdDSA`,
    /// whichever fits the key.
    pub fn from_pem(text: &str, algorithm: Option<Algorithm>) -> Result<Self, DevError> {
        const GUESSES: [Algorithm; 4] =
            [Algorithm::RS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];
        let der = pem_section(text, "PRIVATE KEY").ok_or(DevError::NotAPrivateKey)?;
        match algorithm {
            Some(algorithm) => {
                let pair = Pair::from_pkcs8(algorithm, &der).ok_or(DevError::OtherAlgorithm(algorithm))?;
                Ok(Self::new(algorithm, pair))
            }
            None => GUESSES
                .into_iter()
                .find_map(|guess| Some(Self::new(guess, Pair::from_pkcs8(guess, &der)?)))
                .ok_or(DevError::NotAPrivateKey),
        }
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Self {
        let kid = thumbprint(&pair.public_members());
        Self { algorithm, pair, kid }
    }

    /// The key under another name than its thumbprint.
    #[must_use]
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: kid.into(), ..self }
    }

    /// The algorithm that it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name in a JWKS: the thumbprint of RFC 7638, unless said.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The private key as PEM text (PKCS #8).
    pub fn to_pem(&self) -> Result<String, DevError> {
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Pair::Ec(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        Ok(pem::encode("PRIVATE KEY", &failing(der)?))
    }

    /// The public key as PEM text, as an issuer's `key` takes it.
    pub fn to_public_pem(&self) -> Result<String, DevError> {
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ed(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
        };
        Ok(pem::encode("PUBLIC KEY", failing(der)?.as_ref()))
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.pair.public_members();
        for (name, value) in [("kid", self.kid.as_str()), ("alg", self.algorithm.name()), ("use", "sig")] {
            jwk.insert(name.to_owned(), value.into());
        }
        Value::Object(jwk)
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &Map<String, Value>) -> Result<String, DevError> {
        let header = json!({ "alg": self.algorithm.name(), "typ": "JWT", "kid": self.kid });
        self.sign_parts(&header.to_string(), &Value::Object(claims.clone()).to_string())
    }

    /// A signed token of this header and these claims, whatever they say: tests sign what nobody should.
    pub fn sign_parts(&self, header: &str, claims: &str) -> Result<String, DevError> {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.signature(input.as_bytes())?);
        Ok(format!("{input}.{signature}"))
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, DevError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding = rsa_encoding(self.algorithm).ok_or(DevError::OtherAlgorithm(self.algorithm))?;
                failing(pair.sign(padding, &random, input, &mut signature))?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(failing(pair.sign(&random, input))?.as_ref().to_vec()),
            Pair::Ed(pair) => Ok(pair.sign(input).as_ref().to_vec()),
        }
    }
}

/// A JWKS of these keys.
pub fn jwks<'a>(keys: impl IntoIterator<Item = &'a DevKey>) -> Value {
    json!({ "keys": keys.into_iter().map(DevKey::jwk).collect::<Vec<_>>() })
}

impl Pair {
    fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::ES256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok().map(Self::Ec)
            }
            Algorithm::ES384 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der).ok().map(Self::Ec)
            }
            Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8(der).ok().map(Self::Ed),
            _ => RsaKeyPair::from_pkcs8(der).ok().map(Self::Rsa),
        }
    }

    /// The members that RFC 7638 makes a thumbprint of: those that the public key consists of.
    fn public_members(&self) -> Map<String, Value> {
        let text = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let members = match self {
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                json!({
                    "kty": "RSA",
                    "n": text(n.big_endian_without_leading_zero()),
                    "e": text(e.big_endian_without_leading_zero()),
                })
            }
            Self::Ec(pair) => {
                // An uncompressed point: a byte, and two coordinates of the same length.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at_checked(point.len() / 2).unwrap_or_default();
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": text(x), "y": text(y) })
            }
            Self::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
        };
        members.as_object().cloned().unwrap_or_default()
    }
}

/// RFC 7638 section 3: the members in the order of their names, without white space.
fn thumbprint(members: &Map<String, Value>) -> String {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| name.as_str());
    let text =
        sorted.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",");
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{text}}}")))
}

fn rsa_encoding(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_SHA512),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA => None,
    }
}

fn failing<T, E>(result: Result<T, E>) -> Result<T, DevError> {
    result.map_err(|_| DevError::Failed)
}

#[cfg(test)]
mod tests;
