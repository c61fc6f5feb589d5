//! Splits a path at its slashes, and looks for what must not be in it, sixteen bytes at a time.

use std::ops::Range;

use wide::u8x16;

use crate::path::Malformed;

/// The bits of a word. A path of fewer bytes has its slashes in one.
const WORD: usize = 64;

/// So many bytes are looked at together.
const PART: usize = 16;

/// Where the slashes of a well-formed path are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slashes {
    /// A bit for each byte that is one, the lowest first, and one for the end. Of the root, none.
    Short(u64),
    /// Where each segment starts and ends.
    Long(Vec<(u32, u32)>),
}

/// A place in a path, before a segment or at the end, and of no use in another path: in a short one, what is left of
/// its [`Slashes::Short`]; in a long one, the next segment's index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(u64);

impl Slashes {
    /// Those of a path that starts with one; none where it is malformed.
    #[inline]
    pub(super) fn find(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= WORD {
            return long(bytes).map(Self::Long);
        }
        let slashes = word_of_slashes(bytes, 0..bytes.len())?;
        if bytes.len() == 1 {
            return Some(Self::Short(0));
        }
        let ends = slashes | 1 << bytes.len();
        // No two of them are neighbours.
        (ends & ends >> 1 == 0).then_some(Self::Short(ends))
    }

    /// Before the first segment.
    #[inline]
    pub(super) const fn first(&self) -> Place {
        match self {
            Self::Short(slashes) => Place(*slashes),
            Self::Long(_) => Place(0),
        }
    }

    /// The next segment, and the place behind it.
    #[inline]
    pub(super) fn next(&self, Place(place): Place) -> Option<(Range<usize>, Place)> {
        match self {
            Self::Short(_) => {
                let behind = place & place.wrapping_sub(1);
                let start = place.trailing_zeros() as usize + 1;
                (behind != 0).then(|| (start..behind.trailing_zeros() as usize, Place(behind)))
            }
            Self::Long(segments) => {
                let (start, end) = *segments.get(usize::try_from(place).ok()?)?;
                Some((start as usize..end as usize, Place(place + 1)))
            }
        }
    }

    /// The segment of that index. In one place of the program: its size has a bound.
    #[inline(never)]
    pub(super) fn segment(&self, index: usize) -> Option<Range<usize>> {
        let place = match self {
            Self::Short(slashes) => {
                Place((0..index.min(WORD)).fold(*slashes, |left, _| left & left.wrapping_sub(1)))
            }
            Self::Long(_) => Place(index as u64),
        };
        self.next(place).map(|(segment, _)| segment)
    }

    /// How many segments there are.
    pub(super) fn segment_count(&self) -> usize {
        match self {
            Self::Short(slashes) => (slashes.count_ones() as usize).saturating_sub(1),
            Self::Long(segments) => segments.len(),
        }
    }
}

/// The segments of a path of any length.
#[inline(never)]
fn long(bytes: &[u8]) -> Option<Vec<(u32, u32)>> {
    let mut segments = Vec::new();
    let mut start = 1;
    let mut end_at = |end: u32| {
        segments.push((start, end));
        let is_empty = start == end;
        start = end + 1;
        (!is_empty).then_some(())
    };
    for first in (0..bytes.len()).step_by(WORD) {
        let behind = bytes.len().min(first + WORD);
        let mut left = word_of_slashes(bytes, first..behind)?;
        if first == 0 {
            // The first slash starts the first segment.
            left &= !1;
        }
        let first = u32::try_from(first).ok()?;
        while left != 0 {
            end_at(first + left.trailing_zeros())?;
            left &= left - 1;
        }
    }
    end_at(u32::try_from(bytes.len()).ok()?)?;
    Some(segments)
}

/// A bit for each slash among these bytes, which are no more than a word has bits; none where another byte of them
/// makes the path malformed.
#[inline]
fn word_of_slashes(bytes: &[u8], range: Range<usize>) -> Option<u64> {
    let first = range.start;
    let found = Marks::among(bytes.get(range)?);
    let others = found.looked_at & !found.slashes;
    if others != 0 {
        check_marked(bytes, first, others)?;
    }
    Some(found.slashes)
}

/// A bit for each of some bytes, the lowest for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks {
    slashes: u64,
    /// What is not [ordinary](is_ordinary).
    looked_at: u64,
}

impl Marks {
    /// Of as many bytes as a word has bits, or fewer.
    #[inline]
    fn among(bytes: &[u8]) -> Self {
        let Some(last) = bytes.last_chunk() else { return Self::in_few(bytes) };
        // The last part can lie over the one before.
        let last = Self::in_part(*last).behind(bytes.len() - PART);
        let parts = bytes.as_chunks::<PART>().0.iter().zip((0..).step_by(PART));
        parts.fold(last, |found, (part, at)| found.and(Self::in_part(*part).behind(at)))
    }

    /// Of less than a part. No bytes are copied one by one: to read them again at once, as a whole, would have to wait
    /// for all of them.
    #[inline]
    fn in_few(bytes: &[u8]) -> Self {
        let (first, last, half) = halves(bytes);
        let found = Self::in_part((u128::from(first) | u128::from(last) << 64).to_le_bytes());
        found.up_to(half).and(found.from(8).up_to(half).behind(bytes.len() - half))
    }

    #[inline]
    fn in_part(part: [u8; PART]) -> Self {
        let bytes = u8x16::new(part);
        let is = |byte| bytes.simd_eq(u8x16::splat(byte));
        let is_looked_at = bytes.simd_lt(u8x16::splat(b'0')) | is(b'\\') | is(0x7f);
        let bits = |mask: u8x16| u64::from(mask.to_bitmask());
        Self { slashes: bits(is(b'/')), looked_at: bits(is_looked_at) }
    }

    const fn and(self, other: Self) -> Self {
        Self { slashes: self.slashes | other.slashes, looked_at: self.looked_at | other.looked_at }
    }

    /// The same, behind so many bytes.
    const fn behind(self, count: usize) -> Self {
        Self { slashes: self.slashes << count, looked_at: self.looked_at << count }
    }

    /// Without the first so many bytes.
    const fn from(self, count: usize) -> Self {
        Self { slashes: self.slashes >> count, looked_at: self.looked_at >> count }
    }

    /// In the first so many bytes.
    const fn up_to(self, count: usize) -> Self {
        let first = !(!0 << count);
        Self { slashes: self.slashes & first, looked_at: self.looked_at & first }
    }
}

/// The first of less than sixteen bytes, and the last, which can lie over them; and how many there are of each.
#[inline]
fn halves(bytes: &[u8]) -> (u64, u64, usize) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last), 8);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into(), 4);
    }
    let all = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    (all, all, bytes.len())
}

/// Checks the bytes that have a bit, from that one on.
#[inline(never)]
fn check_marked(bytes: &[u8], first: usize, mut marked: u64) -> Option<()> {
    while marked != 0 {
        let at = first + marked.trailing_zeros() as usize;
        marked &= marked - 1;
        match bytes.get(at)? {
            b'.' if is_dot_segment(bytes, at) => return None,
            byte => check_byte(bytes, at, *byte).ok()?,
        }
    }
    Some(())
}

/// Whether the dot there starts a segment that is `.` or `..`.
fn is_dot_segment(bytes: &[u8], at: usize) -> bool {
    let is_end = |at: usize| matches!(bytes.get(at), None | Some(b'/'));
    let starts = at.checked_sub(1).is_some_and(|before| bytes.get(before) == Some(&b'/'));
    starts && (is_end(at + 1) || (bytes.get(at + 1) == Some(&b'.') && is_end(at + 2)))
}

/// What is wrong with a path that starts with a slash: what is wrong with a byte goes before.
pub(super) fn why(text: &str) -> Option<Malformed> {
    if let Err(wrong) = check_bytes(text.as_bytes()) {
        return Some(wrong);
    }
    let below = text.strip_prefix('/').filter(|below| !below.is_empty())?;
    below.split('/').find_map(|segment| match segment {
        "" => Some(Malformed::EmptySegment),
        "." | ".." => Some(Malformed::DotSegment),
        _ => None,
    })
}

/// What is wrong with a byte. In one place of the program, as [`Slashes::segment`].
#[inline(never)]
pub(super) fn check_bytes(bytes: &[u8]) -> Result<(), Malformed> {
    let mut all = bytes.iter().copied().enumerate();
    all.try_for_each(|(at, byte)| if is_ordinary(byte) { Ok(()) } else { check_byte(bytes, at, byte) })
}

/// Nothing is wrong with such a byte, wherever it stands: most are so.
const fn is_ordinary(byte: u8) -> bool {
    byte > b'/' && byte != b'\\' && byte != 0x7f
}

fn check_byte(bytes: &[u8], at: usize, byte: u8) -> Result<(), Malformed> {
    match byte {
        b'\\' => Err(Malformed::Backslash),
        0..=0x1f | 0x7f => Err(Malformed::ControlCharacter),
        b'%' if is_encoded_separator(bytes.get(at + 1..at + 3)) => Err(Malformed::EncodedSeparator),
        _ => Ok(()),
    }
}

fn is_encoded_separator(hex: Option<&[u8]>) -> bool {
    matches!(hex, Some([b'2', b'f' | b'F' | b'e' | b'E'] | [b'5', b'c' | b'C'] | [b'0', b'0']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_known_in_every_place() {
        for length in 1..=64 {
            for at in 0..length {
                for (byte, other) in
                    (0..=u8::MAX).flat_map(|byte| [b'a', b'/', 0xff].map(|other| (byte, other)))
                {
                    let mut bytes = vec![other; length];
                    bytes[at] = byte;
                    let bits = |is: fn(u8) -> bool| {
                        (0..).zip(&bytes).fold(0, |bits, (at, byte)| bits | u64::from(is(*byte)) << at)
                    };
                    let slashes = bits(|byte| byte == b'/');
                    let looked_at = bits(|byte| !is_ordinary(byte));
                    assert_eq!(Marks::among(&bytes), Marks { slashes, looked_at }, "{bytes:?}");
                }
            }
        }
    }
}
