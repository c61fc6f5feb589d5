//! How far a text goes on without anything that JSON writes in another way.

use memchr::memchr2;

/// How the texts of some bytes are looked through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan {
    /// Some byte is a control character: in white space, where it may be, or in a text, where it may not.
    has_controls: bool,
}

impl Scan {
    /// For texts in these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        // No early end: so the compiler looks at many bytes at once.
        Self { has_controls: bytes.iter().fold(false, |found, byte| found | is_control(*byte)) }
    }

    /// The number of bytes before the first quote, backslash or control character.
    pub(super) fn plain(self, bytes: &[u8]) -> usize {
        let end = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
        if !self.has_controls {
            return end;
        }
        bytes.iter().take(end).position(|byte| is_control(*byte)).unwrap_or(end)
    }
}

/// RFC 8259 section 7: what is not in a string as it is, beside quotes and backslashes.
const fn is_control(byte: u8) -> bool {
    byte < 0x20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_and_every_byte() {
        for length in 0..100 {
            let text = vec![b'x'; length];
            assert_eq!(Scan::of(&text).plain(&text), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = text.clone();
                    text[at] = byte;
                    let expected = if byte < 0x20 || [b'"', b'\\'].contains(&byte) { at } else { length };
                    assert_eq!(Scan::of(&text).plain(&text), expected, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
