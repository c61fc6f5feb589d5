//! Values and their types.

use policy_engine::condition::{Literal, Root, Selector};
use policy_engine::text::{Part, Text};

use super::model::Operand;
use super::names::Bare;
use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{self, Member, RequestPart, Spanned, TextPart, Value, ValueKind};

/// A value with its names resolved.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) kind: TermKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum TermKind {
    Operand(Operand),
    /// `request.ip`
    Address,
    List(Vec<Term>),
}

/// What is known of a value before there is a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Number,
    Boolean,
    /// `request.time`
    Time,
    /// `request.ip`
    Address,
    List,
    /// Any of them, known at run time.
    Claim,
}

impl Type {
    /// With its article, as it reads in a message.
    pub(super) const fn described(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Time => "a time",
            Self::Address => "an address",
            Self::List => "a list",
            Self::Claim => "a claim",
        }
    }
}

impl Term {
    pub(super) fn kind_of(&self) -> Type {
        match &self.kind {
            TermKind::Address => Type::Address,
            TermKind::List(_) => Type::List,
            TermKind::Operand(operand) => type_of(operand),
        }
    }

    /// The constant, if it is one; not a list.
    pub(super) const fn constant(&self) -> Option<&Literal> {
        match &self.kind {
            TermKind::Operand(Operand::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    /// The string, if it is one of the policy's own.
    pub(super) const fn text(&self) -> Option<&Text> {
        match self.constant() {
            Some(Literal::Text(text)) => Some(text),
            _ => None,
        }
    }
}

const fn type_of(operand: &Operand) -> Type {
    match operand {
        Operand::Literal(Literal::Text(_))
        | Operand::Path(_)
        | Operand::Header(_)
        | Operand::Query(_)
        | Operand::Stage => Type::String,
        Operand::Literal(Literal::Number(_)) => Type::Number,
        Operand::Literal(Literal::Bool(_)) => Type::Boolean,
        Operand::Literal(Literal::Instant(_)) | Operand::Time => Type::Time,
        Operand::Literal(Literal::List(_)) | Operand::Groups | Operand::Scopes => Type::List,
        Operand::Claim(_) => Type::Claim,
    }
}

impl Checker<'_> {
    /// The value, every name in it resolved.
    pub(super) fn value(&mut self, value: &Value) -> Checked<Term> {
        let span = value.span;
        let operand = match &value.kind {
            ValueKind::Text(text) => Operand::Literal(Literal::Text(self.text(text)?)),
            ValueKind::Number(number) => Operand::Literal(Literal::Number(*number)),
            ValueKind::Bool(value) => Operand::Literal(Literal::Bool(*value)),
            ValueKind::List(items) => {
                let items: Vec<Checked<Term>> = items.iter().map(|item| self.value(item)).collect();
                let kind = TermKind::List(items.into_iter().collect::<Checked<_>>()?);
                return Ok(Term { kind, span });
            }
            ValueKind::Member(member) => Operand::Claim(self.selector(member)),
            ValueKind::Path(name) => Operand::Path(Spanned::new(name.node.clone(), span)),
            ValueKind::Request(part) => return Ok(Term { kind: request_part(part), span }),
            ValueKind::Name(name) => Operand::Literal(Literal::Text(self.named_text(name, span)?)),
        };
        Ok(Term { kind: TermKind::Operand(operand), span })
    }

    /// A name where a value stands: a parameter.
    fn named_text(&mut self, name: &str, span: Span) -> Checked<Text> {
        match self.names.bare(name) {
            Some(Bare::Param(id)) => Ok(Text::from_parts(vec![Part::Param(id)])),
            Some(Bare::Let(_)) => {
                let message = format!("`{name}` is a condition, and no value");
                let help = format!("a condition stands alone: `when {name}`");
                Err(self.report(Diagnostic::new(Code::NotAValue, message).at(span).help(help)))
            }
            None => Err(self.report_unknown_name(name, span)),
        }
    }

    /// The string with its parameters resolved.
    pub(super) fn text(&mut self, text: &syntax::Text) -> Checked<Text> {
        let parts: Vec<Checked<Part>> = text
            .parts
            .iter()
            .map(|part| match part {
                TextPart::Fixed(fixed) => Ok(Part::Fixed(fixed.clone())),
                TextPart::Param(name) => self.expect_param(name).map(Part::Param),
            })
            .collect();
        parts.into_iter().collect::<Checked<_>>().map(Text::from_parts)
    }

    /// Where a claim is read.
    pub(super) fn selector(&mut self, member: &Member) -> Selector {
        if member.root == Root::Userinfo && self.userinfo.is_first_miss() {
            let message = "`userinfo` is read, and no issuer has a userinfo endpoint";
            let help = "add `userinfo \"https://…/userinfo\"` to an issuer";
            self.report(Diagnostic::new(Code::NoUserinfo, message).at(member.span).help(help));
        }
        let names = member.names.iter().map(|name| name.node.clone()).collect();
        Selector { root: member.root, names }
    }

    /// The piece of text in backquotes; what stands there in short where it is long.
    pub(super) fn quoted(&self, span: Span) -> String {
        const LONGEST: usize = 60;
        let text = self.sources.slice(span);
        if text.len() <= LONGEST && !text.contains(['\n', '`']) {
            return format!("`{text}`");
        }
        let start: String = text.chars().take_while(|c| !matches!(c, '\n' | '`')).take(LONGEST / 2).collect();
        format!("`{start}…`")
    }
}

fn request_part(part: &RequestPart) -> TermKind {
    TermKind::Operand(match part {
        RequestPart::Header(name) => Operand::Header(name.node.to_ascii_lowercase()),
        RequestPart::Query(name) => Operand::Query(name.node.clone()),
        RequestPart::Time => Operand::Time,
        RequestPart::Stage => Operand::Stage,
        RequestPart::Ip => return TermKind::Address,
    })
}
