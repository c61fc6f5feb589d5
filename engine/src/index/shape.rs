//! What nodes of the trie are like, apart from where they stand: most of a policy's are like many others.

use crate::index::packed::{FLAG_BITS, HAS_ANY, HAS_BELOW, HAS_GLOBS, HAS_HERE, HAS_SKIP, Unsound};
use crate::skim::Skim;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The run of steps that a path takes to come to the node.
    pub(super) skip: u32,
    pub(super) literals: u32,
    pub(super) has_any: bool,
    pub(super) globs: u32,
    /// Its entries for its own path, without a key and with one, up to these, counted from the first.
    here_keyed: u32,
    here_end: u32,
    /// Those for everything below, which come next.
    below_keyed: u32,
    below_end: u32,
}

/// Two ranges of entries: without a key, and sorted by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terminal {
    pub(super) start: u32,
    pub(super) keyed: u32,
    pub(super) end: u32,
}

impl Terminal {
    pub(super) const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl Shape {
    /// The entries for the node's own path, where its first is that one.
    pub(super) const fn here(&self, first: u32) -> Terminal {
        Terminal { start: first, keyed: first + self.here_keyed, end: first + self.here_end }
    }

    /// Those for everything below.
    pub(super) const fn below(&self, first: u32) -> Terminal {
        Terminal {
            start: first + self.here_end,
            keyed: first + self.below_keyed,
            end: first + self.below_end,
        }
    }

    /// Whether no path goes on from the node but by a literal.
    pub(super) const fn has_literals_only(&self) -> bool {
        !self.has_any && self.globs == 0
    }

    pub(super) const fn entries(&self) -> u32 {
        self.below_end
    }

    pub(super) const fn children(&self) -> Option<u32> {
        match self.literals.checked_add(self.has_any as u32) {
            Some(sum) => sum.checked_add(self.globs),
            None => None,
        }
    }

    /// Reads a shape as `Packed` has it.
    pub(super) fn take(numbers: &mut Skim<'_>) -> Result<Self, Unsound> {
        let head = numbers.number().ok_or(Unsound)?;
        let mut number = |flag: u32| match head & flag {
            0 => Ok(0),
            _ => numbers.number().ok_or(Unsound),
        };
        let (skip, globs) = (number(HAS_SKIP)?, number(HAS_GLOBS)?);
        let mut end = 0u32;
        let mut ends = [0; 4];
        for (end_of, flag) in ends.iter_mut().zip([HAS_HERE, HAS_HERE, HAS_BELOW, HAS_BELOW]) {
            end = end.checked_add(number(flag)?).ok_or(Unsound)?;
            *end_of = end;
        }
        let [here_keyed, here_end, below_keyed, below_end] = ends;
        let (literals, has_any) = (head >> FLAG_BITS, head & HAS_ANY != 0);
        Ok(Self { skip, literals, has_any, globs, here_keyed, here_end, below_keyed, below_end })
    }
}
