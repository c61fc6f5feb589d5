//! Which RSA keys are strong enough.

use super::key::{KeyFault, Material};

/// RFC 7518 section 3.3: 2,048 bits or more.
const MIN_BITS: usize = 2048;
/// The largest that the verifier takes.
const MAX_BITS: usize = 8192;
/// The longest exponent that is accepted, in bytes. Nearly all keys have 65,537.
const MAX_EXPONENT_BYTES: usize = 8;

/// The key of that modulus and exponent, big-endian; refuses those whose signatures others can make, or that take too
/// long to verify.
pub(super) fn material(modulus: &[u8], exponent: &[u8]) -> Result<Material, KeyFault> {
    check(modulus, exponent)?;
    Ok(Material::Rsa { n: significant(modulus).to_vec(), e: significant(exponent).to_vec() })
}

fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyFault> {
    let bits = significant(modulus).len().saturating_mul(8).saturating_sub(leading_zero_bits(modulus));
    let exponent = significant(exponent);
    // With the exponent 1, the padded message is its own signature; an even one is none.
    let usable = exponent != [1] && exponent.last().is_some_and(|byte| byte % 2 == 1);
    if bits < MIN_BITS || !usable {
        return Err(KeyFault::Weak);
    }
    if bits > MAX_BITS || exponent.len() > MAX_EXPONENT_BYTES { Err(KeyFault::Unsupported) } else { Ok(()) }
}

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn leading_zero_bits(number: &[u8]) -> usize {
    significant(number).first().map_or(0, |byte| byte.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_to_the_bit() {
        let modulus = |first: u8, bytes: usize| {
            let mut modulus = vec![0xff; bytes];
            modulus[0] = first;
            modulus
        };
        let exponent = &[1, 0, 1][..];
        for (modulus, exponent, expected) in [
            (modulus(0x80, 256), exponent, Ok(())),
            (modulus(0xff, 1024), exponent, Ok(())),
            ([vec![0, 0], modulus(0x80, 256)].concat(), exponent, Ok(())),
            (modulus(0x80, 256), &[3], Ok(())),
            (modulus(0x80, 256), &[0, 1, 0, 1], Ok(())),
            (modulus(0x7f, 256), exponent, Err(KeyFault::Weak)),
            (modulus(0xff, 255), exponent, Err(KeyFault::Weak)),
            (modulus(0xff, 128), exponent, Err(KeyFault::Weak)),
            (Vec::new(), exponent, Err(KeyFault::Weak)),
            (vec![0; 300], exponent, Err(KeyFault::Weak)),
            (modulus(0x80, 256), &[1], Err(KeyFault::Weak)),
            (modulus(0x80, 256), &[0, 0, 1], Err(KeyFault::Weak)),
            (modulus(0x80, 256), &[2], Err(KeyFault::Weak)),
            (modulus(0x80, 256), &[], Err(KeyFault::Weak)),
            (modulus(0x80, 256), &[0], Err(KeyFault::Weak)),
            (modulus(0x01, 1025), exponent, Err(KeyFault::Unsupported)),
            (modulus(0x80, 256), &[1; 9], Err(KeyFault::Unsupported)),
        ] {
            assert_eq!(check(&modulus, exponent), expected, "{} bytes, {exponent:?}", modulus.len());
        }
    }
}
