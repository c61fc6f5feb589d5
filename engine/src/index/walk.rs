//! The way through the index for one request.

use smallvec::SmallVec;

use super::shape::Terminal;
use super::{Entry, Index, Key};
use crate::condition::AtomId;
use crate::path::{Place, RequestPath};
use crate::program::ClauseId;
use crate::test::LazyGlob;
use crate::verb::Verb;

/// So few entries are looked at one by one; of more, those that the token's facts bring in are looked up.
const FEW_ENTRIES: u32 = 8;

/// Clauses whose verbs and path match.
pub(crate) type Found = SmallVec<[ClauseId; 8]>;

/// What clauses are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) verb: Verb,
    pub(crate) path: &'a RequestPath<'a>,
    /// The facts of the token, sorted; `None` to find every clause whatever its key.
    pub(crate) facts: Option<&'a [AtomId]>,
    /// The globs of the index's steps, ready to match.
    pub(crate) globs: &'a [LazyGlob],
}

/// A search on its way, and what it has come by.
pub(super) struct Walk<'a> {
    pub(super) index: &'a Index,
    pub(super) search: Search<'a>,
    pub(super) found: &'a mut Found,
}

impl Walk<'_> {
    /// From a node on, and from that place of the path. It recurses as deep as the trie at most, whatever the path.
    pub(super) fn go_from(&mut self, mut at: u32, mut place: Place) {
        let (index, path) = (self.index, self.search.path);
        while let Some(node) = index.nodes.get(at as usize)
            && let Some(shape) = index.shapes.get(node.shape as usize)
        {
            if shape.skip != 0 {
                let Some(behind) = index.skips.behind(shape.skip, path, place) else { return };
                place = behind;
            }
            let Some((segment, behind)) = path.next(place) else {
                return self.take(shape.here(node.entries));
            };
            self.take(shape.below(node.entries));
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
        let (index, globs) = (self.index, self.search.globs);
        let Ok(segment) = std::str::from_utf8(segment) else { return };
        for number in index.globs_of(node) {
            if let Some(step) = index.globs.get(number as usize)
                && globs.get(number as usize).is_some_and(|glob| glob.is_match(segment))
            {
                self.go_from(step.to, behind);
            }
        }
    }

    /// Takes up what matches of those entries.
    #[inline]
    fn take(&mut self, terminal: Terminal) {
        if !terminal.is_empty() {
            self.take_some(terminal);
        }
    }

    // What nodes without entries never need stays out of the way through them.
    #[inline(never)]
    fn take_some(&mut self, Terminal { start, keyed, end }: Terminal) {
        let Search { verb, facts, .. } = self.search;
        let is_few = end - keyed <= FEW_ENTRIES;
        for entry in self.index.range(start, if is_few { end } else { keyed }) {
            let is_fact = |fact: AtomId| facts.is_none_or(|facts| facts.binary_search(&fact).is_ok());
            if entry.verbs.contains(verb) && entry.key.fact().is_none_or(is_fact) {
                self.found.push(entry.clause);
            }
        }
        if !is_few {
            self.look_up(self.index.range(keyed, end));
        }
    }

    /// Of many entries, sorted by their keys, those that the token's facts bring in.
    #[inline(never)]
    fn look_up(&mut self, entries: &[Entry]) {
        let Some(facts) = self.search.facts else { return self.take_each(entries) };
        for fact in facts {
            let key = Key::of(*fact);
            let behind = entries.get(count_before(entries, key)..).unwrap_or_default();
            // Those of one fact are few, of all entries there can be many.
            let count = behind.iter().take_while(|entry| entry.key == key).count();
            self.take_each(behind.get(..count).unwrap_or_default());
        }
    }

    #[inline(never)]
    fn take_each(&mut self, entries: &[Entry]) {
        for entry in entries {
            if entry.verbs.contains(self.search.verb) {
                self.found.push(entry.clause);
            }
        }
    }
}

/// How many of the entries, which are sorted by their keys, come before that key. They are searched from where it would
/// stand if the keys were spread evenly, as they mostly are: a rule that names a new group names a new fact.
fn count_before(entries: &[Entry], key: Key) -> usize {
    let is_before = |entry: &Entry| entry.key < key;
    let [first, .., last] = entries else { return entries.partition_point(is_before) };
    let spread = u64::from(last.key.0.saturating_sub(first.key.0)).max(1);
    let distance = u64::from(key.0.saturating_sub(first.key.0)).min(spread);
    let guess = usize::try_from(distance * (entries.len() as u64 - 1) / spread).unwrap_or_default();
    let Some((left, right)) = entries.split_at_checked(guess) else {
        return entries.partition_point(is_before);
    };
    let mut width = 1;
    if right.first().is_some_and(is_before) {
        while right.get(width).is_some_and(is_before) {
            width *= 2;
        }
        let near = right.get(..width).unwrap_or(right);
        return guess + near.partition_point(is_before);
    }
    while left.len().checked_sub(width).and_then(|at| left.get(at)).is_some_and(|entry| !is_before(entry)) {
        width *= 2;
    }
    let start = left.len().saturating_sub(width);
    start + left.get(start..).unwrap_or_default().partition_point(is_before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verb::VerbSet;

    #[test]
    fn keys_are_found_however_they_are_spread() {
        let mut state = 11_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            // Even, with gaps of all sizes, with many of one key, and with the largest.
            let most = [1, 2, 3, 1_000, 1 << 30][usize::try_from(random(5)).unwrap()];
            let mut keys: Vec<u32> = Vec::new();
            for _ in 0..random(40) {
                let last = keys.last().copied().unwrap_or_default();
                keys.push(last.saturating_add(u32::try_from(random(most)).unwrap()));
            }
            let entry = |key: &u32| Entry { verbs: VerbSet::ANY, key: Key(*key), clause: ClauseId(0) };
            let entries: Vec<Entry> = keys.iter().map(entry).collect();
            let near = keys.iter().flat_map(|key| [key.saturating_sub(1), *key, key.saturating_add(1)]);
            for key in near.chain([0, 1, u32::MAX]) {
                let expected = keys.iter().filter(|own| **own < key).count();
                assert_eq!(count_before(&entries, Key(key)), expected, "{key} in {keys:?}");
            }
        }
    }
}
