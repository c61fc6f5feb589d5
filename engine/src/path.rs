//! Request paths: how they are split, which are malformed, and when a segment equals a string.

mod forms;
mod split;

use std::fmt;
use std::ops::Range;

use split::{Slashes, check_bytes};

pub(crate) use split::Place;

pub use forms::{is_hostile, segment_equals, segment_forms};

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
    slashes: Slashes,
}

impl<'a> RequestPath<'a> {
    /// Splits a path, or says why it is malformed.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        if text.len() > MAX_PATH_BYTES {
            return Err(Malformed::TooLong);
        }
        if !text.starts_with('/') {
            return Err(Malformed::NotAbsolute);
        }
        match Slashes::find(text.as_bytes()) {
            Some(slashes) => Ok(Self { text, slashes }),
            // Something is, since both look for the same.
            None => Err(split::why(text).unwrap_or(Malformed::TooLong)),
        }
    }

    /// The path as it was sent.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The segments, in order.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &'a str> + '_ {
        let mut place = self.start();
        (0..self.slashes.segment_count()).map(move |_| {
            let next = self.slashes.next(place);
            next.and_then(|(range, behind)| {
                place = behind;
                self.text.get(range)
            })
            .unwrap_or_default()
        })
    }

    /// The segment of that index, counted from 0.
    pub fn segment(&self, index: usize) -> Option<&'a str> {
        self.text.get(self.slashes.segment(index)?)
    }

    /// The text from the segment of that index to the end, without a leading slash.
    pub fn rest_from(&self, index: usize) -> Option<&'a str> {
        let Range { start, .. } = self.slashes.segment(index)?;
        self.text.get(start..)
    }

    /// Before the first segment.
    pub(crate) const fn start(&self) -> Place {
        self.slashes.first()
    }

    /// The next segment, as bytes, and the place behind it.
    #[inline]
    pub(crate) fn next(&self, place: Place) -> Option<(&'a [u8], Place)> {
        let (range, behind) = self.slashes.next(place)?;
        Some((self.text.as_bytes().get(range)?, behind))
    }
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

    /// What is wrong with a path that starts with a slash, told plainly.
    fn wrong(path: &str) -> Option<Malformed> {
        let bytes = path.char_indices().find_map(|(at, c)| match c {
            '\\' => Some(Malformed::Backslash),
            '\0'..='\u{1f}' | '\u{7f}' => Some(Malformed::ControlCharacter),
            '%' => {
                let hex = path.get(at + 1..at + 3).unwrap_or_default().to_ascii_lowercase();
                ["2f", "5c", "2e", "00"].contains(&hex.as_str()).then_some(Malformed::EncodedSeparator)
            }
            _ => None,
        });
        let mut segments = path.split('/').skip(if path == "/" { 2 } else { 1 });
        bytes.or_else(|| {
            segments.find_map(|segment| match segment {
                "" => Some(Malformed::EmptySegment),
                "." | ".." => Some(Malformed::DotSegment),
                _ => None,
            })
        })
    }

    /// Whether the path is well-formed; and both ways agree about all that is said of it.
    fn agrees(path: &str) -> bool {
        match (RequestPath::parse(path), wrong(path)) {
            (Err(why), expected) => {
                assert_eq!(Some(why), expected, "{path:?}");
                false
            }
            (Ok(parsed), wrong) => {
                assert_eq!(wrong, None, "{path:?}");
                let below = path.strip_prefix('/').filter(|below| !below.is_empty());
                let segments: Vec<&str> = below.map_or(Vec::new(), |below| below.split('/').collect());
                assert_eq!(parsed.segments().collect::<Vec<_>>(), segments, "{path:?}");
                for index in (0..segments.len() + 2).chain([64, 65, 1 << 32, usize::MAX]) {
                    assert_eq!(parsed.segment(index), segments.get(index).copied(), "{index} {path:?}");
                    let rest = segments.get(index..).filter(|rest| !rest.is_empty());
                    let rest = rest.map(|rest| rest.join("/"));
                    assert_eq!(parsed.rest_from(index), rest.as_deref(), "{index} {path:?}");
                }
                true
            }
        }
    }

    #[test]
    fn paths_of_every_length() {
        const PARTS: [&str; 14] =
            ["/", "a", ".", "\\", "%", "2f", "2E", "00", "\u{7f}", "\u{1}", "ü", "users", "_~-", "%41"];
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        // Well-formed or not, below 64 bytes, 128, and more.
        let mut counts = [[0; 3]; 2];
        for number in 0..100_000 {
            let mut path = String::new();
            for _ in 0..random(if number % 4 < 2 { 20 } else { 150 }) {
                // Of half of them, most are in order.
                let is_any = number % 2 == 0 || random(50) == 0;
                let ordinary = if path.is_empty() || path.ends_with('/') { 10 + random(4) } else { 0 };
                path.push_str(PARTS[if is_any { random(14) } else { ordinary }]);
            }
            let path = format!("/{}", path.trim_end_matches('/'));
            counts[usize::from(agrees(&path))][(path.len() / 64).min(2)] += 1;
        }
        assert!(counts.iter().flatten().all(|count| *count > 2_000), "{counts:?}");
    }

    /// Whatever is before and behind it, and on whichever side of the places where the parts begin that are looked at
    /// together.
    #[test]
    fn nothing_malformed_is_overlooked_anywhere() {
        for length in (8..=200).chain(MAX_PATH_BYTES - 20..=MAX_PATH_BYTES) {
            let ordinary: String = "/abcdefg".chars().cycle().take(length).collect();
            let is_whole = !ordinary.ends_with('/');
            assert_eq!(agrees(&ordinary), is_whole);
            let places = (0..length).filter(|at| at % 64 < 3 || at % 64 > 60 || *at < 80 || length - at < 80);
            for (at, bad) in places.flat_map(|at| {
                ["\\", "\n", "\u{7f}", "%2f", "%5C", "%2E", "%00", "//", "/./", "/../"].map(|bad| (at, bad))
            }) {
                let rest = ordinary.get(at + bad.len()..).unwrap_or_default();
                let path = format!("/{}{bad}{rest}", &ordinary[1..at.max(1)]);
                if path.len() <= MAX_PATH_BYTES {
                    assert!(!agrees(&path), "{bad} at {at} of {length}");
                }
            }
        }
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
}
