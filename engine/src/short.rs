//! Short strings, compared without a call: most segments, labels and claims have a few bytes.

/// Whether both are the same bytes.
#[inline]
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 16 {
        return a == b;
    }
    let halves = halves_equal::<8>(a, b).or_else(|| halves_equal::<4>(a, b));
    let halves = halves.or_else(|| halves_equal::<2>(a, b));
    halves.unwrap_or_else(|| a.first() == b.first())
}

/// Whether the first so many bytes are the same, and the last. Of bytes that are no more than twice as many, these are
/// all; of fewer than so many, nothing is said.
#[inline]
fn halves_equal<const N: usize>(a: &[u8], b: &[u8]) -> Option<bool> {
    let first = a.first_chunk::<N>()? == b.first_chunk::<N>()?;
    Some(first && a.last_chunk::<N>()? == b.last_chunk::<N>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts() {
        for length in 0..40 {
            let text = vec![b'x'; length];
            assert!(equal(&text, &text.clone()));
            assert!(!equal(&text, &vec![b'x'; length + 1]));
            assert!(!equal(&vec![b'x'; length + 1], &text));
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'y';
                assert!(!equal(&text, &other), "{at} of {length}");
                assert!(!equal(&other, &text), "{at} of {length}");
            }
        }
    }
}
