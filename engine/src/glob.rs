//! Globs over a whole string, as in `like` and inside a path segment.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// The longest glob that is accepted, in bytes.
pub const MAX_GLOB_BYTES: usize = 1_024;

/// A compiled glob: `*` is any characters, `?` one byte, `[a-z]` a class, `{a,b}` alternatives,
/// `\` takes the next character as it is.
#[derive(Debug, Clone)]
pub struct Glob(GlobMatcher);

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
    GlobBuilder::new(&single_stars(pattern))
        .literal_separator(false)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map(|glob| Glob(glob.compile_matcher()))
        .map_err(|error| GlobError(error.kind().to_string()))
}

impl Glob {
    /// Whether the glob matches the string from its first byte to its last.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
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

    #[test]
    fn bad_globs_are_refused() {
        for pattern in ["[", "{a", "[z-a]", &"a".repeat(2_000)] {
            assert!(matcher(pattern).is_err(), "{pattern}");
        }
    }
}
