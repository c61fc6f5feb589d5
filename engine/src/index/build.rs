//! The trie while it grows.

use std::collections::{BTreeMap, VecDeque};

use crate::condition::ConditionTable;
use crate::index::packed::{Bounds, Node, Packed};
use crate::index::skips::Step;
use crate::index::{Entry, Index, Key, keys};
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
        let bounds = Bounds { atoms: conditions.atom_count(), clauses: clauses.len() };
        Packed::build(clauses, conditions).unpack(bounds).unwrap_or_default()
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

impl Draft {
    /// The only step from here, if nothing but that step can be said of the node. A literal that is empty is none: a run
    /// would tell it from any segment no more.
    fn only_step(&mut self) -> Option<(Step, usize)> {
        let is_about_more = !self.globs.is_empty()
            || !self.here.is_empty()
            || !self.below.is_empty()
            || self.literals.contains_key("");
        match (self.literals.len(), self.any) {
            _ if is_about_more => None,
            (1, None) => self.literals.pop_first().map(|(label, to)| (Some(label), to)),
            (0, Some(to)) => Some((None, to)),
            _ => None,
        }
    }
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
            None => list.push(entry(Key::NONE)),
            Some(keys) => list.extend(keys.into_iter().map(|key| entry(Key::of(key)))),
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
        while let Some(at) = queue.pop_front() {
            let mut node = self.take(at);
            let mut skip = Vec::new();
            while let Some((step, to)) = node.only_step() {
                skip.push(step);
                node = self.take(to);
            }
            let Draft { literals, any, globs, here, below } = node;
            queue.extend(literals.values().copied().chain(any).chain(globs.values().copied()));
            packed.push(Node {
                skip,
                labels: literals.into_keys().collect(),
                has_any: any.is_some(),
                globs: globs.into_keys().collect(),
                here,
                below,
            });
        }
        packed
    }

    fn take(&mut self, at: usize) -> Draft {
        self.nodes.get_mut(at).map(std::mem::take).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::NodeId;
    use crate::pattern::{PathPattern, Tail};
    use crate::program::RuleId;
    use crate::verb::VerbSet;

    fn clause(segments: &[&str]) -> Clause {
        let segment = |text: &&str| match *text {
            "*" => Segment::Any(None),
            text => Segment::Literal(text.to_owned()),
        };
        let segments = segments.iter().map(segment).collect();
        let pattern = PathPattern { segments, tail: Tail::None };
        Clause { rule: RuleId(0), verbs: VerbSet::ANY, pattern, condition: NodeId(0) }
    }

    #[test]
    fn a_node_stands_where_paths_part_or_clauses_end() {
        let nodes = |clauses: &[&[&str]]| {
            let clauses: Vec<Clause> = clauses.iter().map(|segments| clause(segments)).collect();
            Index::build(&clauses, &ConditionTable::default()).nodes.len()
        };
        assert_eq!(nodes(&[&["v1", "users", "*", "photos"]]), 1);
        assert_eq!(nodes(&[&["v1", "users", "*"], &["v1", "albums", "*"]]), 3);
        assert_eq!(nodes(&[&["users", "*", "photos", "*"], &["users"]]), 2);
        assert_eq!(nodes(&[&["users", "ana", "x"], &["users", "*", "y"]]), 3);
    }

    #[test]
    fn an_empty_literal_is_not_any_segment() {
        let index = Index::build(&[clause(&["users", ""])], &ConditionTable::default());
        assert_eq!(index, Index::default(), "which leads nowhere");
    }
}
