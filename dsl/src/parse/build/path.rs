//! Paths: what each segment is, and which can never match.

use super::Builder;
use super::segment::{BadSegment, Part, read_segment};
use crate::codes::Code;
use crate::diagnostic::{Certainty, Diagnostic};
use crate::limits::MAX_SEGMENTS;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::syntax::{Path, Plain, Segment, Spanned, Tail};

impl Builder {
    /// The paths of a rule or route.
    pub(super) fn paths(&mut self, pair: Pair<'_>) -> Option<Vec<Path>> {
        let mut paths = Vec::new();
        let mut is_whole = true;
        for item in pair.into_inner() {
            match item.as_rule() {
                Rule::path => match self.path(&item) {
                    Some(path) => paths.push(path),
                    None => is_whole = false,
                },
                Rule::quoted_path => {
                    is_whole = false;
                    self.quoted_path(&item);
                }
                _ => self.separator(&item, "paths are separated by spaces"),
            }
        }
        is_whole.then_some(paths)
    }

    fn quoted_path(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        let text = pair.as_str().trim_matches(['"', '\'']);
        let slash = if text.starts_with('/') { "" } else { "/" };
        let unquoted = format!("{slash}{text}");
        let diagnostic = Diagnostic::new(Code::BadPath, "a path stands without quotes").at(span);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/{}*+:<>%-._~".contains(c);
        let is_certain = slash.is_empty() && text.chars().all(is_plain);
        let certainty = if is_certain { Certainty::Certain } else { Certainty::Likely };
        self.report(if text.is_empty() || text.contains(char::is_whitespace) {
            diagnostic.help("a path starts with `/`; write a space in it as `%20`")
        } else {
            diagnostic.help(format!("write `{unquoted}`")).edit(span, unquoted, certainty)
        });
    }

    /// A path pattern.
    pub(super) fn path(&mut self, pair: &Pair<'_>) -> Option<Path> {
        let (text, span) = self.without_separator(pair);
        let mut path = Path { segments: Vec::new(), tail: None, span };
        if !self.check_commas(text, span, "a segment that really ends with a comma is `…[,]`") {
            return None;
        }
        let mut is_whole = self.check_query(text, span);
        let mut has_empty = false;
        let mut at = span.start + 1;
        let mut written =
            if text == "/" { None } else { text.get(1..).map(|text| text.split('/').peekable()) };
        while let Some(segment) = written.as_mut().and_then(Iterator::next) {
            let is_last = written.as_mut().is_none_or(|written| written.peek().is_none());
            let segment_span = self.at(at, segment.len());
            at += segment.len() + 1;
            if path.segments.len() >= MAX_SEGMENTS {
                self.too_many_segments(segment_span);
                return None;
            }
            // One report for `//` and the slashes around it.
            let is_known = segment.is_empty() && has_empty;
            has_empty |= segment.is_empty();
            is_whole &= !is_known && self.segment(segment, segment_span, is_last, &mut path);
        }
        is_whole &= self.check_names(&path);
        is_whole.then_some(path)
    }

    fn too_many_segments(&mut self, span: Span) {
        let message = format!("a path has at most {MAX_SEGMENTS} segments");
        self.report(
            Diagnostic::new(Code::TooManySegments, message).at(span).help("end the path with `**` before"),
        );
    }

    /// Adds one segment; `false` where it has been reported.
    fn segment(&mut self, text: &str, span: Span, is_last: bool, path: &mut Path) -> bool {
        let tail = match read_segment(text) {
            Ok(Part::Segment(segment)) => {
                path.segments.push(Spanned::new(segment, span));
                return true;
            }
            Ok(Part::Tail(tail)) => tail,
            Err(problem) => {
                let diagnostic = self.bad_segment(problem, span, is_last);
                self.report(diagnostic);
                return false;
            }
        };
        if is_last {
            path.tail = Some(Spanned::new(tail, span));
            return true;
        }
        let help = match tail {
            Tail::Any => "it means everything below; for one segment write `*`".to_owned(),
            Tail::Param(name) => format!("it means everything below; for one segment write `{{{name}}}`"),
        };
        let message = format!("`{text}` stands only at the end of a path");
        self.report(Diagnostic::new(Code::BadPath, message).at(span).help(help));
        false
    }

    fn bad_segment(&self, problem: BadSegment, segment: Span, is_last: bool) -> Diagnostic {
        let span = self.at(segment.start + problem.start, problem.length);
        let mut diagnostic = Diagnostic::new(problem.code, problem.message).at(span);
        if segment.start == segment.end {
            // The slash alone would be easy to overlook.
            diagnostic = diagnostic.at(self.at(segment.start - 1, 1));
            if is_last {
                // Elsewhere, `/a/` can mean everything below.
                diagnostic = diagnostic.suggest(self.at(segment.start - 1, 1), "");
            }
        }
        if let Some((replacement, certainty)) = problem.replacement {
            diagnostic = diagnostic.edit(span, replacement, certainty);
        }
        diagnostic.help(problem.help)
    }

    /// The text of a path without the comma or semicolon at its end, which is reported.
    fn without_separator<'t>(&mut self, pair: &Pair<'t>) -> (&'t str, Span) {
        let text = pair.as_str();
        let span = self.span(pair);
        let kept = text.trim_end_matches([',', ';']);
        if kept.len() == text.len() {
            return (text, span);
        }
        let end = self.at(span.start + kept.len(), text.len() - kept.len());
        self.report(
            Diagnostic::new(
                Code::Separator,
                format!("`{}` does not belong here", text.get(kept.len()..).unwrap_or_default()),
            )
            .at(end)
            .help("paths are separated by spaces, and nothing ends a statement")
            .replace(end, ""),
        );
        (kept, Span { end: end.start, ..span })
    }

    /// `/a,/b` are two paths for people, and would be one that never matches.
    fn check_commas(&mut self, text: &str, span: Span, otherwise: &str) -> bool {
        let mut has_none = true;
        for (at, _) in text.match_indices(",/") {
            has_none = false;
            let comma = self.at(span.start + at, 1);
            self.report(
                Diagnostic::new(Code::Separator, "`,` does not belong here")
                    .at(comma)
                    .help(format!("paths are separated by spaces; {otherwise}"))
                    .replace(comma, " "),
            );
        }
        has_none
    }

    fn check_query(&mut self, text: &str, span: Span) -> bool {
        let Some(at) = text.find('?') else { return true };
        let after = text.get(at + 1..).unwrap_or_default();
        let name = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if name.len() == after.len() || !name.starts_with('=') {
            return true;
        }
        self.report(
            Diagnostic::new(Code::BadPath, "a path has no query parameters")
                .at(self.at(span.start + at, text.len() - at))
                .help("compare them in a condition: `when request.query.page == \"2\"`"),
        );
        false
    }

    /// Reports a parameter that a path binds twice.
    fn check_names(&mut self, path: &Path) -> bool {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let segments = path.segments.iter().filter_map(|segment| match &segment.node {
            Segment::Param(name) => Some((name.as_str(), segment.span)),
            _ => None,
        });
        let tail = path.tail.iter().filter_map(|tail| match &tail.node {
            Tail::Param(name) => Some((name.as_str(), tail.span)),
            Tail::Any => None,
        });
        for (name, span) in segments.chain(tail) {
            if let Some((_, first)) = seen.iter().find(|(seen, _)| *seen == name) {
                let diagnostic =
                    Diagnostic::new(Code::Repeated, format!("the parameter `{name}` is in this path twice"))
                        .at(span)
                        .related("first here", *first)
                        .help("give each its own name");
                self.report(diagnostic);
                return false;
            }
            seen.push((name, span));
        }
        true
    }

    /// The request path of an expectation: any text as sent, or that text in quotes.
    pub(super) fn request_path(&mut self, pair: Pair<'_>) -> Option<Plain> {
        let inner = pair.into_inner().next()?;
        if inner.as_rule() == Rule::string {
            return self.plain(&inner);
        }
        let (text, span) = self.without_separator(&inner);
        if !self.check_commas(text, span, "a path that really has a comma there stands in quotes") {
            return None;
        }
        if let Some(at) = text.find(['{', '}']) {
            let end = text.rfind(['{', '}']).unwrap_or(at) + 1;
            self.report(
                Diagnostic::new(Code::BadPath, "a test asks for the path of a request, not for a pattern")
                    .at(self.at(span.start + at, end - at))
                    .help("write a value in its place, such as `/users/ana`; a brace that is meant so is `%7B` or `%7D`"),
            );
            return None;
        }
        Some(Spanned::new(text.to_owned(), span))
    }
}
