//! Conditions: claims stored once, `let`s written out, `path.x` placed in a pattern.

use std::collections::HashMap;

use policy_engine::condition::{
    Atom, ConditionBuilder, ConditionTable, Literal, NodeId, Operand, Selector, SelectorId,
};
use policy_engine::pattern::PathPattern;

use crate::check::model::{self, Condition, LetId, LetModel};

pub(super) struct Lowering<'m> {
    builder: ConditionBuilder,
    lets: &'m [LetModel],
    /// The `let`s that do not read the path: the same everywhere.
    shared: HashMap<LetId, NodeId>,
    /// Nothing was met that the checker should have refused.
    is_sound: bool,
}

impl<'m> Lowering<'m> {
    pub(super) fn new(lets: &'m [LetModel]) -> Self {
        Self { builder: ConditionBuilder::default(), lets, shared: HashMap::new(), is_sound: true }
    }

    /// The conditions; nothing where something was met that the checker should have refused, and that a
    /// condition could only stand for wrongly.
    pub(super) fn finish(self) -> Option<ConditionTable> {
        self.is_sound.then(|| self.builder.finish())
    }

    pub(super) fn selector(&mut self, selector: Selector) -> SelectorId {
        self.builder.selector(selector)
    }

    pub(super) fn reads_path(&self, condition: &Condition) -> bool {
        condition.extent(|id| self.lets.get(id.0).map(|found| found.extent)).reads_path
    }

    /// The condition as it reads for this path. Its depth is bounded by the checker, `let`s written out.
    pub(super) fn condition(&mut self, condition: &Condition, pattern: Option<&PathPattern>) -> NodeId {
        match condition {
            Condition::Constant(value) => self.builder.constant(*value),
            Condition::Atom(atom) => {
                let atom = self.atom(atom, pattern);
                self.builder.atom(atom)
            }
            Condition::Not(inner) => {
                let inner = self.condition(inner, pattern);
                self.builder.not(inner)
            }
            Condition::All(parts) => {
                let parts = self.conditions(parts, pattern);
                self.builder.all(parts)
            }
            Condition::Any(parts) => {
                let parts = self.conditions(parts, pattern);
                self.builder.any(parts)
            }
            Condition::Let(id, _) => self.named(*id, pattern),
        }
    }

    fn conditions(&mut self, parts: &[Condition], pattern: Option<&PathPattern>) -> Vec<NodeId> {
        parts.iter().map(|part| self.condition(part, pattern)).collect()
    }

    fn named(&mut self, id: LetId, pattern: Option<&PathPattern>) -> NodeId {
        if let Some(node) = self.shared.get(&id) {
            return *node;
        }
        let Some(found) = self.lets.get(id.0) else {
            self.is_sound = false;
            return self.builder.constant(false);
        };
        let node = self.condition(&found.condition, pattern);
        if !found.extent.reads_path {
            self.shared.insert(id, node);
        }
        node
    }

    fn atom(&mut self, atom: &model::Atom, pattern: Option<&PathPattern>) -> Atom {
        match atom {
            model::Atom::Compare(left, comparison, right) => {
                Atom::Compare(self.operand(left, pattern), *comparison, self.operand(right, pattern))
            }
            model::Atom::Member { item, list } => {
                Atom::Member { item: self.operand(item, pattern), list: self.operand(list, pattern) }
            }
            model::Atom::Like(subject, glob) => Atom::Like(self.operand(subject, pattern), glob.clone()),
            model::Atom::AddressIn(block) => Atom::AddressIn(block.clone()),
            model::Atom::Present(claim) => Atom::Present(self.selector(claim.clone())),
            model::Atom::True(claim) => Atom::True(self.selector(claim.clone())),
            model::Atom::Issuer(issuer) => Atom::Issuer(*issuer),
        }
    }

    pub(super) fn operand(&mut self, operand: &model::Operand, pattern: Option<&PathPattern>) -> Operand {
        match operand {
            model::Operand::Literal(literal) => Operand::Literal(literal.clone()),
            model::Operand::Claim(claim) => Operand::Claim(self.selector(claim.clone())),
            model::Operand::Groups => Operand::Groups,
            model::Operand::Scopes => Operand::Scopes,
            model::Operand::Path(name) => {
                let part = pattern.and_then(|pattern| pattern.binding(&name.node));
                self.is_sound &= part.is_some();
                part.map_or(Operand::Literal(Literal::List(Vec::new())), Operand::Path)
            }
            model::Operand::Header(name) => Operand::Header(name.clone()),
            model::Operand::Query(name) => Operand::Query(name.clone()),
            model::Operand::Time => Operand::Time,
            model::Operand::Stage => Operand::Stage,
        }
    }
}
