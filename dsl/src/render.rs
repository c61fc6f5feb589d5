//! Findings as people read them in a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Related, Severity};
use crate::limits::MAX_LINE_BYTES;
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

/// The longest piece of a line that is shown, in bytes: only of lines that are too long is less shown, and
/// columns are counted from there.
const MAX_SHOWN: usize = MAX_LINE_BYTES;

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
        let start = floor_boundary(line, span.start.saturating_sub(line_start));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;

    fn sources() -> Sources {
        let mut sources = Sources::default();
        sources.add("a\u{1b}[2J.policy", "one\r\n\tüber two # \u{1b}[31m\nthree\n");
        sources.add("b.policy", "four");
        sources
    }

    fn span(source: u32, start: usize, end: usize) -> Span {
        Span::new(SourceId(source), start, end)
    }

    #[test]
    fn a_finding_shows_its_place_and_those_related_to_it() {
        let diagnostic = Diagnostic::new(Code::Repeated, "`two` is given twice")
            .at(span(0, 12, 15))
            .related("first here", span(0, 6, 11))
            .related("and here", span(1, 0, 4))
            .help("keep one of them");
        insta::assert_snapshot!(render(&sources(), &diagnostic, Colour::Never), @r"
        error[E0116]: `two` is given twice
         --> a\u{1b}[2J.policy:2:7
          |
        2 |     über two # ␛[31m
          |     ---- ^^^
          |     |
          |     first here
          |
         ::: b.policy:1:1
          |
        1 | four
          | ---- and here
          |
          = help: keep one of them
        ");
    }

    #[test]
    fn a_finding_without_a_place_is_shown_too() {
        let diagnostic =
            Diagnostic::new(Code::FileMissing, "`x\u{1b}[2J` does not exist").help("name a file");
        insta::assert_snapshot!(render(&sources(), &diagnostic, Colour::Never), @r"
        error[E0501]: `x\u{1b}[2J` does not exist
         |
         = help: name a file
        ");
    }

    #[test]
    fn a_span_over_several_lines_or_beyond_the_text_is_shown_on_its_first_line() {
        let over_lines = Diagnostic::new(Code::NotClosed, "x").at(span(0, 1, 30));
        insta::assert_snapshot!(render(&sources(), &over_lines, Colour::Never), @r"
        error[E0103]: x
         --> a\u{1b}[2J.policy:1:2
          |
        1 | one
          |  ^^
        ");
        let beyond = Diagnostic::new(Code::NotClosed, "x").at(span(1, 40, 50));
        insta::assert_snapshot!(render(&sources(), &beyond, Colour::Never), @r"
        error[E0103]: x
         --> b.policy:1:5
          |
        1 | four
          |     ^
        ");
    }

    #[test]
    fn colour_is_asked_for() {
        let diagnostic = Diagnostic::new(Code::NotClosed, "x").at(span(1, 0, 4));
        assert!(render(&sources(), &diagnostic, Colour::Always).contains('\u{1b}'));
        assert!(!render(&sources(), &diagnostic, Colour::Never).contains('\u{1b}'));
    }

    #[test]
    fn a_long_line_is_shown_around_the_span() {
        let mut sources = Sources::default();
        sources.add("long.policy", "x".repeat(10 * MAX_LINE_BYTES) + "yy");
        let end = 10 * MAX_LINE_BYTES + 2;
        let diagnostic = Diagnostic::new(Code::NotClosed, "x").at(span(0, end - 2, end));
        let text = render(&sources, &diagnostic, Colour::Never);
        assert!(text.contains("xyy\n") && text.len() < 1000, "{}", text.len());
    }
}
