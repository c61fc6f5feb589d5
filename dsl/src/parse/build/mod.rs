//! From what the grammar matched to the syntax tree. What the user got wrong is reported here, and the
//! part left out; what was only spelt wrongly is reported, and taken as it was meant.

mod authorizer;
mod condition;
mod fields;
mod issuer;
mod json;
mod path;
mod segment;
mod statement;
mod test;
mod text;
mod value;

use super::grammar::{Pair, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::{Name, Plain, Spanned};

/// Builds the tree of one piece of a text.
pub(super) struct Builder {
    source: SourceId,
    /// Where the piece starts in the text.
    offset: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Builder {
    /// For the piece of the text that starts at that offset.
    pub(super) const fn new(source: SourceId, offset: usize) -> Self {
        Self { source, offset, diagnostics: Vec::new() }
    }

    /// What has been reported since the last call.
    pub(super) fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Where the pair is written. What the grammar reads behind its last token, white space and comments on
    /// the way to a part that may follow, is left out.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let start = pair.as_span().start();
        let mut last = pair.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span::new(self.source, self.offset + start, self.offset + last.as_span().end())
    }

    const fn at(&self, start: usize, length: usize) -> Span {
        Span::new(self.source, start, start + length)
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Spanned::new(pair.as_str().to_owned(), self.span(pair))
    }

    /// A word, or a string that stands for one.
    fn key(&mut self, pair: Pair<'_>) -> Option<Name> {
        let inner = pair.into_inner().next()?;
        match inner.as_rule() {
            Rule::string => self.plain(&inner),
            _ => Some(self.name(&inner)),
        }
    }

    /// The string of a statement such as `use "x"`.
    fn plain_in(&mut self, pair: Pair<'_>) -> Option<Plain> {
        let string = pair.into_inner().find(|inner| inner.as_rule() == Rule::string)?;
        self.plain(&string)
    }

    /// Reports a comma, semicolon or the like where white space is enough.
    fn separator(&mut self, pair: &Pair<'_>, help: &str) {
        let span = self.span(pair);
        let (before, after) = neighbours(pair);
        // What it alone keeps apart stays apart.
        let is_apart = [before, after].iter().any(|char| char.is_none_or(char::is_whitespace));
        let replacement = if is_apart { "" } else { " " };
        self.report(
            Diagnostic::new(Code::Separator, format!("`{}` does not belong here", pair.as_str()))
                .at(span)
                .help(help)
                .replace(span, replacement),
        );
    }
}

/// A word in the place of a sign that needs no white space around it.
fn spaced(pair: &Pair<'_>, word: &str) -> String {
    let (before, after) = neighbours(pair);
    // Another operator puts the space itself.
    let is_open = |c: char| c.is_whitespace() || matches!(c, '(' | '[' | '{' | '&' | '|' | '!');
    let left = if before.is_none_or(is_open) { "" } else { " " };
    let right = if after.is_none_or(char::is_whitespace) { "" } else { " " };
    format!("{left}{word}{right}")
}

/// The characters right before a pair and right behind it.
fn neighbours(pair: &Pair<'_>) -> (Option<char>, Option<char>) {
    let span = pair.as_span();
    let text = span.get_input();
    let before = text.get(..span.start()).and_then(|before| before.chars().next_back());
    (before, text.get(span.end()..).and_then(|after| after.chars().next()))
}

/// Whether the rule is a separator that is read only to be reported.
const fn is_separator(rule: Rule) -> bool {
    matches!(rule, Rule::foreign_comma | Rule::foreign_semicolon | Rule::foreign_colon | Rule::foreign_equals)
}
