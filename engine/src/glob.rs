//! Globs over a whole string, as in `like` and inside a path segment.

mod pieces;
mod states;

use std::fmt;

use globset::GlobBuilder;

use pieces::Piece;
use states::States;

/// The longest glob that is accepted, in bytes.
pub const MAX_GLOB_BYTES: usize = 1_024;

/// A compiled glob: `*` is any characters, `?` one byte, `[a-z]` a class, `{a,b}` alternatives,
/// `\` takes the next character as it is.
#[derive(Debug, Clone)]
pub struct Glob(Matcher);

#[derive(Debug, Clone)]
enum Matcher {
    /// Without alternatives.
    Line(Vec<Piece>),
    States(States),
}

/// A glob that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobError(String);

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GlobError {}

/// Compiles a glob. Runs of `*` mean the same as one.
pub fn matcher(pattern: &str) -> Result<Glob, GlobError> {
    if pattern.len() > MAX_GLOB_BYTES {
        return Err(GlobError(format!("it is longer than {MAX_GLOB_BYTES} bytes")));
    }
    let glob = parsed(pattern).map_err(|error| GlobError(error.kind().to_string()))?;
    let pieces = pieces::pieces(glob.regex());
    let pieces = pieces.ok_or_else(|| GlobError("it is not understood".to_owned()))?;
    let is_line = !pieces.iter().any(|piece| matches!(piece, Piece::Either(_)));
    Ok(Glob(if is_line { Matcher::Line(pieces) } else { Matcher::States(States::new(&pieces)) }))
}

fn parsed(pattern: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(&single_stars(pattern))
        .literal_separator(false)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
}

impl Glob {
    /// Whether the glob matches the string from its first byte to its last.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            Matcher::Line(pieces) => matches_line(pieces, text.as_bytes()),
            Matcher::States(states) => states.matches(text.as_bytes()),
        }
    }
}

/// A star first takes nothing, then more and more; once the next star is reached, what the one before took is settled.
fn matches_line(pieces: &[Piece], text: &[u8]) -> bool {
    let (mut piece, mut at) = (0, 0);
    let mut last_star = None;
    loop {
        let fits = match (pieces.get(piece), text.get(at)) {
            (None, None) => return true,
            (Some(Piece::Star), _) => {
                piece += 1;
                last_star = Some((piece, at));
                continue;
            }
            (Some(Piece::Byte(expected)), Some(byte)) => expected == byte,
            (Some(Piece::Any), Some(_)) => true,
            (Some(Piece::Class(set)), Some(byte)) => set.contains(*byte),
            (_, None) => return false,
            (None | Some(Piece::Either(_)), Some(_)) => false,
        };
        if fits {
            (piece, at) = (piece + 1, at + 1);
            continue;
        }
        let Some((behind, taken)) = last_star else { return false };
        last_star = Some((behind, taken + 1));
        (piece, at) = (behind, taken + 1);
    }
}

/// globset gives `**` a meaning of its own at slashes; here a star is a star.
pub(crate) fn single_stars(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut escaped = false;
    for c in pattern.chars() {
        if c == '*' && !escaped && out.ends_with('*') && !out.ends_with("\\*") {
            continue;
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_strings() {
        for (pattern, text, matches) in [
            ("*@example.com", "ana@example.com", true),
            ("*@example.com", "ana@example.com.evil", false),
            ("a/**/b", "a/b", false),
            ("a/**/b", "a/x/y/b", true),
            ("report-*.pdf", "report-.pdf", true),
            ("{a,b}?[0-9]", "bx7", true),
            ("{a,}x", "x", true),
            ("\\*", "*", true),
            ("\\**", "*abc", true),
            ("\\*", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matcher(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
    }

    /// `globset` compiles its expression; what matches there, and only that, matches here.
    #[test]
    fn the_pieces_match_what_globset_matches() {
        const SIGNS: [&str; 24] = [
            "a",
            "b",
            "c",
            "*",
            "*",
            "?",
            "[ab]",
            "[!a]",
            "[^b-c]",
            "[]-]",
            "[a-]",
            "{",
            ",",
            "}",
            "{a,b}",
            "{,c}",
            "\\*",
            "\\{",
            "é",
            "[é-ü]",
            ".",
            "/",
            "-",
            "[.^$\\&~|-]",
        ];
        const LETTERS: [&str; 12] = ["a", "b", "c", "*", "é", "ü", ".", "/", "-", "{", "\\", "\n"];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % below
        };
        let (mut compiled, mut matched) = (0, 0);
        for _ in 0..20_000 {
            let pattern: String = (0..random(8)).map(|_| SIGNS[random(SIGNS.len())]).collect();
            let Ok(theirs) = parsed(&pattern) else {
                assert!(matcher(&pattern).is_err(), "{pattern}");
                continue;
            };
            let (ours, theirs) = (matcher(&pattern).unwrap(), theirs.compile_matcher());
            compiled += 1;
            for _ in 0..10 {
                let text: String = (0..random(7)).map(|_| LETTERS[random(LETTERS.len())]).collect();
                assert_eq!(ours.is_match(&text), theirs.is_match(&text), "{pattern:?} {text:?}");
                matched += usize::from(ours.is_match(&text));
            }
        }
        assert!(compiled > 5_000 && matched > 5_000, "{compiled} {matched}");
    }

    #[test]
    fn no_glob_takes_long() {
        let text = "a".repeat(5_000);
        for pattern in [format!("{}b", "a*".repeat(500)), format!("{}b", "{a,*}".repeat(200))] {
            assert!(!matcher(&pattern).unwrap().is_match(&text));
            assert!(matcher(&pattern).unwrap().is_match(&format!("{text}b")));
        }
    }

    #[test]
    fn bad_globs_are_refused() {
        for pattern in ["[", "{a", "[z-a]", &"a".repeat(2_000)] {
            assert!(matcher(pattern).is_err(), "{pattern}");
        }
    }
}
