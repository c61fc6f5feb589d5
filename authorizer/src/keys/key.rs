//! A public key that signatures are verified with.

use jsonwebtoken::DecodingKey;
use policy_engine::Algorithm;

/// A public key of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct VerificationKey {
    pub(super) kid: Option<String>,
    pub(super) kind: KeyKind,
    /// The only algorithm that it is for, where the issuer says so.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) decoding: DecodingKey,
}

/// What an algorithm asks of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl KeyKind {
    /// RFC 7518 section 3.1 and RFC 8037 section 3.1.
    const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => Self::Rsa,
            Algorithm::ES256 => Self::P256,
            Algorithm::ES384 => Self::P384,
            Algorithm::EdDSA => Self::Ed25519,
        }
    }
}

impl VerificationKey {
    /// Whether signatures of that algorithm may be verified with it.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind == KeyKind::of(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether `signature`, in base64url, is this key's over `signing_input`.
    pub(crate) fn verify(&self, algorithm: Algorithm, signing_input: &str, signature: &str) -> bool {
        let verified = jsonwebtoken::crypto::verify(
            signature,
            signing_input.as_bytes(),
            &self.decoding,
            jwt_algorithm(algorithm),
        );
        matches!(verified, Ok(true))
    }
}

const fn jwt_algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::RS384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::RS512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::PS384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::PS512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
    }
}
