//! The index that finds the clauses for a request: a trie over path segments whose literal steps are one
//! hash table, and at each end the clauses, those that need some fact of the token keyed by it. Where one step alone
//! goes on, it is skipped: a node stands where paths part or clauses end.
//!
//! It is built when the policy is built and is part of the bundle, there in a shorter form.

mod build;
mod by_fact;
mod packed;
mod shape;
mod skips;
mod unpack;
mod walk;

use std::ops::Range;

use bytes::Bytes;
use serde::Serialize;

use crate::condition::{Atom, AtomId, ConditionTable, Node, NodeId, Operand};
use crate::program::ClauseId;
use crate::short;
use crate::verb::VerbSet;

use by_fact::ByFact;
use shape::Shape;
use skips::Skips;
use walk::Walk;

pub(crate) use packed::{Bounds, Packed};
pub(crate) use walk::{Found, Search};

/// A clause that needs one of more facts than this is looked at for every token.
const MAX_KEYS: usize = 8;

/// So few literals of a node are looked at one by one; more are looked up.
const FEW_LITERALS: u32 = 4;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// A node's children stand behind it, in the order of the nodes: literals by their labels, then the rest.
    nodes: Vec<TrieNode>,
    /// Each different shape of a node once.
    shapes: Vec<Shape>,
    skips: Skips,
    entries: Vec<Entry>,
    globs: Vec<GlobStep>,
    /// Where in `labels` each literal starts, in the order of the nodes, and where the last one ends.
    steps: Vec<u32>,
    /// Open addressing over the literals of nodes with many: an index plus one, or 0 where nothing is. A power of two
    /// long.
    slots: Vec<u32>,
    /// Text, as it stands in the bundle.
    labels: Bytes,
    by_fact: ByFact,
    /// The nodes that have globs, and the range of each one's.
    globbed: Vec<(u32, u32, u32)>,
}

/// As small as can be: a start waits for every page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TrieNode {
    /// The first of its children.
    children: u32,
    /// The first of its literals.
    steps: u32,
    /// The first of its entries.
    entries: u32,
    /// Which of the shapes it has.
    shape: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Entry {
    verbs: VerbSet,
    key: Key,
    clause: ClauseId,
}

/// The fact that brings a clause in, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Key(u32);

#[derive(Debug, Clone, PartialEq, Eq)]
struct GlobStep {
    glob: String,
    to: u32,
}

impl Index {
    /// The globs of the trie's steps, by index.
    pub(crate) fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(|step| step.glob.as_str())
    }

    /// Whether some clause's path names or matches by this character.
    pub(crate) fn names(&self, c: char) -> bool {
        self.labels().contains(c) || self.skips.names(c) || self.globs().any(|glob| glob.contains(c))
    }

    /// Fills in the clauses that match, in the order of the text, each once.
    #[inline]
    pub(crate) fn find(&self, search: Search<'_>, found: &mut Found) {
        Walk { index: self, search, found }.go_from(0, search.path.start());
        if found.len() > 1 {
            in_order(found);
        }
    }

    /// Every clause that can hold for a token with these facts. A clause can come twice.
    pub(crate) fn clauses_for<'a>(&'a self, facts: &'a [AtomId]) -> impl Iterator<Item = ClauseId> + 'a {
        self.by_fact.clauses(facts)
    }

    /// The numbers of a node's globs.
    fn globs_of(&self, node: u32) -> Range<u32> {
        let found = self.globbed.binary_search_by_key(&node, |(own, ..)| *own).ok();
        found.and_then(|at| self.globbed.get(at)).map_or(0..0, |(_, start, end)| *start..*end)
    }

    fn range(&self, start: u32, end: u32) -> &[Entry] {
        self.entries.get(start as usize..end as usize).unwrap_or_default()
    }

    fn labels(&self) -> &str {
        std::str::from_utf8(&self.labels).unwrap_or_default()
    }

    /// Which of a node's literals is the label, counted from the node's first.
    fn literal(&self, own: Range<u32>, label: &[u8]) -> Option<u32> {
        let is_label = |step: u32| self.label(step).is_some_and(|own| short::equal(own, label));
        if own.end - own.start <= FEW_LITERALS {
            let first = own.start;
            return own.into_iter().find(|step| is_label(*step)).map(|step| step - first);
        }
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash(own.start, label) & mask;
        for _ in 0..=mask {
            let step = self.slots.get(slot)?.checked_sub(1)?;
            if own.contains(&step) && is_label(step) {
                return Some(step - own.start);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    fn label(&self, step: u32) -> Option<&[u8]> {
        let [start, end] = self.steps.get(step as usize..step as usize + 2)? else { return None };
        self.labels.get(*start as usize..*end as usize)
    }
}

impl Key {
    const NONE: Self = Self(0);

    /// The checker bounds the number of facts far below the largest number.
    const fn of(fact: AtomId) -> Self {
        Self(fact.0.saturating_add(1))
    }

    fn fact(self) -> Option<AtomId> {
        self.0.checked_sub(1).map(AtomId)
    }
}

impl Index {
    fn fill_slots(&mut self) {
        let many = self.nodes.iter().filter_map(|node| {
            let literals = self.shapes.get(node.shape as usize)?.literals;
            (literals > FEW_LITERALS).then_some(node.steps..node.steps + literals)
        });
        let count: usize = many.clone().map(|own| own.len()).sum();
        // A quarter is free at least.
        let size = (count + count / 3).next_power_of_two();
        let mut slots = vec![0u32; size];
        for (first, step) in many.flat_map(|own| own.clone().map(move |step| (own.start, step))) {
            let mut slot = hash(first, self.label(step).unwrap_or_default()) & (size - 1);
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = step + 1;
            }
        }
        self.slots = slots;
    }
}

/// A hash of the node's first literal and the label, some bytes at a time. Equal hashes cost time, and nothing else.
fn hash(first: u32, label: &[u8]) -> usize {
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(PRIME);
        product ^ (product >> 32)
    };
    let seed = u64::from(first).wrapping_mul(PRIME) ^ label.len() as u64;
    // The last word can lie over the one before.
    let hash = if let (Some(first), Some(last)) = (label.first_chunk::<8>(), label.last_chunk::<8>()) {
        let words = label.chunks_exact(8).skip(1).filter_map(|word| word.first_chunk::<8>());
        let start = mix(seed, u64::from_le_bytes(*first));
        let inside = words.fold(start, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        mix(inside, u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (label.first_chunk::<4>(), label.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        mix(seed, u64::from(first) << 32 | u64::from(last))
    } else {
        mix(seed, label.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    };
    usize::try_from((hash ^ (hash >> 29)) & 0xffff_ffff).unwrap_or_default()
}

/// In the order of the text, each once: one with several keys can have come more than once.
#[inline(never)]
pub(crate) fn in_order(found: &mut Found) {
    found.sort_unstable();
    found.dedup();
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
    match atom {
        Atom::Compare(left, _, right) => follows_from_token(left) && follows_from_token(right),
        Atom::Member { item, list } => follows_from_token(item) && follows_from_token(list),
        Atom::Like(subject, _) => follows_from_token(subject),
        Atom::AddressIn(_) => false,
        Atom::Present(_) | Atom::True(_) | Atom::Issuer(_) => true,
    }
}

/// Whether the operand's value is known once the token is.
pub(crate) const fn follows_from_token(operand: &Operand) -> bool {
    matches!(operand, Operand::Literal(_) | Operand::Claim(_) | Operand::Groups | Operand::Scopes)
}

/// The checker bounds every count far below this.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
