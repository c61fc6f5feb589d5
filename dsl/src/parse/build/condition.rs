//! Conditions. The grammar has the precedence; here each level becomes a node.

use super::{Builder, spaced};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::syntax::{Condition, ConditionKind, Operator, Relation, Spanned, Value};

impl Builder {
    /// A condition.
    pub(super) fn condition(&mut self, pair: Pair<'_>) -> Option<Condition> {
        self.chain(pair, ConditionKind::Or, Self::conjunction)
    }

    fn conjunction(&mut self, pair: Pair<'_>) -> Option<Condition> {
        self.chain(pair, ConditionKind::And, Self::negation)
    }

    /// Parts with operators between them; one part alone is itself.
    fn chain(
        &mut self,
        pair: Pair<'_>,
        kind: fn(Vec<Condition>) -> ConditionKind,
        part: fn(&mut Self, Pair<'_>) -> Option<Condition>,
    ) -> Option<Condition> {
        let span = self.span(&pair);
        let mut parts = Vec::new();
        let mut is_whole = true;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::or_op => self.foreign_operator(&inner, "or"),
                Rule::and_op => self.foreign_operator(&inner, "and"),
                _ => match part(self, inner) {
                    Some(part) => parts.push(part),
                    None => is_whole = false,
                },
            }
        }
        if !is_whole || parts.len() > 1 {
            return is_whole.then_some(Condition { kind: kind(parts), span });
        }
        parts.pop()
    }

    fn negation(&mut self, pair: Pair<'_>) -> Option<Condition> {
        let end = self.span(&pair).end;
        let mut negations: Vec<Span> = Vec::new();
        let mut condition = None;
        for inner in pair.into_inner() {
            if inner.as_rule() == Rule::not_op {
                self.foreign_operator(&inner, "not");
                negations.push(self.span(&inner));
            } else {
                condition = self.atom(inner);
            }
        }
        let mut condition = condition?;
        for not in negations.into_iter().rev() {
            condition =
                Condition { kind: ConditionKind::Not(Box::new(condition)), span: Span { end, ..not } };
        }
        Some(condition)
    }

    fn atom(&mut self, pair: Pair<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let kind = match rule {
            Rule::relation => return self.relation(pair),
            Rule::foreign_role => return self.role(&pair),
            Rule::parens => {
                let inner = pair.into_inner().find(|inner| inner.as_rule() == Rule::condition)?;
                self.condition(inner)?.kind
            }
            Rule::of_issuer => ConditionKind::Issuer(self.name(&pair.into_inner().nth(1)?)),
            _ => {
                let value = self.value(pair.into_inner().nth(1)?)?;
                match rule {
                    Rule::group => ConditionKind::Group(value),
                    Rule::scope => ConditionKind::Scope(value),
                    Rule::has => ConditionKind::Has(value),
                    _ => return None,
                }
            }
        };
        Some(Condition { kind, span })
    }

    fn role(&mut self, pair: &Pair<'_>) -> Option<Condition> {
        let mut inner = pair.clone().into_inner();
        let role_word = inner.next()?;
        let (word, word_span) = (role_word.as_str(), self.span(&role_word));
        let written = inner.next()?.as_str();
        let span = self.span(pair);
        let message = format!("`{word}` is not a condition");
        let help = format!(
            "write `group {written}`, where the issuer's `groups` field says which claim is read, \
             or `token.roles contains {written}`"
        );
        let diagnostic = Diagnostic::new(Code::ForeignKeyword, message).at(span).help(help);
        self.report(diagnostic.suggest(word_span, "group"));
        None
    }

    fn relation(&mut self, pair: Pair<'_>) -> Option<Condition> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let left = self.value(inner.next()?);
        let Some(written) = inner.next() else {
            let value = left?;
            return Some(Condition { kind: ConditionKind::Value(value), span });
        };
        let right = self.value(inner.next()?);
        let operator = written.into_inner().next()?;
        let is_negated = operator.as_rule() == Rule::foreign_not_in;
        let operator = self.operator(&operator, span, left.as_ref());
        let relation = Relation { left: left?, operator: operator?, right: right? };
        let kind = ConditionKind::Relation(Box::new(relation));
        if is_negated {
            let inner = Box::new(Condition { kind, span });
            return Some(Condition { kind: ConditionKind::Not(inner), span });
        }
        Some(Condition { kind, span })
    }

    fn operator(
        &mut self,
        pair: &Pair<'_>,
        relation: Span,
        left: Option<&Value>,
    ) -> Option<Spanned<Operator>> {
        let span = self.span(pair);
        let operator = match pair.as_str() {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "in" => Operator::In,
            "contains" => Operator::Contains,
            "like" => Operator::Like,
            "=" | "===" => return Some(self.foreign_relation(pair, Operator::Equal)),
            "!==" | "<>" => return Some(self.foreign_relation(pair, Operator::NotEqual)),
            _ if pair.as_rule() == Rule::foreign_not_in => {
                self.not_in(span, relation, left);
                Operator::In
            }
            written => {
                let message = format!("there is no operator `{written}`");
                let help = "a glob over a whole string is written `a like \"*@example.com\"`";
                self.report(Diagnostic::new(Code::ForeignOperator, message).at(span).help(help));
                return None;
            }
        };
        Some(Spanned::new(operator, span))
    }

    fn foreign_relation(&mut self, pair: &Pair<'_>, operator: Operator) -> Spanned<Operator> {
        self.foreign_operator(pair, operator.as_str());
        Spanned::new(operator, self.span(pair))
    }

    fn not_in(&mut self, operator: Span, relation: Span, left: Option<&Value>) {
        let diagnostic = Diagnostic::new(Code::ForeignOperator, "`not` stands before the whole comparison")
            .at(operator)
            .help("write `not a in b`");
        self.report(match left {
            Some(_) => {
                diagnostic.replace(Span { end: relation.start, ..relation }, "not ").replace(operator, "in")
            }
            None => diagnostic,
        });
    }

    /// Reports an operator that is not spelt as this language spells it.
    fn foreign_operator(&mut self, pair: &Pair<'_>, spelling: &str) {
        let written = pair.as_str();
        if written == spelling {
            return;
        }
        let span = self.span(pair);
        let diagnostic =
            Diagnostic::new(Code::ForeignOperator, format!("`{written}` is not an operator here"))
                .at(span)
                .help(format!("write `{spelling}`"));
        self.report(diagnostic.replace(span, spaced(pair, spelling)));
    }
}
