//! A public key that signatures are verified with.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    VerificationAlgorithm,
};
use policy_engine::Algorithm;

/// A public key of an issuer.
#[derive(Debug)]
pub(crate) struct VerificationKey {
    /// No other key of this process has it, not the same one that was fetched anew either.
    pub(crate) id: KeyId,
    pub(super) kid: Option<String>,
    /// The only algorithm that it is for, where the issuer says so.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) key: PublicKey,
}

/// Tells a key from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(u64);

/// A key that is parsed once for each algorithm that it is used with, and not once for each signature.
pub(super) struct PublicKey {
    material: Material,
    /// By [`Algorithm`]; none where the library takes no such key for it.
    parsed: [OnceLock<Option<ParsedPublicKey>>; Algorithm::ALL.len()],
}

/// What a public key is made of.
#[derive(Debug)]
pub(super) enum Material {
    /// Modulus and exponent, big-endian, without zeros before them.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point: a byte, and two coordinates of 32 bytes each.
    P256(Vec<u8>),
    /// The same with 48 bytes each.
    P384(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
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

impl Material {
    /// Whether that algorithm takes keys of this kind (RFC 7518 section 3.1 and RFC 8037 section 3.1).
    pub(super) const fn is_for(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => matches!(self, Self::Rsa { .. }),
            Algorithm::ES256 => matches!(self, Self::P256(_)),
            Algorithm::ES384 => matches!(self, Self::P384(_)),
            Algorithm::EdDSA => matches!(self, Self::Ed25519(_)),
        }
    }

    /// The algorithm that most keys of this kind are for.
    const fn usual_algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::RS256,
            Self::P256(_) => Algorithm::ES256,
            Self::P384(_) => Algorithm::ES384,
            Self::Ed25519(_) => Algorithm::EdDSA,
        }
    }

    fn parse(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        let parsed = |algorithm: &'static dyn VerificationAlgorithm, bytes: &Vec<u8>| {
            ParsedPublicKey::new(algorithm, bytes).ok()
        };
        match self {
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(rsa_parameters(algorithm)?).ok()
            }
            Self::P256(point) if self.is_for(algorithm) => parsed(&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) if self.is_for(algorithm) => parsed(&ECDSA_P384_SHA384_FIXED, point),
            Self::Ed25519(bytes) if self.is_for(algorithm) => parsed(&ED25519, bytes),
            Self::P256(_) | Self::P384(_) | Self::Ed25519(_) => None,
        }
    }
}

impl PublicKey {
    /// A key for that algorithm, or for the usual one of its kind; none where it is not a key at all, such as a
    /// point that is not on its curve.
    pub(super) fn new(material: Material, algorithm: Option<Algorithm>) -> Option<Self> {
        let key = Self { material, parsed: Default::default() };
        let algorithm = algorithm.unwrap_or(key.material.usual_algorithm());
        key.parsed(algorithm).is_some().then_some(key)
    }

    fn parsed(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let parsed = self.parsed.get(algorithm as usize)?;
        parsed.get_or_init(|| self.material.parse(algorithm)).as_ref()
    }
}

/// A public key is no secret, but long.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("material", &self.material).finish_non_exhaustive()
    }
}

impl VerificationKey {
    pub(super) fn new(kid: Option<String>, algorithm: Option<Algorithm>, key: PublicKey) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { id: KeyId(NEXT.fetch_add(1, Ordering::Relaxed)), kid, algorithm, key }
    }

    /// Whether signatures of that algorithm may be verified with it.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.key.material.is_for(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether `signature` is this key's over `signing_input`.
    pub(crate) fn verify(&self, algorithm: Algorithm, signing_input: &str, signature: &[u8]) -> bool {
        let key = self.key.parsed(algorithm).filter(|_| self.fits(algorithm));
        key.is_some_and(|key| key.verify_sig(signing_input.as_bytes(), signature).is_ok())
    }
}

const fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA => None,
    }
}
