//! Comments, and what is between the tokens that they stand between.

use std::iter::Peekable;
use std::slice;

use crate::syntax;

/// A comment, and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment<'t> {
    /// Its text, from the `#` on.
    pub(super) text: &'t str,
    /// Whether it stands on a line of its own, and not behind a token.
    pub(super) is_alone: bool,
    /// Whether it documents the statement below.
    pub(super) is_doc: bool,
    /// Whether a blank line is above it.
    pub(super) is_apart: bool,
}

/// A walk over the text from token to token, which picks up the comments on the way.
pub(super) struct Comments<'t> {
    text: &'t str,
    /// Where the tokens' own positions count from.
    offset: usize,
    /// Behind the last token or comment.
    at: usize,
    rest: Peekable<slice::Iter<'t, syntax::Comment>>,
}

impl<'t> Comments<'t> {
    /// At the text's start.
    pub(super) fn new(text: &'t str, comments: &'t [syntax::Comment]) -> Self {
        Self { text, offset: 0, at: 0, rest: comments.iter().peekable() }
    }

    /// From now on, positions count from there.
    pub(super) fn count_from(&mut self, offset: usize) {
        self.offset = offset;
    }

    /// The comments behind the last token.
    pub(super) fn at_end(&mut self) -> Vec<Comment<'t>> {
        self.offset = 0;
        self.before(self.text.len())
    }

    /// The comments between the last token and the one that starts there.
    pub(super) fn before(&mut self, start: usize) -> Vec<Comment<'t>> {
        let mut found = Vec::new();
        let start = start + self.offset;
        while let Some(comment) = self.rest.next_if(|comment| comment.span.start < start) {
            let line_ends = self.line_ends(comment.span.start);
            found.push(Comment {
                text: self.text.get(comment.span.start..comment.span.end).unwrap_or_default().trim_end(),
                is_alone: line_ends > 0 || self.at == 0,
                is_doc: comment.is_doc,
                is_apart: line_ends > 1,
            });
            self.at = comment.span.end;
        }
        found
    }

    /// Whether a blank line is above the token that starts there, behind the comments before it.
    pub(super) fn is_apart(&self, start: usize) -> bool {
        self.line_ends(start + self.offset) > 1
    }

    /// Goes on behind the token that ends there.
    pub(super) fn pass(&mut self, end: usize) {
        self.at = end + self.offset;
    }

    fn line_ends(&self, until: usize) -> usize {
        let between = self.text.get(self.at..until).unwrap_or_default();
        between.bytes().filter(|byte| *byte == b'\n').count()
    }
}
