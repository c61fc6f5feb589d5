//! The token at which the grammar stopped.

/// A token, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'t> {
    pub(super) text: &'t str,
    /// Where it starts, in bytes.
    pub(super) start: usize,
}

/// The longest token that is shown as a whole, in characters.
const MAX_SHOWN: usize = 40;

impl<'t> Found<'t> {
    /// The first token from an offset on, white space and comments aside.
    pub(super) fn at(text: &'t str, offset: usize) -> Option<Self> {
        let mut rest = text.get(offset..)?;
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            match rest.strip_prefix('#') {
                Some(comment) => rest = comment.split_once('\n')?.1,
                None => break,
            }
        }
        let first = rest.chars().next()?;
        let length = match first {
            'a'..='z' | 'A'..='Z' | '_' => prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_'),
            '0'..='9' => prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.'),
            '/' => prefix(rest, |c| !c.is_ascii_whitespace()),
            '"' => rest.get(1..).and_then(|body| body.find(['"', '\n'])).map_or(rest.len(), |end| end + 2),
            '=' | '!' | '<' | '>' | '&' | '|' => prefix(rest, |c| "=!<>&|".contains(c)),
            _ => first.len_utf8(),
        };
        Some(Self { text: rest.get(..length)?, start: text.len() - rest.len() })
    }

    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    }

    pub(super) fn word(&self) -> Option<&'t str> {
        self.is_word().then_some(self.text)
    }

    /// Whether it is a character that cannot be told from a space, or cannot be seen.
    pub(super) fn is_invisible(&self) -> bool {
        let is_blank = |c: char| {
            c.is_whitespace()
                || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        };
        self.text.chars().all(is_blank)
    }

    /// For the middle of a sentence.
    pub(super) fn describe(&self) -> String {
        let mut shown: String = self.text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
        if self.text.chars().count() > MAX_SHOWN {
            shown.push('…');
        }
        match self.text.chars().next() {
            Some('"') => format!("the string `{}`", shown.replace("\\\"", "\"")),
            Some(char) if !char.is_ascii() => format!("`{shown}` (U+{:04X})", u32::from(char)),
            _ => format!("`{}`", shown.replace("\\'", "'")),
        }
    }
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_people_see_as_one() {
        for (text, shown) in [
            ("  # comment\n when x", "`when`"),
            ("/users/{id} as", "`/users/{id}`"),
            ("\"a b\" c", "the string `\"a b\"`"),
            ("\"a", "the string `\"a`"),
            ("=> x", "`=>`"),
            ("'x", "`'`"),
            ("“x”", "`“` (U+201C)"),
            ("\u{a0}x", "`\\u{a0}` (U+00A0)"),
            ("10.0.0.1 x", "`10.0.0.1`"),
        ] {
            assert_eq!(Found::at(text, 0).unwrap().describe(), shown, "{text}");
        }
        assert_eq!(Found::at("x  # y", 1), None);
    }
}
