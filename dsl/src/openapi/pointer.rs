//! References inside of a document: a JSON pointer (RFC 6901) as a URI fragment.

use std::collections::BTreeMap;

use crate::document::tree::{Fields, Tree, ValueId};

/// What a reference leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Found(ValueId),
    /// It is in another document.
    Elsewhere,
    /// It has a name of its own, or is written wrong.
    NoPointer,
    /// There is no such key on the way.
    Missing(String),
    /// The key is there twice.
    Ambiguous(String),
}

/// Follows a reference. The objects on the way are kept by their keys for the next one.
pub(super) fn resolve<'t>(
    tree: &'t Tree,
    reference: &str,
    known: &mut BTreeMap<ValueId, Fields<'t>>,
) -> Target {
    let Some(fragment) = reference.strip_prefix('#') else { return Target::Elsewhere };
    let Some(pointer) = percent_decoded(fragment) else { return Target::NoPointer };
    let mut steps = pointer.split('/');
    if steps.next() != Some("") {
        return Target::NoPointer;
    }
    let mut value = tree.root();
    for step in steps {
        // RFC 6901, section 4: in this order.
        let key = step.replace("~1", "/").replace("~0", "~");
        let Some(entries) = tree.entries(value) else { return Target::Missing(key) };
        let fields = known.entry(value).or_insert_with(|| Fields::of(entries));
        match fields.get(&key) {
            Some((entry, false)) => value = entry.value,
            Some((_, true)) => return Target::Ambiguous(key),
            None => return Target::Missing(key),
        }
    }
    Target::Found(value)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let code = digit()? * 16 + digit()?;
        decoded.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(decoded).ok()
}
