//! The index as it stands in a bundle: what can be counted is left out.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use crate::index::skips::{PackedSkips, Step};
use crate::index::{Entry, Index, Key, length};

/// What else a node has, beside literals. Their number stands above these bits.
pub(super) const HAS_ANY: u32 = 1;
pub(super) const HAS_GLOBS: u32 = 2;
pub(super) const HAS_HERE: u32 = 4;
pub(super) const HAS_BELOW: u32 = 8;
pub(super) const HAS_SKIP: u32 = 16;
pub(super) const FLAG_BITS: u32 = 5;

/// An [`Index`] without what follows from the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Packed {
    /// Shape after shape: a node's literals and what else it has; which run of steps leads to it; the number of its
    /// globs; of its clauses at that path, those without a key and those with one; likewise of those for everything
    /// below.
    shapes: Vec<u32>,
    /// Node after node, parents first: which shape it has.
    nodes: Vec<u32>,
    /// The labels of all literals, one behind the other, and their lengths in bytes.
    labels: String,
    lengths: Vec<u32>,
    skips: PackedSkips,
    globs: Vec<String>,
    entries: Vec<Entry>,
    #[serde(skip)]
    known: BTreeMap<Vec<u32>, u32>,
}

/// The numbers do not make an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsound;

/// How many atoms and clauses there are that an index can name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) atoms: usize,
    pub(crate) clauses: usize,
}

/// A node as it is packed.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) skip: Vec<Step>,
    pub(super) labels: Vec<String>,
    pub(super) has_any: bool,
    pub(super) globs: Vec<String>,
    pub(super) here: Vec<Entry>,
    pub(super) below: Vec<Entry>,
}

impl Packed {
    /// Adds the next node. Its children come in this order: labels, any, globs.
    pub(super) fn push(&mut self, node: Node) {
        let flags = [
            (node.has_any, HAS_ANY),
            (!node.globs.is_empty(), HAS_GLOBS),
            (!node.here.is_empty(), HAS_HERE),
            (!node.below.is_empty(), HAS_BELOW),
            (!node.skip.is_empty(), HAS_SKIP),
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, flag)| all | flag);
        let mut shape = vec![length(node.labels.len()) << FLAG_BITS | flags];
        if !node.skip.is_empty() {
            shape.push(self.skips.number(node.skip));
        }
        for label in &node.labels {
            self.labels.push_str(label);
            self.lengths.push(length(label.len()));
        }
        if !node.globs.is_empty() {
            shape.push(length(node.globs.len()));
            self.globs.extend(node.globs);
        }
        for mut entries in [node.here, node.below].into_iter().filter(|entries| !entries.is_empty()) {
            entries.sort_by_key(|entry| (entry.key, entry.clause));
            let without_key = entries.iter().take_while(|entry| entry.key == Key::NONE).count();
            shape.push(length(without_key));
            shape.push(length(entries.len() - without_key));
            self.entries.append(&mut entries);
        }
        let next = length(self.known.len());
        let number = *self.known.entry(shape).or_insert_with_key(|shape| {
            self.shapes.extend(shape);
            next
        });
        self.nodes.push(number);
    }

    /// The whole index.
    pub(crate) fn unpack(&self, bounds: Bounds) -> Result<Index, Unsound> {
        let bytes = Bytes::from(postcard::to_stdvec(self).map_err(|_| Unsound)?);
        match Index::take(&bytes, &bytes, bounds)? {
            (index, []) => Ok(index),
            _ => Err(Unsound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::AtomId;
    use crate::program::ClauseId;
    use crate::verb::VerbSet;

    const BOUNDS: Bounds = Bounds { atoms: 3, clauses: 2 };

    fn node(labels: &[&str], here: &[(Option<u32>, u32)]) -> Node {
        let entry = |(key, clause): &(Option<u32>, u32)| Entry {
            verbs: VerbSet::ANY,
            key: key.map_or(Key::NONE, |key| Key::of(AtomId(key))),
            clause: ClauseId(*clause),
        };
        Node {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            here: here.iter().map(entry).collect(),
            ..Node::default()
        }
    }

    fn skips(counts: &[u32], lengths: &[u32], labels: &str) -> PackedSkips {
        let (counts, lengths) = (counts.to_vec(), lengths.to_vec());
        PackedSkips { counts, lengths, labels: labels.to_owned(), ..PackedSkips::default() }
    }

    fn packed(nodes: impl IntoIterator<Item = Node>) -> Packed {
        let mut packed = Packed::default();
        nodes.into_iter().for_each(|node| packed.push(node));
        packed
    }

    #[test]
    fn what_cannot_have_been_packed_is_refused() {
        let leaf = || node(&[], &[(None, 1), (Some(2), 0)]);
        let whole = || packed([node(&["a", "b"], &[]), leaf(), leaf()]);
        let step = |label: &str| Some(label.to_owned());
        let skipped = || packed([Node { skip: vec![step("c"), None], ..leaf() }]);
        let with_skips =
            |counts: &[u32], lengths: &[u32]| Packed { skips: skips(counts, lengths, "c"), ..skipped() };
        for good in [whole(), skipped(), with_skips(&[2], &[1, 0])] {
            assert!(good.unpack(BOUNDS).is_ok());
        }
        for (what, bad) in [
            ("a label twice", packed([node(&["a", "a"], &[]), leaf(), leaf()])),
            ("labels out of order", packed([node(&["b", "a"], &[]), leaf(), leaf()])),
            ("an empty label", packed([node(&["", "a"], &[]), leaf(), leaf()])),
            ("a node too few", packed([node(&["a", "b"], &[]), leaf()])),
            ("a node too many", packed([node(&["a"], &[]), leaf(), leaf()])),
            ("no root", Packed::default()),
            ("an entry twice", packed([node(&[], &[(None, 1), (None, 1)])])),
            ("labels that are left", Packed { labels: "abc".to_owned(), ..whole() }),
            ("lengths that are left", Packed { lengths: vec![1, 1, 0], ..whole() }),
            ("a label beyond the labels", Packed { lengths: vec![1, 2], ..whole() }),
            ("a glob that is left", Packed { globs: vec!["*".to_owned()], ..whole() }),
            ("a clause that there is not", packed([node(&[], &[(None, 2)])])),
            ("an atom that there is not", packed([node(&[], &[(Some(3), 0)])])),
            ("a run of steps that is left", Packed { skips: skipped().skips, ..whole() }),
            ("runs of steps that are missing", Packed { skips: PackedSkips::default(), ..skipped() }),
            ("a run without steps", with_skips(&[2, 0], &[1, 0])),
            ("steps that are left", with_skips(&[1], &[1, 0])),
            ("a step too few", with_skips(&[3], &[1, 0])),
            ("a label of a step that is too long", with_skips(&[2], &[2, 0])),
            ("a label of a step that is too short", with_skips(&[2], &[0, 0])),
            ("a label cut inside a character", Packed { skips: skips(&[2], &[1, 1], "é"), ..skipped() }),
            ("an entry that is missing", Packed { entries: Vec::new(), ..whole() }),
        ] {
            assert_eq!(bad.unpack(BOUNDS).err(), Some(Unsound), "{what}");
        }
        let deep = packed((0..2_000).map(|_| node(&["a"], &[])).chain([leaf()]));
        assert_eq!(deep.unpack(BOUNDS).err(), Some(Unsound));
    }
}
