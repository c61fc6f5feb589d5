//! The index that finds the clauses for a request: a trie over path segments whose literal steps are one
//! hash table, and at each end the clauses, those that need some fact of the token keyed by it.
//!
//! It is built when the policy is built and is part of the bundle.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::condition::{Atom, AtomId, ConditionTable, Node, NodeId, Operand};
use crate::path::RequestPath;
use crate::pattern::Segment;
use crate::program::{Clause, ClauseId};
use crate::verb::{Verb, VerbSet};

/// A clause that needs one of more facts than this is looked at for every token.
const MAX_KEYS: usize = 8;

/// How deep the trie may be. The compiler's own limit on segments is below it.
const MAX_DEPTH: usize = 1_024;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    nodes: Vec<TrieNode>,
    entries: Vec<Entry>,
    globs: Vec<GlobStep>,
    steps: Vec<LiteralStep>,
    /// Open addressing over `steps`: an index plus one, or 0 where nothing is. A power of two long.
    slots: Vec<u32>,
    labels: String,
    /// Clauses that no single fact of the token rules out, then those that one of their facts brings in.
    unkeyed: Vec<ClauseId>,
    keyed: Vec<(AtomId, ClauseId)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TrieNode {
    any: Option<u32>,
    globs: (u32, u32),
    here: Terminal,
    below: Terminal,
}

/// Two ranges of `entries`: without a key, and sorted by key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Terminal {
    start: u32,
    keyed: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    verbs: VerbSet,
    key: Option<AtomId>,
    clause: ClauseId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LiteralStep {
    from: u32,
    to: u32,
    label: (u32, u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct GlobStep {
    glob: String,
    to: u32,
}

/// What the walk needs to know besides the path.
pub(crate) trait Guide {
    /// The facts of the token, sorted; `None` to visit every clause whatever its key.
    fn facts(&self) -> Option<&[AtomId]>;
    /// Whether the glob with that index matches the segment.
    fn glob_matches(&self, glob: usize, segment: &str) -> bool;
    /// Called for each clause whose verbs and path match. A clause with several keys can come twice.
    fn visit(&mut self, clause: ClauseId);
}

impl Index {
    pub(crate) fn build(clauses: &[Clause], conditions: &ConditionTable) -> Self {
        let mut builder = Builder { nodes: vec![Draft::default()], index: Self::default() };
        for (number, clause) in (0u32..).zip(clauses) {
            builder.add(ClauseId(number), clause, conditions);
        }
        builder.finish()
    }

    /// The globs of the trie's steps, by index.
    pub(crate) fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(|step| step.glob.as_str())
    }

    /// Whether the trie is a tree, and no deeper than can be walked.
    pub(crate) fn is_sound(&self) -> bool {
        let mut depths: Vec<Option<usize>> = vec![None; self.nodes.len()];
        if let Some(root) = depths.first_mut() {
            *root = Some(0);
        }
        (0u32..).zip(&self.nodes).all(|(number, node)| {
            let Some(depth) = depths.get(number as usize).copied().flatten() else { return false };
            let globs = self.globs.get(node.globs.0 as usize..node.globs.1 as usize);
            let Some(globs) = globs else { return false };
            let first = self.steps.partition_point(|step| step.from < number);
            let literals = self.steps.iter().skip(first).take_while(|step| step.from == number);
            let next = literals.map(|step| step.to).chain(node.any).chain(globs.iter().map(|step| step.to));
            // Each node is reached from one other that comes before it.
            next.into_iter().all(|to| match depths.get_mut(to as usize) {
                Some(place) if to > number && place.is_none() && depth < MAX_DEPTH => {
                    *place = Some(depth + 1);
                    true
                }
                _ => false,
            })
        })
    }

    /// Visits the clauses for a verb and a path.
    pub(crate) fn walk(&self, verb: Verb, path: &RequestPath<'_>, guide: &mut impl Guide) {
        self.walk_from(0, verb, (path, 0), guide);
    }

    /// Every clause that can hold for a token with these facts. A clause can come twice.
    pub(crate) fn clauses_for<'a>(&'a self, facts: &'a [AtomId]) -> impl Iterator<Item = ClauseId> + 'a {
        let keyed = facts.iter().flat_map(|fact| {
            let start = self.keyed.partition_point(|(key, _)| key < fact);
            let rest = self.keyed.get(start..).unwrap_or_default();
            rest.iter().take_while(move |(key, _)| key == fact).map(|(_, clause)| *clause)
        });
        self.unkeyed.iter().copied().chain(keyed)
    }

    /// As deep as the trie at most, whatever the path.
    fn walk_from(
        &self,
        at: u32,
        verb: Verb,
        (path, depth): (&RequestPath<'_>, usize),
        guide: &mut impl Guide,
    ) {
        let Some(node) = self.nodes.get(at as usize) else { return };
        let Some(segment) = path.segment(depth) else {
            return self.visit(node.here, verb, guide);
        };
        let rest = (path, depth + 1);
        self.visit(node.below, verb, guide);
        if let Some(next) = self.literal(at, segment) {
            self.walk_from(next, verb, rest, guide);
        }
        if let Some(next) = node.any {
            self.walk_from(next, verb, rest, guide);
        }
        for number in node.globs.0..node.globs.1 {
            if let Some(step) = self.globs.get(number as usize)
                && guide.glob_matches(number as usize, segment)
            {
                self.walk_from(step.to, verb, rest, guide);
            }
        }
    }

    fn visit(&self, terminal: Terminal, verb: Verb, guide: &mut impl Guide) {
        let Terminal { start, keyed, end } = terminal;
        if start == end {
            return;
        }
        for entry in self.range(start, keyed) {
            if entry.verbs.contains(verb) {
                guide.visit(entry.clause);
            }
        }
        let entries = self.range(keyed, end);
        let Some(count) = guide.facts().map(<[AtomId]>::len) else {
            for entry in entries.iter().filter(|entry| entry.verbs.contains(verb)) {
                guide.visit(entry.clause);
            }
            return;
        };
        for number in 0..count {
            let Some(fact) = guide.facts().and_then(|facts| facts.get(number).copied()) else { return };
            let first = entries.partition_point(|entry| entry.key < Some(fact));
            for entry in entries.iter().skip(first).take_while(|entry| entry.key == Some(fact)) {
                if entry.verbs.contains(verb) {
                    guide.visit(entry.clause);
                }
            }
        }
    }

    fn range(&self, start: u32, end: u32) -> &[Entry] {
        self.entries.get(start as usize..end as usize).unwrap_or_default()
    }

    fn literal(&self, from: u32, label: &str) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let first = hash(from, label);
        let probes = (0..=mask).map(|probe| (first + probe) & mask);
        let steps =
            probes.map_while(|slot| self.steps.get((*self.slots.get(slot)? as usize).checked_sub(1)?));
        let mut own = steps.filter(|step| step.from == from && self.label(step) == Some(label));
        own.next().map(|step| step.to)
    }

    fn label(&self, step: &LiteralStep) -> Option<&str> {
        self.labels.get(step.label.0 as usize..step.label.1 as usize)
    }
}

/// FNV-1a over the node and the label, folded. Fixed here, since the table is part of the bundle.
fn hash(from: u32, label: &str) -> usize {
    const PRIME: u64 = 0x0100_0000_01b3;
    let seed = 0xcbf2_9ce4_8422_2325 ^ u64::from(from).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = label.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    usize::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or_default()
}

/// The facts of which at least one must hold for the condition to hold; `None` where there are none such,
/// or too many.
pub(crate) fn keys(conditions: &ConditionTable, node: NodeId) -> Option<Vec<AtomId>> {
    match conditions.node(node)? {
        Node::Constant(false) => Some(Vec::new()),
        Node::Constant(true) | Node::Not(_) => None,
        Node::Atom(id) => depends_on_token_only(conditions.atom(*id)?).then(|| vec![*id]),
        Node::All(children) => {
            children.iter().filter_map(|child| keys(conditions, *child)).min_by_key(Vec::len)
        }
        Node::Any(children) => {
            let mut all = Vec::new();
            for child in children {
                all.extend(keys(conditions, *child)?);
            }
            all.sort_unstable();
            all.dedup();
            (all.len() <= MAX_KEYS).then_some(all)
        }
    }
}

/// Whether the atom's truth is known once the token is.
pub(crate) fn depends_on_token_only(atom: &Atom) -> bool {
    let known = |operand: &Operand| {
        matches!(operand, Operand::Literal(_) | Operand::Claim(_) | Operand::Groups | Operand::Scopes)
    };
    match atom {
        Atom::Compare(left, _, right) => known(left) && known(right),
        Atom::Member { item, list } => known(item) && known(list),
        Atom::Like(subject, _) => known(subject),
        Atom::AddressIn(_) => false,
        Atom::Present(_) | Atom::True(_) | Atom::Issuer(_) => true,
    }
}

/// A trie node while the trie grows.
#[derive(Default)]
struct Draft {
    literals: BTreeMap<String, u32>,
    any: Option<u32>,
    globs: BTreeMap<String, u32>,
    here: Vec<Entry>,
    below: Vec<Entry>,
}

struct Builder {
    nodes: Vec<Draft>,
    index: Index,
}

impl Builder {
    fn add(&mut self, id: ClauseId, clause: &Clause, conditions: &ConditionTable) {
        let keys = keys(conditions, clause.condition);
        match &keys {
            None => self.index.unkeyed.push(id),
            Some(keys) => self.index.keyed.extend(keys.iter().map(|key| (*key, id))),
        }
        let end = clause.pattern.segments.iter().fold(0, |at, segment| self.step(at, segment));
        let Some(node) = self.nodes.get_mut(end) else { return };
        let list = if clause.pattern.has_tail() { &mut node.below } else { &mut node.here };
        let entry = |key| Entry { verbs: clause.verbs, key, clause: id };
        match keys {
            None => list.push(entry(None)),
            Some(keys) => list.extend(keys.into_iter().map(|key| entry(Some(key)))),
        }
    }

    fn step(&mut self, at: usize, segment: &Segment) -> usize {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let to = match segment {
            Segment::Literal(text) => *node.literals.entry(text.clone()).or_insert(next),
            Segment::Any(_) => *node.any.get_or_insert(next),
            Segment::Glob(glob) => *node.globs.entry(glob.clone()).or_insert(next),
        };
        if to == next {
            self.nodes.push(Draft::default());
        }
        to as usize
    }

    fn finish(self) -> Index {
        let mut index = self.index;
        index.keyed.sort_unstable();
        for (number, draft) in (0u32..).zip(self.nodes) {
            index.place(number, draft);
        }
        index.fill_slots();
        index
    }
}

impl Index {
    fn place(&mut self, number: u32, draft: Draft) {
        for (label, to) in draft.literals {
            let start = length(self.labels.len());
            self.labels.push_str(&label);
            self.steps.push(LiteralStep { from: number, to, label: (start, length(self.labels.len())) });
        }
        let first_glob = length(self.globs.len());
        self.globs.extend(draft.globs.into_iter().map(|(glob, to)| GlobStep { glob, to }));
        let globs = (first_glob, length(self.globs.len()));
        let here = self.terminal(draft.here);
        let below = self.terminal(draft.below);
        self.nodes.push(TrieNode { any: draft.any, globs, here, below });
    }

    fn terminal(&mut self, mut entries: Vec<Entry>) -> Terminal {
        entries.sort_by_key(|entry| (entry.key, entry.clause));
        let start = length(self.entries.len());
        let keyed = start + length(entries.iter().take_while(|entry| entry.key.is_none()).count());
        self.entries.extend(entries);
        Terminal { start, keyed, end: length(self.entries.len()) }
    }

    fn fill_slots(&mut self) {
        let size = (self.steps.len() * 2).next_power_of_two();
        let mut slots = vec![0u32; size];
        for (number, step) in (1u32..).zip(&self.steps) {
            let label = self.label(step).unwrap_or_default();
            let mut slot = hash(step.from, label) & (size - 1);
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = number;
            }
        }
        self.slots = slots;
    }
}

/// The checker bounds every count far below this.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
