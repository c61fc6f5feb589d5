//! What the grammar did not match, in words for people.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::expected::Expected;
use super::found::Found;
use super::grammar::{Rule, STATEMENT_KEYWORDS, is_reserved};
use super::scan::Chunk;
use crate::codes::Code;
use crate::diagnostic::{Certainty, Diagnostic};
use crate::source::{SourceId, Span};
use crate::suggest::nearest;

/// The error of a piece of the text that the grammar does not match.
pub(super) fn report(source: SourceId, text: &str, chunk: &Chunk, error: &Error<Rule>) -> Diagnostic {
    let offset = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => chunk.start + at,
    };
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => Expected::new(positives),
        ErrorVariant::CustomError { .. } => Expected::new(&[]),
    };
    let code = text.get(..chunk.code_end).unwrap_or(text);
    let Some(found) = Found::at(code, offset) else {
        return at_end(source, code, chunk, &expected);
    };
    Place { source, code, found, expected }.report()
}

/// The piece ends where something should follow.
fn at_end(source: SourceId, code: &str, chunk: &Chunk, expected: &Expected) -> Diagnostic {
    if let Some(open) = chunk.unclosed {
        let close = match open.bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        return Diagnostic::new(Code::NotClosed, format!("this `{}` is not closed", open.bracket))
            .at(Span::new(source, open.at, open.at + 1))
            .help(format!("close it with `{close}`"));
    }
    Diagnostic::new(Code::UnexpectedText, format!("expected {expected}, found the end of the statement"))
        .at(Span::new(source, code.len(), code.len()))
        .maybe_help(missing_slash(code, expected))
}

/// Where a path is missing, and what stands there instead could be one.
fn missing_slash(before: &str, expected: &Expected) -> Option<String> {
    let last = before.split_ascii_whitespace().next_back()?;
    let is_segment = last.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && policy_engine::Verb::parse(&last.to_ascii_uppercase()).is_none()
        && !is_reserved(last);
    (expected.has("a path") && expected.has("a verb") && is_segment)
        .then(|| format!("a path starts with `/`; is `/{last}` meant?"))
}

/// Where the grammar stopped.
struct Place<'t> {
    source: SourceId,
    /// The text up to the end of the piece.
    code: &'t str,
    found: Found<'t>,
    expected: Expected,
}

impl Place<'_> {
    fn report(&self) -> Diagnostic {
        self.foreign_comment()
            .or_else(|| self.reserved_name())
            .or_else(|| self.path_without_slash())
            .or_else(|| self.special_word())
            .or_else(|| self.special_character())
            .or_else(|| self.misspelt_word())
            .unwrap_or_else(|| self.plain())
            .at(self.span())
    }

    fn span(&self) -> Span {
        Span::new(self.source, self.found.start, self.found.start + self.found.text.len())
    }

    fn before(&self) -> &str {
        self.code.get(..self.found.start).unwrap_or_default()
    }

    fn plain(&self) -> Diagnostic {
        let found = self.found.describe();
        if self.expected.is_short() {
            let message = format!("expected {}, found {found}", self.expected);
            return Diagnostic::new(Code::UnexpectedText, message);
        }
        Diagnostic::new(Code::UnexpectedText, format!("{found} does not belong here"))
            .help(format!("here can stand {}", self.expected))
    }

    fn foreign_comment(&self) -> Option<Diagnostic> {
        let last = self.before().split_ascii_whitespace().next_back().unwrap_or_default();
        let is_comment = |text: &str| text.starts_with("//") || text.starts_with("/*");
        // The last words of `allow GET /x // for all` are read as a path and what cannot follow it.
        let is_here = is_comment(self.found.text)
            || is_comment(last) && self.found.is_word()
            || self.code.get(self.found.start..).is_some_and(|rest| rest.starts_with("--"));
        is_here.then(|| {
            Diagnostic::new(Code::UnexpectedText, format!("{} does not belong here", self.found.describe()))
                .help("a comment starts with `#`")
        })
    }

    fn reserved_name(&self) -> Option<Diagnostic> {
        let word = self.found.word()?;
        let is_name = self.expected.is_only(&["a name"]);
        (is_name && is_reserved(word)).then(|| {
            Diagnostic::new(Code::ReservedName, format!("`{word}` is a keyword, and cannot be a name"))
                .help("choose another name")
        })
    }

    fn path_without_slash(&self) -> Option<Diagnostic> {
        let help = missing_slash(self.before(), &self.expected)?;
        let message = format!("expected a path, found {}", self.found.describe());
        Some(Diagnostic::new(Code::UnexpectedText, message).help(help))
    }

    fn special_word(&self) -> Option<Diagnostic> {
        match self.found.word()? {
            "null" if self.expected.has("a value") => {
                Some(Diagnostic::new(Code::UnexpectedText, "`null` is not a value").help(
                    "whether a claim is there and not null is asked with `has token.x`, or `not has token.x`",
                ))
            }
            word if self.expected.has("a string") => Some(
                Diagnostic::new(Code::UnexpectedText, format!("expected a string, found `{word}`"))
                    .help("a string stands in double quotes: `\"`"),
            ),
            _ => None,
        }
    }

    fn special_character(&self) -> Option<Diagnostic> {
        let found = self.found.text;
        let new = |code, message: String, help: &str| Some(Diagnostic::new(code, message).help(help));
        let unexpected = format!("{} does not belong here", self.found.describe());
        match found {
            "}" | ")" | "]" if self.expected.has("a statement") => {
                let message = format!("this `{found}` closes nothing");
                new(Code::NotClosed, message, "remove it, or open it before")
            }
            "," if !self.expected.has("`,`") => {
                new(Code::Separator, unexpected, "leave it out; only lists in `[ ]` and JSON have commas")
            }
            ";" => new(Code::Separator, unexpected, "leave it out; nothing ends a statement"),
            "}" | "]" if self.before().trim_end().ends_with(',') => {
                new(Code::Separator, unexpected, "leave out the comma before it")
            }
            "[" if self.before().ends_with(is_name_character) => {
                new(Code::UnexpectedText, unexpected, "a part of a value is written `token.\"the name\"`")
            }
            "-" if self.before().ends_with(is_name_character) => {
                new(Code::UnexpectedText, unexpected, "a name with a dash in it stands in quotes")
            }
            "“" | "”" | "„" | "‘" | "’" | "`" => {
                new(Code::UnexpectedText, unexpected, "a string stands in straight double quotes: `\"`")
            }
            _ if self.found.is_invisible() => {
                let is_space = found.chars().all(char::is_whitespace);
                let certainty = if is_space { Certainty::Certain } else { Certainty::Likely };
                let help = "it looks like a space, or like nothing; put a space in its place";
                let diagnostic = Diagnostic::new(Code::UnexpectedText, unexpected).help(help);
                Some(diagnostic.edit(self.span(), " ", certainty))
            }
            _ => None,
        }
    }

    fn misspelt_word(&self) -> Option<Diagnostic> {
        let word = self.found.word().filter(|word| !is_reserved(word))?;
        let meant = foreign_statement(word)
            .filter(|_| self.expected.has("a statement"))
            .or_else(|| nearest(word, self.expected.keywords()));
        let starts_line = self.before().rsplit('\n').next().is_none_or(|line| line.trim().is_empty());
        let is_statement = self.expected.has("a statement")
            && meant.map_or(starts_line, |meant| STATEMENT_KEYWORDS.contains(&meant));
        let diagnostic = if is_statement {
            Diagnostic::new(Code::UnknownStatement, format!("there is no statement `{word}`"))
        } else {
            meant?;
            Diagnostic::new(Code::UnexpectedText, format!("`{word}` does not belong here"))
        };
        if let Some(meant) = meant {
            let is_same = word.eq_ignore_ascii_case(meant);
            let certainty = if is_same { Certainty::Certain } else { Certainty::Likely };
            let diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
            return Some(diagnostic.edit(self.span(), meant, certainty));
        }
        let keywords = STATEMENT_KEYWORDS.map(|keyword| format!("`{keyword}`")).join(", ");
        Some(diagnostic.help(format!("a statement starts with one of {keywords}")))
    }
}

fn is_name_character(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '"')
}

/// What other languages call a statement of this one.
fn foreign_statement(word: &str) -> Option<&'static str> {
    Some(match word {
        "import" | "include" | "require" => "use",
        "var" | "const" | "define" | "def" | "set" => "let",
        "variable" | "parameter" | "input" => "param",
        "route" | "routes" | "endpoint" | "endpoints" => "api",
        "grant" | "permit" => "allow",
        "forbid" | "block" | "reject" => "deny",
        "assert" | "invariant" => "never",
        _ => return None,
    })
}
