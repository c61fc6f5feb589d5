//! Where in a text something stands that ends a JSON string, or that a string says in another way.

use wide::u8x16;

const BLOCK: usize = 64;

/// The quotes, backslashes and control characters of some bytes, found 64 bytes at a time, which costs little more than
/// one at a time would.
pub(super) struct Marks<'a> {
    /// A bit for each byte of the block that is looked at, the lowest for the first. Those that were passed are gone.
    block: u64,
    /// Where that block starts.
    start: usize,
    blocks: std::slice::Iter<'a, [u8; BLOCK]>,
    /// What is no whole block.
    rest: &'a [u8],
    length: usize,
}

impl<'a> Marks<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let (mut blocks, length) = (blocks.iter(), bytes.len());
        match blocks.next() {
            Some(first) => Self { block: marks(first), start: 0, blocks, rest, length },
            None => Self { block: marks(&padded(rest)), start: 0, blocks, rest: &[], length },
        }
    }

    /// The first of them at that place or after it; the length of the bytes where there is none. It is passed, with all
    /// before it: no place asked for may be before one that was given.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> usize {
        loop {
            while self.block == 0 {
                if !self.go_on() {
                    return self.length;
                }
            }
            let mark = self.start + self.block.trailing_zeros() as usize;
            self.block &= self.block - 1;
            if mark >= at {
                return mark;
            }
        }
    }

    /// To the next block, if there is one.
    #[inline(never)]
    fn go_on(&mut self) -> bool {
        self.block = match self.blocks.next() {
            Some(block) => marks(block),
            None if self.rest.is_empty() => return false,
            None => marks(&padded(std::mem::take(&mut self.rest))),
        };
        self.start += BLOCK;
        true
    }
}

/// The bytes with blanks behind them, which are no marks.
fn padded(bytes: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    block
}

/// The marks of 64 bytes.
fn marks(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |marks, part| marks << 16 | marks_of_part(*part))
}

#[inline]
fn marks_of_part(part: [u8; 16]) -> u64 {
    let bytes = u8x16::new(part);
    // RFC 8259 section 7: what is not in a string as it is.
    let is_mark = bytes.simd_eq(u8x16::splat(b'"'))
        | bytes.simd_eq(u8x16::splat(b'\\'))
        | bytes.simd_lt(u8x16::splat(b' '));
    u64::from(is_mark.to_bitmask())
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
                    let first = if is_mark { at } else { length };
                    let from = [0, at / 2, at, at + 1, length, length + 100];
                    let found = from.map(|from| Marks::of(&text).next(from));
                    assert_eq!(
                        found,
                        [first, first, first, length, length, length],
                        "{byte} at {at} of {length}"
                    );
                    let mut marks = Marks::of(&text);
                    assert_eq!([(); 2].map(|()| marks.next(0)), [first, length]);
                }
            }
        }
    }

    #[test]
    fn many_at_once() {
        let mut random = crate::token::tests::random();
        for _ in 0..2_000 {
            let text: Vec<u8> = (0..random(300)).map(|_| b"\"\\\n\x1f \x7f\xffx"[random(8)]).collect();
            let (mut marks, mut at) = (Marks::of(&text), 0);
            while at <= text.len() {
                let first = text.iter().skip(at).position(|byte| *byte < 0x20 || b"\"\\".contains(byte));
                let mark = marks.next(at);
                assert_eq!(mark, first.map_or(text.len(), |after| at + after), "{text:?} {at}");
                at = mark + 1 + random(3);
            }
        }
    }
}
