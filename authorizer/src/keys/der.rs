//! As much of DER as public keys need.

use super::key::{KeyFault, Material};
use super::rsa;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// The content of the algorithm identifier of `rsaEncryption`, whose parameters are NULL (RFC 3279 section 2.3.1).
const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
/// The same without parameters, as some write it.
const BARE_RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// Of `ecPublicKey` with `secp256r1` (RFC 5480 section 2.1.1).
const P256: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// Of `ecPublicKey` with `secp384r1`.
const P384: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22];
/// Of `id-Ed25519` (RFC 8410 section 3).
const ED25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];

/// The key of a `SubjectPublicKeyInfo` (RFC 5280 section 4.1); malformed where it is none.
pub(super) fn public_key(der: &[u8]) -> Result<Material, KeyFault> {
    let (identifier, key) = parts(der).ok_or(KeyFault::Malformed)?;
    let full = |length| if key.len() == length { Ok(key.to_vec()) } else { Err(KeyFault::Unsupported) };
    match identifier {
        RSA | BARE_RSA => rsa_public_key(key),
        // Uncompressed points: a byte, and two coordinates.
        P256 => full(65).map(Material::P256),
        P384 => full(97).map(Material::P384),
        ED25519 => full(32).map(Material::Ed25519),
        _ => Err(KeyFault::Unsupported),
    }
}

/// The key of an `RSAPublicKey` (RFC 8017 appendix A.1.1); malformed where it is none.
pub(super) fn rsa_public_key(der: &[u8]) -> Result<Material, KeyFault> {
    let (modulus, exponent) = components(der).ok_or(KeyFault::Malformed)?;
    rsa::material(modulus, exponent)
}

/// The content of the algorithm identifier, and the key's bytes.
fn parts(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, rest) = element(der, SEQUENCE)?;
    let (identifier, info) = element(info, SEQUENCE)?;
    let (bits, info) = element(info, BIT_STRING)?;
    // The first byte says how many bits of the last one are not used.
    let key = bits.strip_prefix(&[0])?;
    (rest.is_empty() && info.is_empty()).then_some((identifier, key))
}

/// Modulus and exponent.
fn components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key, rest) = element(der, SEQUENCE)?;
    let (modulus, key) = element(key, INTEGER)?;
    let (exponent, key) = element(key, INTEGER)?;
    (rest.is_empty() && key.is_empty()).then_some((modulus, exponent))
}

/// The content of the element of that tag at the start, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*first == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_public_keys() {
        assert_eq!(components(&[0x30, 6, 2, 1, 5, 2, 1, 3]), Some((&[5][..], &[3][..])));
        assert_eq!(components(&[0x30, 0x81, 6, 2, 1, 5, 2, 1, 3]), Some((&[5][..], &[3][..])));
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 0, 0, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 7, 2, 1, 5, 2, 1, 3],
            &[0x30, 6, 2, 1, 5, 2, 1, 3, 0],
            &[0x30, 7, 2, 1, 5, 2, 1, 3, 0],
            &[0x30, 3, 2, 1, 5],
            &[0x31, 6, 2, 1, 5, 2, 1, 3],
            &[0x30, 6, 2, 9, 5, 2, 1, 3],
        ] {
            assert_eq!(components(der), None, "{der:?}");
        }
    }

    #[test]
    fn public_keys_of_each_kind() {
        let info = |identifier: &[u8], unused: u8, key: &[u8]| {
            let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
            let bits = [&[BIT_STRING, length(key) + 1, unused][..], key].concat();
            let content = [&[SEQUENCE, length(identifier)][..], identifier, &bits].concat();
            [&[SEQUENCE, length(&content)][..], &content].concat()
        };
        assert!(matches!(public_key(&info(P256, 0, &[4; 65])), Ok(Material::P256(_))));
        assert!(matches!(public_key(&info(ED25519, 0, &[7; 32])), Ok(Material::Ed25519(_))));
        let weak = [0x30, 6, 2, 1, 5, 2, 1, 3];
        for (der, fault) in [
            (info(RSA, 0, &weak), KeyFault::Weak),
            (info(BARE_RSA, 0, &weak), KeyFault::Weak),
            (info(RSA, 0, b"key"), KeyFault::Malformed),
            (info(P256, 1, &[4; 65]), KeyFault::Malformed),
            // A compressed point.
            (info(P256, 0, &[2; 33]), KeyFault::Unsupported),
            (info(P384, 0, &[4; 65]), KeyFault::Unsupported),
            (info(ED25519, 0, &[7; 33]), KeyFault::Unsupported),
            // X25519 signs nothing.
            (info(&[6, 3, 0x2b, 0x65, 0x6e], 0, &[7; 32]), KeyFault::Unsupported),
            ([info(ED25519, 0, &[7; 32]), vec![0]].concat(), KeyFault::Malformed),
            (vec![7; 32], KeyFault::Malformed),
            (Vec::new(), KeyFault::Malformed),
        ] {
            assert_eq!(public_key(&der).unwrap_err(), fault, "{der:?}");
        }
    }
}
