//! Findings as people read them in a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Related, Severity};
use crate::source::{SourceId, Sources, Span};

/// Whether the output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI escapes.
    Always,
    /// Plain text.
    Never,
}

/// One finding, as the Rust compiler would show it; ends without a line end.
pub fn render(sources: &Sources, diagnostic: &Diagnostic, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Always => Renderer::styled(),
        Colour::Never => Renderer::plain(),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(printable(&diagnostic.message)).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    if let Some(span) = diagnostic.span {
        group = group.elements(snippets(sources, span, &diagnostic.related));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    renderer.render(&[group])
}

/// The line of the finding, and those of the places that are related to it: one snippet a line.
fn snippets<'s>(
    sources: &'s Sources,
    span: Span,
    related: &[Related],
) -> Vec<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let mut excerpts = vec![Excerpt::new(sources, span, AnnotationKind::Primary, None)];
    for Related { message, span } in related {
        let excerpt = Excerpt::new(sources, *span, AnnotationKind::Context, Some(printable(message)));
        match excerpts.iter_mut().find(|other| other.is_same_line(&excerpt)) {
            Some(other) => other.annotations.extend(excerpt.annotations),
            None => excerpts.push(excerpt),
        }
    }
    excerpts.into_iter().map(Excerpt::snippet).collect()
}

/// The longest piece of a line that is shown, in bytes.
const MAX_SHOWN: usize = 2_000;

/// The line that a span starts on, and the part of the span that is on it.
struct Excerpt<'s> {
    source: SourceId,
    path: String,
    line_number: usize,
    text: &'s str,
    annotations: Vec<annotate_snippets::Annotation<'s>>,
}

impl<'s> Excerpt<'s> {
    fn new(sources: &'s Sources, span: Span, kind: AnnotationKind, label: Option<String>) -> Self {
        let text = sources.text(span.source);
        let line_number = sources.start(span).line;
        let line_start = sources.line_start(span.source, line_number).unwrap_or(0);
        let rest = text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = floor_boundary(line, span.start - line_start);
        // Far into a long line, what comes before is left out: the span matters, not the line.
        let cut = if start > MAX_SHOWN { floor_boundary(line, start - MAX_SHOWN / 2) } else { 0 };
        let shown_end = floor_boundary(line, cut + MAX_SHOWN);
        let end = floor_boundary(line, span.end.saturating_sub(line_start)).clamp(start, shown_end);
        Self {
            source: span.source,
            path: printable(sources.name(span.source)),
            line_number,
            text: line.get(cut..shown_end).unwrap_or_default(),
            annotations: vec![kind.span(start - cut..end - cut).label(label)],
        }
    }

    fn is_same_line(&self, other: &Self) -> bool {
        (self.source, self.line_number, self.text) == (other.source, other.line_number, other.text)
    }

    fn snippet(self) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
        Snippet::source(self.text).path(self.path).line_start(self.line_number).annotations(self.annotations)
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Without characters that would move the cursor or change colours.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|char| {
            let escape = (char.is_control() && char != '\n').then(|| char.escape_unicode());
            let plain = escape.is_none().then_some(char);
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}
