//! From a text to its syntax tree.

mod build;
mod comments;
mod expected;
mod found;
mod grammar;
mod scan;
mod syntax_error;

use pest::Parser;

use self::build::Builder;
pub(crate) use self::grammar::Rule;
use self::grammar::{Grammar, Pair};
use self::scan::{Chunk, Scan, scan};
use crate::codes::Code;
use crate::diagnostic::{self, Diagnostic};
use crate::limits::{MAX_FILE_BYTES, MAX_REPORTED, MAX_STATEMENTS};
use crate::source::{SourceId, Span};
use crate::syntax::{Broken, File, Statement};

/// Parses a text: what it says as far as it can be read, and everything that is wrong with its syntax.
///
/// Where there is an error, the tree is only good for finding further errors: statements may be missing, and
/// what was spelt in a foreign way stands in it as it was meant. The work is linear in the text's length, and
/// bounded by the [limits](crate::limits).
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is longer than {} MiB", MAX_FILE_BYTES / (1024 * 1024));
        let diagnostic = Diagnostic::new(Code::FileTooLarge, message)
            .at(Span::new(source, 0, 0))
            .help("split it, and take the parts in with `use`");
        return (File { statements: Vec::new(), broken: Vec::new(), comments: Vec::new() }, vec![diagnostic]);
    }
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let Scan { comments, chunks, diagnostics } = scan(source, text, start);
    let mut reader = Reader { source, text, statements: Vec::new(), broken: Vec::new(), diagnostics };
    if !(reader.diagnostics.is_empty() && reader.read_whole(start)) {
        reader.read_chunks(&chunks);
    }
    let mut file = File { statements: reader.statements, broken: reader.broken, comments };
    let mut diagnostics = reader.diagnostics;
    comments::attach(text, &mut file, &mut diagnostics);
    diagnostic::sort(&mut diagnostics);
    (file, at_most_reported(diagnostics))
}

/// What the grammar matches from the offset on; `None` where it does not match all of it. Only for a text that
/// [`parse`] finds no error in: this one knows no limits.
pub(crate) fn pairs(text: &str, from: usize) -> Option<pest::iterators::Pairs<'_, Rule>> {
    Grammar::parse(Rule::file, text.get(from..)?).ok()
}

fn at_most_reported(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut errors = diagnostics.iter().enumerate().filter(|(_, diagnostic)| diagnostic.is_error());
    if let Some((first_beyond, _)) = errors.nth(MAX_REPORTED) {
        let mut last = Diagnostic::new(Code::TooManyErrors, "there are more errors than are shown");
        last.span = diagnostics.get(first_beyond).and_then(|diagnostic| diagnostic.span);
        diagnostics.truncate(first_beyond);
        diagnostics.push(last.help("mend these first"));
    }
    diagnostics
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    statements: Vec<Statement>,
    broken: Vec<Broken>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    /// Parses the text in one go; `false` where the grammar does not match.
    fn read_whole(&mut self, start: usize) -> bool {
        let Some(text) = self.text.get(start..) else { return false };
        let Ok(pairs) = Grammar::parse(Rule::file, text) else { return false };
        self.read_statements(pairs, start);
        true
    }

    /// Parses each piece on its own, so that an error in one does not hide those in others.
    fn read_chunks(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            let text = self.text.get(chunk.start..chunk.end).unwrap_or_default();
            if chunk.is_reported {
                self.break_chunk(chunk, text);
            } else if self.diagnostics.len() <= MAX_REPORTED {
                match Grammar::parse(Rule::file, text) {
                    Ok(pairs) => self.read_statements(pairs, chunk.start),
                    Err(error) => {
                        let report = syntax_error::report(self.source, self.text, chunk, &error);
                        self.diagnostics.push(report);
                        self.break_chunk(chunk, text);
                    }
                }
            }
        }
    }

    fn break_chunk(&mut self, chunk: &Chunk, text: &str) {
        let span = Span::new(self.source, chunk.start, chunk.code_end);
        self.broken.push(Broken { name: defined_name(text), span });
    }

    fn read_statements(&mut self, pairs: pest::iterators::Pairs<'t, Rule>, offset: usize) {
        let mut builder = Builder::new(self.source, offset);
        let statements = pairs.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::statement);
        for pair in statements {
            let text = pair.as_str();
            let (kind, span) = builder.statement(pair);
            let reported = builder.take_diagnostics();
            if self.statements.len() >= MAX_STATEMENTS {
                self.too_many_statements(span);
                return;
            }
            match kind {
                Some(kind) => {
                    self.statements.push(Statement { kind, doc: None, allowed: Vec::new(), span });
                }
                None => self.break_statement(text, span, &reported),
            }
            self.diagnostics.extend(reported);
        }
    }

    /// A statement that is left out has an error, whatever happens: what is silently left out may be a deny.
    fn break_statement(&mut self, text: &str, span: Span, reported: &[Diagnostic]) {
        if !reported.iter().any(Diagnostic::is_error) {
            let message = "this statement could not be read";
            self.diagnostics.push(Diagnostic::new(Code::UnexpectedText, message).at(span));
        }
        self.broken.push(Broken { name: defined_name(text), span });
    }

    fn too_many_statements(&mut self, span: Span) {
        let message = format!("a file holds at most {MAX_STATEMENTS} statements");
        let help = "split it, and take the parts in with `use`";
        self.diagnostics.push(Diagnostic::new(Code::TooManyStatements, message).at(span).help(help));
    }
}

/// The name that a statement which cannot be read seems to define.
fn defined_name(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let name = match words.next()? {
        "let" | "param" | "issuer" => words.next()?,
        _ => {
            words.find(|word| *word == "as")?;
            words.next()?
        }
    };
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    name.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
}
