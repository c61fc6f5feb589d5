//! What the text of a statement names and reads.

use crate::source::Span;
use crate::syntax::{
    Api, Condition, ConditionKind, ContextEntry, ContextValue, Issuer, Member, Name, RequestPart, Statement,
    StatementKind, Text, TextPart, Value, ValueKind,
};

/// Something that is named or read.
#[derive(Clone, Copy)]
pub(super) enum Found<'p> {
    /// A `let` or a `param`.
    Name(&'p str, Span),
    Member(&'p Member),
    Request(&'p RequestPart, Span),
    /// An address or a time in a comparison that IAM can do as well.
    Circumstance(&'p RequestPart, Span),
    /// `path.x`
    Path(Span),
}

/// Everything that the statement names and reads, in the order of its parts.
pub(super) fn statement<'p>(statement: &'p Statement, visit: &mut dyn FnMut(Found<'p>)) {
    match &statement.kind {
        StatementKind::Rule(rule) => {
            conditions([&rule.when, &rule.unless], visit);
            rule.because.iter().for_each(|because| text(because, visit));
        }
        StatementKind::Invariant(invariant) => conditions([&invariant.when, &invariant.unless], visit),
        StatementKind::Let(definition) => condition(&definition.condition, visit),
        StatementKind::Issuer(written) => issuer(written, visit),
        StatementKind::Principal(found) | StatementKind::UsageKey(found) => value(found, visit),
        StatementKind::Context(entries) => entries.iter().for_each(|entry| context_entry(entry, visit)),
        StatementKind::Param(_)
        | StatementKind::Api(Api::Routes(_) | Api::File(_))
        | StatementKind::Authorizer(_)
        | StatementKind::Use(_)
        | StatementKind::Test(_) => {}
    }
}

fn conditions<'p>(written: [&'p Option<Condition>; 2], visit: &mut dyn FnMut(Found<'p>)) {
    written.into_iter().flatten().for_each(|written| condition(written, visit));
}

/// Everything that the condition names and reads.
pub(super) fn condition<'p>(written: &'p Condition, visit: &mut dyn FnMut(Found<'p>)) {
    match &written.kind {
        ConditionKind::Or(parts) | ConditionKind::And(parts) => {
            for part in parts {
                condition(part, visit);
            }
        }
        ConditionKind::Not(inner) => condition(inner, visit),
        ConditionKind::Group(found)
        | ConditionKind::Scope(found)
        | ConditionKind::Has(found)
        | ConditionKind::Value(found) => value(found, visit),
        ConditionKind::Relation(relation) => {
            for side in [&relation.left, &relation.right] {
                match circumstance(side) {
                    Some(part) => visit(Found::Circumstance(part, side.span)),
                    None => value(side, visit),
                }
            }
        }
        ConditionKind::Issuer(_) => {}
    }
}

/// The address or the time, where it is compared by itself.
const fn circumstance(side: &Value) -> Option<&RequestPart> {
    match &side.kind {
        ValueKind::Request(part @ (RequestPart::Ip | RequestPart::Time)) => Some(part),
        _ => None,
    }
}

fn value<'p>(written: &'p Value, visit: &mut dyn FnMut(Found<'p>)) {
    match &written.kind {
        ValueKind::Text(found) => text(found, visit),
        ValueKind::List(items) => items.iter().for_each(|item| value(item, visit)),
        ValueKind::Member(member) => visit(Found::Member(member)),
        ValueKind::Request(part) => visit(Found::Request(part, written.span)),
        ValueKind::Name(name) => visit(Found::Name(name, written.span)),
        ValueKind::Path(_) => visit(Found::Path(written.span)),
        ValueKind::Number(_) | ValueKind::Bool(_) => {}
    }
}

fn text<'p>(written: &'p Text, visit: &mut dyn FnMut(Found<'p>)) {
    for part in &written.parts {
        if let TextPart::Param(Name { node, span }) = part {
            visit(Found::Name(node, *span));
        }
    }
}

fn issuer<'p>(written: &'p Issuer, visit: &mut dyn FnMut(Found<'p>)) {
    let single = [&written.jwks, &written.token_use, &written.token_type, &written.userinfo];
    let texts = [&written.url].into_iter().chain(single.into_iter().flatten()).chain(&written.audience);
    texts.for_each(|found| text(found, visit));
    written.groups.iter().chain(&written.scopes).for_each(|member| visit(Found::Member(member)));
}

fn context_entry<'p>(entry: &'p ContextEntry, visit: &mut dyn FnMut(Found<'p>)) {
    match &entry.value {
        ContextValue::Value(found) | ContextValue::Json(found) => value(found, visit),
        ContextValue::Condition(found) => condition(found, visit),
    }
}
