//! What can be seen of a clause without asking for any token: whether its paths can be anything but fixed
//! texts.

use policy_engine::condition::{Atom, Comparison, ConditionTable, Literal, Node, NodeId, Operand};
use policy_engine::pattern::{PathPattern, PathRef, Segment};
use policy_engine::text::{ParamValues, Text};
use policy_engine::{Clause, Effect, ProgramParts, VerbSet};

/// What a condition says of the path, where it holds and where it does not.
#[derive(Debug, Clone, Copy, Default)]
struct Says {
    holds: Side,
    fails: Side,
    /// It asks of the request what is neither "is" nor "is one of" a string.
    is_odd: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Side {
    /// A bit for each segment that is certain to be a fixed text.
    fixed: u64,
    /// Perhaps some segment must be none of some texts.
    excludes: bool,
}

/// A clause, as far as its paths count.
#[derive(Debug, Clone)]
pub(super) struct Look<'p> {
    pub(super) verbs: VerbSet,
    pub(super) effect: Effect,
    pub(super) pattern: &'p PathPattern,
    fixed: u64,
    /// For every token its paths are fixed texts, or everything below one.
    pub(super) is_plain: bool,
    /// It is everything below one fixed text, whatever the path holds.
    pub(super) is_hub: bool,
    /// Its paths are so many segments, each of them fixed or anything.
    pub(super) is_level: bool,
}

/// A piece of a pattern as IAM reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    Text(&'p str),
    One,
    /// One segment or more.
    Many,
}

impl<'p> Look<'p> {
    /// Looks at every clause; at each condition once.
    pub(super) fn all(parts: &'p ProgramParts, values: &ParamValues) -> Vec<Self> {
        let mut says: Vec<Says> = Vec::with_capacity(parts.conditions.nodes.len());
        for node in &parts.conditions.nodes {
            says.push(Says::of(node, &says, &parts.conditions, values));
        }
        let clauses = parts.clauses.iter();
        clauses.map(|clause| Self::new(clause, parts, says.get(clause.condition.0 as usize))).collect()
    }

    fn new(clause: &'p Clause, parts: &ProgramParts, says: Option<&Says>) -> Self {
        let says = says.copied().unwrap_or_default();
        let pattern = &clause.pattern;
        let fixed = says.holds.fixed;
        let is_fixed = |(at, segment): (usize, &Segment)| match segment {
            Segment::Literal(text) => !has_iam_meaning(text),
            Segment::Any(_) => is_set(fixed, at),
            Segment::Glob(_) => false,
        };
        let segments = || pattern.segments.iter().enumerate();
        let literal = pattern.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)));
        let is_simple =
            |segment: &Segment| !matches!(segment, Segment::Glob(_)) && !is_literal_with_iam_meaning(segment);
        let is_plain = !says.is_odd && segments().all(is_fixed);
        Self {
            verbs: clause.verbs,
            effect: parts.rules.get(clause.rule.0 as usize).map_or(Effect::Deny, |rule| rule.effect),
            pattern,
            fixed,
            is_plain,
            is_hub: is_plain && literal && pattern.has_tail(),
            is_level: !says.is_odd
                && !says.holds.excludes
                && !pattern.has_tail()
                && pattern.segments.iter().all(is_simple),
        }
    }

    /// The segment there, where the pattern has one that is written out.
    pub(super) fn text_at(&self, depth: usize) -> Option<&'p str> {
        match self.pattern.segments.get(depth)? {
            Segment::Literal(text) => Some(text),
            Segment::Any(_) | Segment::Glob(_) => None,
        }
    }

    /// The pattern's own pieces, and those that IAM makes of it: a `*` there crosses `/`.
    pub(super) fn pieces(&self) -> (Vec<Piece<'p>>, Vec<Piece<'p>>) {
        let own = pieces(self.pattern);
        let reach = own.iter().enumerate().map(|(at, piece)| match piece {
            Piece::One if !is_set(self.fixed, at) => Piece::Many,
            other => *other,
        });
        let reach = reach.collect();
        (own, reach)
    }
}

/// A pattern's pieces; a glob is taken for any segment.
pub(super) fn pieces(pattern: &PathPattern) -> Vec<Piece<'_>> {
    let segments = pattern.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => Piece::Text(text),
        Segment::Any(_) | Segment::Glob(_) => Piece::One,
    });
    segments.chain(pattern.has_tail().then_some(Piece::Many)).collect()
}

/// Whether some path is in both.
pub(super) fn meet(a: &[Piece<'_>], b: &[Piece<'_>]) -> bool {
    let mut open = vec![(0, 0)];
    let mut seen = vec![false; (a.len() + 1) * (b.len() + 1)];
    while let Some((i, j)) = open.pop() {
        let Some(seen) = seen.get_mut(i * (b.len() + 1) + j) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        let (left, right) = match (a.get(i), b.get(j)) {
            (None, None) => return true,
            (Some(left), Some(right)) => (left, right),
            _ => continue,
        };
        if matches!((left, right), (Piece::Text(left), Piece::Text(right)) if left != right) {
            continue;
        }
        open.push((i + 1, j + 1));
        if *left == Piece::Many {
            open.push((i, j + 1));
        }
        if *right == Piece::Many {
            open.push((i + 1, j));
        }
    }
    false
}

impl Says {
    fn of(node: &Node, known: &[Self], table: &ConditionTable, values: &ParamValues) -> Self {
        let says = |id: &NodeId| known.get(id.0 as usize).copied().unwrap_or_default();
        match node {
            // What never holds fixes everything.
            Node::Constant(value) => Self {
                holds: Side { fixed: if *value { 0 } else { u64::MAX }, excludes: false },
                fails: Side { fixed: if *value { u64::MAX } else { 0 }, excludes: false },
                is_odd: false,
            },
            Node::Atom(atom) => table.atom(*atom).map_or_else(Self::default, |atom| Self::atom(atom, values)),
            Node::Not(inner) => {
                let inner = says(inner);
                Self { holds: inner.fails, fails: inner.holds, is_odd: inner.is_odd }
            }
            Node::All(children) => {
                let all: Vec<Self> = children.iter().map(says).collect();
                Self {
                    holds: Side::both(all.iter().map(|one| one.holds)),
                    fails: Side::either(all.iter().map(|one| one.fails)),
                    is_odd: all.iter().any(|one| one.is_odd),
                }
            }
            Node::Any(children) => {
                let all: Vec<Self> = children.iter().map(says).collect();
                Self {
                    holds: Side::either(all.iter().map(|one| one.holds)),
                    fails: Side::both(all.iter().map(|one| one.fails)),
                    is_odd: all.iter().any(|one| one.is_odd),
                }
            }
        }
    }

    fn atom(atom: &Atom, values: &ParamValues) -> Self {
        let odd = Self { is_odd: true, ..Self::default() };
        let is = |part: &PathRef, other: &Operand| {
            let PathRef::Segment(at) = *part else { return odd };
            if reads_request(other) || is_iam_pattern(other, values) {
                return odd;
            }
            Self {
                holds: Side { fixed: 1u64.checked_shl(at.into()).unwrap_or(0), excludes: false },
                fails: Side { fixed: 0, excludes: true },
                is_odd: false,
            }
        };
        match atom {
            Atom::Compare(Operand::Path(part), Comparison::Equal, other)
            | Atom::Compare(other, Comparison::Equal, Operand::Path(part)) => is(part, other),
            Atom::Member { item: Operand::Path(part), list } => is(part, list),
            Atom::Compare(left, _, right) if reads_request(left) || reads_request(right) => odd,
            Atom::Member { item, list } if reads_request(item) || reads_request(list) => odd,
            Atom::Like(subject, _) if reads_request(subject) => odd,
            Atom::AddressIn(_) => odd,
            _ => Self::default(),
        }
    }
}

impl Side {
    fn both(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |a, b| Self {
            fixed: a.fixed | b.fixed,
            excludes: a.excludes || b.excludes,
        })
    }

    fn either(all: impl Iterator<Item = Self>) -> Self {
        let none = Self { fixed: u64::MAX, excludes: false };
        all.fold(none, |a, b| Self { fixed: a.fixed & b.fixed, excludes: a.excludes || b.excludes })
    }
}

fn is_set(fixed: u64, at: usize) -> bool {
    at < 64 && fixed >> at & 1 == 1
}

const fn reads_request(operand: &Operand) -> bool {
    matches!(operand, Operand::Path(_) | Operand::Header(_) | Operand::Query(_) | Operand::Time)
}

/// Whether it is a constant that IAM reads more into than its characters.
fn is_iam_pattern(operand: &Operand, values: &ParamValues) -> bool {
    let text = |text: &Text| text.resolve(values).is_ok_and(|text| has_iam_meaning(&text));
    match operand {
        Operand::Literal(Literal::Text(value)) => text(value),
        Operand::Literal(Literal::List(items)) => {
            items.iter().any(|item| matches!(item, Literal::Text(value) if text(value)))
        }
        _ => false,
    }
}

fn is_literal_with_iam_meaning(segment: &Segment) -> bool {
    matches!(segment, Segment::Literal(text) if has_iam_meaning(text))
}

fn has_iam_meaning(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}
