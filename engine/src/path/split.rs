//! Splits a path at its slashes, and looks for what must not be in it, eight bytes at a time.

use std::ops::Range;

use crate::path::Malformed;

/// A path of fewer bytes has its slashes in one word.
const SHORT: usize = 64;

/// Where the slashes of a well-formed path are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slashes {
    /// A bit for each byte that is one, the lowest first, and one for the end. Of the root, none.
    Short(u64),
    /// Where each segment starts and ends.
    Long(Vec<(u32, u32)>),
}

/// How far a path is gone: see [`Slashes::first`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(u64);

impl Slashes {
    /// Those of a path that starts with one; none where it is malformed.
    #[inline]
    pub(super) fn find(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= SHORT {
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

    /// The segment of that index.
    #[inline]
    pub(super) fn segment(&self, index: usize) -> Option<Range<usize>> {
        let place = match self {
            Self::Short(slashes) => {
                Place((0..index.min(SHORT)).fold(*slashes, |left, _| left & left.wrapping_sub(1)))
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
    let (mut first, mut start) = (0, 1);
    let mut end_at = |end: u32| {
        segments.push((start, end));
        let is_empty = start == end;
        start = end + 1;
        (!is_empty).then_some(())
    };
    while (first as usize) < bytes.len() {
        let behind = bytes.len().min(first as usize + SHORT);
        let mut left = word_of_slashes(bytes, first as usize..behind)?;
        // The first slash starts the first segment.
        left &= if first == 0 { !1 } else { !0 };
        while left != 0 {
            end_at(first + left.trailing_zeros())?;
            left &= left - 1;
        }
        first += 64;
    }
    end_at(u32::try_from(bytes.len()).ok()?)?;
    Some(segments)
}

/// A bit for each slash among these bytes, which are no more than a word has bits; none where another byte of them
/// makes the path malformed.
#[inline]
fn word_of_slashes(bytes: &[u8], range: Range<usize>) -> Option<u64> {
    let mut slashes = 0;
    let (mut at, mut shift) = (range.start, 0);
    let mut rest = bytes.get(range)?;
    while !rest.is_empty() {
        let (word, behind) = match rest.split_first_chunk() {
            Some((word, behind)) => (u64::from_le_bytes(*word), behind),
            None => (last_word(rest), [].as_slice()),
        };
        let found = equal_bytes(word, b'/');
        let others = not_ordinary(word) & !found;
        if others != 0 {
            check_marked(bytes, at, others)?;
        }
        slashes |= packed(found) << shift;
        (at, shift, rest) = (at + 8, shift + 8, behind);
    }
    Some(slashes)
}

/// Checks the bytes whose highest bit is set, of the eight that stand there.
#[inline(never)]
fn check_marked(bytes: &[u8], first: usize, mut marked: u64) -> Option<()> {
    while marked != 0 {
        let at = first + (marked.trailing_zeros() / 8) as usize;
        marked &= marked - 1;
        match bytes.get(at)? {
            b'.' if is_dot_segment(bytes, at) => return None,
            byte => check_byte(bytes, at, *byte).ok()?,
        }
    }
    Some(())
}

/// Whether a segment starts with that dot which has no more than another one.
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

/// Less than eight bytes, filled up with ordinary ones.
#[inline]
fn last_word(rest: &[u8]) -> u64 {
    const ORDINARY: u64 = 0x6161_6161_6161_6161;
    let behind = 8 * (rest.len() & 7);
    let word = if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        // The second half can lie over the first.
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (behind - 32)
    } else {
        rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    word | ORDINARY << behind
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x80 * EACH;

/// The highest bit of each byte that is not [ordinary](is_ordinary).
const fn not_ordinary(word: u64) -> u64 {
    // Sums of seven bits stay within their bytes.
    let low = word & !HIGHEST;
    let above_slash = low + (0x80 - 0x30) * EACH;
    let not_backslash = (low ^ (0x5c * EACH)) + 0x7f * EACH;
    let delete = low + EACH;
    (!above_slash | !not_backslash | delete) & !word & HIGHEST
}

/// The highest bit of each byte that is this one, which is ASCII.
const fn equal_bytes(word: u64, byte: u8) -> u64 {
    let other = word ^ (byte as u64 * EACH);
    !(((other & !HIGHEST) + 0x7f * EACH) | other) & HIGHEST
}

/// The highest bits of eight bytes, the first one lowest.
const fn packed(highest: u64) -> u64 {
    (highest >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

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
    fn bytes_are_known_eight_at_a_time() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                for other in [b'a', b'/', 0x80, 0xff, 0] {
                    let mut bytes = [other; 8];
                    bytes[at] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let expected = bytes.map(|byte| if is_ordinary(byte) { 0 } else { 0x80 });
                    assert_eq!(not_ordinary(word).to_le_bytes(), expected, "{bytes:?}");
                    let expected = bytes.map(|byte| if byte == b'/' { 0x80 } else { 0 });
                    assert_eq!(equal_bytes(word, b'/').to_le_bytes(), expected, "{bytes:?}");
                    let bits: u64 = (0..8).map(|at| u64::from(bytes[at] == b'/') << at).sum();
                    assert_eq!(packed(equal_bytes(word, b'/')), bits, "{bytes:?}");
                }
            }
        }
    }
}
