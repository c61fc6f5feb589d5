//! How far a text goes on without anything that JSON writes in another way.

/// The bytes of a long text that are looked at together.
const STRIDE: usize = 32;
/// The bytes of one word.
const WORD: usize = 8;

/// The number of bytes before the first quote, backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    // What nearly every text is: shorter than a stride.
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(within) = first_end(u64::from_le_bytes(*word)) {
            return at + within;
        }
        at += WORD;
        if at % STRIDE == 0 {
            at += plain_strides(bytes.get(at..).unwrap_or_default());
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len())
}

/// The bytes of whole strides at the start of which none ends the text.
fn plain_strides(bytes: &[u8]) -> usize {
    // No early end within a stride: so the compiler looks at all of its bytes at once.
    let are_plain = |stride: &&[u8]| !stride.iter().fold(false, |found, byte| found | ends(*byte));
    bytes.chunks_exact(STRIDE).take_while(are_plain).count() * STRIDE
}

/// Which of eight bytes, the lowest first, is the first that ends a text.
///
/// A byte that is less than another leaves a borrow in the highest bit of their difference; what a borrow makes of the
/// bytes above it does not matter, since the lowest counts.
const fn first_end(word: u64) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * ONES;
    const fn less(word: u64, than: u64) -> u64 {
        word.wrapping_sub(than * ONES) & !word & HIGHEST
    }
    const fn equal(word: u64, to: u64) -> u64 {
        less(word ^ (to * ONES), 1)
    }
    let found = less(word, 0x20) | equal(word, 0x22) | equal(word, 0x5c);
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / WORD) }
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
