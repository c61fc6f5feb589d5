//! The text of a policy's file, as the lints on characters look at it.

use std::collections::{BTreeMap, BTreeSet};

use crate::load::Unit;
use crate::source::{SourceId, Sources, Span};

/// A file's text.
pub(super) struct Page<'p> {
    pub(super) text: &'p str,
    source: SourceId,
    /// In the order of the text.
    comments: Vec<Span>,
}

impl Page<'_> {
    pub(super) fn span(&self, start: usize, text: &str) -> Span {
        Span::new(self.source, start, start + text.len())
    }

    pub(super) fn is_comment(&self, span: Span) -> bool {
        let before = self.comments.partition_point(|comment| comment.start <= span.start);
        let comment = before.checked_sub(1).and_then(|index| self.comments.get(index));
        comment.is_some_and(|comment| span.start < comment.end)
    }
}

/// The policy's files that hold more than ASCII. Keys and tokens' claims are none of them.
pub(super) fn pages<'p>(unit: &'p Unit, sources: &'p Sources) -> impl Iterator<Item = Page<'p>> {
    let attached: BTreeSet<SourceId> = unit.attached.values().copied().collect();
    let mut comments: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
    for comment in unit.files.iter().flat_map(|file| &file.syntax.comments) {
        comments.entry(comment.span.source).or_default().push(comment.span);
    }
    let is_policy = move |id: &SourceId| !attached.contains(id) && !sources.text(*id).is_ascii();
    sources.ids().filter(is_policy).map(move |source| {
        let comments = comments.remove(&source).unwrap_or_default();
        Page { text: sources.text(source), source, comments }
    })
}

/// The words of the text, each with its offset: ASCII's letters and digits, and all that is not ASCII.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends_word = |char: char| char.is_ascii() && !char.is_ascii_alphanumeric();
    let mut next = 0;
    text.split_inclusive(ends_word).filter_map(move |piece| {
        let start = next;
        next += piece.len();
        let word = piece.strip_suffix(ends_word).unwrap_or(piece);
        (!word.is_empty()).then_some((start, word))
    })
}
