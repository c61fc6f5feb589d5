//! What the answer carries besides the policy: principal, context, usage key.

use std::collections::BTreeMap;

use super::model::{Condition, ContextEntry, ContextValue, Operand};
use super::names::Bare;
use super::value::{Term, TermKind, Type};
use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_CONTEXT_ENTRIES;
use crate::source::Span;
use crate::syntax::{self, StatementKind, Value, ValueKind};

/// API Gateway's own key.
const RESERVED_KEY: &str = "claims";

#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) principal: Option<Operand>,
    pub(super) context: Vec<ContextEntry>,
    pub(super) usage_key: Option<Operand>,
}

impl Checker<'_> {
    pub(super) fn output(&mut self) -> Checked<Output> {
        let principal = self.single("principal", |kind| match kind {
            StatementKind::Principal(value) => Some(value),
            _ => None,
        });
        let usage_key = self.single("usage_key", |kind| match kind {
            StatementKind::UsageKey(value) => Some(value),
            _ => None,
        });
        let context = self.context();
        Ok(Output { principal: principal?, usage_key: usage_key?, context: context? })
    }

    /// The value of a statement that a policy has once. It is a string.
    fn single(
        &mut self,
        keyword: &str,
        pick: fn(&StatementKind) -> Option<&Value>,
    ) -> Checked<Option<Operand>> {
        let mut first: Option<(Span, &Value)> = None;
        for statement in self.unit.statements() {
            let Some(value) = pick(&statement.kind) else { continue };
            match first {
                None => first = Some((statement.span, value)),
                Some((span, _)) => self.report_second(keyword, statement.span, span),
            }
        }
        match first {
            None => Ok(None),
            Some((_, value)) => self.expect_string(value, keyword).map(Some),
        }
    }

    pub(super) fn report_second(&mut self, keyword: &str, second: Span, first: Span) {
        let message = format!("a policy has one `{keyword}`, and this is the second");
        let diagnostic = Diagnostic::new(Code::DuplicateStatement, message).at(second);
        self.report(diagnostic.related("the first is here", first).help("drop one of them"));
    }

    fn expect_string(&mut self, value: &Value, keyword: &str) -> Checked<Operand> {
        let term = self.value(value)?;
        let found = term.kind_of();
        match term.kind {
            TermKind::Operand(operand) if matches!(found, Type::String | Type::Claim) => {
                self.forbid_path(operand, &format!("`{keyword}`"))
            }
            _ => {
                let text = self.quoted(value.span);
                let message = format!("`{keyword}` is a string, and {text} is {}", found.described());
                let help = "name a claim such as `token.sub`, or write a string in quotes";
                Err(self.report(Diagnostic::new(Code::NotAString, message).at(value.span).help(help)))
            }
        }
    }

    /// The entries of every `context` block.
    fn context(&mut self) -> Checked<Vec<ContextEntry>> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut entries = Vec::new();
        for statement in self.unit.statements() {
            let StatementKind::Context(written) = &statement.kind else { continue };
            for entry in written {
                if entries.len() >= MAX_CONTEXT_ENTRIES {
                    let message = format!("the context has more than {MAX_CONTEXT_ENTRIES} entries");
                    let diagnostic = Diagnostic::new(Code::TooManyEntries, message).at(entry.key.span);
                    return Err(self.report(diagnostic.help("put several into one, as text with `json(…)`")));
                }
                if let Some(first) = seen.get(entry.key.node.as_str()).copied() {
                    let message = format!("the context key `{}` is given twice", entry.key.node);
                    let diagnostic = Diagnostic::new(Code::DuplicateContextKey, message).at(entry.key.span);
                    self.report(diagnostic.related("first given here", first).help("drop one of them"));
                } else {
                    seen.insert(&entry.key.node, entry.key.span);
                }
                entries.push(self.context_entry(entry));
            }
        }
        entries.into_iter().collect()
    }

    fn context_entry(&mut self, entry: &syntax::ContextEntry) -> Checked<ContextEntry> {
        let key = &entry.key;
        if key.node == RESERVED_KEY {
            let message = format!("API Gateway keeps the context key `{RESERVED_KEY}` for itself");
            let help = "give it another name";
            self.report(Diagnostic::new(Code::ReservedContextKey, message).at(key.span).help(help));
        }
        let value = match &entry.value {
            syntax::ContextValue::Value(value) => self.context_value(value),
            syntax::ContextValue::Condition(condition) => {
                let condition = self.condition(condition)?;
                self.context_condition(condition, key.span)
            }
            syntax::ContextValue::Json(value) => self.context_json(value),
        };
        Ok(ContextEntry { key: key.node.clone(), value: value? })
    }

    fn context_value(&mut self, value: &Value) -> Checked<ContextValue> {
        if let ValueKind::Name(name) = &value.kind
            && let Some(Bare::Let(id)) = self.names.bare(name)
        {
            return self.context_condition(Condition::Let(id, value.span), value.span);
        }
        let term = self.value(value)?;
        self.expect_operand(term, "json(…) makes a string of a claim: `json(token.roles)`")
            .map(ContextValue::Operand)
    }

    fn context_condition(&mut self, condition: Condition, span: Span) -> Checked<ContextValue> {
        self.expect_within_bounds(self.extent(&condition), span)?;
        self.forbid_path_names(&condition, "`context`");
        Ok(ContextValue::Condition(condition))
    }

    fn context_json(&mut self, value: &Value) -> Checked<ContextValue> {
        let term = self.value(value)?;
        self.expect_operand(term, "write the JSON text as a string: `\"[1, 2]\"`").map(ContextValue::Json)
    }

    fn expect_operand(&mut self, term: Term, list_help: &str) -> Checked<Operand> {
        let found = term.kind_of();
        if let TermKind::Operand(operand) = term.kind {
            return self.forbid_path(operand, "`context`");
        }
        let message = format!(
            "a context value is a string, number or boolean, and {} is {}",
            self.quoted(term.span),
            found.described()
        );
        let help = match found {
            Type::List => list_help,
            _ => "the backend knows the caller's address from the request itself",
        };
        Err(self.report(Diagnostic::new(Code::BadContextValue, message).at(term.span).help(help)))
    }
}
