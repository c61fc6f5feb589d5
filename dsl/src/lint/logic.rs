//! What can be said of conditions by looking at them.

mod facts;

use policy_engine::condition::{Atom, ConditionTable, Node, NodeId, Operand};

use facts::Facts;

/// The most steps in which one condition is compared with another. What takes more is not known.
const MAX_STEPS: usize = 200;

/// An `and` of more parts is not looked at together with the `or`s in it.
const MAX_DISTRIBUTED: usize = 32;

/// The conditions of a policy, and which of them never or always hold.
pub(crate) struct Logic<'p> {
    table: &'p ConditionTable,
    never: Vec<bool>,
    always: Vec<bool>,
    truth: Option<NodeId>,
}

impl<'p> Logic<'p> {
    /// Looks at every condition once; a node's children come before it.
    pub(crate) fn new(table: &'p ConditionTable) -> Self {
        let truth = table.nodes.iter().position(|node| *node == Node::Constant(true));
        let truth = truth.and_then(|index| u32::try_from(index).ok()).map(NodeId);
        let mut logic = Self { table, never: Vec::new(), always: Vec::new(), truth };
        for node in &table.nodes {
            let (never, always) = logic.extremes(node);
            logic.never.push(never);
            logic.always.push(always);
        }
        logic
    }

    /// Whether it is certain that the condition never holds.
    pub(super) fn never(&self, id: NodeId) -> bool {
        self.never.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Whether it is certain that the condition always holds.
    pub(crate) fn always(&self, id: NodeId) -> bool {
        self.always.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// The condition that is simply true, where the policy has it.
    pub(super) fn truth(&self) -> Option<NodeId> {
        self.truth
    }

    /// The parts of an `and`; else the condition itself.
    pub(super) fn conjuncts<'s>(&'s self, id: &'s NodeId) -> &'s [NodeId] {
        match self.table.node(*id) {
            Some(Node::All(parts)) => parts,
            _ => std::slice::from_ref(id),
        }
    }

    pub(super) fn atom(&self, id: NodeId) -> Option<&'p Atom> {
        match self.table.node(id)? {
            Node::Atom(atom) => self.table.atom(*atom),
            _ => None,
        }
    }

    fn extremes(&self, node: &Node) -> (bool, bool) {
        match node {
            Node::Constant(value) => (!*value, *value),
            Node::Atom(_) => (false, false),
            Node::Not(inner) => (self.always(*inner), self.never(*inner)),
            Node::All(parts) => {
                let never = parts.iter().any(|part| self.never(*part)) || self.contradict(parts);
                (never, parts.iter().all(|part| self.always(*part)))
            }
            Node::Any(parts) => {
                let always = parts.iter().any(|part| self.always(*part)) || self.has_opposites(parts);
                (parts.iter().all(|part| self.never(*part)), always)
            }
        }
    }

    /// Whether one of the parts is the opposite of another.
    fn has_opposites(&self, parts: &[NodeId]) -> bool {
        parts.iter().any(|part| match self.table.node(*part) {
            // The builder keeps the parts in order.
            Some(Node::Not(inner)) => parts.binary_search(inner).is_ok(),
            _ => false,
        })
    }

    fn contradict(&self, parts: &[NodeId]) -> bool {
        if self.has_opposites(parts) {
            return true;
        }
        let mut facts = Facts::default();
        for part in parts {
            self.learn(*part, &mut facts);
        }
        if facts.are_contradictory() {
            return true;
        }
        !facts.is_empty()
            && parts.len() <= MAX_DISTRIBUTED
            && parts.iter().any(|part| self.excludes_each(&facts, *part))
    }

    /// Whether none of an `or`'s parts agrees with the facts.
    fn excludes_each(&self, facts: &Facts<'p>, id: NodeId) -> bool {
        let Some(Node::Any(parts)) = self.table.node(id) else { return false };
        parts.len() <= MAX_DISTRIBUTED
            && parts.iter().all(|part| {
                let mut facts = facts.clone();
                for part in self.conjuncts(part).iter().take(MAX_DISTRIBUTED) {
                    self.learn(*part, &mut facts);
                }
                facts.are_contradictory()
            })
    }

    fn learn(&self, id: NodeId, facts: &mut Facts<'p>) {
        if let Some(atom) = self.atom(id) {
            facts.add(atom);
        } else if let Some(Node::Not(inner)) = self.table.node(id)
            && let Some(atom) = self.atom(*inner)
        {
            facts.add_opposite(atom);
        }
    }

    /// Whether it is certain that the second condition holds wherever the first one does.
    pub(super) fn implies(&self, first: NodeId, second: NodeId) -> bool {
        let mut steps = MAX_STEPS;
        self.implies_within(first, second, &mut steps)
    }

    fn implies_within(&self, first: NodeId, second: NodeId, steps: &mut usize) -> bool {
        if first == second || self.never(first) || self.always(second) {
            return true;
        }
        let Some(left) = steps.checked_sub(1) else { return false };
        *steps = left;
        let (Some(a), Some(b)) = (self.table.node(first), self.table.node(second)) else { return false };
        let mut implies = |first, second| self.implies_within(first, second, steps);
        match (a, b) {
            (Node::Any(parts), _) => parts.iter().all(|part| implies(*part, second)),
            (_, Node::All(parts)) => parts.iter().all(|part| implies(first, *part)),
            (Node::All(parts), Node::Any(alternatives)) => {
                parts.iter().any(|part| implies(*part, second))
                    || alternatives.iter().any(|alternative| implies(first, *alternative))
            }
            (Node::All(parts), _) => parts.iter().any(|part| implies(*part, second)),
            (_, Node::Any(alternatives)) => {
                alternatives.iter().any(|alternative| implies(first, *alternative))
            }
            (Node::Not(first), Node::Not(second)) => implies(*second, *first),
            (Node::Atom(_), Node::Not(second)) => self.exclude(first, *second),
            (Node::Atom(_), Node::Atom(_)) => self.atom_implies(first, second),
            _ => false,
        }
    }

    /// Whether two atoms never hold together.
    fn exclude(&self, first: NodeId, second: NodeId) -> bool {
        let (Some(first), Some(second)) = (self.atom(first), self.atom(second)) else { return false };
        let mut facts = Facts::default();
        facts.add(first);
        facts.add(second);
        facts.are_contradictory()
    }

    fn atom_implies(&self, first: NodeId, second: NodeId) -> bool {
        let (Some(first), Some(second)) = (self.atom(first), self.atom(second)) else { return false };
        if let Atom::Present(claim) = second {
            return facts::reads(first).any(|operand| *operand == Operand::Claim(*claim));
        }
        facts::is_narrower(first, second)
    }
}
