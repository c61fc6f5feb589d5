//! A public key that signatures are verified with.

use std::fmt;

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

/// Why a key of an issuer is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// An RSA key of fewer than 2,048 bits, or with an exponent that makes it none (RFC 7518 section 3.3).
    Weak,
    /// Of a kind, curve, size or `alg` that no algorithm of a policy is for; a shared secret, too.
    Unsupported,
    /// Its `use` is not `sig` (RFC 7517 section 4.2).
    Use,
    /// Its `key_ops` are without `verify`, or name one twice (RFC 7517 section 4.3).
    Operations,
    /// It is a private key, and so not a secret any more.
    Private,
    /// A member is missing, of another type, or not what it should be.
    Malformed,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weak => "it is an RSA key of fewer than 2,048 bits, or with a bad exponent",
            Self::Unsupported => "it is of a kind, size or algorithm that is not supported",
            Self::Use => "its `use` is not `sig`",
            Self::Operations => "its `key_ops` do not let it verify",
            Self::Private => "it is a private key, published",
            Self::Malformed => "it is malformed",
        })
    }
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
    /// Whether that algorithm takes keys of this kind.
    pub(super) fn is_for(self, algorithm: Algorithm) -> bool {
        self == Self::of(algorithm)
    }

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
        self.kind.is_for(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
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
