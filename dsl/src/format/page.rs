//! The lines of the result.

use super::comment::Comment;
use super::doc::Doc;
use super::table::column_width;
use super::{INDENT, MAX_WIDTH};

/// Lines, and what comes before the next token.
#[derive(Debug, Default)]
pub(super) struct Page<'t> {
    lines: Vec<Line<'t>>,
    gap: Gap,
}

/// A line; a blank one has neither text nor comment.
#[derive(Debug, Default)]
struct Line<'t> {
    indent: usize,
    text: String,
    /// The columns of the text.
    width: usize,
    /// The comment on it, behind the text where there is one.
    comment: Option<&'t str>,
}

/// What comes before the next token. It is not written at once, for a comment may have to stay on the line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Space(usize),
    #[default]
    Line,
}

impl<'t> Page<'t> {
    /// Leaves a line blank.
    pub(super) fn blank(&mut self) {
        self.lines.push(Line::default());
        self.gap = Gap::Line;
    }

    /// Goes to the next line.
    pub(super) fn end_line(&mut self) {
        self.gap = Gap::Line;
    }

    /// Goes some columns on.
    pub(super) fn space(&mut self, spaces: usize) {
        if let Gap::Space(before) = self.gap {
            self.gap = Gap::Space(before.max(spaces));
        }
    }

    /// Writes a comment. What comes next stands on another line.
    pub(super) fn comment(&mut self, comment: Comment<'t>, indent: usize) {
        match self.lines.last_mut() {
            Some(line) if !comment.is_alone && line.comment.is_none() => line.comment = Some(comment.text),
            _ => self.lines.push(Line { indent, comment: Some(comment.text), ..Line::default() }),
        }
        self.gap = Gap::Line;
    }

    /// Writes a piece of text, so far in, on one line or on several.
    pub(super) fn print(&mut self, doc: &Doc<'t>, indent: usize, is_flat: bool) {
        match doc {
            Doc::Text(text) => self.token(text, indent),
            Doc::Comment(comment) => self.comment(*comment, indent),
            Doc::Space(spaces) => self.space(*spaces),
            Doc::Line(spaces) if is_flat => self.space(*spaces),
            Doc::Line(_) => self.end_line(),
            Doc::Many(docs) => self.print_all(docs, indent, is_flat),
            Doc::Indent(docs) => self.print_all(docs, indent + INDENT, is_flat),
            Doc::Group { docs, width } => {
                let fits = width.is_some_and(|width| self.column(indent) + width <= MAX_WIDTH);
                self.print_all(docs, indent, is_flat || fits);
            }
        }
    }

    fn print_all(&mut self, docs: &[Doc<'t>], indent: usize, is_flat: bool) {
        for doc in docs {
            self.print(doc, indent, is_flat);
        }
    }

    fn token(&mut self, text: &str, indent: usize) {
        let width = text.chars().count();
        if let (Gap::Space(spaces), Some(line)) = (self.gap, self.lines.last_mut()) {
            line.text.extend(std::iter::repeat_n(' ', spaces));
            line.text.push_str(text);
            line.width += spaces + width;
        } else {
            self.lines.push(Line { indent, text: text.to_owned(), width, comment: None });
        }
        self.gap = Gap::Space(0);
    }

    /// Where the next token comes to stand.
    pub(super) fn column(&self, indent: usize) -> usize {
        match (self.gap, self.lines.last()) {
            (Gap::Space(spaces), Some(line)) => line.indent + line.width + spaces,
            _ => indent,
        }
    }

    /// How many bytes it has at least.
    pub(super) fn size(&self) -> usize {
        self.lines.iter().map(|line| line.indent + line.text.len() + 1).sum()
    }

    /// The page as text. Comments behind lines that follow one another stand in a column.
    pub(super) fn text(&self) -> String {
        let mut out = String::with_capacity(self.size());
        for lines in self.lines.chunk_by(Line::is_beside) {
            let commented = lines.iter().filter(|line| line.comment.is_some());
            let column = column_width(commented.map(|line| line.width).collect());
            for line in lines {
                line.write(column, &mut out);
            }
        }
        out
    }
}

impl Line<'_> {
    /// Whether comments behind the two lines stand in one column.
    fn is_beside(&self, next: &Self) -> bool {
        let is_end = self.text.starts_with(['}', ']', ')']);
        !self.text.is_empty() && !next.text.is_empty() && self.indent == next.indent && !is_end
    }

    fn write(&self, column: usize, out: &mut String) {
        if !self.text.is_empty() || self.comment.is_some() {
            out.extend(std::iter::repeat_n(' ', self.indent));
            out.push_str(&self.text);
        }
        if let Some(comment) = self.comment {
            let gap = if self.text.is_empty() { 0 } else { column.saturating_sub(self.width) + 2 };
            out.extend(std::iter::repeat_n(' ', gap));
            out.push_str(comment);
        }
        out.push('\n');
    }
}
