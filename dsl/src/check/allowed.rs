//! `# allow(W0101): reason`: warnings that are turned off for one statement.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::load::Unit;
use crate::source::{SourceId, Span};
use crate::suggest::did_you_mean;
use crate::syntax::{AllowedWarning, Statement};

/// Drops the warnings that are turned off, and reports what cannot be.
pub(super) fn apply(unit: &Unit, diagnostics: &mut Vec<Diagnostic>) {
    let mut statements: Vec<&Statement> =
        unit.statements().filter(|statement| !statement.allowed.is_empty()).collect();
    statements.sort_unstable_by_key(|statement| statement.span);
    diagnostics.retain(|diagnostic| {
        let turned_off = |span: Span| {
            let starts_by = |statement: &&Statement| start(statement.span) <= start(span);
            let last = statements.partition_point(starts_by);
            let at_or_before = last.checked_sub(1).and_then(|index| statements.get(index));
            at_or_before.is_some_and(|statement| turns_off(statement, span, diagnostic.code))
        };
        diagnostic.is_error() || !diagnostic.span.is_some_and(turned_off)
    });
    diagnostics.extend(statements.iter().flat_map(|statement| &statement.allowed).filter_map(unknown));
}

/// A statement and its first word start at the same place, and end at others.
const fn start(span: Span) -> (SourceId, usize) {
    (span.source, span.start)
}

fn turns_off(statement: &Statement, span: Span, code: Code) -> bool {
    statement.span.source == span.source
        && span.start <= statement.span.end
        && statement.allowed.iter().any(|allowed| allowed.code.node == code.as_str())
}

fn unknown(allowed: &AllowedWarning) -> Option<Diagnostic> {
    let name = &allowed.code.node;
    let (message, help) = match Code::parse(name) {
        Some(code) if code.severity() == Severity::Warning => return None,
        Some(_) => (format!("`{name}` is an error: it cannot be turned off"), None),
        None => {
            let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
            let near = did_you_mean(name, warnings.map(|code| code.as_str()));
            (format!("there is no warning `{name}`"), near)
        }
    };
    Some(Diagnostic::new(Code::UnknownAllowed, message).at(allowed.code.span).maybe_help(help))
}
