//! The first look at a text, byte by byte: comments, the places where statements start, and whatever must
//! not reach the grammar (unclosed strings, control characters, what is nested too deep or is too long).

use super::grammar::is_statement_keyword;
use super::words::{is_continuation, is_demanding};
use crate::codes::Code;
use crate::diagnostic::{Certainty, Diagnostic};
use crate::limits::{MAX_DEPTH, MAX_LINE_BYTES, MAX_REPORTED, MAX_STATEMENTS, MAX_STRING_BYTES};
use crate::source::{SourceId, Span};
use crate::syntax::Comment;

/// What the first look finds.
pub(super) struct Scan {
    /// Every comment.
    pub(super) comments: Vec<Comment>,
    /// The text in pieces that each start where a statement seems to; together they are the whole text.
    pub(super) chunks: Vec<Chunk>,
    /// What is wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A piece of the text that can be parsed on its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Behind its last token, comments aside.
    pub(super) code_end: usize,
    /// Something in it has been reported already: the grammar would only trip over it again.
    pub(super) is_reported: bool,
    /// The innermost bracket that it leaves open.
    pub(super) unclosed: Option<Open>,
}

/// An opening bracket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) bracket: char,
    pub(super) at: usize,
    /// How many `not` stand right before it.
    negations: usize,
}

/// What the last token lets us expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// Something has to follow: an operator, an opening bracket, a keyword such as `when`.
    Demanding,
    /// The text could end here.
    Complete,
}

struct Scanner<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
    line_start: usize,
    /// Only white space since the line's start.
    is_line_blank: bool,
    previous: Previous,
    open: Vec<Open>,
    /// Brackets beyond the depth that is remembered.
    beyond: usize,
    negations: usize,
    chunk: Chunk,
    found: Scan,
}

/// Looks through the text once, from the offset on.
pub(super) fn scan(source: SourceId, text: &str, from: usize) -> Scan {
    let mut scanner = Scanner {
        source,
        text,
        at: from,
        line_start: from,
        is_line_blank: true,
        previous: Previous::Complete,
        open: Vec::new(),
        beyond: 0,
        negations: 0,
        chunk: Chunk { start: from, end: from, code_end: from, is_reported: false, unclosed: None },
        found: Scan { comments: Vec::new(), chunks: Vec::new(), diagnostics: Vec::new() },
    };
    while let Some(byte) = scanner.peek() {
        scanner.token(byte);
    }
    scanner.end_line();
    scanner.end_chunk(text.len());
    scanner.found
}

impl<'t> Scanner<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text from here as long as its bytes are so. Stops at bytes of ASCII only.
    fn run(&self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.chunk.is_reported = true;
        if self.found.diagnostics.len() <= MAX_REPORTED {
            self.found.diagnostics.push(diagnostic);
        }
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.end_line();
                self.at += 1;
                self.line_start = self.at;
                self.is_line_blank = true;
                return;
            }
            b' ' | b'\t' => {
                self.at += 1;
                return;
            }
            b'\r' if self.rest().starts_with("\r\n") => {
                self.at += 1;
                return;
            }
            0..=0x1f | 0x7f => self.control_character(char::from(byte)),
            b'#' => {
                self.comment();
                self.is_line_blank = false;
                return;
            }
            b'"' | b'\'' => self.string(byte),
            b'/' => self.path(),
            b'(' | b'[' | b'{' => self.open(char::from(byte)),
            b')' | b']' | b'}' => self.close(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            _ => self.other(byte),
        }
        self.is_line_blank = false;
        self.chunk.code_end = self.at;
    }

    fn end_line(&mut self) {
        if self.at - self.line_start > MAX_LINE_BYTES {
            let message = format!("this line is longer than {MAX_LINE_BYTES} bytes");
            let span = self.span(self.line_start, self.line_start);
            self.report(
                Diagnostic::new(Code::LineTooLong, message).at(span).help("break it into several lines"),
            );
        }
    }

    fn control_character(&mut self, char: char) {
        let message = format!("the control character U+{:04X} cannot stand here", u32::from(char));
        let span = self.span(self.at, self.at + char.len_utf8());
        self.report(
            Diagnostic::new(Code::ControlCharacter, message).at(span).help("remove it").suggest(span, ""),
        );
        self.at += char.len_utf8();
    }

    fn comment(&mut self) {
        let text = self.line();
        let is_doc = self.is_line_blank && text.starts_with("##") && !text.starts_with("###");
        let span = self.span(self.at, self.at + text.len());
        self.found.comments.push(Comment { is_doc, span });
        for char in text.chars() {
            // A terminal may show what follows a lone carriage return as if it were no comment.
            if char.is_control() && char != '\t' {
                self.control_character(char);
            } else {
                self.at += char.len_utf8();
            }
        }
    }

    /// The rest of the line.
    fn line(&self) -> &'t str {
        let line = self.run(|byte| byte != b'\n');
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        self.negations = 0;
        self.previous = Previous::Complete;
        let Some(length) = closed_length(self.rest(), quote) else {
            let line = self.line();
            let help = if quote == b'"' {
                "put a `\"` at its end; a string ends on the line it starts on"
            } else {
                "a string stands in double quotes, and ends on the line it starts on"
            };
            let span = self.span(start, start + line.len());
            self.report(
                Diagnostic::new(Code::StringNotClosed, "this string is not closed").at(span).help(help),
            );
            // The brace of `test "name {` opens a block all the same: else the block's lines seem to stand alone.
            self.at += line.trim_end().strip_suffix('{').map_or(line.len(), str::len);
            return;
        };
        if length > MAX_STRING_BYTES {
            let message = format!("this string is longer than {MAX_STRING_BYTES} bytes");
            let span = self.span(start, start + 1);
            self.report(Diagnostic::new(Code::StringTooLong, message).at(span).help("shorten it"));
        }
        self.at += length;
    }

    /// Everything up to white space, as in the grammar; a `}` at its end that it did not open closes a block.
    fn path(&mut self) {
        let path = self.run(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        if let Some(hash) = path.find('#') {
            return self.glued_comment(hash);
        }
        let glued = path.len() - path.trim_end_matches('}').len();
        let opened = path.bytes().filter(|byte| *byte == b'{').count();
        let closed = path.bytes().filter(|byte| *byte == b'}').count();
        let surplus = closed.saturating_sub(opened).min(glued).min(self.open.len());
        self.previous = Previous::Complete;
        self.negations = 0;
        if surplus == 0 {
            self.at += path.len();
            return;
        }
        self.at += path.len() - surplus;
        self.report(
            Diagnostic::new(Code::BadPath, "this `}` is read as a part of the path")
                .at(self.span(self.at, self.at + 1))
                .help("put a space before the `}`")
                .replace(self.span(self.at, self.at), " "),
        );
        for _ in 0..surplus {
            self.close();
        }
    }

    /// A path and the comment that is written right behind it.
    fn glued_comment(&mut self, hash: usize) {
        let at = self.at + hash;
        // In `/users#top when owner`, no comment was meant: as one, it would take the condition away.
        let next = self.text.as_bytes().get(at + 1);
        let is_comment = next.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'#'));
        let certainty = if is_comment { Certainty::Certain } else { Certainty::Likely };
        self.report(
            Diagnostic::new(Code::BadPath, "`#` cannot stand in a path")
                .at(self.span(at, at + 1))
                .help("put a space before the `#` of a comment")
                .edit(self.span(at, at), " ", certainty),
        );
        self.previous = Previous::Complete;
        self.negations = 0;
        self.at += self.line().len();
    }

    fn open(&mut self, bracket: char) {
        let depth = self.depth() + 1;
        let open = Open { bracket, at: self.at, negations: self.negations };
        if depth <= MAX_DEPTH {
            self.open.push(open);
        } else {
            self.beyond += 1;
            self.too_deep();
        }
        self.negations = 0;
        self.at += 1;
        self.previous = Previous::Demanding;
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else {
            self.open.pop();
        }
        self.negations = 0;
        self.at += 1;
        self.previous = Previous::Complete;
    }

    fn depth(&self) -> usize {
        let open: usize = self.open.iter().map(|open| 1 + open.negations).sum();
        open + self.beyond + self.negations
    }

    fn too_deep(&mut self) {
        if self.chunk.is_reported {
            return;
        }
        let message = format!("this is nested more than {MAX_DEPTH} deep");
        let span = self.span(self.at, self.at + 1);
        self.report(Diagnostic::new(Code::TooDeep, message).at(span).help("name a part of it with `let`"));
    }

    fn negation(&mut self, length: usize) {
        self.negations += 1;
        if self.depth() > MAX_DEPTH {
            self.too_deep();
        }
        self.at += length;
        self.previous = Previous::Demanding;
    }

    fn word(&mut self) {
        let word = self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_member = self.text.as_bytes().get(self.at.wrapping_sub(1)) == Some(&b'.');
        if word == "not" && !is_member {
            return self.negation(word.len());
        }
        if self.is_line_blank && self.starts_statement(word) {
            self.end_chunk(self.at);
        }
        self.at += word.len();
        self.negations = 0;
        self.previous =
            if !is_member && is_demanding(word) { Previous::Demanding } else { Previous::Complete };
    }

    fn starts_statement(&self, word: &str) -> bool {
        let is_first_column = self.at == self.line_start;
        let is_top = self.open.is_empty() && self.beyond == 0;
        if word == "issuer" && !self.is_issuer_block() {
            return false;
        }
        if is_statement_keyword(word) {
            return (is_top && self.previous == Previous::Complete) || is_first_column;
        }
        // A misspelt keyword, most likely: nothing else stands there in what people write.
        is_top && is_first_column && self.previous == Previous::Complete && !is_continuation(word)
    }

    /// `issuer NAME {` is a statement, `issuer NAME` alone a condition.
    fn is_issuer_block(&self) -> bool {
        let after = self.rest().strip_prefix("issuer").unwrap_or_default().trim_start();
        let name = after.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
        name.and_then(|end| after.get(end..)).is_some_and(|rest| rest.trim_start().starts_with('{'))
    }

    fn other(&mut self, byte: u8) {
        if byte == b'!' && !self.rest().starts_with("!=") {
            return self.negation(1);
        }
        let is_operator = matches!(byte, b'=' | b'<' | b'>' | b'!' | b'&' | b'|' | b',' | b'~' | b'.');
        self.previous = if is_operator { Previous::Demanding } else { Previous::Complete };
        self.negations = 0;
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    fn end_chunk(&mut self, at: usize) {
        if at < self.text.len() && self.found.chunks.len() >= MAX_STATEMENTS {
            return;
        }
        if self.chunk.start < at {
            let unclosed = self.open.last().copied();
            self.found.chunks.push(Chunk { end: at, unclosed, ..self.chunk });
        }
        self.chunk = Chunk { start: at, end: at, code_end: at, is_reported: false, unclosed: None };
        self.open.clear();
        self.beyond = 0;
        self.negations = 0;
    }
}

/// The length of a string up to and with its closing quote, on the line that it starts on.
fn closed_length(text: &str, quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return None,
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            _ if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
