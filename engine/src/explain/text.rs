//! Conditions as text, as a rule would write them.

use std::fmt::Write as _;

use crate::condition::{
    Atom, AtomId, Comparison, IssuerId, Literal, Node, NodeId, Number, Operand, Root, Selector, SelectorId,
};
use crate::pattern::{PathPattern, PathRef};
use crate::policy::Policy;
use crate::program::ProgramParts;
use crate::text::{ParamValues, Part, Text};

/// Writes the conditions of one clause.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    parts: &'a ProgramParts,
    /// Where there are none, params are written by name.
    values: Option<&'a ParamValues>,
    pattern: &'a PathPattern,
}

/// How tightly an operator binds; what binds less tightly stands in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
}

impl<'a> Writer<'a> {
    /// With the params' values filled in.
    pub(super) const fn bound(policy: &'a Policy, pattern: &'a PathPattern) -> Self {
        Self { parts: policy.parts(), values: Some(&policy.values), pattern }
    }

    /// With the params' names.
    pub(super) const fn unbound(parts: &'a ProgramParts, pattern: &'a PathPattern) -> Self {
        Self { parts, values: None, pattern }
    }

    pub(super) fn condition(self, node: NodeId) -> String {
        let mut out = String::new();
        self.node(node, Strength::Or, &mut out);
        out
    }

    pub(super) fn atom(self, id: AtomId) -> String {
        let Some(atom) = self.parts.conditions.atom(id) else { return String::new() };
        match atom {
            Atom::Compare(left, comparison, right) => {
                format!("{} {} {}", self.operand(left), symbol(*comparison), self.operand(right))
            }
            Atom::Member { item, list: Operand::Groups } => format!("group {}", self.operand(item)),
            Atom::Member { item, list: Operand::Scopes } => format!("scope {}", self.operand(item)),
            Atom::Member { item, list } => format!("{} in {}", self.operand(item), self.operand(list)),
            Atom::Like(subject, glob) => format!("{} like {}", self.operand(subject), self.text(glob)),
            Atom::AddressIn(block) => format!("request.ip in {}", self.text(block)),
            Atom::Present(id) => format!("has {}", self.claim(*id)),
            Atom::True(id) => self.claim(*id),
            Atom::Issuer(id) => format!("issuer {}", self.issuer(*id)),
        }
    }

    pub(super) fn operand(self, operand: &Operand) -> String {
        match operand {
            Operand::Literal(literal) => self.literal(literal),
            Operand::Claim(id) => self.claim(*id),
            Operand::Groups => "groups".to_owned(),
            Operand::Scopes => "scopes".to_owned(),
            Operand::Path(part) => path_text(self.pattern, *part),
            Operand::Header(name) => format!("request.header.{}", name_text(name)),
            Operand::Query(name) => format!("request.query.{}", name_text(name)),
            Operand::Time => "request.time".to_owned(),
            Operand::Stage => "request.stage".to_owned(),
        }
    }

    pub(super) fn claim(self, id: SelectorId) -> String {
        self.parts.conditions.selector(id).map_or_else(String::new, selector_text)
    }

    pub(super) fn issuer(self, id: IssuerId) -> &'a str {
        self.parts.issuers.get(id.0 as usize).map_or("", |issuer| issuer.name.as_str())
    }

    /// The string that stands there; as it is written, where the params have no values.
    pub(super) fn value(self, text: &Text) -> String {
        let resolved = self.values.and_then(|values| text.resolve(values).ok());
        resolved.map_or_else(|| self.template(text), std::borrow::Cow::into_owned)
    }

    fn literal(self, literal: &Literal) -> String {
        match literal {
            Literal::Bool(value) => value.to_string(),
            Literal::Number(Number::Integer(value)) => value.to_string(),
            Literal::Number(Number::Float(value)) => value.to_string(),
            Literal::Text(text) | Literal::Instant(text) => self.text(text),
            Literal::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.literal(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    fn text(self, text: &Text) -> String {
        match (self.values, text) {
            (None, Text::Template(pieces)) if matches!(pieces.as_slice(), [Part::Param(_)]) => {
                let name = self.template(text);
                name.trim_start_matches("${").trim_end_matches('}').to_owned()
            }
            _ => quoted(&self.value(text)),
        }
    }

    fn template(self, text: &Text) -> String {
        let param = |id: usize| self.parts.params.get(id).map_or("", |param| param.name.as_str());
        match text {
            Text::Fixed(text) => text.clone(),
            Text::Template(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Part::Fixed(text) => text.clone(),
                    Part::Param(id) => format!("${{{}}}", param(id.0 as usize)),
                })
                .collect(),
        }
    }

    fn node(self, node: NodeId, around: Strength, out: &mut String) {
        match self.parts.conditions.node(node) {
            None => {}
            Some(Node::Constant(value)) => out.push_str(if *value { "true" } else { "false" }),
            Some(Node::Atom(atom)) => out.push_str(&self.atom(*atom)),
            Some(Node::Not(child)) => self.negation(*child, out),
            Some(Node::All(children)) => self.list(children, Strength::And, around, out),
            Some(Node::Any(children)) => self.list(children, Strength::Or, around, out),
        }
    }

    fn negation(self, child: NodeId, out: &mut String) {
        let conditions = &self.parts.conditions;
        if let Some(Node::Atom(id)) = conditions.node(child)
            && let Some(Atom::Compare(left, Comparison::Equal, right)) = conditions.atom(*id)
        {
            // Writing to a string cannot fail.
            let _ = write!(out, "{} != {}", self.operand(left), self.operand(right));
            return;
        }
        out.push_str("not ");
        self.node(child, Strength::Not, out);
    }

    fn list(self, children: &[NodeId], own: Strength, around: Strength, out: &mut String) {
        let parentheses = own < around;
        if parentheses {
            out.push('(');
        }
        for (number, child) in children.iter().enumerate() {
            if number > 0 {
                out.push_str(if own == Strength::And { " and " } else { " or " });
            }
            self.node(*child, own, out);
        }
        if parentheses {
            out.push(')');
        }
    }
}

const fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn path_text(pattern: &PathPattern, part: PathRef) -> String {
    format!("path.{}", pattern.name_of(part).unwrap_or("?"))
}

/// The claim as a rule names it: `token.sub`, `token."cognito:groups"`.
pub(crate) fn selector_text(selector: &Selector) -> String {
    let mut out = match selector.root {
        Root::Token => "token".to_owned(),
        Root::Userinfo => "userinfo".to_owned(),
    };
    for name in &selector.names {
        // Writing to a string cannot fail.
        let _ = write!(out, ".{}", name_text(name));
    }
    out
}

fn name_text(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
