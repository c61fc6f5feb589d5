//! Rules that nearly allowed a request, and what each of them lacks.

use super::seen::{SeenAtom, View};
use crate::condition::{Node, NodeId};
use crate::program::{Effect, RuleId};

/// A rule that would have allowed the request if its condition had held.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleId,
    /// What did not hold, written as in a rule.
    pub failed: String,
    /// What would have had to be different.
    pub lack: Lack,
}

/// What would have to be different for a condition to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Lack {
    /// The rule is for callers with a token, and there is none.
    Token,
    /// The condition never holds.
    Never,
    /// This atom would have to come out the other way.
    Atom(SeenAtom),
    /// All of these.
    All(Vec<Lack>),
    /// One of these; the nearest first.
    Any(Vec<Lack>),
}

impl Lack {
    /// How many things would have to be different, at the least.
    pub fn count(&self) -> usize {
        match self {
            Self::Token | Self::Atom(_) => 1,
            Self::Never => usize::MAX,
            Self::All(parts) => parts.iter().map(Self::count).fold(0, usize::saturating_add),
            Self::Any(parts) => parts.iter().map(Self::count).min().unwrap_or(usize::MAX),
        }
    }

    /// Every atom that would have to come out the other way, or could.
    pub fn atoms(&self) -> Vec<&SeenAtom> {
        match self {
            Self::Token | Self::Never => Vec::new(),
            Self::Atom(atom) => vec![atom],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::atoms).collect(),
        }
    }
}

impl View<'_> {
    /// What this clause lacks, if it lacks anything and could have allowed the request.
    pub(super) fn miss(self, rule: RuleId, condition: NodeId) -> Option<NearMiss> {
        let effect = self.caller.policy.rule(rule)?.effect;
        if effect == Effect::Deny {
            return None;
        }
        if effect == Effect::Allow && self.caller.token().is_none() {
            return Some(NearMiss { rule, failed: "a token".to_owned(), lack: Lack::Token });
        }
        let failed = self.writer().condition(self.failing(condition)?);
        Some(NearMiss { rule, failed, lack: self.lack(condition, true)? })
    }

    /// The smallest part of the condition that explains why it does not hold.
    fn failing(self, node: NodeId) -> Option<NodeId> {
        if self.holds(node) {
            return None;
        }
        match self.caller.policy.parts().conditions.node(node)? {
            Node::All(children) => children.iter().find_map(|child| self.failing(*child)),
            _ => Some(node),
        }
    }

    /// What keeps the condition from being as it is wanted; `None` where it is.
    fn lack(self, node: NodeId, wanted: bool) -> Option<Lack> {
        if self.holds(node) == wanted {
            return None;
        }
        let lacks = |children: &[NodeId]| -> Vec<Lack> {
            children.iter().filter_map(|child| self.lack(*child, wanted)).collect()
        };
        match self.caller.policy.parts().conditions.node(node)? {
            Node::Constant(_) => Some(Lack::Never),
            Node::Atom(atom) => Some(Lack::Atom(self.atom(*atom))),
            Node::Not(child) => self.lack(*child, !wanted),
            Node::All(children) if wanted => join(lacks(children), Lack::All),
            Node::Any(children) if !wanted => join(lacks(children), Lack::All),
            Node::All(children) | Node::Any(children) => {
                let mut ways = lacks(children);
                ways.sort_by_key(Lack::count);
                join(ways, Lack::Any)
            }
        }
    }
}

fn join(mut parts: Vec<Lack>, how: impl Fn(Vec<Lack>) -> Lack) -> Option<Lack> {
    if parts.len() <= 1 { parts.pop() } else { Some(how(parts)) }
}
