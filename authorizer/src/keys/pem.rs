//! Public keys as PEM text.

use std::fmt;

use base64_simd::STANDARD;

use super::der;
use super::key::{KeyFault, PublicKey, VerificationKey};
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
    /// It is an RSA key of fewer than 2,048 bits, or with a bad exponent.
    Weak,
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
            Self::Weak => "it is an RSA key of fewer than 2,048 bits, or with a bad exponent",
            Self::Unsupported => "it is neither RSA of 2,048 to 8,192 bits, nor P-256, P-384 or Ed25519",
        })
    }
}

impl std::error::Error for PemError {}

/// The label of PKCS #1's form.
const PKCS1: &str = "RSA PUBLIC KEY";

/// The key of that text (`-----BEGIN PUBLIC KEY-----`, or PKCS #1's `RSA PUBLIC KEY`). It verifies tokens of any `kid`.
pub(crate) fn parse(text: &str) -> Result<KeySet, PemError> {
    let label = text
        .split_once("-----BEGIN ")
        .and_then(|(_, rest)| rest.split_once("-----"))
        .map_or("", |(label, _)| label);
    match label {
        "PUBLIC KEY" | PKCS1 => {}
        "CERTIFICATE" => return Err(PemError::Certificate),
        label if label.ends_with("PRIVATE KEY") => return Err(PemError::PrivateKey),
        _ => return Err(PemError::NotAPublicKey),
    }
    let der = section(text, label).ok_or(PemError::NotAPublicKey)?;
    let material = if label == PKCS1 { der::rsa_public_key(&der) } else { der::public_key(&der) };
    let material = material.map_err(|fault| match fault {
        KeyFault::Weak => PemError::Weak,
        KeyFault::Unsupported => PemError::Unsupported,
        _ => PemError::NotAPublicKey,
    })?;
    let key = PublicKey::new(material, None).ok_or(PemError::NotAPublicKey)?;
    Ok(KeySet::fixed(VerificationKey::new(None, None, key)))
}

/// The bytes of the first section of that label (RFC 7468).
pub(crate) fn section(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode_to_vec(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1,024 bits, made with `openssl genrsa 1024 | openssl rsa -pubout`.
    const WEAK: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDaAXbeda+rr8e894zbxoqml6fR
McJSRwaRzWBrkGLz0yuNXSIJz0UleQLAsPRju6O7Rr+X28xQILBXA461+7Ts9/kf
xZR9ju6b7act4qLGdAUqouh+tOdlfvu+PCdEwJF8IX76cCU0sfCMKHx0gx9Z0Iin
HySv1YMjuabWBpW5IwIDAQAB
-----END PUBLIC KEY-----
";
    /// On a curve that no algorithm here is for, made with `openssl ecparam -name prime192v1 -genkey`.
    const OTHER_CURVE: &str = "-----BEGIN PUBLIC KEY-----
MEkwEwYHKoZIzj0CAQYIKoZIzj0DAQEDMgAEsMJFOBqoPtzJOEOpK8PnK2pFlYQo
Lw1q2NNJ+SVWQmAqiD1ewdZC0z7B64YRXOAW
-----END PUBLIC KEY-----
";

    #[test]
    fn what_is_no_key() {
        for (text, error) in [
            ("", PemError::NotAPublicKey),
            ("-----BEGIN PUBLIC KEY-----", PemError::NotAPublicKey),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", PemError::NotAPublicKey),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", PemError::Certificate),
            ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", PemError::PrivateKey),
            (WEAK, PemError::Weak),
            (OTHER_CURVE, PemError::Unsupported),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }
}
