//! What a policy was made from.

use sha2::{Digest, Sha256};

use crate::load::Unit;
use crate::source::Sources;

/// SHA-256 over the name and the text of every file, keys and tests' tokens included, each with its length
/// before it. The names are relative, so that it does not matter where the files lie.
pub(super) fn digest(unit: &Unit, sources: &Sources) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (name, source) in unit.names.iter().zip(sources.ids()) {
        for text in [name.as_str(), sources.text(source)] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finalize().into()
}
