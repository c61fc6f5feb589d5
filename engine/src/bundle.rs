//! Bundles: a program as bytes.
//!
//! Layout: the magic `policyctl`, a zero byte, the format version (4 bytes, little-endian), the program in postcard's
//! encoding, then, where there are any, the list of shipped keys in the same, and the SHA-256 of all that. The same
//! program and keys give the same bytes.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::program::Program;

const MAGIC: &[u8; 10] = b"policyctl\0";
/// The version of the format that this crate reads and writes.
pub const FORMAT_VERSION: u32 = 3;
/// The largest bundle that is read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024 * 1024;

/// Public keys of an issuer that go with a policy: what an authorizer starts from while the issuer does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedKeys {
    /// The issuer's name in the policy.
    pub issuer: String,
    /// A JWKS (RFC 7517), as text.
    pub jwks: String,
    /// They are not used from this time on, in seconds since 1970-01-01 UTC.
    pub until: i64,
}

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The program.
    pub program: Program,
    /// The keys that go with it.
    pub keys: Vec<ShippedKeys>,
    /// The SHA-256 of the whole bundle.
    pub digest: [u8; 32],
}

/// Why bytes are no bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleError {
    /// They do not start as a bundle does.
    NotABundle,
    /// The format's version is another.
    Version(u32),
    /// They are cut short, or a byte was changed.
    Damaged,
    /// There are more than [`MAX_BUNDLE_BYTES`].
    TooLarge,
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotABundle => f.write_str("it is not a policy bundle"),
            Self::Version(version) => write!(
                f,
                "its format is version {version}, and this program reads version {FORMAT_VERSION}: build it again with the policyctl of the same release"
            ),
            Self::Damaged => f.write_str("it is damaged: its checksum does not fit its content"),
            Self::TooLarge => write!(f, "it is larger than {MAX_BUNDLE_BYTES} bytes"),
        }
    }
}

impl std::error::Error for BundleError {}

/// The bundle of a program.
pub fn write(program: &Program) -> Vec<u8> {
    write_with_keys(program, &[])
}

/// The bundle of a program, and of keys that go with it.
pub fn write_with_keys(program: &Program, keys: &[ShippedKeys]) -> Vec<u8> {
    let mut out = [MAGIC.as_slice(), &FORMAT_VERSION.to_le_bytes()].concat();
    // Encoding into a growing vector cannot fail: no type of a program refuses to be serialised.
    out.extend(postcard::to_stdvec(program).unwrap_or_default());
    if !keys.is_empty() {
        out.extend(postcard::to_stdvec(keys).unwrap_or_default());
    }
    let checksum = Sha256::digest(&out);
    out.extend_from_slice(&checksum);
    out
}

/// The program of a bundle, its checksum verified.
pub fn read(bytes: &[u8]) -> Result<Program, BundleError> {
    contents(&Bytes::copy_from_slice(bytes)).map(|contents| contents.program)
}

/// The program of a bundle, and the keys that go with it, their checksum verified.
pub fn read_with_keys(bytes: &[u8]) -> Result<(Program, Vec<ShippedKeys>), BundleError> {
    contents(&Bytes::copy_from_slice(bytes)).map(|contents| (contents.program, contents.keys))
}

/// All that a bundle holds, its checksum verified. The bytes are kept for as long as the program is.
pub fn contents(bytes: &Bytes) -> Result<Contents, BundleError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::TooLarge);
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(BundleError::NotABundle)?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(BundleError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != FORMAT_VERSION {
        return Err(BundleError::Version(version));
    }
    let (body, checksum) = rest.split_last_chunk::<32>().ok_or(BundleError::Damaged)?;
    let digest = verified_digest(bytes, checksum).ok_or(BundleError::Damaged)?;
    let (program, rest) = Program::take(body, bytes).ok_or(BundleError::Damaged)?;
    let keys = if rest.is_empty() { Ok((Vec::new(), rest)) } else { postcard::take_from_bytes(rest) };
    match keys {
        Ok((keys, [])) if program.is_sound() => Ok(Contents { program, keys, digest }),
        _ => Err(BundleError::Damaged),
    }
}

/// The digest of all bytes, if the checksum that they end with is that of the rest: both in one go.
fn verified_digest(bytes: &[u8], checksum: &[u8; 32]) -> Option<[u8; 32]> {
    let summed = bytes.len().checked_sub(checksum.len()).and_then(|end| bytes.get(..end))?;
    let mut digest = Sha256::new_with_prefix(summed);
    if digest.clone().finalize().as_slice() != checksum {
        return None;
    }
    digest.update(checksum);
    Some(digest.finalize().into())
}
