//! The index read from a bundle: from the packed form in one go, and nothing that does not make an index.

use crate::condition::AtomId;
use crate::index::by_fact::ByFact;
use crate::index::packed::{Bounds, FLAG_BITS, HAS_ANY, HAS_BELOW, HAS_GLOBS, HAS_HERE, HAS_SKIP, Unsound};
use crate::index::skips::Skips;
use crate::index::{Entry, GlobStep, Index, Span, Terminal, TrieNode, length};
use crate::program::ClauseId;
use crate::skim::Skim;
use crate::verb::VerbSet;

/// How deep the trie may be. The compiler's own limit on segments is below it.
const MAX_DEPTH: u32 = 1_024;

impl Index {
    /// The index that these bytes start with, as `Packed` is written, and what is behind it.
    pub(crate) fn take(bytes: &[u8], bounds: Bounds) -> Result<(Self, &[u8]), Unsound> {
        let mut skim = Skim::new(bytes);
        let (number_count, numbers) = skim.numbers().ok_or(Unsound)?;
        let labels = skim.str().ok_or(Unsound)?;
        let (label_count, lengths) = skim.numbers().ok_or(Unsound)?;
        let skips = Skips::take(&mut skim)?;
        let (globs, rest): (Vec<String>, _) = postcard::take_from_bytes(skim.rest()).map_err(|_| Unsound)?;
        let mut entries = Skim::new(rest);
        let entry_count = entries.length().ok_or(Unsound)?;
        let mut index = Self { labels: labels.to_owned(), skips, ..Self::default() };
        // What grows is moved, and a start waits for every page that is touched; not for those that are only reserved.
        // An entry has three bytes at least.
        index.nodes.reserve_exact(number_count + 1);
        index.steps.reserve_exact(label_count + 1);
        index.entries.reserve_exact(entry_count.min(rest.len() / 3));
        index.steps.push(0);
        index.spans.push(Span::default());
        let level = Level { depth: 0, end: 1 };
        let globs = globs.into_iter();
        let mut unpacking = Unpacking {
            numbers,
            labels,
            lengths,
            globs,
            entries,
            children: 1,
            skips: 0,
            level,
            bounds,
            index,
        };
        while unpacking.numbers.left() > 0 {
            unpacking.node()?;
        }
        unpacking.finish(entry_count)
    }
}

struct Unpacking<'a> {
    numbers: Skim<'a>,
    labels: &'a str,
    lengths: Skim<'a>,
    globs: std::vec::IntoIter<String>,
    entries: Skim<'a>,
    /// How many nodes some other leads to, and the root.
    children: u32,
    /// How many runs of steps were named.
    skips: u32,
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
        let Self { labels, lengths, mut globs, entries, children, skips, bounds, mut index, .. } = self;
        let is_used_up = labels.is_empty()
            && lengths.left() == 0
            && globs.next().is_none()
            && skips == index.skips.count();
        if children as usize != index.nodes.len() || !is_used_up || entry_count != index.entries.len() {
            return Err(Unsound);
        }
        // Where the last one's children and steps end.
        index.nodes.push(TrieNode { children, steps: step_count(&index), span: 0 });
        index.by_fact = ByFact::new(&index.entries, bounds.atoms)?;
        index.fill_slots();
        Ok((index, entries.rest()))
    }

    fn node(&mut self) -> Result<(), Unsound> {
        let head = self.number()?;
        let from = length(self.index.nodes.len());
        self.enter(from)?;
        let skip = if head & HAS_SKIP != 0 { self.skip()? } else { 0 };
        let (children, steps) = (self.children, step_count(&self.index));
        self.literals(head >> FLAG_BITS)?;
        if head & HAS_ANY != 0 {
            self.child()?;
        }
        if head & HAS_GLOBS != 0 {
            self.globs(from)?;
        }
        let is_bare = head & (HAS_HERE | HAS_BELOW | HAS_SKIP) == 0;
        let span = if is_bare { 0 } else { self.span(head, skip)? };
        let node = TrieNode::new(children, steps, span, (head & HAS_ANY != 0, head & HAS_GLOBS != 0));
        self.index.nodes.push(node.ok_or(Unsound)?);
        Ok(())
    }

    /// The run of steps that leads to a node. New ones come in their order.
    fn skip(&mut self) -> Result<u32, Unsound> {
        let skip = self.number()?;
        if skip == 0 || skip > self.index.skips.count() || skip > self.skips + 1 {
            return Err(Unsound);
        }
        self.skips = self.skips.max(skip);
        Ok(skip)
    }

    /// What the node has clauses for; the number of that.
    fn span(&mut self, head: u32, skip: u32) -> Result<u32, Unsound> {
        let start = length(self.index.entries.len());
        let keyed = self.entries(head & HAS_HERE != 0)?;
        let end = length(self.index.entries.len());
        let below_keyed = self.entries(head & HAS_BELOW != 0)?;
        let below_end = length(self.index.entries.len());
        let span = length(self.index.spans.len());
        self.index.spans.push(Span { skip, here: Terminal { start, keyed, end }, below_keyed, below_end });
        Ok(span)
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
            self.child()?;
        }
        Ok(())
    }

    /// The globs of the node of that number.
    fn globs(&mut self, node: u32) -> Result<(), Unsound> {
        let first = length(self.index.globs.len());
        for number in 0..self.number()? {
            let glob = self.globs.next().ok_or(Unsound)?;
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

    /// Entries as they are looked up: those without a key, then the others, in order and each once; the number of the
    /// first of these.
    fn entries(&mut self, has_entries: bool) -> Result<u32, Unsound> {
        let start = length(self.index.entries.len());
        if !has_entries {
            return Ok(start);
        }
        let keyed = start.checked_add(self.number()?).ok_or(Unsound)?;
        let end = keyed.checked_add(self.number()?).ok_or(Unsound)?;
        let mut last = None;
        for number in start..end {
            let entry = self.entry()?;
            let place = (entry.key, entry.clause);
            if entry.key.is_none() != (number < keyed) || last.is_some_and(|last| last >= place) {
                return Err(Unsound);
            }
            last = Some(place);
            self.index.entries.push(entry);
        }
        Ok(keyed)
    }

    fn entry(&mut self) -> Result<Entry, Unsound> {
        let verbs = VerbSet::from_bits(self.entries.byte().ok_or(Unsound)?);
        let key = match self.entries.byte().ok_or(Unsound)? {
            0 => None,
            1 => Some(AtomId(self.entries.number().ok_or(Unsound)?)),
            _ => return Err(Unsound),
        };
        let clause = self.entries.number().filter(|clause| (*clause as usize) < self.bounds.clauses);
        Ok(Entry { verbs, key, clause: ClauseId(clause.ok_or(Unsound)?) })
    }

    fn child(&mut self) -> Result<u32, Unsound> {
        if self.level.depth >= MAX_DEPTH {
            return Err(Unsound);
        }
        let child = self.children;
        self.children = child.checked_add(1).ok_or(Unsound)?;
        Ok(child)
    }

    fn number(&mut self) -> Result<u32, Unsound> {
        self.numbers.number().ok_or(Unsound)
    }
}

/// How many literals there are so far.
fn step_count(index: &Index) -> u32 {
    length(index.steps.len()).saturating_sub(1)
}
