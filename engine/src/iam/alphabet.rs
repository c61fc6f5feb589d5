//! The segments that matter: each text that some rule, claim or route names, and for all others what the
//! globs say of them. Over these, sets of paths are regular languages that can be compared exactly.

use std::sync::Arc;

use crate::iam::shape::{Piece, Shape};
use crate::test::LazyGlob;

/// The most symbols; a problem with more is not solved.
const MAX_SYMBOLS: usize = 256;
/// The most globs: every combination of them is a symbol of its own.
const MAX_GLOBS: usize = 4;

/// A set of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Symbols([u64; MAX_SYMBOLS / 64]);

impl Symbols {
    pub(crate) fn contains(&self, symbol: usize) -> bool {
        self.0.get(symbol / 64).is_some_and(|word| word & (1 << (symbol % 64)) != 0)
    }

    fn insert(&mut self, symbol: usize) {
        if let Some(word) = self.0.get_mut(symbol / 64) {
            *word |= 1 << (symbol % 64);
        }
    }
}

/// The symbols of a problem: first the texts, then a symbol for each combination of globs.
#[derive(Debug)]
pub(crate) struct Alphabet {
    texts: Vec<String>,
    globs: Vec<Arc<LazyGlob>>,
}

impl Alphabet {
    /// The symbols that these shapes tell apart; `None` where they are too many.
    pub(crate) fn of<'a>(shapes: impl Iterator<Item = &'a Shape>) -> Option<Self> {
        let (mut texts, mut globs): (Vec<String>, Vec<Arc<LazyGlob>>) = (Vec::new(), Vec::new());
        for piece in shapes.flat_map(|shape| &shape.pieces) {
            match piece {
                Piece::Text(text) => texts.push(text.clone()),
                Piece::Free { globs: named, except } => {
                    texts.extend_from_slice(except);
                    globs.extend(named.iter().map(|(glob, _)| Arc::clone(glob)));
                }
            }
        }
        texts.sort_unstable();
        texts.dedup();
        globs.sort_unstable_by(|a, b| a.pattern().cmp(b.pattern()));
        globs.dedup();
        let fits = globs.len() <= MAX_GLOBS && texts.len() + (1 << globs.len()) <= MAX_SYMBOLS;
        fits.then_some(Self { texts, globs })
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len() + (1 << self.globs.len())
    }

    /// Every symbol.
    pub(crate) fn all(&self) -> Symbols {
        self.select(|_| true, |_| true)
    }

    pub(crate) fn text(&self, text: &str) -> Symbols {
        self.select(|own| own == text, |_| false)
    }

    pub(crate) fn piece(&self, piece: &Piece) -> Symbols {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Free { globs, .. } => self.select(
                |text| piece.allows(text),
                |mask| globs.iter().all(|(glob, wanted)| self.has_glob(mask, glob.pattern()) == *wanted),
            ),
        }
    }

    /// The segments that are matched as a whole by a text with stars. `certain`: surely, else perhaps.
    pub(crate) fn starred(&self, starred: &str, certain: bool) -> Symbols {
        let glob = LazyGlob::new(starred);
        self.select(
            |text| glob.is_match(text),
            |mask| {
                let same = self.globs.iter().position(|own| own.pattern() == starred);
                same.map_or(!certain, |number| mask & (1 << number) != 0)
            },
        )
    }

    /// The segments that start like that: perhaps, those without a name of which no glob says it.
    pub(crate) fn starting(&self, start: &str) -> Symbols {
        self.perhaps(&format!("{start}*"), |text| text.starts_with(start))
    }

    /// The segments that end like that, likewise.
    pub(crate) fn ending(&self, end: &str) -> Symbols {
        self.perhaps(&format!("*{end}"), |text| text.ends_with(end))
    }

    /// `like` is what the glob says of a text.
    fn perhaps(&self, glob: &str, like: impl Fn(&str) -> bool) -> Symbols {
        let known = self.globs.iter().position(|own| own.pattern() == glob && glob != "*");
        self.select(like, |mask| known.is_none_or(|number| mask & (1 << number) != 0))
    }

    /// A segment as an example of the symbol.
    pub(crate) fn example(&self, symbol: usize) -> &str {
        self.texts.get(symbol).map_or("{any}", String::as_str)
    }

    fn has_glob(&self, mask: usize, glob: &str) -> bool {
        self.globs
            .iter()
            .position(|own| own.pattern() == glob)
            .is_some_and(|number| mask & (1 << number) != 0)
    }

    fn select(&self, text: impl Fn(&str) -> bool, other: impl Fn(usize) -> bool) -> Symbols {
        let mut symbols = Symbols::default();
        for (symbol, own) in self.texts.iter().enumerate() {
            if text(own) {
                symbols.insert(symbol);
            }
        }
        for mask in 0..1 << self.globs.len() {
            if other(mask) {
                symbols.insert(self.texts.len() + mask);
            }
        }
        symbols
    }
}
