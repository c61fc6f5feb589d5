//! Public keys as PEM text.

use std::fmt;

use jsonwebtoken::DecodingKey;

use super::key::{KeyKind, VerificationKey};
use super::set::KeySet;

/// Why a text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemError {
    /// It is no PEM text of a public key.
    NotAPublicKey,
    /// It is a private key, which has no place in a policy.
    PrivateKey,
    /// It is a certificate.
    Certificate,
    /// It is a key of a kind, curve or size that no algorithm of a policy is for.
    Unsupported,
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAPublicKey => "it is not a public key in PEM form",
            Self::PrivateKey => "it is a private key: only the public one belongs into a policy",
            Self::Certificate => {
                "it is a certificate: take the public key out of it with `openssl x509 -pubkey -noout`"
            }
            Self::Unsupported => "it is neither RSA of 2,048 bits or more, nor P-256, P-384 or Ed25519",
        })
    }
}

impl std::error::Error for PemError {}

/// The key of that text (`-----BEGIN PUBLIC KEY-----`, or PKCS #1's `RSA PUBLIC KEY`). It verifies tokens of any `kid`.
pub(crate) fn parse(text: &str) -> Result<KeySet, PemError> {
    let label = text
        .split_once("-----BEGIN ")
        .and_then(|(_, rest)| rest.split_once("-----"))
        .map_or("", |(label, _)| label);
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
        "CERTIFICATE" => return Err(PemError::Certificate),
        label if label.ends_with("PRIVATE KEY") => return Err(PemError::PrivateKey),
        _ => return Err(PemError::NotAPublicKey),
    }
    let (kind, decoding) = material(text.as_bytes())?;
    Ok(KeySet::fixed(VerificationKey { kid: None, kind, algorithm: None, decoding }))
}

fn material(pem: &[u8]) -> Result<(KeyKind, DecodingKey), PemError> {
    if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        let kind = match key.try_get_as_bytes().map(<[u8]>::len) {
            // An uncompressed point: a byte, and two coordinates.
            Ok(65) => KeyKind::P256,
            Ok(97) => KeyKind::P384,
            _ => return Err(PemError::Unsupported),
        };
        return Ok((kind, key));
    }
    if let Ok(key) = DecodingKey::from_ed_pem(pem) {
        return Ok((KeyKind::Ed25519, key));
    }
    let key = DecodingKey::from_rsa_pem(pem).map_err(|_| PemError::NotAPublicKey)?;
    // The DER of an RSA key of 2,048 bits is 270 bytes long, of which 256 are the modulus.
    match key.try_get_as_bytes().map(<[u8]>::len) {
        Ok(266..=1100) => Ok((KeyKind::Rsa, key)),
        _ => Err(PemError::Unsupported),
    }
}
