//! Where in a text something stands that ends a JSON string, or that a string says in another way.

use smallvec::SmallVec;

const BLOCK: usize = 64;

/// The quotes, backslashes and control characters of some bytes, found all at once: 64 bytes cost little more than one.
pub(super) struct Marks {
    /// A bit for each byte, the lowest for the first.
    blocks: SmallVec<[u64; 64]>,
    length: usize,
}

impl Marks {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let (whole, rest) = bytes.as_chunks::<BLOCK>();
        let mut blocks: SmallVec<[u64; 64]> = whole.iter().map(marks).collect();
        if !rest.is_empty() {
            // A blank is no mark.
            let mut last = [b' '; BLOCK];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            blocks.push(marks(&last));
        }
        Self { blocks, length: bytes.len() }
    }

    /// The first of them at that place or after it; the length of the bytes where there is none.
    #[inline]
    pub(super) fn next(&self, at: usize) -> usize {
        let mut block = at / BLOCK;
        let Some(first) = self.blocks.get(block) else { return self.length };
        let mut marks = first & (u64::MAX << (at % BLOCK));
        while marks == 0 {
            block += 1;
            match self.blocks.get(block) {
                Some(next) => marks = *next,
                None => return self.length,
            }
        }
        block * BLOCK + marks.trailing_zeros() as usize
    }
}

/// The marks of 64 bytes. No byte waits for another, so that the compiler looks at many at once.
fn marks(block: &[u8; BLOCK]) -> u64 {
    let mut is_mark = [0_u8; BLOCK];
    for (is_mark, byte) in is_mark.iter_mut().zip(block) {
        // RFC 8259 section 7: what is not in a string as it is.
        *is_mark = u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < 0x20);
    }
    let (words, _) = is_mark.as_chunks::<8>();
    words.iter().rev().fold(0, |marks, word| marks << 8 | lowest_bits(*word))
}

/// The lowest bit of each byte, next to one another. In the product, byte n has come to bit 56 + n; no two of the others
/// meet, so that nothing is carried.
const fn lowest_bits(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_and_every_byte() {
        for length in 0..140 {
            let text = vec![b'x'; length];
            assert_eq!(Marks::of(&text).next(0), length);
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = text.clone();
                    text[at] = byte;
                    let is_mark = byte < 0x20 || [b'"', b'\\'].contains(&byte);
                    let marks = Marks::of(&text);
                    let first = if is_mark { at } else { length };
                    let found = [0, at / 2, at, at + 1, length, length + 100].map(|from| marks.next(from));
                    assert_eq!(
                        found,
                        [first, first, first, length, length, length],
                        "{byte} at {at} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn many_at_once() {
        let mut random = crate::token::tests::random();
        for _ in 0..2_000 {
            let text: Vec<u8> = (0..random(300)).map(|_| b"\"\\\n\x1f \x7f\xffx"[random(8)]).collect();
            let marks = Marks::of(&text);
            for at in 0..text.len() {
                let first = text.iter().skip(at).position(|byte| *byte < 0x20 || b"\"\\".contains(byte));
                assert_eq!(marks.next(at), first.map_or(text.len(), |after| at + after), "{text:?} {at}");
            }
        }
    }
}
