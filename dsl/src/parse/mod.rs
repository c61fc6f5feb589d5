//! From a text to its syntax tree.

mod build;
mod comments;
mod expected;
mod found;
mod grammar;
mod scan;
mod syntax_error;
mod words;

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

/// About how many bytes go through the grammar at once. What pest keeps for each token of a long text outgrows
/// the processor's caches, and the work is no longer linear.
pub(crate) const BATCH_BYTES: usize = 16 * 1024;

/// Parses a text: what it says as far as it can be read, and everything that is wrong with its syntax.
///
/// Where there is an error, the tree is only good for finding further errors: statements may be missing, and
/// what was spelt in a foreign way stands in it as it was meant. The work is linear in the text's length, and
/// bounded by the [limits](crate::limits).
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    parse_in_batches(source, text, BATCH_BYTES)
}

/// [`parse`], where about so many bytes go through the grammar at once. The result does not depend on it.
pub fn parse_in_batches(source: SourceId, text: &str, batch_bytes: usize) -> (File, Vec<Diagnostic>) {
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
    let is_read = reader.diagnostics.is_empty()
        && (reader.read_batches(&chunks, batch_bytes) || reader.read_batches(&chunks, usize::MAX));
    if !is_read {
        reader.read_chunks(&chunks);
    }
    let mut file = File { statements: reader.statements, broken: reader.broken, comments };
    let mut diagnostics = reader.diagnostics;
    comments::attach(text, &mut file, &mut diagnostics);
    diagnostic::sort(&mut diagnostics);
    (file, at_most_reported(diagnostics))
}

/// What the grammar matches between the offsets; `None` where it does not match all of it. Only for statements
/// that [`parse`] finds no error in: this one knows no limits.
pub(crate) fn pairs(text: &str, start: usize, end: usize) -> Option<pest::iterators::Pairs<'_, Rule>> {
    Grammar::parse(Rule::file, text.get(start..end)?).ok()
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
    /// Parses pieces that follow one another together; `false`, and nothing read, where the grammar does not
    /// match: a piece may start in the middle of a statement.
    fn read_batches(&mut self, chunks: &[Chunk], batch_bytes: usize) -> bool {
        let mut chunks = chunks.iter().peekable();
        while let Some(first) = chunks.next() {
            let mut end = first.end;
            while let Some(next) = chunks.next_if(|next| next.end - first.start <= batch_bytes) {
                end = next.end;
            }
            let Some(pairs) = pairs(self.text, first.start, end) else {
                self.statements.clear();
                self.broken.clear();
                self.diagnostics.clear();
                return false;
            };
            if !self.read_statements(pairs, first.start) {
                break;
            }
        }
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
                    Ok(pairs) => {
                        if !self.read_statements(pairs, chunk.start) {
                            return;
                        }
                    }
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

    /// `false` where there are more than may be.
    fn read_statements(&mut self, pairs: pest::iterators::Pairs<'t, Rule>, offset: usize) -> bool {
        let mut builder = Builder::new(self.source, offset);
        let statements = pairs.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::statement);
        for pair in statements {
            let text = pair.as_str();
            let (kind, span) = builder.statement(pair);
            let reported = builder.take_diagnostics();
            if self.statements.len() >= MAX_STATEMENTS {
                self.too_many_statements(span);
                return false;
            }
            match kind {
                Some(kind) => {
                    self.statements.push(Statement { kind, doc: None, allowed: Vec::new(), span });
                }
                None => self.break_statement(text, span, &reported),
            }
            self.diagnostics.extend(reported);
        }
        true
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

/// The policies of this repository, those that are wrong on purpose included, and all of them in one text.
#[cfg(test)]
pub(crate) fn policy_texts() -> Vec<String> {
    let mut open = ["tests/fixtures", "../policies", "../examples"]
        .map(|folder| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .to_vec();
    let mut texts = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "policy") {
                texts.extend(std::fs::read_to_string(path));
            }
        }
    }
    texts.sort();
    let right = |text: &&String| !parse(SourceId(0), text).1.iter().any(Diagnostic::is_error);
    let all: Vec<&str> = texts.iter().filter(right).map(String::as_str).collect();
    texts.push(all.join("\n"));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of parsing in batches of the size, which is that of parsing in one go.
    #[track_caller]
    fn assert_same(text: &str) -> bool {
        let (whole, expected) = parse_in_batches(SourceId(0), text, usize::MAX);
        for batch_bytes in [0, 200, BATCH_BYTES] {
            let (file, diagnostics) = parse_in_batches(SourceId(0), text, batch_bytes);
            assert!(file == whole && diagnostics == expected, "{batch_bytes} bytes of\n{text}");
        }
        whole.broken.is_empty()
    }

    #[test]
    fn the_size_of_a_batch_does_not_show() {
        let texts = policy_texts();
        assert!(texts.len() > 100, "{} texts", texts.len());
        let (read, broken): (Vec<_>, Vec<_>) = texts.iter().partition(|text| assert_same(text));
        assert!(read.len() > 50 && broken.len() > 20, "{} read, {} not", read.len(), broken.len());
        assert!(texts.last().is_some_and(|all| all.len() > BATCH_BYTES / 2));
    }

    /// What people may do to a text: no line, no space and no line end stays where it was.
    #[test]
    fn a_line_end_in_any_place_does_not_show_either() {
        for text in policy_texts().iter().filter(|text| text.len() < 2_000) {
            assert_same(&text.replace(' ', "\n"));
            assert_same(&text.replace("    ", ""));
            assert_same(&text.replace('\n', " "));
            for (at, _) in text.match_indices('\n').step_by(3) {
                assert_same(text.get(..at).unwrap_or_default());
                assert_same(text.get(at..).unwrap_or_default());
            }
        }
    }

    #[test]
    fn where_a_statement_goes_on_in_the_first_column_the_text_is_read_in_one_go() {
        for text in [
            "test \"a\" {\nanonymous\nallow GET /x\ndeny GET /y\n}\nallow GET /x",
            "never\nallow GET /x",
            "context {\nuse = token.a\nallow = token.b\n}\nlet a = b",
            "allow GET /x when\nissuer a\nand b",
            "allow GET /x when a or\nissuer a\n",
            "issuer a {\nurl \"x\"\nissuer\nb\n}",
        ] {
            assert_same(text);
        }
    }

    #[test]
    fn statements_beyond_the_most_are_reported_once() {
        let text = "let a = b let a = b\n".repeat(MAX_STATEMENTS / 2 + 5);
        let (file, diagnostics) = parse_in_batches(SourceId(0), &text, 1_000);
        assert_eq!(file.statements.len(), MAX_STATEMENTS);
        assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
        assert_same(&text);
    }
}
