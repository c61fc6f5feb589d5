//! One segment of a path pattern.

use globset::GlobBuilder;

use crate::codes::Code;
use crate::diagnostic::Certainty;
use crate::syntax::{Segment, Tail};

/// What a segment turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Segment(Segment),
    Tail(Tail),
}

/// A segment that cannot match what was meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadSegment {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: String,
    /// Where in the segment, in bytes.
    pub(super) start: usize,
    pub(super) length: usize,
    /// What to write there instead, where something is known.
    pub(super) replacement: Option<(String, Certainty)>,
}

impl BadSegment {
    fn new(message: impl Into<String>, help: impl Into<String>, start: usize, length: usize) -> Self {
        Self {
            code: Code::BadPath,
            message: message.into(),
            help: help.into(),
            start,
            length,
            replacement: None,
        }
    }

    fn whole(segment: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(message, help, 0, segment.len())
    }

    fn glob(self) -> Self {
        Self { code: Code::BadGlob, ..self }
    }

    fn replaced(self, replacement: String, certainty: Certainty) -> Self {
        Self { replacement: Some((replacement, certainty)), ..self }
    }
}

/// Reads one segment, the text between two slashes.
pub(super) fn read_segment(text: &str) -> Result<Part, BadSegment> {
    match text {
        "" => {
            return Err(BadSegment::new(
                "this path has an empty segment, and never matches",
                "leave out the `/`; requests with `//`, or a `/` at the end, are denied whatever the rules say",
                0,
                0,
            ));
        }
        "." | ".." => {
            return Err(BadSegment::whole(
                text,
                format!("a `{text}` segment never matches"),
                "write the path without it; requests with it are denied whatever the rules say",
            ));
        }
        "*" => return Ok(Part::Segment(Segment::Any)),
        "**" => return Ok(Part::Tail(Tail::Any)),
        _ => {}
    }
    check_foreign_parameter(text)?;
    check_characters(text)?;
    if let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
        && !inner.contains(['{', '}', ','])
    {
        return read_parameter(text, inner);
    }
    if text.contains(['*', '?', '[', ']', '{', '}']) {
        check_glob(text)?;
        return Ok(Part::Segment(Segment::Glob(text.to_owned())));
    }
    Ok(Part::Segment(Segment::Literal(text.to_owned())))
}

fn read_parameter(text: &str, inner: &str) -> Result<Part, BadSegment> {
    let (name, is_greedy) = match inner.strip_suffix('+') {
        Some(name) => (name, true),
        None => (inner, false),
    };
    if name.is_empty() {
        let help = "write `{id}` with a name of your choice, or `*` for a segment without a name";
        return Err(BadSegment::whole(text, format!("`{text}` has no name"), help));
    }
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
        let help =
            "a parameter's name has letters, digits, `_`, `-` and `.`, and starts with a letter or `_`";
        return Err(BadSegment::whole(text, format!("`{name}` is not the name of a parameter"), help));
    }
    let name = name.to_owned();
    Ok(if is_greedy { Part::Tail(Tail::Param(name)) } else { Part::Segment(Segment::Param(name)) })
}

/// `:id` and `<id>`, as other routers write a parameter.
fn check_foreign_parameter(text: &str) -> Result<(), BadSegment> {
    let inner =
        text.strip_prefix(':').or_else(|| text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')));
    let Some(inner) = inner else { return Ok(()) };
    // Flask writes `<int:id>`, and `<path:rest>` for all that follows.
    let name = inner.rsplit(':').next().unwrap_or(inner);
    let greedy = if inner.starts_with("path:") { "+" } else { "" };
    let parameter = format!("{{{name}{greedy}}}");
    let mut bad =
        BadSegment::whole(text, format!("`{text}` is not a parameter here"), format!("write `{parameter}`"));
    if text.starts_with(':') {
        bad.help.push_str("; a segment that really starts with a colon is `[:]…`");
    }
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(BadSegment { help: "write a parameter as `{id}`".to_owned(), ..bad });
    }
    Err(bad.replaced(parameter, Certainty::Certain))
}

/// RFC 3986, section 3.3: `pchar` without the percent sign.
const MARKS: &str = "-._~!$&'()*+,;=:@";

/// What globs and parameters have beyond that.
const GLOB_MARKS: &str = "?[]{}";

/// Only RFC 3986's `pchar` and the characters of globs can stand in a segment.
fn check_characters(text: &str) -> Result<(), BadSegment> {
    for (at, char) in text.char_indices() {
        match char {
            _ if char.is_ascii_alphanumeric() || MARKS.contains(char) || GLOB_MARKS.contains(char) => {}
            '%' => check_encoded(text, at)?,
            '\\' => {
                let help = "requests with a backslash in their path are denied whatever the rules say";
                return Err(BadSegment::new("a path with `\\` never matches", help, at, 1));
            }
            _ => {
                let encoded = percent_encoded(char);
                let message = format!("`{char}` cannot stand in a path");
                let help = format!("write it as a request sends it: `{encoded}`");
                return Err(
                    BadSegment::new(message, help, at, char.len_utf8()).replaced(encoded, Certainty::Likely)
                );
            }
        }
    }
    Ok(())
}

fn percent_encoded(char: char) -> String {
    char.encode_utf8(&mut [0; 4]).bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn check_encoded(text: &str, at: usize) -> Result<(), BadSegment> {
    let hex = text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(hex) = hex else {
        let help = "write `%` and two hexadecimal digits, and `%25` for a percent sign itself";
        return Err(BadSegment::new("this `%` encodes nothing", help, at, 1));
    };
    if matches!(hex.to_ascii_lowercase().as_str(), "2f" | "5c" | "2e" | "00") {
        let message = format!("a path with `%{hex}` never matches");
        let help = "requests with `%2f`, `%5c`, `%2e` or `%00` are denied whatever the rules say";
        return Err(BadSegment::new(message, help, at, 3));
    }
    Ok(())
}

fn check_glob(text: &str) -> Result<(), BadSegment> {
    check_braces(text)?;
    if let Some(at) = text.find("**") {
        let help = "write `*` for any characters of one segment; `**` is a segment of its own, the last one";
        return Err(BadSegment::new("`**` stands alone", help, at, 2).glob());
    }
    match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("`{text}` is not a glob: {}", error.kind());
            let help = "a glob has `*`, `?`, `[a-z]` and `{a,b}`; `[*]` is a star itself";
            Err(BadSegment::whole(text, message, help).glob())
        }
    }
}

/// `{a,b}` is a choice; `{a}` beside other text is somebody's parameter.
fn check_braces(text: &str) -> Result<(), BadSegment> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push((at, false)),
            b',' => {
                if let Some((_, has_comma)) = open.last_mut() {
                    *has_comma = true;
                }
            }
            b'}' => match open.pop() {
                None => {
                    return Err(BadSegment::new(
                        "this `}` closes nothing",
                        "remove it, or open a `{` before",
                        at,
                        1,
                    ));
                }
                Some((start, false)) => {
                    let help = "a parameter takes a whole segment; a choice has two or more parts: `{a,b}`";
                    let written = text.get(start..=at).unwrap_or_default();
                    let message = format!("`{written}` is neither a parameter nor a choice");
                    return Err(BadSegment::new(message, help, start, at + 1 - start));
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
    match open.first() {
        Some((at, _)) => Err(BadSegment::new("this `{` is not closed", "close it with `}`", *at, 1)),
        None => check_empty_choice(text),
    }
}

/// Globs disagree on what an empty part of a choice means.
fn check_empty_choice(text: &str) -> Result<(), BadSegment> {
    let empty =
        ["{,", ",,", ",}"].into_iter().filter(|_| text.contains('{')).find_map(|pair| text.find(pair));
    match empty {
        Some(at) => {
            let help = "write the two cases as two paths";
            Err(BadSegment::new("a part of this choice is empty", help, at, 2).glob())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Option<Segment> {
        match read_segment(text) {
            Ok(Part::Segment(segment)) => Some(segment),
            _ => None,
        }
    }

    #[test]
    fn what_a_segment_is_shows_in_its_characters() {
        for literal in ["users", "v1.2", "a:b@c", "a%20b", ".well-known", "...", "a,b", "x;y=1"] {
            assert_eq!(segment(literal), Some(Segment::Literal(literal.to_owned())), "{literal}");
        }
        for glob in ["report-*.pdf", "a?", "[a-z]x", "{a,b}", "{a,b}.json", "[!x]", "[:]id", "x[*]"] {
            assert_eq!(segment(glob), Some(Segment::Glob(glob.to_owned())), "{glob}");
        }
        assert_eq!(segment("*"), Some(Segment::Any));
        assert_eq!(segment("{user-id}"), Some(Segment::Param("user-id".to_owned())));
        assert_eq!(read_segment("**"), Ok(Part::Tail(Tail::Any)));
        assert_eq!(read_segment("{rest+}"), Ok(Part::Tail(Tail::Param("rest".to_owned()))));
    }

    #[test]
    fn a_segment_that_cannot_match_says_so() {
        for (text, message) in [
            ("", "this path has an empty segment, and never matches"),
            ("..", "a `..` segment never matches"),
            ("{}", "`{}` has no name"),
            ("{+}", "`{+}` has no name"),
            ("{1}", "`1` is not the name of a parameter"),
            ("{id:int}", "`id:int` is not the name of a parameter"),
            ("{a", "this `{` is not closed"),
            ("a}", "this `}` closes nothing"),
            ("user-{id}", "`{id}` is neither a parameter nor a choice"),
            ("{a,}", "a part of this choice is empty"),
            (":id", "`:id` is not a parameter here"),
            ("<id>", "`<id>` is not a parameter here"),
            ("a**", "`**` stands alone"),
            ("[a", "`[a` is not a glob: unclosed character class; missing ']'"),
            ("a%2Fb", "a path with `%2F` never matches"),
            ("100%", "this `%` encodes nothing"),
            ("a\\b", "a path with `\\` never matches"),
            ("über", "`ü` cannot stand in a path"),
            ("a|b", "`|` cannot stand in a path"),
        ] {
            assert_eq!(read_segment(text).map_err(|bad| bad.message), Err(message.to_owned()), "{text}");
        }
    }
}
