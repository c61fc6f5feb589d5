//! How far a text goes on without anything that JSON writes in another way.

/// The bytes that are looked at together.
const STRIDE: usize = 32;

/// The number of bytes before the first quote, backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let strides = bytes.chunks_exact(STRIDE);
    // No early end within a stride: so the compiler looks at all of its bytes at once.
    let are_plain = |stride: &&[u8]| !stride.iter().fold(false, |found, byte| found | ends(*byte));
    let start = strides.take_while(are_plain).count() * STRIDE;
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len())
}

/// RFC 8259 section 7: what is not in a string as it is.
const fn ends(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_and_every_byte() {
        for length in 0..100 {
            let text = vec![b'x'; length];
            assert_eq!(plain(&text), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = text.clone();
                    text[at] = byte;
                    let expected = if byte < 0x20 || [b'"', b'\\'].contains(&byte) { at } else { length };
                    assert_eq!(plain(&text), expected, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
