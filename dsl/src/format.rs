//! The one layout of a policy's text.
//!
//! Only white space is ever changed: every token and every comment is written again as it was, in its order.
//! Rules, routes, expectations, fields and entries that follow one another are set as a table, whose columns
//! are as wide as their cells; what does not fit on a line of [`MAX_WIDTH`] columns is broken, one part a line.

mod comment;
mod doc;
mod expression;
mod item;
mod page;
mod statement;
mod table;

use std::iter::Peekable;
use std::slice;

use self::comment::Comments;
use self::item::print_items;
use self::page::Page;
use self::statement::Pairs;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_FILE_BYTES, MAX_LINE_BYTES};
use crate::parse::{self, BATCH_BYTES, parse};
use crate::source::{SourceId, Span};
use crate::syntax::Statement;

/// How many columns a line has, comments behind it aside. A token that is longer stays as it is.
pub const MAX_WIDTH: usize = 110;

/// Where the errors of a single text are.
const SOURCE: SourceId = SourceId(0);
const START: Span = Span::new(SOURCE, 0, 0);

/// How many columns a part of something is indented.
const INDENT: usize = 4;

/// The text in its one layout; or the errors of its syntax, placed in a source with the number 0.
///
/// Formatting what was formatted changes nothing. The result means the same: it has the same tokens and
/// comments, the comments belong to the same statements, and so the only difference between the policies is in
/// their places and the digest of the text. Lines end with a line feed, no line with white space, and a text
/// that is not empty with one line end; a byte order mark is dropped. The work is linear in the text's length.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_in_batches(text, BATCH_BYTES)
}

/// [`format`], where about so many bytes go through the grammar at once. The result does not depend on it.
fn format_in_batches(text: &str, batch_bytes: usize) -> Result<String, Vec<Diagnostic>> {
    let (file, diagnostics) = parse(SOURCE, text);
    let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut comments = Comments::new(text, &file.comments);
    let batches = Batches { text, statements: file.statements.iter().peekable(), batch_bytes };
    let file = statement::file(&mut comments, batches).ok_or_else(|| vec![fault()])?;
    let mut page = Page::default();
    print_items(&mut page, file, 0);
    finish(text, &page)
}

/// The statements of a text, in pieces that each start with one and together hold all of them.
struct Batches<'t> {
    text: &'t str,
    statements: Peekable<slice::Iter<'t, Statement>>,
    batch_bytes: usize,
}

impl<'t> Iterator for Batches<'t> {
    /// Where the piece starts, and what the grammar matches; `None` where it does not match.
    type Item = Option<(usize, Pairs<'t>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Span { start, mut end, .. } = self.statements.next()?.span;
        while let Some(next) = self.statements.next_if(|next| next.span.end - start <= self.batch_bytes) {
            end = next.span.end;
        }
        Some(parse::pairs(self.text, start, end).map(|pairs| (start, pairs)))
    }
}

/// The page as text, where the parser would read it, and it holds what the text holds.
fn finish(text: &str, page: &Page<'_>) -> Result<String, Vec<Diagnostic>> {
    if page.size() > MAX_FILE_BYTES {
        let message = format!("the formatted file is longer than {} MiB", MAX_FILE_BYTES / (1024 * 1024));
        let help = "split it, and take the parts in with `use`";
        return Err(vec![Diagnostic::new(Code::FileTooLarge, message).at(START).help(help)]);
    }
    let formatted = page.text();
    if formatted.lines().any(|line| line.len() > MAX_LINE_BYTES) {
        let message = format!("a line of the formatted file is longer than {MAX_LINE_BYTES} bytes");
        let help = "shorten its strings and names";
        return Err(vec![Diagnostic::new(Code::LineTooLong, message).at(START).help(help)]);
    }
    if !marks(text).eq(marks(&formatted)) {
        return Err(vec![fault()]);
    }
    Ok(formatted)
}

/// What is on the page where white space is not.
fn marks(text: &str) -> impl Iterator<Item = char> {
    text.trim_start_matches('\u{feff}').chars().filter(|char| !char.is_whitespace())
}

fn fault() -> Diagnostic {
    Diagnostic::new(Code::Fault, "formatting would change more than the layout")
        .at(START)
        .help("this is a fault of policyctl: please report it; the file is left as it is")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "what is not as expected is a failed test")]

    use super::*;
    use crate::parse::policy_texts;

    #[test]
    fn the_size_of_a_batch_does_not_show() {
        let mut formatted = 0;
        for text in policy_texts() {
            let whole = format_in_batches(&text, usize::MAX);
            formatted += usize::from(whole.is_ok());
            for batch_bytes in [0, 200, BATCH_BYTES] {
                assert_eq!(format_in_batches(&text, batch_bytes), whole, "{batch_bytes} bytes of\n{text}");
            }
        }
        assert!(formatted > 50, "{formatted} texts are without errors");
    }
}
