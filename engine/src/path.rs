//! Request paths: how they are split, which are malformed, and when a segment equals a string.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

/// The longest request path that is looked at, in bytes. API Gateway refuses a method ARN over 1,600 bytes.
pub const MAX_PATH_BYTES: usize = 8_192;

/// Why a path is denied whatever the rules say: gateways and backends disagree about what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It does not start with `/`.
    NotAbsolute,
    /// It has an empty segment: `//`, or a slash at the end.
    EmptySegment,
    /// It has a `.` or `..` segment.
    DotSegment,
    /// It holds a backslash.
    Backslash,
    /// It holds a control character.
    ControlCharacter,
    /// It holds `%2f`, `%5c`, `%2e` or `%00`, in either case.
    EncodedSeparator,
    /// It is longer than [`MAX_PATH_BYTES`].
    TooLong,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "it does not start with `/`",
            Self::EmptySegment => "it has an empty segment (`//`, or a `/` at the end)",
            Self::DotSegment => "it has a `.` or `..` segment",
            Self::Backslash => "it holds a backslash",
            Self::ControlCharacter => "it holds a control character",
            Self::EncodedSeparator => "it holds `%2f`, `%5c`, `%2e` or `%00`",
            Self::TooLong => "it is longer than 8,192 bytes",
        })
    }
}

/// A request path, split at `/` and compared as sent. The root has no segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'a> {
    text: &'a str,
    /// Where each segment starts and ends. Offsets, and not slices, keep the lifetime covariant.
    segments: SmallVec<[(u16, u16); 8]>,
}

impl<'a> RequestPath<'a> {
    /// Splits a path, or says why it is malformed.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        if text.len() > MAX_PATH_BYTES {
            return Err(Malformed::TooLong);
        }
        let bytes = text.as_bytes();
        if bytes.first() != Some(&b'/') {
            return Err(Malformed::NotAbsolute);
        }
        let mut split = Split { text, segments: SmallVec::new(), start: 1, wrong: None };
        let mut rest = bytes;
        while !rest.is_empty() {
            let word = rest.first_chunk().copied().unwrap_or_else(|| last_word(bytes, rest));
            split.word(bytes.len() - rest.len(), word)?;
            rest = rest.get(8..).unwrap_or_default();
        }
        split.end()
    }

    /// The path as it was sent.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The segments, in order.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &'a str> + '_ {
        (0..self.segments.len()).map(|index| self.segment(index).unwrap_or_default())
    }

    /// The segment of that index, counted from 0.
    pub fn segment(&self, index: usize) -> Option<&'a str> {
        let (start, end) = *self.segments.get(index)?;
        self.text.get(usize::from(start)..usize::from(end))
    }

    /// The same as bytes, which is less to check.
    pub(crate) fn segment_bytes(&self, index: usize) -> Option<&'a [u8]> {
        let (start, end) = *self.segments.get(index)?;
        self.text.as_bytes().get(usize::from(start)..usize::from(end))
    }

    /// The text from the segment of that index to the end, without a leading slash.
    pub fn rest_from(&self, index: usize) -> Option<&'a str> {
        let (start, _) = *self.segments.get(index)?;
        self.text.get(usize::from(start)..)
    }
}

/// A path that is read as far as the segment that starts there.
struct Split<'a> {
    text: &'a str,
    segments: SmallVec<[(u16, u16); 8]>,
    start: usize,
    /// What is wrong with a segment: what is wrong with a byte goes before.
    wrong: Option<Malformed>,
}

impl<'a> Split<'a> {
    /// Reads the next eight bytes, which stand there. Whether a byte is ordinary is asked of all of them at once.
    fn word(&mut self, at: usize, word: [u8; 8]) -> Result<(), Malformed> {
        let mut left = not_ordinary(u64::from_le_bytes(word));
        while left != 0 {
            let at = at + (left.trailing_zeros() / 8) as usize;
            left &= left - 1;
            match self.text.as_bytes().get(at) {
                // The first one starts the first segment.
                Some(b'/') if at == 0 => {}
                Some(b'/') => {
                    self.segment(at);
                    self.start = at + 1;
                }
                Some(byte) => check_byte(self.text.as_bytes(), at, *byte)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Ends the segment that was begun, before that byte.
    fn segment(&mut self, end: usize) {
        let start = self.start;
        let wrong = match self.text.as_bytes().get(start..end) {
            None | Some([]) => Malformed::EmptySegment,
            Some([b'.'] | [b'.', b'.']) => Malformed::DotSegment,
            Some(_) => match (u16::try_from(start), u16::try_from(end)) {
                (Ok(start), Ok(end)) => return self.segments.push((start, end)),
                _ => Malformed::TooLong,
            },
        };
        self.wrong = self.wrong.or(Some(wrong));
    }

    fn end(mut self) -> Result<RequestPath<'a>, Malformed> {
        // The root has no segment.
        if self.text.len() > 1 {
            self.segment(self.text.len());
        }
        match self.wrong {
            Some(wrong) => Err(wrong),
            None => Ok(RequestPath { text: self.text, segments: self.segments }),
        }
    }
}

/// The last bytes, which are less than eight, filled up with ordinary ones.
fn last_word(bytes: &[u8], rest: &[u8]) -> [u8; 8] {
    const ORDINARY: u64 = 0x6161_6161_6161_6161;
    if let Some(last) = bytes.last_chunk::<8>() {
        let word = u64::from_le_bytes(*last) >> (8 * (8 - rest.len()));
        return (word | ORDINARY << (8 * rest.len())).to_le_bytes();
    }
    let mut word = ORDINARY.to_le_bytes();
    word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    word
}

/// The highest bit of each byte that is not [ordinary](is_ordinary).
const fn not_ordinary(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * EACH;
    // Sums of seven bits stay within their bytes.
    let low = word & !HIGHEST;
    let above_slash = low + (0x80 - 0x30) * EACH;
    let not_backslash = (low ^ (0x5c * EACH)) + 0x7f * EACH;
    let delete = low + EACH;
    (!above_slash | !not_backslash | delete) & !word & HIGHEST
}

/// Whether the evaluator denies this path whatever the rules say.
pub fn is_malformed(text: &str) -> bool {
    RequestPath::parse(text).is_err()
}

/// Whether a well-formed path can have this text as one segment.
pub(crate) fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && !text.contains('/')
        && !matches!(text, "." | "..")
        && check_bytes(text.as_bytes()).is_ok()
}

fn check_bytes(bytes: &[u8]) -> Result<(), Malformed> {
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

/// Whether a string that a rule compares to the path could change its meaning there: empty, or holding
/// `*`, `?`, `$`, `/`, `\`, `%` or a control character.
pub fn is_hostile(value: &str) -> bool {
    value.is_empty()
        || value
            .bytes()
            .any(|b| matches!(b, b'*' | b'?' | b'$' | b'/' | b'\\' | b'%') || b.is_ascii_control())
}

/// Whether a path segment is this string: its bytes, or their percent-encoding, with RFC 3986's `pchar`
/// kept or as `encodeURIComponent` writes it.
#[inline]
pub fn segment_equals(segment: &str, value: &str) -> bool {
    segment == value || is_encoded(segment, value)
}

fn is_encoded(segment: &str, value: &str) -> bool {
    segment.contains('%')
        && (encoded(value, keeps_pchar) == segment || encoded(value, keeps_component) == segment)
}

/// Every way in which a path segment can hold this string, without repetition; the bytes themselves first.
pub fn segment_forms(value: &str) -> SmallVec<[String; 3]> {
    let mut forms: SmallVec<[String; 3]> = SmallVec::new();
    forms.push(value.to_owned());
    for keeps in [keeps_pchar, keeps_component] {
        if let Cow::Owned(form) = encoded(value, keeps)
            && !forms.contains(&form)
        {
            forms.push(form);
        }
    }
    forms
}

/// RFC 3986, section 3.3: `pchar` without the percent sign.
fn keeps_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// ECMA-262, `encodeURIComponent`: the unreserved marks that it leaves alone.
fn keeps_component(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

fn encoded(value: &str, keeps: fn(u8) -> bool) -> Cow<'_, str> {
    if value.bytes().all(keeps) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 8);
    for byte in value.bytes() {
        if keeps(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_paths_are_told_apart() {
        for (path, why) in [
            ("", Malformed::NotAbsolute),
            ("users", Malformed::NotAbsolute),
            ("//", Malformed::EmptySegment),
            ("/users/", Malformed::EmptySegment),
            ("/a//b", Malformed::EmptySegment),
            ("/a/./b", Malformed::DotSegment),
            ("/..", Malformed::DotSegment),
            ("/a\\b", Malformed::Backslash),
            ("/a\u{7}b", Malformed::ControlCharacter),
            ("/a%2Fb", Malformed::EncodedSeparator),
            ("/a%5cb", Malformed::EncodedSeparator),
            ("/%2e%2e", Malformed::EncodedSeparator),
            ("/a%00", Malformed::EncodedSeparator),
        ] {
            assert_eq!(RequestPath::parse(path), Err(why), "{path:?}");
        }
    }

    #[test]
    fn ordinary_bytes_are_known_eight_at_a_time() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                for other in [b'a', b'/', 0x80, 0xff, 0] {
                    let mut word = [other; 8];
                    word[at] = byte;
                    let expected = word.map(|byte| if is_ordinary(byte) { 0 } else { 0x80 });
                    assert_eq!(not_ordinary(u64::from_le_bytes(word)).to_le_bytes(), expected, "{word:?}");
                }
            }
        }
    }

    /// What is said of a path is what is said of its bytes and segments one by one.
    #[test]
    fn paths_of_every_length() {
        let parts = ["/", "a", ".", "\\", "%", "2f", "2E", "00", "\u{7f}", "\u{1}", "ü", "users", "_~-"];
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut counts = [0; 2];
        for number in 0..100_000 {
            // Of half of them, most are in order.
            let part = |random: usize| parts[if number % 2 == 0 { random } else { random % 2 * 11 }];
            let text: String = (0..random(12)).map(|_| part(random(13))).collect();
            let segments: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split('/').collect() };
            let wrong = segments.iter().find_map(|segment| match *segment {
                "" => Some(Malformed::EmptySegment),
                "." | ".." => Some(Malformed::DotSegment),
                _ => None,
            });
            let wrong = check_bytes(text.as_bytes()).err().or(wrong);
            counts[usize::from(wrong.is_some())] += 1;
            let path = format!("/{text}");
            match RequestPath::parse(&path) {
                Ok(parsed) => assert_eq!((parsed.segments().collect(), None), (segments, wrong), "{path:?}"),
                Err(why) => assert_eq!(Some(why), wrong, "{path:?}"),
            }
        }
        assert!(counts.iter().all(|count| *count > 20_000), "{counts:?}");
    }

    #[test]
    fn well_formed_paths_split_at_slashes() {
        for (path, segments) in [
            ("/", &[][..]),
            ("/users", &["users"]),
            ("/a/b:c/d%20e", &["a", "b:c", "d%20e"]),
            ("/.well-known/...", &[".well-known", "..."]),
            ("/100%", &["100%"]),
        ] {
            let parsed = RequestPath::parse(path).unwrap();
            assert_eq!(parsed.segments().collect::<Vec<_>>(), segments, "{path:?}");
        }
        assert_eq!(RequestPath::parse("/a/b/c").unwrap().rest_from(1), Some("b/c"));
        assert_eq!(RequestPath::parse("/a").unwrap().rest_from(1), None);
    }

    #[test]
    fn a_segment_equals_a_string_in_three_writings() {
        assert_eq!(&segment_forms("ana")[..], ["ana"]);
        assert_eq!(&segment_forms("auth0|abc")[..], ["auth0|abc", "auth0%7Cabc"]);
        assert_eq!(&segment_forms("a b@c")[..], ["a b@c", "a%20b@c", "a%20b%40c"]);
        for (segment, value, equal) in [
            ("auth0%7Cabc", "auth0|abc", true),
            ("auth0%7cabc", "auth0|abc", false),
            ("ana", "anna", false),
            ("%61na", "ana", false),
        ] {
            assert_eq!(segment_equals(segment, value), equal, "{segment} {value}");
        }
    }

    #[test]
    fn hostile_strings_are_known() {
        for value in ["", "*", "a?", "$", "a/b", "a\\b", "%2f", "a\n"] {
            assert!(is_hostile(value), "{value:?}");
        }
        for value in ["ana", "auth0|abc", "a b", "ü", ".."] {
            assert!(!is_hostile(value), "{value:?}");
        }
    }
}
