//! Text that can be broken into lines.

use super::comment::Comment;

/// A piece of text. Where its lines are broken is decided when it is printed.
#[derive(Debug)]
pub(super) enum Doc<'t> {
    /// A token.
    Text(&'t str),
    /// A comment: what follows it stands on another line.
    Comment(Comment<'t>),
    /// So many spaces.
    Space(usize),
    /// A line end; so many spaces where the text around stays on one line.
    Line(usize),
    /// One after the other.
    Many(Vec<Doc<'t>>),
    /// Further in, where lines are broken.
    Indent(Vec<Doc<'t>>),
    /// Stays on one line where it can; else each of its own lines is broken.
    Group {
        /// What is in it.
        docs: Vec<Doc<'t>>,
        /// How wide it is on one line, where it can be on one.
        width: Option<usize>,
    },
}

impl Doc<'_> {
    /// What stays on one line where it can.
    pub(super) fn group(docs: Vec<Self>) -> Self {
        let width = width(&docs);
        Self::Group { docs, width }
    }

    /// The pieces with white space between them.
    pub(super) fn joined(docs: Vec<Self>, spaces: usize) -> Self {
        let mut joined = Vec::with_capacity(docs.len() * 2);
        for (at, doc) in docs.into_iter().enumerate() {
            if at > 0 {
                joined.push(Self::Space(spaces));
            }
            joined.push(doc);
        }
        Self::Many(joined)
    }

    /// How many columns it takes on one line; `None` where a comment keeps it from being on one.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Comment(_) => None,
            Self::Space(spaces) | Self::Line(spaces) => Some(*spaces),
            Self::Many(docs) | Self::Indent(docs) => width(docs),
            Self::Group { width, .. } => *width,
        }
    }
}

fn width(docs: &[Doc<'_>]) -> Option<usize> {
    docs.iter().map(Doc::width).sum()
}
