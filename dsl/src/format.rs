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

use self::comment::Comments;
use self::item::print_items;
use self::page::Page;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_FILE_BYTES, MAX_LINE_BYTES};
use crate::parse::{self, parse};
use crate::source::{SourceId, Span};

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
    let (file, diagnostics) = parse(SOURCE, text);
    let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let statements = parse::pairs(text, start).ok_or_else(|| vec![fault()])?;
    let mut comments = Comments::new(text, start, &file.comments);
    let file = statement::file(&mut comments, statements);
    let mut page = Page::default();
    print_items(&mut page, file, 0);
    finish(text, &page)
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
