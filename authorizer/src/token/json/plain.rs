//! How far a string of JSON goes on without anything that ends it or has to be looked at.

use wide::i8x16;

const PART: usize = 16;

/// How many bytes are before the first quote, backslash, control character or byte that is not ASCII; all where there is
/// none. Sixteen are looked at together, which costs little more than one would.
#[allow(clippy::inline_always, reason = "a call would cost as much as a short string does")]
#[inline(always)]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let Some((part, rest)) = bytes.split_first_chunk() else { return length_of_long(bytes) };
    match marks(part) {
        0 => PART + length_of_long(rest),
        marks => marks.trailing_zeros() as usize,
    }
}

/// The same of many bytes, or of the last few.
#[inline(never)]
fn length_of_long(bytes: &[u8]) -> usize {
    let (parts, rest) = bytes.as_chunks::<PART>();
    for (number, part) in parts.iter().enumerate() {
        let marks = marks(part);
        if marks != 0 {
            return number * PART + marks.trailing_zeros() as usize;
        }
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | ..b' ' | 0x80..);
    bytes.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

/// A bit for each of the bytes that is none of a plain string, the lowest for the first.
#[inline]
fn marks(part: &[u8; PART]) -> u32 {
    let bytes = i8x16::new(part.map(u8::cast_signed));
    // RFC 8259 section 7: what is not in a string as it is. Bytes that are not ASCII are negative numbers here, and
    // with that bit turned, the quote alone comes down to the place of the blank, next to the control characters.
    let turned = bytes ^ i8x16::splat(2);
    let is_mark = turned.simd_lt(i8x16::splat(0x21)) | bytes.simd_eq(i8x16::splat(b'\\'.cast_signed()));
    is_mark.to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_and_every_byte() {
        for length in 0..50 {
            let text = vec![b'x'; length];
            assert_eq!(plain_length(&text), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = text.clone();
                    text[at] = byte;
                    let is_mark = !(0x20..0x80).contains(&byte) || [b'"', b'\\'].contains(&byte);
                    let first = if is_mark { at } else { length };
                    assert_eq!(plain_length(&text), first, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn many_at_once() {
        let mut random = crate::token::tests::random();
        for _ in 0..2_000 {
            let text: Vec<u8> =
                (0..random(300)).map(|_| b"\"\\\n\x1f \x7f\xffxyzabcdefgh"[random(18)]).collect();
            for at in 0..=text.len() {
                let is_mark = |byte: &u8| *byte < 0x20 || *byte >= 0x80 || b"\"\\".contains(byte);
                let first = text.iter().skip(at).position(is_mark);
                let length = plain_length(&text[at..]);
                assert_eq!(length, first.unwrap_or(text.len() - at), "{text:?} {at}");
            }
        }
    }
}
