//! The index as it stands in a bundle: what can be counted is left out.

use serde::{Deserialize, Serialize};

use crate::index::{Entry, GlobStep, Index, Keyed, LiteralStep, Terminal, TrieNode, length};

/// How deep the trie may be. The compiler's own limit on segments is below it.
const MAX_DEPTH: u32 = 1_024;

/// What else a node has, beside literals. Their number stands above these bits.
const HAS_ANY: u32 = 1;
const HAS_GLOBS: u32 = 2;
const HAS_HERE: u32 = 4;
const HAS_BELOW: u32 = 8;
const FLAG_BITS: u32 = 4;

/// An [`Index`] without what follows from the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Packed {
    /// Node after node, parents first: its literals and what else it has; the number of its globs; of its clauses
    /// at that path, those without a key and those with one; likewise of those for everything below.
    nodes: Vec<u32>,
    /// The labels of all literals, one behind the other, and their lengths in bytes.
    labels: String,
    lengths: Vec<u32>,
    globs: Vec<String>,
    entries: Vec<Entry>,
}

/// The numbers do not make an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsound;

/// A node as it is packed.
#[derive(Debug, Default)]
pub(super) struct Node {
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
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).fold(0, |all, (_, flag)| all | flag);
        self.nodes.push(length(node.labels.len()) << FLAG_BITS | flags);
        for label in &node.labels {
            self.labels.push_str(label);
            self.lengths.push(length(label.len()));
        }
        if !node.globs.is_empty() {
            self.nodes.push(length(node.globs.len()));
            self.globs.extend(node.globs);
        }
        for mut entries in [node.here, node.below].into_iter().filter(|entries| !entries.is_empty()) {
            entries.sort_by_key(|entry| (entry.key, entry.clause));
            let without_key = entries.iter().take_while(|entry| entry.key.is_none()).count();
            self.nodes.push(length(without_key));
            self.nodes.push(length(entries.len() - without_key));
            self.entries.append(&mut entries);
        }
    }

    /// The whole index.
    pub(crate) fn unpack(self) -> Result<Index, Unsound> {
        let mut unpacking = Unpacking {
            numbers: self.nodes.into_iter(),
            lengths: self.lengths.into_iter(),
            children: 1,
            level: Level { depth: 0, end: 1 },
            entries: 0,
            label: 0,
            index: Index { labels: self.labels, ..Index::default() },
        };
        unpacking.make_room();
        let mut globs = self.globs.into_iter();
        while let Some(head) = unpacking.numbers.next() {
            unpacking.node(head, &mut globs)?;
        }
        let Unpacking { mut index, children, entries, mut lengths, label, .. } = unpacking;
        let is_used_up = lengths.next().is_none()
            && globs.next().is_none()
            && label as usize == index.labels.len()
            && entries as usize == self.entries.len();
        let are_sorted = index.nodes.iter().flat_map(|node| [node.here, node.below()]).all(|terminal| {
            let entries = self.entries.get(terminal.start as usize..terminal.end as usize);
            entries.is_some_and(|entries| is_sorted(entries, terminal))
        });
        if children as usize != index.nodes.len() || !is_used_up || !are_sorted {
            return Err(Unsound);
        }
        index.unkeyed =
            self.entries.iter().filter(|entry| entry.key.is_none()).map(|entry| entry.clause).collect();
        let keyed = self.entries.iter().filter_map(|entry| Some(Keyed::new(entry.key?, entry.clause)));
        index.keyed = keyed.collect();
        index.unkeyed.sort_unstable();
        index.keyed.sort_unstable();
        index.entries = self.entries;
        index.fill_slots();
        Ok(index)
    }
}

struct Unpacking {
    numbers: std::vec::IntoIter<u32>,
    lengths: std::vec::IntoIter<u32>,
    /// How many nodes some other leads to, and the root.
    children: u32,
    level: Level,
    entries: u32,
    label: u32,
    index: Index,
}

/// The nodes of one depth stand together, since parents come first: up to that number, from the last level's on.
struct Level {
    depth: u32,
    end: u32,
}

impl Unpacking {
    /// What grows is moved, and a start waits for every page that is touched.
    fn make_room(&mut self) {
        let mut numbers = self.numbers.as_slice().iter();
        let nodes = std::iter::from_fn(|| {
            let head = numbers.next()?;
            let counts = [(HAS_GLOBS, 1), (HAS_HERE, 2), (HAS_BELOW, 2)];
            let behind: usize =
                counts.iter().filter(|(flag, _)| head & flag != 0).map(|(_, count)| count).sum();
            (0..behind).try_for_each(|_| numbers.next().map(|_| ()))
        });
        self.index.nodes.reserve_exact(nodes.count());
        self.index.steps.reserve_exact(self.lengths.len());
    }

    fn node(&mut self, head: u32, globs: &mut impl Iterator<Item = String>) -> Result<(), Unsound> {
        let from = length(self.index.nodes.len());
        self.enter(from)?;
        let mut last = (self.label, self.label);
        for _ in 0..head >> FLAG_BITS {
            let start = self.label;
            self.label = start.checked_add(self.lengths.next().ok_or(Unsound)?).ok_or(Unsound)?;
            let label = (start, self.label);
            // Ascending: no two of a node are equal, and none is empty.
            if self.text(last)? >= self.text(label)? {
                return Err(Unsound);
            }
            last = label;
            let to = self.child()?;
            self.index.steps.push(LiteralStep { from, to, label });
        }
        let any = if head & HAS_ANY != 0 { self.child()? } else { 0 };
        let has_globs = head & HAS_GLOBS != 0;
        if has_globs {
            self.globs(from, globs)?;
        }
        let here = self.terminal(head & HAS_HERE != 0)?;
        let below = self.terminal(head & HAS_BELOW != 0)?;
        self.index.nodes.push(TrieNode {
            any,
            has_literals: head >> FLAG_BITS != 0,
            has_globs,
            here,
            below_keyed: below.keyed,
            below_end: below.end,
        });
        Ok(())
    }

    /// The globs of the node of that number.
    fn globs(&mut self, node: u32, globs: &mut impl Iterator<Item = String>) -> Result<(), Unsound> {
        let first = length(self.index.globs.len());
        for number in 0..self.number()? {
            let glob = globs.next().ok_or(Unsound)?;
            if number > 0 && self.index.globs.last().is_none_or(|last| last.glob >= glob) {
                return Err(Unsound);
            }
            let to = self.child()?;
            self.index.globs.push(GlobStep { glob, to });
        }
        self.index.globbed.push((node, first, length(self.index.globs.len())));
        Ok(())
    }

    /// Comes to the node of that number, which some other has led to.
    fn enter(&mut self, node: u32) -> Result<(), Unsound> {
        if node >= self.children {
            return Err(Unsound);
        }
        if node == self.level.end {
            self.level = Level { depth: self.level.depth + 1, end: self.children };
        }
        Ok(())
    }

    fn terminal(&mut self, has_entries: bool) -> Result<Terminal, Unsound> {
        let start = self.entries;
        let (mut keyed, mut end) = (start, start);
        if has_entries {
            keyed = start.checked_add(self.number()?).ok_or(Unsound)?;
            end = keyed.checked_add(self.number()?).ok_or(Unsound)?;
        }
        self.entries = end;
        Ok(Terminal { start, keyed, end })
    }

    fn child(&mut self) -> Result<u32, Unsound> {
        if self.level.depth >= MAX_DEPTH {
            return Err(Unsound);
        }
        let child = self.children;
        self.children = child.checked_add(1).ok_or(Unsound)?;
        Ok(child)
    }

    fn text(&self, (start, end): (u32, u32)) -> Result<&str, Unsound> {
        self.index.labels.get(start as usize..end as usize).ok_or(Unsound)
    }

    fn number(&mut self) -> Result<u32, Unsound> {
        self.numbers.next().ok_or(Unsound)
    }
}

/// Whether the entries are as they are looked up: those without a key, then the others, in order and each once.
fn is_sorted(entries: &[Entry], terminal: Terminal) -> bool {
    let without_key = (terminal.keyed - terminal.start) as usize;
    let in_order = entries.is_sorted_by(|a, b| (a.key, a.clause) < (b.key, b.clause));
    in_order && entries.iter().enumerate().all(|(at, entry)| entry.key.is_none() == (at < without_key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::AtomId;
    use crate::program::ClauseId;
    use crate::verb::VerbSet;

    fn node(labels: &[&str], here: &[(Option<u32>, u32)]) -> Node {
        let entry = |(key, clause): &(Option<u32>, u32)| Entry {
            verbs: VerbSet::ANY,
            key: key.map(AtomId),
            clause: ClauseId(*clause),
        };
        Node {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            here: here.iter().map(entry).collect(),
            ..Node::default()
        }
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
        assert!(whole().unpack().is_ok());
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
            ("an entry that is missing", Packed { entries: Vec::new(), ..whole() }),
        ] {
            assert_eq!(bad.unpack().err(), Some(Unsound), "{what}");
        }
        let deep = packed((0..2_000).map(|_| node(&["a"], &[])).chain([leaf()]));
        assert_eq!(deep.unpack().err(), Some(Unsound));
    }
}
