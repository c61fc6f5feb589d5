//! Findings in policies: for people, and for programs.

use policy_dsl::diagnostic::{Diagnostic, Severity};
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{Location, Sources, Span};
use serde::Serialize;

use super::{Paint, note};

/// Tells people about findings, on standard error.
pub(crate) fn tell<'a>(findings: impl IntoIterator<Item = &'a Diagnostic>, sources: &Sources, paint: Paint) {
    let colour = if paint.is_on() { Colour::Always } else { Colour::Never };
    for finding in findings {
        note(&format!("{}\n", render(sources, finding, colour)));
    }
}

/// A finding where it was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) finding: &'a Diagnostic,
    pub(crate) sources: &'a Sources,
    /// The policy's own file.
    pub(crate) entry: &'a str,
}

impl<'a> Found<'a> {
    /// The file that it is in, or about.
    pub(crate) fn file(&self) -> &'a str {
        self.finding.span.map_or(self.entry, |span| self.sources.name(span.source))
    }

    /// Where it starts and ends, where it has a place in the file.
    pub(crate) fn place(&self) -> Option<(Location, Location)> {
        let span = self.finding.span?;
        Some((self.sources.start(span), self.sources.end(span)))
    }
}

/// A finding, in the shape that `check --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    help: Option<String>,
    #[serde(flatten)]
    place: Place,
    end_line: usize,
    end_column: usize,
    related: Vec<Related>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
struct Related {
    message: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
}

impl Finding {
    /// The shape of a finding.
    pub(crate) fn new(found: &Found<'_>) -> Self {
        let Found { finding, sources, .. } = found;
        // About the file, and no place in it.
        let nowhere = Location { line: 1, column: 1 };
        let (start, end) = found.place().unwrap_or((nowhere, nowhere));
        let place = Place { file: found.file().to_owned(), line: start.line, column: start.column };
        let related = finding.related.iter();
        Self {
            code: finding.code.as_str(),
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: finding.message.clone(),
            help: finding.help.clone(),
            place,
            end_line: end.line,
            end_column: end.column,
            related: related
                .map(|related| Related {
                    message: related.message.clone(),
                    place: Place::new(related.span, sources),
                })
                .collect(),
        }
    }
}

impl Place {
    fn new(span: Span, sources: &Sources) -> Self {
        let start = sources.start(span);
        Self { file: sources.name(span.source).to_owned(), line: start.line, column: start.column }
    }
}

/// Whether the finding says that the policy's own file cannot be taken in.
pub(crate) fn is_unreadable_entry(finding: &Diagnostic) -> bool {
    finding.span.is_none() && finding.code.as_str().starts_with("E05")
}
