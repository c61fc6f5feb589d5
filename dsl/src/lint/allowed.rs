//! `# allow(W0101): reason`: warnings that are turned off for one statement.
//!
//! W0202: nothing can be turned off by that name. W0203: a warning is turned off that is not there. W0204: a
//! warning is turned off without a reason.
//!
//! **What it does.** Drops the warnings, and looks for lines that name no warning, that are not needed (any
//! more), or that give no reason.
//!
//! **Why is this bad?** A line that turns off nothing hides the warning when it comes back, and without a
//! reason nobody knows whether it may go.
//!
//! **Example.**
//!
//! ```text
//! # allow(W0406)
//! public GET /docs/**
//! ```
//!
//! Drop the line, or say why it is there: `# allow(public_everything): the documentation's own API`.

use std::collections::{BTreeMap, BTreeSet};

use super::levels::warning;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::load::Unit;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{AllowedWarning, Statement};

/// What is said of the lines themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    /// That they name no warning.
    Names,
    /// And that they give no reason.
    Reasons,
    /// And that they are not needed: every lint has run.
    Needs,
}

/// Drops the warnings that are turned off, and reviews the lines that do so.
pub(crate) fn apply(unit: &Unit, sources: &Sources, review: Review, diagnostics: &mut Vec<Diagnostic>) {
    let mut statements: Vec<&Statement> =
        unit.statements().filter(|statement| !statement.allowed.is_empty()).collect();
    statements.sort_unstable_by_key(|statement| statement.span);
    // What is wrong in another text is turned off where that is named.
    let named_at: BTreeMap<SourceId, Span> = unit.attached.iter().map(|(span, id)| (*id, *span)).collect();
    let mut needed: BTreeSet<Span> = BTreeSet::new();
    diagnostics.retain(|diagnostic| {
        let turned_off = |span: Span| {
            let span = named_at.get(&span.source).copied().unwrap_or(span);
            let starts_by = |statement: &&Statement| start(statement.span) <= start(span);
            let last = statements.partition_point(starts_by);
            let at_or_before = last.checked_sub(1).and_then(|index| statements.get(index));
            at_or_before.and_then(|statement| line_for(statement, span, diagnostic.code))
        };
        let line = if diagnostic.is_error() { None } else { diagnostic.span.and_then(turned_off) };
        needed.extend(line.map(|line| line.code.span));
        line.is_none()
    });
    // A file that is taken in may need a line for another policy.
    let own = unit.files.first().and_then(|file| file.syntax.statements.first());
    let is_own = |span: Span| own.is_some_and(|statement| statement.span.source == span.source);
    for line in statements.iter().flat_map(|statement| &statement.allowed) {
        let span = line.code.span;
        // Only where the policy is held against a template there is something to turn off.
        let is_of_template =
            Code::named(&line.code.node).is_some_and(|code| code.as_str().starts_with("W07"));
        let is_unneeded =
            review == Review::Needs && is_own(span) && !is_of_template && !needed.contains(&span);
        diagnostics.extend(unknown(line).or_else(|| is_unneeded.then(|| unneeded(line))));
        if review != Review::Names && line.reason.is_empty() {
            diagnostics.push(unexplained(line));
        }
    }
    if review == Review::Needs {
        diagnostics.extend(without_statement(unit, sources));
    }
}

/// The lines that belong to no statement or cannot be read, of the file that is checked.
fn without_statement(unit: &Unit, sources: &Sources) -> Vec<Diagnostic> {
    let Some(file) = unit.files.first() else { return Vec::new() };
    let lines = file.syntax.statements.iter().flat_map(|statement| &statement.allowed);
    let known: BTreeSet<usize> = lines.map(|line| line.code.span.start).collect();
    let comments = file.syntax.comments.iter().filter(|comment| {
        let text = sources.slice(comment.span).trim_start_matches('#').trim_start();
        let is_known = known.range(comment.span.start..comment.span.end).next().is_some();
        !comment.is_doc && text.starts_with("allow(") && !is_known
    });
    let message = "this turns off nothing";
    let report = |span: Span| Diagnostic::new(Code::UnneededAllowed, message).at(span);
    comments
        .map(|comment| {
            report(comment.span).help("write `# allow(CODE): reason` above a statement, or drop it")
        })
        .collect()
}

/// A statement and its first word start at the same place, and end at others.
const fn start(span: Span) -> (SourceId, usize) {
    (span.source, span.start)
}

/// The statement's line that turns off such a warning there.
fn line_for(statement: &Statement, span: Span, code: Code) -> Option<&AllowedWarning> {
    let is_within = statement.span.source == span.source && span.start <= statement.span.end;
    let names_it = |line: &&AllowedWarning| Code::named(&line.code.node) == Some(code);
    statement.allowed.iter().find(names_it).filter(|_| is_within)
}

fn unknown(line: &AllowedWarning) -> Option<Diagnostic> {
    let error = warning(&line.code.node).err()?;
    let diagnostic = Diagnostic::new(Code::UnknownAllowed, error.to_string()).at(line.code.span);
    Some(diagnostic.maybe_help(error.help()))
}

fn unneeded(line: &AllowedWarning) -> Diagnostic {
    let message = format!("`{}` is turned off, and there is no such warning here", line.code.node);
    Diagnostic::new(Code::UnneededAllowed, message).at(line.code.span).help("drop this line")
}

fn unexplained(line: &AllowedWarning) -> Diagnostic {
    let code = &line.code.node;
    let message = format!("`{code}` is turned off without a reason");
    let help = format!("say why: `# allow({code}): …`");
    Diagnostic::new(Code::UnexplainedAllowed, message).at(line.code.span).help(help)
}
