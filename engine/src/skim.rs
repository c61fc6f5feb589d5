//! Bytes of a bundle that are looked over: what postcard would read is read, and nothing is copied.

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

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number of 32 bits, or which variant of an enumeration there is.
    pub(crate) fn number(&mut self) -> Option<u32> {
        u32::try_from(self.varint(5, 0x0f)?).ok()
    }

    /// A string.
    pub(crate) fn text(&mut self) -> Option<()> {
        let text = self.bytes()?;
        (text.is_ascii() || std::str::from_utf8(text).is_ok()).then_some(())
    }

    /// A string that is kept.
    pub(crate) fn str(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A list of numbers: how many there are, and their bytes.
    pub(crate) fn numbers(&mut self) -> Option<(usize, Self)> {
        let count = self.length()?;
        let (mut left, mut end) = (count, 0);
        // Each ends with its only byte below 0x80.
        for chunk in self.0.chunks(64) {
            let ends = chunk.iter().filter(|byte| **byte < 0x80).count();
            if ends >= left {
                break;
            }
            (left, end) = (left - ends, end + chunk.len());
        }
        if let Some(before) = left.checked_sub(1) {
            let mut ends = self.0.iter().enumerate().skip(end).filter(|(_, byte)| **byte < 0x80);
            end = ends.nth(before)?.0 + 1;
        }
        let (numbers, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some((count, Self(numbers)))
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

    /// How many items or bytes follow.
    pub(crate) fn length(&mut self) -> Option<usize> {
        usize::try_from(self.varint(10, 1)?).ok()
    }

    /// Bytes that are kept.
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
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
                    assert_eq!(read, skimmed, "{bytes:?}");
                    let read = postcard::take_from_bytes::<usize>(&bytes).ok();
                    let mut skim = Skim::new(&bytes);
                    let skimmed = skim.length().map(|value| (value, skim.0));
                    assert_eq!(read, skimmed, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn the_end_of_numbers_is_found() {
        for count in [0, 1, 2, 63, 64, 65, 200] {
            let numbers: Vec<u32> = (0..count).map(|number| number * number * number).collect();
            let bytes = postcard::to_stdvec(&(&numbers, 7u8)).unwrap();
            let mut skim = Skim::new(&bytes);
            let (found, mut inner) = skim.numbers().unwrap();
            assert_eq!((found, skim.0), (numbers.len(), [7].as_slice()));
            assert_eq!(numbers, std::iter::from_fn(|| inner.number()).collect::<Vec<_>>());
            for end in 0..bytes.len() - 1 {
                assert!(Skim::new(&bytes[..end]).numbers().is_none(), "{end}");
            }
        }
    }
}
