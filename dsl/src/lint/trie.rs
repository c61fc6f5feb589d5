//! Path patterns, kept so that those which cover or meet another one are found without looking at all.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use policy_engine::VerbSet;
use policy_engine::glob::{self, Glob};
use policy_engine::pattern::{PathPattern, Segment};

/// The most nodes that are looked at for one pattern. What lies beyond is not known.
const MAX_VISITED: usize = 500;

/// What stands in a [`Trie`] for a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// By which the entries of the same pattern are ordered.
    pub(crate) key: u32,
    /// Whatever the pattern is of.
    pub(crate) index: usize,
    pub(crate) verbs: VerbSet,
}

/// Whether all was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    Complete,
    /// The visitor, or the bound on the work, ended it.
    Ended,
}

/// Patterns by their segments. The names of parameters do not count.
#[derive(Debug, Default)]
pub(crate) struct Trie<'p> {
    nodes: Vec<Node<'p>>,
}

#[derive(Debug, Default)]
struct Node<'p> {
    /// Of all entries here and below.
    verbs: VerbSet,
    literals: BTreeMap<&'p str, usize>,
    any: Option<usize>,
    globs: BTreeMap<&'p str, GlobChild>,
    /// Of patterns that end here.
    ends: Vec<Entry>,
    /// Of patterns that mean everything below.
    tails: Vec<Entry>,
}

#[derive(Debug)]
struct GlobChild {
    compiled: OnceCell<Option<Glob>>,
    node: usize,
}

impl<'p> Trie<'p> {
    pub(crate) fn new(entries: impl IntoIterator<Item = (&'p PathPattern, Entry)>) -> Self {
        let mut trie = Self { nodes: vec![Node::default()] };
        for (pattern, entry) in entries {
            trie.insert(pattern, entry);
        }
        for node in &mut trie.nodes {
            node.ends.sort_unstable();
            node.tails.sort_unstable();
        }
        trie
    }

    fn insert(&mut self, pattern: &'p PathPattern, entry: Entry) {
        let mut at = 0;
        for segment in &pattern.segments {
            let next = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            node.verbs = node.verbs.union(entry.verbs);
            at = match segment {
                Segment::Literal(text) => *node.literals.entry(text).or_insert(next),
                Segment::Any(_) => *node.any.get_or_insert(next),
                Segment::Glob(glob) => {
                    let child = || GlobChild { compiled: OnceCell::new(), node: next };
                    node.globs.entry(glob).or_insert_with(child).node
                }
            };
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        let Some(node) = self.nodes.get_mut(at) else { return };
        node.verbs = node.verbs.union(entry.verbs);
        if pattern.has_tail() { &mut node.tails } else { &mut node.ends }.push(entry);
    }

    /// Visits the entries of patterns that match whatever this one matches, a pattern's entries at once and
    /// in the order of their keys.
    pub(crate) fn covering(
        &self,
        pattern: &PathPattern,
        mut visit: impl FnMut(&[Entry]) -> ControlFlow<()>,
    ) -> Search {
        let mut walk = Walk::new();
        while let Some((node, depth)) = walk.next(self) {
            let segment = pattern.segments.get(depth);
            let entries = if segment.is_some() || pattern.has_tail() { &node.tails } else { &node.ends };
            if !entries.is_empty() && visit(entries).is_break() {
                return Search::Ended;
            }
            let Some(segment) = segment else { continue };
            match segment {
                Segment::Literal(text) => walk.follow_text(node, text, depth),
                Segment::Glob(glob) => {
                    walk.follow(node.globs.get(glob.as_str()).map(|glob| glob.node), depth);
                }
                Segment::Any(_) => {}
            }
            walk.follow(node.any, depth);
        }
        walk.outcome()
    }

    /// Visits the entries of patterns with one of the verbs that may match a path which this one matches. Two
    /// different globs are taken to have something in common.
    pub(crate) fn meeting(
        &self,
        pattern: &PathPattern,
        verbs: VerbSet,
        mut visit: impl FnMut(&[Entry]) -> ControlFlow<()>,
    ) -> Search {
        let mut walk = Walk::new();
        while let Some((node, depth)) = walk.next(self) {
            if node.verbs.intersection(verbs).is_empty() {
                continue;
            }
            // Behind the last segment of a pattern with a tail everything below is meant.
            let is_below = depth > pattern.segments.len();
            let segment = pattern.segments.get(depth);
            let meets_end = is_below || (segment.is_none() && !pattern.has_tail());
            let meets_tail = segment.is_some() || pattern.has_tail();
            for (entries, meets) in [(&node.ends, meets_end), (&node.tails, meets_tail)] {
                if meets && !entries.is_empty() && visit(entries).is_break() {
                    return Search::Ended;
                }
            }
            match segment {
                Some(Segment::Literal(text)) => {
                    walk.follow_text(node, text, depth);
                    walk.follow(node.any, depth);
                }
                Some(Segment::Any(_)) => walk.follow_all(node, depth),
                Some(Segment::Glob(glob)) => walk.follow_glob(node, glob, depth),
                None if pattern.has_tail() => walk.follow_all(node, depth),
                None => {}
            }
        }
        walk.outcome()
    }
}

/// The nodes that are still to be looked at.
struct Walk {
    open: Vec<(usize, usize)>,
    visited: usize,
}

impl Walk {
    fn new() -> Self {
        Self { open: vec![(0, 0)], visited: 0 }
    }

    fn next<'t, 'p>(&mut self, trie: &'t Trie<'p>) -> Option<(&'t Node<'p>, usize)> {
        if self.visited >= MAX_VISITED {
            return None;
        }
        let (index, depth) = self.open.pop()?;
        self.visited += 1;
        Some((trie.nodes.get(index)?, depth))
    }

    fn outcome(&self) -> Search {
        if self.open.is_empty() { Search::Complete } else { Search::Ended }
    }

    fn follow(&mut self, child: Option<usize>, depth: usize) {
        self.open.extend(child.map(|child| (child, depth + 1)));
    }

    fn follow_all(&mut self, node: &Node<'_>, depth: usize) {
        let children = node.literals.values().copied().chain(node.globs.values().map(|glob| glob.node));
        // One more than can be looked at shows that not all were.
        let room = MAX_VISITED.saturating_sub(self.open.len()) + 1;
        self.open.extend(children.take(room).map(|child| (child, depth + 1)));
        self.follow(node.any, depth);
    }

    /// The children for exactly this segment, and the globs that match it.
    fn follow_text(&mut self, node: &Node<'_>, text: &str, depth: usize) {
        self.follow(node.literals.get(text).copied(), depth);
        for (glob, child) in &node.globs {
            if self.may_look_further() && is_prefixed(glob, text) && child.matches(glob, text) {
                self.follow(Some(child.node), depth);
            }
        }
    }

    fn follow_glob(&mut self, node: &Node<'_>, glob: &str, depth: usize) {
        let compiled = glob::matcher(glob).ok();
        let prefix = prefix_of(glob);
        let near = node.literals.range(prefix..).take_while(|(text, _)| text.starts_with(prefix));
        for (text, child) in near {
            if self.may_look_further() && compiled.as_ref().is_none_or(|glob| glob.is_match(text)) {
                self.follow(Some(*child), depth);
            }
        }
        for child in node.globs.values().take(MAX_VISITED) {
            self.follow(Some(child.node), depth);
        }
        self.follow(node.any, depth);
    }

    /// Counts a comparison as a visit.
    fn may_look_further(&mut self) -> bool {
        self.visited += 1;
        self.visited < MAX_VISITED
    }
}

impl GlobChild {
    fn matches(&self, glob: &str, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| glob::matcher(glob).ok());
        compiled.as_ref().is_some_and(|glob| glob.is_match(text))
    }
}

/// What every text that the glob matches begins with.
fn prefix_of(glob: &str) -> &str {
    glob.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default()
}

fn is_prefixed(glob: &str, text: &str) -> bool {
    text.starts_with(prefix_of(glob))
}

#[cfg(test)]
mod tests {
    use policy_engine::pattern::Tail;

    use super::*;

    fn pattern(text: &str) -> PathPattern {
        let mut segments: Vec<Segment> = text
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| match segment {
                "*" => Segment::Any(None),
                "{id}" => Segment::Any(Some("id".to_owned())),
                glob if glob.contains(['*', '?']) && glob != "**" => Segment::Glob(glob.to_owned()),
                literal => Segment::Literal(literal.to_owned()),
            })
            .collect();
        let tail = segments.pop_if(|last| *last == Segment::Literal("**".to_owned()));
        PathPattern { segments, tail: tail.map_or(Tail::None, |_| Tail::Below(None)) }
    }

    fn found(patterns: &[&str], looked_for: &str) -> (Vec<usize>, Vec<usize>) {
        let patterns: Vec<PathPattern> = patterns.iter().map(|text| pattern(text)).collect();
        let entry = |index| Entry { key: 0, index, verbs: VerbSet::ANY };
        let trie = Trie::new(patterns.iter().enumerate().map(|(index, pattern)| (pattern, entry(index))));
        let (mut covering, mut meeting) = (Vec::new(), Vec::new());
        let looked_for = pattern(looked_for);
        trie.covering(&looked_for, |entries| {
            covering.extend(entries.iter().map(|entry| entry.index));
            ControlFlow::Continue(())
        });
        trie.meeting(&looked_for, VerbSet::ANY, |entries| {
            meeting.extend(entries.iter().map(|entry| entry.index));
            ControlFlow::Continue(())
        });
        covering.sort_unstable();
        meeting.sort_unstable();
        (covering, meeting)
    }

    #[test]
    fn patterns_cover_and_meet_segment_by_segment() {
        let patterns = ["/", "/a", "/*", "/**", "/a/{id}", "/a/**", "/*/b", "/a/r-*", "/a/b/**"];
        for (looked_for, covering, meeting) in [
            ("/", &[0][..], &[0][..]),
            ("/a", &[1, 2, 3], &[1, 2, 3]),
            ("/c", &[2, 3], &[2, 3]),
            ("/{id}", &[2, 3], &[1, 2, 3]),
            ("/a/b", &[3, 4, 5, 6], &[3, 4, 5, 6]),
            ("/a/r-1", &[3, 4, 5, 7], &[3, 4, 5, 7]),
            ("/a/*", &[3, 4, 5], &[3, 4, 5, 6, 7]),
            ("/a/r-*", &[3, 4, 5, 7], &[3, 4, 5, 7]),
            ("/a/**", &[3, 5], &[3, 4, 5, 6, 7, 8]),
            ("/**", &[3], &[1, 2, 3, 4, 5, 6, 7, 8]),
            ("/a/b/c", &[3, 5, 8], &[3, 5, 8]),
            ("/x/y/z", &[3], &[3]),
        ] {
            let (covers, meets) = found(&patterns, looked_for);
            assert_eq!(covers, covering, "covering {looked_for}");
            assert_eq!(meets, meeting, "meeting {looked_for}");
        }
    }

    #[test]
    fn what_is_too_much_is_not_known() {
        let patterns: Vec<PathPattern> = (0..5_000).map(|at| pattern(&format!("/s{at}/x"))).collect();
        let entry = |index| Entry { key: 0, index, verbs: VerbSet::ANY };
        let trie = Trie::new(patterns.iter().enumerate().map(|(index, pattern)| (pattern, entry(index))));
        let go_on = |_: &[Entry]| ControlFlow::Continue(());
        assert_eq!(trie.meeting(&pattern("/*/y"), VerbSet::ANY, go_on), Search::Ended);
        assert_eq!(trie.meeting(&pattern("/s7/x"), VerbSet::ANY, go_on), Search::Complete);
    }
}
