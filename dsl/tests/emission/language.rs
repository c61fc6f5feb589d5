//! Regular languages as automata with the fewest states: dense automata of `regex-automata`, and what sets
//! can be made of them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

use crate::reference::Regular;

/// The most states that are looked at for one automaton.
const MAX_STATES: usize = 20_000;
/// The most languages that a thread remembers.
const MAX_REMEMBERED: usize = 4_000;

/// An automaton would have too many states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// A set of byte strings. The states are numbered from the start, 0; no two of them mean the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Language {
    /// The class of each byte: bytes of one class always lead to the same state.
    class_of: Vec<u8>,
    classes: usize,
    /// The state behind each state and class.
    next: Vec<u32>,
    accepting: Vec<bool>,
}

thread_local! {
    static REMEMBERED: RefCell<HashMap<Regular, Rc<Language>>> = RefCell::new(HashMap::new());
}

impl Language {
    pub(crate) fn of(regular: &Regular) -> Result<Rc<Self>, TooLarge> {
        if let Some(known) = REMEMBERED.with_borrow(|known| known.get(regular).cloned()) {
            return Ok(known);
        }
        let found = Rc::new(Self::build(regular)?);
        REMEMBERED.with_borrow_mut(|known| {
            if known.len() >= MAX_REMEMBERED {
                known.clear();
            }
            known.insert(regular.clone(), Rc::clone(&found));
        });
        Ok(found)
    }

    fn build(regular: &Regular) -> Result<Self, TooLarge> {
        let joined = |parts: &[Regular], empty: bool, join: fn(bool, bool) -> bool| {
            let mut parts: Vec<Rc<Self>> = parts.iter().map(Self::of).collect::<Result<_, _>>()?;
            // Two by two, the small ones first, so that no automaton grows large for long.
            while parts.len() > 1 {
                parts.sort_by_key(|part| std::cmp::Reverse(part.accepting.len()));
                let (Some(a), Some(b)) = (parts.pop(), parts.pop()) else { break };
                parts.push(Rc::new(a.product(&b, join)?));
            }
            Ok(parts.pop().map_or_else(|| Self::constant(empty), |one| (*one).clone()))
        };
        match regular {
            Regular::Matching(expression) => Self::matching(expression),
            Regular::Not(inner) => Ok(Self::of(inner)?.complement()),
            Regular::All(parts) => joined(parts, true, |a, b| a && b),
            Regular::Any(parts) => joined(parts, false, |a, b| a || b),
        }
    }

    fn constant(accepting: bool) -> Self {
        Self { class_of: vec![0; 256], classes: 1, next: vec![0], accepting: vec![accepting] }
    }

    fn matching(expression: &str) -> Result<Self, TooLarge> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .accelerate(false)
            .dfa_size_limit(Some(64 << 20))
            .determinize_size_limit(Some(64 << 20));
        let bytes = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
        let dfa = dense::Builder::new()
            .configure(config)
            .syntax(bytes)
            .thompson(thompson::Config::new().utf8(false))
            .build(expression);
        let dfa = match dfa {
            Ok(dfa) => dfa,
            Err(error) if error.is_size_limit_exceeded() => return Err(TooLarge),
            Err(error) => panic!("{expression}: {error}"),
        };
        let start = dfa.universal_start_state(Anchored::Yes).expect("no look around");
        let classes = dfa.byte_classes();
        let class_of: Vec<u8> = (0..=u8::MAX).map(|byte| classes.get(byte)).collect();
        let width = class_of.iter().copied().max().map_or(1, |last| usize::from(last) + 1);
        let byte_of = representatives(&class_of, width);
        explore(
            start,
            class_of,
            width,
            |state, class| dfa.next_state(state, byte_of[class]),
            |state| dfa.is_match_state(dfa.next_eoi_state(state)),
        )
    }

    pub(crate) fn complement(&self) -> Self {
        Self { accepting: self.accepting.iter().map(|accepts| !accepts).collect(), ..self.clone() }
    }

    /// The strings of which the function, told whether each of the two holds them, says so.
    pub(crate) fn product(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Result<Self, TooLarge> {
        let mut pairs: HashMap<(u8, u8), u8> = HashMap::new();
        let mut class_of = Vec::with_capacity(256);
        let mut both = Vec::new();
        for pair in self.class_of.iter().copied().zip(other.class_of.iter().copied()) {
            let class = *pairs.entry(pair).or_insert_with(|| {
                both.push((usize::from(pair.0), usize::from(pair.1)));
                u8::try_from(both.len() - 1).expect("no more classes than bytes")
            });
            class_of.push(class);
        }
        let (own, others) = (self.sinks(), other.sinks());
        let width = both.len();
        explore(
            (0, 0),
            class_of,
            width,
            |(a, b), class| {
                let (one, two) = both[class];
                let (a, b) = (self.step(a, one), other.step(b, two));
                // Where one of them settles it for good, the other does not matter.
                match (own[a as usize], others[b as usize]) {
                    (Some(known), _) if keep(known, true) == keep(known, false) => (a, 0),
                    (_, Some(known)) if keep(true, known) == keep(false, known) => (0, b),
                    _ => (a, b),
                }
            },
            |(a, b)| keep(self.accepting[a as usize], other.accepting[b as usize]),
        )
    }

    fn step(&self, state: u32, class: usize) -> u32 {
        self.next[state as usize * self.classes + class]
    }

    /// For each state that is never left, whether it accepts.
    fn sinks(&self) -> Vec<Option<bool>> {
        let stays = |state: usize| {
            self.next[state * self.classes..][..self.classes].iter().all(|next| *next as usize == state)
        };
        (0..self.accepting.len()).map(|state| stays(state).then(|| self.accepting[state])).collect()
    }

    /// One of its shortest strings.
    pub(crate) fn example(&self) -> Option<Vec<u8>> {
        let byte_of = representatives(&self.class_of, self.classes);
        let mut seen = vec![false; self.accepting.len()];
        seen[0] = true;
        let mut level: Vec<(u32, Vec<u8>)> = vec![(0, Vec::new())];
        while !level.is_empty() {
            let mut next_level = Vec::new();
            for (state, text) in level {
                if self.accepting[state as usize] {
                    return Some(text);
                }
                for (class, byte) in byte_of.iter().enumerate() {
                    let next = self.step(state, class);
                    if !std::mem::replace(&mut seen[next as usize], true) {
                        next_level.push((next, [&text[..], &[*byte]].concat()));
                    }
                }
            }
            level = next_level;
        }
        None
    }

    /// What follows that text in the strings that start with it.
    pub(crate) fn behind(&self, text: &str) -> Result<Self, TooLarge> {
        let class = |byte: u8| usize::from(self.class_of[usize::from(byte)]);
        let start = text.bytes().fold(0, |state, byte| self.step(state, class(byte)));
        let accepts = |state: u32| self.accepting[state as usize];
        explore(start, self.class_of.clone(), self.classes, |state, class| self.step(state, class), accepts)
    }

    /// Whether some string is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.finds(other, |a, b| a && b)
    }

    /// Whether every string of this one is in the other.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        !self.finds(other, |a, b| a && !b)
    }

    /// Whether there is a string of which the function, told whether each of the two holds it, says so.
    fn finds(&self, other: &Self, wanted: fn(bool, bool) -> bool) -> bool {
        let mut classes: Vec<(u8, u8)> =
            self.class_of.iter().copied().zip(other.class_of.iter().copied()).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut seen = HashSet::from([(0, 0)]);
        let mut open = vec![(0, 0)];
        while let Some((a, b)) = open.pop() {
            if wanted(self.accepting[a as usize], other.accepting[b as usize]) {
                return true;
            }
            for (one, two) in &classes {
                let next = (self.step(a, usize::from(*one)), other.step(b, usize::from(*two)));
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        let class = |byte: u8| usize::from(self.class_of[usize::from(byte)]);
        let last = text.bytes().fold(0, |state, byte| self.step(state, class(byte)));
        self.accepting[last as usize]
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.accepting.contains(&true)
    }
}

/// A byte of each class: one that reads well, where there is one.
fn representatives(class_of: &[u8], classes: usize) -> Vec<u8> {
    let readable = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9').chain(0..=u8::MAX);
    let mut found: Vec<Option<u8>> = vec![None; classes];
    for byte in readable {
        found[usize::from(class_of[usize::from(byte)])].get_or_insert(byte);
    }
    found.into_iter().map(|byte| byte.expect("a class has a byte")).collect()
}

/// The automaton with all states that can be reached, made as small as it can be.
fn explore<S: Copy + Eq + std::hash::Hash>(
    start: S,
    class_of: Vec<u8>,
    classes: usize,
    step: impl Fn(S, usize) -> S,
    accepts: impl Fn(S) -> bool,
) -> Result<Language, TooLarge> {
    let mut number: HashMap<S, u32> = HashMap::from([(start, 0)]);
    let mut states = vec![start];
    let mut next = Vec::new();
    let mut at = 0;
    while at < states.len() {
        for class in 0..classes {
            let behind = step(states[at], class);
            let found = *number.entry(behind).or_insert_with(|| {
                states.push(behind);
                u32::try_from(states.len() - 1).expect("few states")
            });
            next.push(found);
        }
        if states.len() > MAX_STATES {
            return Err(TooLarge);
        }
        at += 1;
    }
    let accepting = states.into_iter().map(accepts).collect();
    Ok(smallest(Language { class_of, classes, next, accepting }))
}

/// The same language with the fewest states (Moore's algorithm), and then the fewest classes.
fn smallest(language: Language) -> Language {
    let Language { class_of, classes, next, accepting } = language;
    let mut block: Vec<u32> = accepting.iter().map(|accepts| u32::from(*accepts)).collect();
    let mut count = if block.iter().any(|one| *one != block[0]) { 2 } else { 1 };
    loop {
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let finer: Vec<u32> = (0..block.len())
            .map(|state| {
                let behind = next[state * classes..][..classes].iter().map(|next| block[*next as usize]);
                let signature: Vec<u32> = std::iter::once(block[state]).chain(behind).collect();
                let fresh = u32::try_from(numbers.len()).expect("few states");
                *numbers.entry(signature).or_insert(fresh)
            })
            .collect();
        let now = numbers.len();
        // Numbered by first appearance, so the start is 0.
        block = finer;
        if now == count {
            break;
        }
        count = now;
    }
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut accepts = vec![false; count];
    for (state, block_of) in block.iter().enumerate() {
        let own = *block_of as usize;
        if rows[own].is_empty() {
            rows[own] = next[state * classes..][..classes].iter().map(|next| block[*next as usize]).collect();
            accepts[own] = accepting[state];
        }
    }
    let mut columns: HashMap<Vec<u32>, u8> = HashMap::new();
    let mut kept = Vec::new();
    let merged: Vec<u8> = (0..classes)
        .map(|class| {
            let column: Vec<u32> = rows.iter().map(|row| row[class]).collect();
            *columns.entry(column).or_insert_with(|| {
                kept.push(class);
                u8::try_from(kept.len() - 1).expect("no more classes than bytes")
            })
        })
        .collect();
    Language {
        class_of: class_of.iter().map(|class| merged[usize::from(*class)]).collect(),
        classes: kept.len(),
        next: rows.iter().flat_map(|row| kept.iter().map(|class| row[*class])).collect(),
        accepting: accepts,
    }
}
