//! Whether a policy is parsed into what was drafted: the reference and the engine both start from the parsed
//! conditions, and would be wrong together.

use policy_dsl::source::Sources;
use policy_dsl::syntax::{Condition, ConditionKind, StatementKind};

use super::case::parse;
use super::draft::{Cond, Draft, Piece};

/// The conditions of the draft, and those of its parsed text, with every operator written in front.
pub(crate) fn conditions(draft: &Draft) -> (Vec<String>, Vec<String>) {
    let drafted = draft.pieces.iter().flat_map(|piece| match piece {
        Piece::Let(_, condition) => vec![drafted(condition)],
        Piece::Rule(rule) => rule.when.iter().chain(&rule.unless).map(drafted).collect(),
        Piece::Fixed(_) | Piece::Api(_) => Vec::new(),
    });
    let (sources, files) = parse(draft);
    let statements = files.iter().flat_map(|file| &file.statements);
    let parsed = statements.flat_map(|statement| {
        let conditions: Vec<&Condition> = match &statement.kind {
            StatementKind::Let(named) => vec![&named.condition],
            StatementKind::Rule(rule) => rule.when.iter().chain(&rule.unless).collect(),
            StatementKind::Invariant(rule) => rule.when.iter().chain(&rule.unless).collect(),
            _ => Vec::new(),
        };
        conditions.into_iter().map(|condition| parsed(condition, &sources)).collect::<Vec<_>>()
    });
    (drafted.collect(), parsed.collect())
}

fn drafted(condition: &Cond) -> String {
    match condition {
        Cond::Atom(text) => text.clone(),
        Cond::Not(inner) => prefixed("not", &[drafted(inner)]),
        Cond::All(parts) => prefixed("and", &parts.iter().map(drafted).collect::<Vec<_>>()),
        Cond::Any(parts) => prefixed("or", &parts.iter().map(drafted).collect::<Vec<_>>()),
    }
}

fn parsed(condition: &Condition, sources: &Sources) -> String {
    let each = |parts: &[Condition]| parts.iter().map(|part| parsed(part, sources)).collect::<Vec<_>>();
    match &condition.kind {
        ConditionKind::Not(inner) => prefixed("not", &[parsed(inner, sources)]),
        ConditionKind::And(parts) => prefixed("and", &each(parts)),
        ConditionKind::Or(parts) => prefixed("or", &each(parts)),
        _ => sources.slice(condition.span).to_owned(),
    }
}

fn prefixed(operator: &str, parts: &[String]) -> String {
    format!("{operator}({})", parts.join("; "))
}
