//! Conditions: every name resolved, every atom of the right types.

use policy_engine::condition::Literal;

use super::model::{Atom, Condition, Operand};
use super::names::Bare;
use super::value::{Term, TermKind, Type};
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{self, ConditionKind, Value, ValueKind};

impl Checker<'_> {
    /// The condition, every name in it resolved.
    pub(super) fn condition(&mut self, condition: &syntax::Condition) -> Checked<Condition> {
        match &condition.kind {
            ConditionKind::Or(parts) => self.conditions(parts).map(Condition::Any),
            ConditionKind::And(parts) => self.conditions(parts).map(Condition::All),
            ConditionKind::Not(inner) => self.condition(inner).map(Condition::negated),
            ConditionKind::Group(value) => self.membership("group", Operand::Groups, value),
            ConditionKind::Scope(value) => self.membership("scope", Operand::Scopes, value),
            ConditionKind::Issuer(name) => {
                self.expect_issuer(name).map(|id| Condition::Atom(Atom::Issuer(id)))
            }
            ConditionKind::Has(value) => self.has(value),
            ConditionKind::Relation(relation) => self.relation(relation),
            ConditionKind::Value(value) => self.truth(value),
        }
    }

    fn conditions(&mut self, parts: &[syntax::Condition]) -> Checked<Vec<Condition>> {
        // Not short-circuited: each part's errors are reported.
        let parts: Vec<Checked<Condition>> = parts.iter().map(|part| self.condition(part)).collect();
        parts.into_iter().collect()
    }

    /// `group V`, `scope V`
    fn membership(&mut self, keyword: &str, list: Operand, value: &Value) -> Checked<Condition> {
        if matches!(list, Operand::Groups) {
            self.require_groups(value.span);
        }
        let term = self.value(value)?;
        match (term.kind_of(), term.kind) {
            (Type::String | Type::Claim, TermKind::Operand(item)) => {
                Ok(Condition::Atom(Atom::Member { item, list }))
            }
            (found, _) => {
                let message = format!(
                    "a {keyword} is a string, and {} is {}",
                    self.quoted(value.span),
                    found.described()
                );
                let help = match found {
                    Type::List => format!("write one for each: `{keyword} \"a\" or {keyword} \"b\"`"),
                    _ => format!("write it in quotes: `{keyword} \"…\"`"),
                };
                Err(self.report(Diagnostic::new(Code::NeverAgree, message).at(value.span).help(help)))
            }
        }
    }

    fn require_groups(&mut self, span: Span) {
        if !self.groups.is_first_miss() {
            return;
        }
        let message = "a `group` is asked for, and no issuer says where groups are read";
        let help =
            "add a line such as `groups token.\"cognito:groups\"` or `groups token.roles` to an issuer";
        self.report(Diagnostic::new(Code::NoGroups, message).at(span).help(help));
    }

    fn has(&mut self, value: &Value) -> Checked<Condition> {
        if let ValueKind::Member(member) = &value.kind {
            return Ok(Condition::Atom(Atom::Present(self.selector(member))));
        }
        let help = match &value.kind {
            ValueKind::Request(syntax::RequestPart::Header(_) | syntax::RequestPart::Query(_)) => {
                let text = self.sources.slice(value.span);
                format!("`{text} like \"*\"` is true where it is there")
            }
            ValueKind::Name(name) => format!("a claim is written `token.{name}`"),
            _ => "it asks for a claim: `has token.email`".to_owned(),
        };
        let message = format!("`has` asks for a claim, and {} is none", self.quoted(value.span));
        Err(self.report(Diagnostic::new(Code::NotAClaim, message).at(value.span).help(help)))
    }

    /// A value alone, where a condition stands.
    fn truth(&mut self, value: &Value) -> Checked<Condition> {
        match &value.kind {
            ValueKind::Bool(constant) => Ok(Condition::Constant(*constant)),
            ValueKind::Member(member) => Ok(Condition::Atom(Atom::True(self.selector(member)))),
            ValueKind::Name(name) => match self.names.bare(name) {
                Some(Bare::Let(id)) => Ok(Condition::Let(id, value.span)),
                Some(Bare::Param(_)) => {
                    let message = format!("`{name}` is a param: a string, and no condition");
                    let help = format!("compare it with something: `{name} == \"…\"`");
                    Err(self.report(Diagnostic::new(Code::NotACondition, message).at(value.span).help(help)))
                }
                None => Err(self.report_unknown_name(name, value.span)),
            },
            _ => {
                let term = self.value(value)?;
                Err(self.report_no_condition(&term))
            }
        }
    }

    fn report_no_condition(&mut self, term: &Term) -> Reported {
        let text = self.quoted(term.span);
        let message = format!("{text} is {}, and no condition", term.kind_of().described());
        let help = match (term.kind_of(), term.constant()) {
            (Type::Address, _) => "write a block behind it: `request.ip in \"10.0.0.0/8\"`".to_owned(),
            (Type::Time, _) => "write a time behind it: `request.time < \"2026-01-01T00:00:00Z\"`".to_owned(),
            (Type::List, _) => "write what is looked for in it: `token.x in […]`".to_owned(),
            (_, Some(Literal::Text(_))) => {
                "a group is asked for with `group \"…\"`, a scope with `scope \"…\"`".to_owned()
            }
            (_, Some(_)) => "compare something with it".to_owned(),
            (_, None) => format!("compare it with something: `{} == …`", text.trim_matches('`')),
        };
        self.report(Diagnostic::new(Code::NotACondition, message).at(term.span).help(help))
    }
}
