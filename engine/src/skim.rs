//! Bytes of a bundle that are looked over: what postcard would read is read, and nothing is kept.

/// What is not yet looked over.
pub(crate) struct Skim<'a>(&'a [u8]);

impl<'a> Skim<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes are left.
    pub(crate) const fn left(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number of 32 bits, or which variant of an enumeration there is.
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.varint(5, 0x0f)
    }

    /// A string.
    pub(crate) fn text(&mut self) -> Option<()> {
        let length = usize::try_from(self.length()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        (text.is_ascii() || std::str::from_utf8(text).is_ok()).then_some(())
    }

    /// What may be missing.
    pub(crate) fn option(&mut self, some: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        match self.byte()? {
            0 => Some(()),
            1 => some(self),
            _ => None,
        }
    }

    /// A list. Each item is a byte at least, so that it ends where the bytes do.
    pub(crate) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        (0..self.length()?).try_for_each(|_| item(self))
    }

    fn length(&mut self) -> Option<u64> {
        self.varint(10, 1)
    }

    /// Seven bits a byte, the lowest first; `longest` bytes at most, the last of which is no more than `last`.
    fn varint(&mut self, longest: u32, last: u8) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        for number in 1..longest {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * number);
            if byte < 0x80 {
                return (number + 1 < longest || byte <= last).then_some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_postcard_reads_them() {
        for length in 0..=12 {
            for lower in [0x80, 0xff] {
                for upper in 0..=u8::MAX {
                    let bytes = [vec![lower; length], vec![upper, 0]].concat();
                    let read = postcard::take_from_bytes::<u32>(&bytes).ok();
                    let mut skim = Skim::new(&bytes);
                    let skimmed = skim.number().map(|value| (value, skim.0));
                    assert_eq!(read.map(|(value, rest)| (u64::from(value), rest)), skimmed, "{bytes:?}");
                    let read = postcard::take_from_bytes::<u64>(&bytes).ok();
                    let mut skim = Skim::new(&bytes);
                    let skimmed = skim.length().map(|value| (value, skim.0));
                    assert_eq!(read, skimmed, "{bytes:?}");
                }
            }
        }
    }
}
