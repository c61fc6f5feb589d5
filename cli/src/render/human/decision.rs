//! A decision and what explains it, for people.

use std::fmt::Write as _;

use super::count;
use crate::cases::Unmet;
use crate::explain::{AtomShown, Explained, Malformed, MissShown, RuleShown, SourceText, printable};
use crate::render::Paint;

/// As many near misses are shown.
const MAX_MISSES: usize = 5;
/// As many lines of a rule are shown.
const MAX_LINES: usize = 12;
/// As many atoms of a condition are shown.
const MAX_ATOMS: usize = 24;
/// Values are lined up behind conditions that are shorter.
const WIDEST_ATOM: usize = 44;

/// A decision with its explanation, a line end behind it.
pub(crate) fn decision(asked: &str, explained: &Explained, paint: Paint) -> String {
    let word = if explained.is_allowed() { paint.good("ALLOW") } else { paint.error("DENY") };
    let mut text = format!("{word}  {}\n", printable(asked));
    text.push_str(&reasons(explained, "  ", paint));
    text
}

/// An expectation of a test that was not met, and why.
pub(crate) fn unmet(unmet: &Unmet, paint: Paint) -> String {
    let Unmet { file, line, verb, path, expected, by, explained } = unmet;
    let by = by.as_ref().map_or_else(String::new, |by| format!(" by `{by}`"));
    let decision = explained.decision;
    let reasons = reasons(explained, "      ", paint);
    format!("  {file}:{line}: {verb} {path}\n    expected {expected}{by}, and it is {decision}:\n{reasons}")
}

/// Why a decision came out as it did, in lines.
fn reasons(explained: &Explained, indent: &str, paint: Paint) -> String {
    let mut out = Lines { text: String::new(), indent, paint };
    if let Some(detail) = &explained.detail {
        out.line(0, detail);
    }
    if let Some(malformed) = &explained.malformed_path {
        out.malformed(malformed);
    }
    for rule in &explained.rules {
        out.rule(rule);
    }
    for miss in explained.near_misses.iter().take(MAX_MISSES) {
        out.miss(miss);
    }
    let more = explained.near_misses.len().saturating_sub(MAX_MISSES);
    if more > 0 {
        out.line(1, &format!("and {} further away", count(more, "rule")));
    }
    out.text
}

struct Lines<'a> {
    text: String,
    indent: &'a str,
    paint: Paint,
}

impl Lines<'_> {
    fn line(&mut self, depth: usize, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}{:width$}{line}", self.indent, "", width = depth * 2);
    }

    fn rule(&mut self, rule: &RuleShown) {
        let place = self.place(&rule.id, &format!("{}:{}", rule.file, rule.line));
        let because = rule.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
        self.line(0, &format!("by {} `{}`{place}{because}", rule.effect, rule.id));
        for doc in rule.doc.iter().flat_map(|doc| doc.lines()) {
            let doc = self.paint.faint(&printable(doc));
            self.line(1, &doc);
        }
        if let Some(text) = &rule.text {
            self.source(text);
        }
        self.atoms(&rule.atoms);
    }

    fn source(&mut self, source: &SourceText) {
        let last = source.first + source.lines.len();
        let width = last.to_string().len();
        for (number, line) in (source.first..).zip(&source.lines).take(MAX_LINES) {
            let gutter = self.paint.faint(&format!("{number:>width$} |"));
            self.line(1, format!("{gutter} {line}").trim_end());
        }
        let more = source.lines.len().saturating_sub(MAX_LINES);
        if more > 0 {
            self.line(1, &format!("and {}", count(more, "line")));
        }
    }

    fn atoms(&mut self, atoms: &[AtomShown]) {
        let widths = atoms.iter().map(|atom| atom.text.chars().count());
        let width = widths.filter(|width| *width <= WIDEST_ATOM).max().unwrap_or(0);
        for atom in atoms.iter().take(MAX_ATOMS) {
            let truth = if atom.holds { self.paint.good("true ") } else { self.paint.error("false") };
            let seen: Vec<_> = atom
                .seen
                .iter()
                .map(|seen| {
                    let value = seen.value.as_ref().map_or_else(|| "missing".to_owned(), ToString::to_string);
                    format!("`{}` = {}", seen.name, printable(&value))
                })
                .collect();
            let seen = self.paint.faint(&seen.join(", "));
            self.line(1, format!("{truth}  {:width$}  {seen}", printable(&atom.text)).trim_end());
        }
        let more = atoms.len().saturating_sub(MAX_ATOMS);
        if more > 0 {
            self.line(1, &format!("and {}", count(more, "condition")));
        }
    }

    fn miss(&mut self, miss: &MissShown) {
        let place = self.place(&miss.id, &miss.place);
        self.line(1, &format!("`{}`{place}", miss.id));
        for line in &miss.lines {
            self.line(2, line);
        }
    }

    /// The path, with what is wrong underlined.
    fn malformed(&mut self, malformed: &Malformed) {
        let (Some(at), Some(part)) = (malformed.at, &malformed.part) else { return };
        let before = printable(malformed.path.get(..at).unwrap_or_default()).chars().count();
        let width = printable(part).chars().count();
        self.line(1, &printable(&malformed.path));
        let marks = self.paint.error(&"^".repeat(width));
        self.line(1, &format!("{:before$}{marks}", ""));
    }

    /// Where a rule stands, unless its name says it already.
    fn place(&self, id: &str, place: &str) -> String {
        if id == place { String::new() } else { format!(" {}", self.paint.faint(&format!("({place})"))) }
    }
}
