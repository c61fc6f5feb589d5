//! The way through the index for one request.

use super::shape::Terminal;
use super::{Entry, Guide, Index, Key};
use crate::condition::AtomId;
use crate::path::{Place, RequestPath};
use crate::verb::Verb;

/// So few entries are looked at one by one; of more, those that the token's facts bring in are looked up.
const FEW_ENTRIES: u32 = 8;

/// A verb and a path on their way, and who is told what they come by.
pub(super) struct Walk<'a, G> {
    pub(super) index: &'a Index,
    pub(super) verb: Verb,
    pub(super) path: &'a RequestPath<'a>,
    pub(super) guide: &'a mut G,
}

impl<G: Guide> Walk<'_, G> {
    /// From a node on, and from that place of the path. It recurses as deep as the trie at most, whatever the path.
    pub(super) fn go_from(&mut self, mut at: u32, mut place: Place) {
        let Self { index, path, .. } = *self;
        while let Some(node) = index.nodes.get(at as usize)
            && let Some(shape) = index.shapes.get(node.shape as usize)
        {
            if shape.skip != 0 {
                let Some(behind) = index.skips.behind(shape.skip, path, place) else { return };
                place = behind;
            }
            let Some((segment, behind)) = path.next(place) else {
                return self.visit(shape.here(node.entries));
            };
            self.visit(shape.below(node.entries));
            place = behind;
            if shape.literals != 0
                && let Some(number) = index.literal(node.steps..node.steps + shape.literals, segment)
            {
                let to = node.children + number;
                if shape.has_literals_only() {
                    at = to;
                    continue;
                }
                self.go_from(to, place);
            }
            if shape.globs != 0 {
                self.globs(at, segment, place);
            }
            if !shape.has_any {
                return;
            }
            at = node.children + shape.literals;
        }
    }

    /// Through a node's globs, with that segment, and from the place behind it.
    fn globs(&mut self, node: u32, segment: &[u8], behind: Place) {
        let index = self.index;
        let Ok(segment) = std::str::from_utf8(segment) else { return };
        for number in index.globs_of(node) {
            if let Some(step) = index.globs.get(number as usize)
                && self.guide.glob_matches(number as usize, segment)
            {
                self.go_from(step.to, behind);
            }
        }
    }

    #[inline]
    fn visit(&mut self, terminal: Terminal) {
        if !terminal.is_empty() {
            self.visit_entries(terminal);
        }
    }

    #[inline(never)]
    fn visit_entries(&mut self, Terminal { start, keyed, end }: Terminal) {
        let index = self.index;
        let is_few = end - keyed <= FEW_ENTRIES;
        for entry in index.range(start, if is_few { end } else { keyed }) {
            let is_fact = |fact: AtomId| {
                self.guide.facts().is_none_or(|facts| facts.binary_search(&fact).is_ok())
            };
            if entry.verbs.contains(self.verb) && entry.key.fact().is_none_or(is_fact) {
                self.guide.visit(entry.clause);
            }
        }
        if !is_few {
            self.look_up(index.range(keyed, end));
        }
    }

    /// Visits those of many entries, sorted by their keys, that the token's facts bring in.
    #[inline(never)]
    fn look_up(&mut self, entries: &[Entry]) {
        let visit = |guide: &mut G, entry: &Entry| {
            if entry.verbs.contains(self.verb) {
                guide.visit(entry.clause);
            }
        };
        let Some(count) = self.guide.facts().map(<[AtomId]>::len) else {
            return entries.iter().for_each(|entry| visit(self.guide, entry));
        };
        for number in 0..count {
            let Some(fact) = self.guide.facts().and_then(|facts| facts.get(number).copied()) else { return };
            let key = Key::of(fact);
            let first = entries.partition_point(|entry| entry.key < key);
            let keyed = entries.iter().skip(first).take_while(|entry| entry.key == key);
            keyed.for_each(|entry| visit(self.guide, entry));
        }
    }
}
