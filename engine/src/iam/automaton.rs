//! Shapes and resources as small automata over an [`Alphabet`], and the search for a path that tells them
//! apart.

use std::cell::Cell;
use std::collections::HashSet;

use crate::iam::alphabet::{Alphabet, Symbols};
use crate::iam::resource::{Resource, Step};
use crate::iam::shape::Shape;

/// The most positions of an automaton: they are the bits of a word.
const MAX_POSITIONS: u32 = 64;
/// How many moves of automata the searches for one answer may look at, all together: some tens of
/// milliseconds of work.
const MAX_MOVES: usize = 10_000_000;
/// The most states that one search keeps.
const MAX_STATES: usize = 20_000;

/// What is left of the work for one answer. A question that needs more is answered as if a path had been
/// found, which is the safe side for each of them.
#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MAX_MOVES))
    }
}

impl Budget {
    /// The work that was done.
    pub(crate) const fn spent(&self) -> usize {
        MAX_MOVES - self.0.get()
    }

    /// Whether that much was left.
    pub(crate) fn spend(&self, moves: usize) -> bool {
        let left = self.0.get().saturating_sub(moves);
        self.0.set(left);
        left > 0
    }
}

/// A set of paths. A state is the set of positions it may be in.
#[derive(Debug, Clone)]
pub(crate) struct Automaton {
    moves: Vec<(u32, Symbols, u32)>,
    accepting: u64,
}

/// Whether a resource stands for what it surely matches, or for what it may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Surely,
    Perhaps,
}

impl Automaton {
    pub(crate) fn of_shape(shape: &Shape, alphabet: &Alphabet) -> Option<Self> {
        let mut moves = Vec::new();
        let mut at = 0;
        for piece in &shape.pieces {
            moves.push((at, alphabet.piece(piece), at + 1));
            at += 1;
        }
        if shape.below {
            at = push_star(&mut moves, at, alphabet);
        }
        Self::ending_at(moves, at)
    }

    pub(crate) fn of_resource(resource: &Resource, alphabet: &Alphabet, reading: Reading) -> Option<Self> {
        let mut moves = Vec::new();
        let mut at = 0;
        for step in &resource.pieces {
            at = match step {
                Step::Text(text) => {
                    moves.push((at, alphabet.text(text), at + 1));
                    at + 1
                }
                Step::Star => push_star(&mut moves, at, alphabet),
                Step::Glob(glob) => push_glob(&mut moves, at, glob, alphabet, reading),
            };
        }
        if resource.below {
            at = push_star(&mut moves, at, alphabet);
        }
        Self::ending_at(moves, at)
    }

    fn ending_at(moves: Vec<(u32, Symbols, u32)>, end: u32) -> Option<Self> {
        (end < MAX_POSITIONS).then(|| Self { moves, accepting: 1 << end })
    }

    fn step(&self, state: u64, symbol: usize) -> u64 {
        self.moves.iter().fold(0, |next, (from, on, to)| {
            let moves = state & (1 << from) != 0 && on.contains(symbol);
            if moves { next | 1 << to } else { next }
        })
    }

    const fn accepts(&self, state: u64) -> bool {
        state & self.accepting != 0
    }
}

/// One segment or more.
fn push_star(moves: &mut Vec<(u32, Symbols, u32)>, at: u32, alphabet: &Alphabet) -> u32 {
    moves.push((at, alphabet.all(), at + 1));
    moves.push((at + 1, alphabet.all(), at + 1));
    at + 1
}

/// One segment that the text with stars matches; perhaps also more, of which the first starts like it and
/// the last ends like it. With one star, at its end, it surely matches all that starts like it.
fn push_glob(
    moves: &mut Vec<(u32, Symbols, u32)>,
    at: u32,
    glob: &str,
    alphabet: &Alphabet,
    reading: Reading,
) -> u32 {
    let end = at + 2;
    moves.push((at, alphabet.starred(glob, reading == Reading::Surely), end));
    let start = glob.split('*').next().unwrap_or_default();
    let stop = glob.rsplit('*').next().unwrap_or_default();
    let is_start = glob.strip_suffix('*') == Some(start);
    if reading == Reading::Perhaps || is_start {
        let first = if is_start {
            alphabet.starred(glob, reading == Reading::Surely)
        } else {
            alphabet.starting(start)
        };
        moves.push((at, first, at + 1));
        moves.push((at + 1, alphabet.all(), at + 1));
        moves.push((at + 1, alphabet.ending(stop), end));
    }
    end
}

/// One symbol of each kind that these automata tell apart; rather one without a name, as an example.
fn representatives(automata: &[&Automaton], alphabet: &Alphabet) -> Vec<usize> {
    let mut kinds = HashSet::new();
    let moves = || automata.iter().flat_map(|one| &one.moves);
    let kind = |symbol| moves().map(|(_, on, _)| on.contains(symbol)).collect::<Vec<bool>>();
    (0..alphabet.len()).rev().filter(|symbol| kinds.insert(kind(*symbol))).collect()
}

/// Which paths are looked for.
#[derive(Debug, Default)]
pub(crate) struct Search<'a> {
    /// The path is in one at least of each of these lists.
    pub(crate) within: Vec<Vec<&'a Automaton>>,
    /// It is in none of these.
    pub(crate) outside: Vec<&'a Automaton>,
    /// It is in none of the first, save where it is in one of the second.
    pub(crate) outside_unless: Option<(Vec<&'a Automaton>, Vec<&'a Automaton>)>,
}

/// A path that was found, as symbols; or the search grew too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Path(Vec<usize>),
    TooLarge,
}

impl Found {
    /// The path as text, `{any}` for a segment of which only its difference counts.
    pub(crate) fn example(&self, alphabet: &Alphabet) -> Option<String> {
        match self {
            Self::Path(symbols) if symbols.is_empty() => Some("/".to_owned()),
            Self::Path(symbols) => Some(
                symbols.iter().fold(String::new(), |path, symbol| path + "/" + alphabet.example(*symbol)),
            ),
            Self::TooLarge => None,
        }
    }
}

impl Search<'_> {
    /// Looks for a path, shortest first.
    pub(crate) fn run(&self, alphabet: &Alphabet, budget: &Budget) -> Option<Found> {
        let automata: Vec<&Automaton> = self.automata().collect();
        let moves: usize = automata.iter().map(|one| one.moves.len() + 1).sum();
        if !budget.spend(moves * alphabet.len()) {
            return Some(Found::TooLarge);
        }
        let symbols = representatives(&automata, alphabet);
        let start: Vec<u64> = vec![1; automata.len()];
        let mut seen = HashSet::from([start.clone()]);
        let mut level = vec![(start, Vec::new())];
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for (state, path) in level {
                if self.is_match(&state) {
                    return Some(Found::Path(path));
                }
                if !budget.spend(moves * symbols.len()) {
                    return Some(Found::TooLarge);
                }
                for symbol in &symbols {
                    let next: Vec<u64> =
                        automata.iter().zip(&state).map(|(one, at)| one.step(*at, *symbol)).collect();
                    if self.is_alive(&next) && seen.insert(next.clone()) {
                        if seen.len() > MAX_STATES {
                            return Some(Found::TooLarge);
                        }
                        let mut longer = path.clone();
                        longer.push(*symbol);
                        next_level.push((next, longer));
                    }
                }
            }
            level = next_level;
        }
        None
    }

    fn automata(&self) -> impl Iterator<Item = &Automaton> {
        let (sets, unless) = self.outside_unless.as_ref().map_or((&[][..], &[][..]), |(a, b)| (a, b));
        let all = self.within.iter().flatten().chain(&self.outside).chain(sets).chain(unless);
        all.copied()
    }

    fn is_alive(&self, state: &[u64]) -> bool {
        let mut rest = state;
        self.within.iter().all(|set| {
            let (own, after) = rest.split_at_checked(set.len()).unwrap_or((rest, &[]));
            rest = after;
            own.iter().any(|at| *at != 0)
        })
    }

    fn is_match(&self, state: &[u64]) -> bool {
        let mut pairs = self.automata().zip(state);
        let mut any = |count: usize| {
            // Every automaton is looked at, so that the next set starts in its place.
            pairs.by_ref().take(count).fold(false, |found, (one, at)| found | one.accepts(*at))
        };
        let within = self.within.iter().fold(true, |all, set| all & any(set.len()));
        let outside = any(self.outside.len());
        let (inside, unless) =
            self.outside_unless.as_ref().map_or((0, 0), |(inside, unless)| (inside.len(), unless.len()));
        let (inside, unless) = (any(inside), any(unless));
        within && !outside && (unless || !inside)
    }
}
