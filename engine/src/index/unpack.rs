//! The index read from a bundle: from the packed form in one go, and nothing that does not make an index.

use bytes::Bytes;

use crate::index::by_fact::ByFact;
use crate::index::packed::{Bounds, Unsound};
use crate::index::shape::{Shape, Terminal};
use crate::index::skips::Skips;
use crate::index::{Entry, GlobStep, Index, Key, TrieNode, length};
use crate::program::ClauseId;
use crate::skim::Skim;
use crate::verb::VerbSet;

/// How deep the trie may be. The compiler's own limit on segments is below it.
const MAX_DEPTH: u32 = 1_024;

impl Index {
    /// The index that these bytes start with, as `Packed` is written, and what is behind it. They are part of the whole,
    /// which is kept for its labels.
    pub(crate) fn take<'a>(
        bytes: &'a [u8],
        whole: &Bytes,
        bounds: Bounds,
    ) -> Result<(Self, &'a [u8]), Unsound> {
        let mut skim = Skim::new(bytes);
        let (_, shapes) = skim.numbers().ok_or(Unsound)?;
        let (node_count, nodes) = skim.numbers().ok_or(Unsound)?;
        let labels = skim.str().ok_or(Unsound)?;
        let (label_count, lengths) = skim.numbers().ok_or(Unsound)?;
        let skips = Skips::take(&mut skim)?;
        let shapes = shapes_of(shapes, &skips)?;
        let (globs, rest): (Vec<String>, _) = postcard::take_from_bytes(skim.rest()).map_err(|_| Unsound)?;
        let mut entries = Skim::new(rest);
        let entry_count = entries.length().ok_or(Unsound)?;
        let labels_kept = whole.slice_ref(labels.as_bytes());
        let mut index = Self { labels: labels_kept, skips, shapes, ..Self::default() };
        // What grows is moved, and a start waits for every page that is touched; not for those that are only reserved.
        // An entry has three bytes at least.
        index.nodes.reserve_exact(node_count);
        index.steps.reserve_exact(label_count + 1);
        index.entries.reserve_exact(entry_count.min(rest.len() / 3));
        index.steps.push(0);
        let level = Level { depth: 0, end: 1 };
        let globs = globs.into_iter();
        let mut unpacking =
            Unpacking { nodes, labels, lengths, globs, entries, children: 1, level, bounds, index };
        for _ in 0..node_count {
            unpacking.node()?;
        }
        unpacking.finish(entry_count)
    }
}

/// The shapes, of runs of steps that there are.
fn shapes_of(mut numbers: Skim<'_>, skips: &Skips) -> Result<Vec<Shape>, Unsound> {
    let mut shapes = Vec::new();
    let mut named = 0;
    while numbers.left() > 0 {
        let shape = Shape::take(&mut numbers)?;
        // New runs come in their order.
        if shape.skip > named + 1 {
            return Err(Unsound);
        }
        named = named.max(shape.skip);
        shapes.push(shape);
    }
    if named == skips.count() { Ok(shapes) } else { Err(Unsound) }
}

struct Unpacking<'a> {
    nodes: Skim<'a>,
    labels: &'a str,
    lengths: Skim<'a>,
    globs: std::vec::IntoIter<String>,
    entries: Skim<'a>,
    /// How many nodes some other leads to, and the root.
    children: u32,
    level: Level,
    bounds: Bounds,
    index: Index,
}

/// The nodes of one depth stand together, since parents come first: up to that number, from the last level's on.
struct Level {
    depth: u32,
    end: u32,
}

impl<'a> Unpacking<'a> {
    fn finish(self, entry_count: usize) -> Result<(Index, &'a [u8]), Unsound> {
        let Self { labels, lengths, mut globs, entries, children, bounds, mut index, .. } = self;
        let is_used_up = labels.is_empty() && lengths.left() == 0 && globs.next().is_none();
        if children as usize != index.nodes.len() || !is_used_up || entry_count != index.entries.len() {
            return Err(Unsound);
        }
        index.by_fact = ByFact::new(&index.entries, bounds.atoms)?;
        index.fill_slots();
        Ok((index, entries.rest()))
    }

    fn node(&mut self) -> Result<(), Unsound> {
        let number = self.nodes.number().ok_or(Unsound)?;
        let shape = *self.index.shapes.get(number as usize).ok_or(Unsound)?;
        let from = length(self.index.nodes.len());
        self.enter(from)?;
        let (children, steps) = (self.children, length(self.index.steps.len()).saturating_sub(1));
        let behind = shape.children().and_then(|own| children.checked_add(own)).ok_or(Unsound)?;
        if behind != children && self.level.depth >= MAX_DEPTH {
            return Err(Unsound);
        }
        self.literals(shape.literals)?;
        if shape.globs != 0 {
            self.globs(from, behind - shape.globs..behind)?;
        }
        self.children = behind;
        let entries = length(self.index.entries.len());
        entries.checked_add(shape.entries()).ok_or(Unsound)?;
        self.entries(shape.here(entries))?;
        self.entries(shape.below(entries))?;
        self.index.nodes.push(TrieNode { children, steps, entries, shape: number });
        Ok(())
    }

    /// The node's literals. Ascending: no two of a node are equal, and none is empty.
    fn literals(&mut self, count: u32) -> Result<(), Unsound> {
        let mut last: Option<&str> = None;
        let mut end = self.index.steps.last().copied().unwrap_or_default();
        for _ in 0..count {
            let length = self.lengths.number().ok_or(Unsound)?;
            let (label, rest) = self.labels.split_at_checked(length as usize).ok_or(Unsound)?;
            if label.is_empty() || last.is_some_and(|last| last >= label) {
                return Err(Unsound);
            }
            (last, self.labels) = (Some(label), rest);
            end = end.checked_add(length).ok_or(Unsound)?;
            self.index.steps.push(end);
        }
        Ok(())
    }

    /// The globs of the node of that number, which lead to those.
    fn globs(&mut self, node: u32, children: std::ops::Range<u32>) -> Result<(), Unsound> {
        let first = length(self.index.globs.len());
        for to in children.clone() {
            let glob = self.globs.next().ok_or(Unsound)?;
            if to > children.start && self.index.globs.last().is_none_or(|last| last.glob >= glob) {
                return Err(Unsound);
            }
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

    /// Entries as they are looked up: those without a key, then the others, in order and each once.
    fn entries(&mut self, Terminal { start, keyed, end }: Terminal) -> Result<(), Unsound> {
        let mut last = None;
        for number in start..end {
            let entry = self.entry()?;
            let place = (entry.key, entry.clause);
            if (entry.key == Key::NONE) != (number < keyed) || last.is_some_and(|last| last >= place) {
                return Err(Unsound);
            }
            last = Some(place);
            self.index.entries.push(entry);
        }
        Ok(())
    }

    fn entry(&mut self) -> Result<Entry, Unsound> {
        let verbs = VerbSet::from_bits(self.entries.byte().ok_or(Unsound)?);
        let key = Key(self.entries.number().ok_or(Unsound)?);
        let clause = self.entries.number().filter(|clause| (*clause as usize) < self.bounds.clauses);
        Ok(Entry { verbs, key, clause: ClauseId(clause.ok_or(Unsound)?) })
    }
}
