//! The trie while it grows.

use std::collections::{BTreeMap, VecDeque};

use crate::condition::ConditionTable;
use crate::index::packed::{Node, Packed};
use crate::index::{Entry, Index, keys};
use crate::pattern::Segment;
use crate::program::{Clause, ClauseId};

impl Packed {
    pub(crate) fn build(clauses: &[Clause], conditions: &ConditionTable) -> Self {
        let mut builder = Builder { nodes: vec![Draft::default()] };
        for (number, clause) in (0u32..).zip(clauses) {
            builder.add(ClauseId(number), clause, conditions);
        }
        builder.finish()
    }
}

impl Index {
    pub(crate) fn build(clauses: &[Clause], conditions: &ConditionTable) -> Self {
        // What was built just now is sound.
        Packed::build(clauses, conditions).unpack().unwrap_or_default()
    }
}

#[derive(Default)]
struct Draft {
    literals: BTreeMap<String, usize>,
    any: Option<usize>,
    globs: BTreeMap<String, usize>,
    here: Vec<Entry>,
    below: Vec<Entry>,
}

struct Builder {
    nodes: Vec<Draft>,
}

impl Builder {
    fn add(&mut self, id: ClauseId, clause: &Clause, conditions: &ConditionTable) {
        let end = clause.pattern.segments.iter().fold(0, |at, segment| self.step(at, segment));
        let Some(node) = self.nodes.get_mut(end) else { return };
        let list = if clause.pattern.has_tail() { &mut node.below } else { &mut node.here };
        let entry = |key| Entry { verbs: clause.verbs, key, clause: id };
        match keys(conditions, clause.condition) {
            None => list.push(entry(None)),
            Some(keys) => list.extend(keys.into_iter().map(|key| entry(Some(key)))),
        }
    }

    fn step(&mut self, at: usize, segment: &Segment) -> usize {
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let to = match segment {
            Segment::Literal(text) => *node.literals.entry(text.clone()).or_insert(next),
            Segment::Any(_) => *node.any.get_or_insert(next),
            Segment::Glob(glob) => *node.globs.entry(glob.clone()).or_insert(next),
        };
        if to == next {
            self.nodes.push(Draft::default());
        }
        to
    }

    fn finish(mut self) -> Packed {
        let mut packed = Packed::default();
        let mut queue = VecDeque::from([0]);
        while let Some(node) = queue.pop_front().and_then(|at| self.nodes.get_mut(at)) {
            let Draft { literals, any, globs, here, below } = std::mem::take(node);
            queue.extend(literals.values().copied().chain(any).chain(globs.values().copied()));
            packed.push(Node {
                labels: literals.into_keys().collect(),
                has_any: any.is_some(),
                globs: globs.into_keys().collect(),
                here,
                below,
            });
        }
        packed
    }
}
