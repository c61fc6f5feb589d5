//! The atoms of a condition, with what each of them saw.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::text::Writer;
use crate::caller::{Caller, RequestScene};
use crate::condition::{Atom, AtomId, Literal, Node, NodeId, Number, Operand};
use crate::path::RequestPath;
use crate::pattern::PathPattern;
use crate::request::RequestContext;
use crate::test::{Scene, path_part};

/// An atom of a condition, as it came out for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenAtom {
    /// Which one it is.
    pub atom: AtomId,
    /// Written as in a rule, with the params' values filled in.
    pub text: String,
    /// Its truth.
    pub holds: bool,
    /// Its sides, from left to right; for `group`, `scope` and `in` the item and then the list.
    pub seen: Vec<Seen>,
}

/// One side of an atom.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Written as in a rule; `groups` and `scopes` for the token's.
    pub name: String,
    /// What was there; `None` where it is missing, or null. A time is written as in RFC 3339.
    pub value: Option<Json>,
    /// It stands in the policy, and is the same for everybody.
    pub is_constant: bool,
}

/// A clause and a request: what its conditions are looked at with.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) caller: &'a Caller<'a>,
    pub(super) path: &'a RequestPath<'a>,
    pub(super) context: &'a RequestContext,
    pub(super) pattern: &'a PathPattern,
}

impl<'a> View<'a> {
    pub(super) fn writer(self) -> Writer<'a> {
        Writer::bound(self.caller.policy, self.pattern)
    }

    pub(super) fn holds(self, node: NodeId) -> bool {
        self.caller.holds(node, Some((self.path, self.context)))
    }

    pub(super) fn atom_holds(self, atom: AtomId) -> bool {
        self.caller.atom_holds(atom, Some((self.path, self.context)))
    }

    pub(super) fn atom(self, id: AtomId) -> SeenAtom {
        let seen = self.caller.policy.parts().conditions.atom(id).map(|atom| self.sides(atom));
        SeenAtom {
            atom: id,
            text: self.writer().atom(id),
            holds: self.atom_holds(id),
            seen: seen.unwrap_or_default(),
        }
    }

    fn sides(self, atom: &Atom) -> Vec<Seen> {
        let constant = |text| {
            let value = self.writer().value(text);
            Seen {
                name: Json::from(value.as_str()).to_string(),
                value: Some(value.into()),
                is_constant: true,
            }
        };
        match atom {
            Atom::Compare(left, _, right) => vec![self.side(left), self.side(right)],
            Atom::Member { item, list } => vec![self.side(item), self.side(list)],
            Atom::Like(subject, glob) => vec![self.side(subject), constant(glob)],
            Atom::AddressIn(block) => {
                let ip = self.context.ip.map(|ip| Json::from(ip.to_string()));
                vec![met("request.ip".to_owned(), ip), constant(block)]
            }
            Atom::Present(id) | Atom::True(id) => vec![self.side(&Operand::Claim(*id))],
            Atom::Issuer(id) => {
                let own = self.caller.token().map(|token| Json::from(self.writer().issuer(token.issuer())));
                let wanted = self.writer().issuer(*id);
                let constant =
                    Seen { name: wanted.to_owned(), value: Some(wanted.into()), is_constant: true };
                vec![met("issuer".to_owned(), own), constant]
            }
        }
    }

    pub(super) fn side(self, operand: &Operand) -> Seen {
        let name = self.writer().operand(operand);
        match operand {
            Operand::Literal(literal) => Seen { name, value: Some(self.literal(literal)), is_constant: true },
            _ => met(name, self.value(operand)),
        }
    }

    fn literal(self, literal: &Literal) -> Json {
        match literal {
            Literal::Bool(value) => Json::from(*value),
            Literal::Number(Number::Integer(value)) => Json::from(*value),
            Literal::Number(Number::Float(value)) => Json::from(*value),
            Literal::Text(text) | Literal::Instant(text) => Json::from(self.writer().value(text)),
            Literal::List(items) => items.iter().map(|item| self.literal(item)).collect(),
        }
    }

    fn value(self, operand: &Operand) -> Option<Json> {
        let scene = RequestScene { known: &self.caller.known, path: Some(self.path), context: self.context };
        let text = |text: Option<&str>| text.map(Json::from);
        match operand {
            Operand::Literal(literal) => Some(self.literal(literal)),
            Operand::Claim(id) => scene.claim(*id).cloned(),
            Operand::Groups => scene.issuer().map(|_| Json::from(scene.groups().to_vec())),
            Operand::Scopes => scene.issuer().map(|_| Json::from(scene.scopes().to_vec())),
            Operand::Path(part) => text(path_part(self.path, *part)),
            Operand::Header(name) => text(self.context.header(name)),
            Operand::Query(name) => text(self.context.query_parameter(name)),
            Operand::Time => {
                let time = Timestamp::from_second(self.context.time?).ok()?;
                Some(Json::from(time.to_string()))
            }
            Operand::Stage => text(self.context.stage.as_deref()),
        }
    }

    /// Every atom of the condition once, in the order of the text as far as conditions keep it.
    pub(super) fn atoms(self, node: NodeId) -> Vec<SeenAtom> {
        let mut found = Vec::new();
        collect(&self.caller.policy.parts().conditions.nodes, node, &mut found);
        found.into_iter().map(|atom| self.atom(atom)).collect()
    }
}

const fn met(name: String, value: Option<Json>) -> Seen {
    Seen { name, value, is_constant: false }
}

/// The condition's atoms, each once.
pub(super) fn collect(nodes: &[Node], node: NodeId, found: &mut Vec<AtomId>) {
    match nodes.get(node.0 as usize) {
        None | Some(Node::Constant(_)) => {}
        Some(Node::Atom(atom)) => {
            if !found.contains(atom) {
                found.push(*atom);
            }
        }
        Some(Node::Not(child)) => collect(nodes, *child, found),
        Some(Node::All(children) | Node::Any(children)) => {
            for child in children {
                collect(nodes, *child, found);
            }
        }
    }
}
