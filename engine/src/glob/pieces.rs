//! What a glob is made of, read from the expression that `globset` gives for it.
//!
//! That crate says what a glob means. Matched are its pieces and not its expression: a whole engine for regular
//! expressions would be a tenth of the authorizer.

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ByteSet([u64; 4]);

/// One piece of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// That byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// One of these bytes.
    Class(Box<ByteSet>),
    /// Any bytes, or none.
    Star,
    /// One of these.
    Either(Vec<Vec<Piece>>),
}

impl ByteSet {
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word & (1 << (byte & 63)) != 0)
    }

    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

/// The pieces of an expression such as `(?-u)^a.*(?:b|[c-e])$`; none where it is not one of `globset`'s.
pub(super) fn pieces(expression: &str) -> Option<Vec<Piece>> {
    let body = expression.strip_prefix("(?-u)^")?.strip_suffix('$')?;
    let mut reader = Reader { rest: body };
    let pieces = reader.sequence()?;
    reader.rest.is_empty().then_some(pieces)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Up to the end of the expression, of the alternative, or of the group.
    fn sequence(&mut self) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')']) {
            let piece = self.piece()?;
            if self.take("?") {
                pieces.push(Piece::Either(vec![vec![piece], Vec::new()]));
            } else if piece != Piece::Star || pieces.last() != Some(&Piece::Star) {
                pieces.push(piece);
            }
        }
        Some(pieces)
    }

    fn piece(&mut self) -> Option<Piece> {
        if self.take("(?:") {
            return self.alternatives();
        }
        if self.take("[") {
            return self.class();
        }
        if self.take(".*") {
            return Some(Piece::Star);
        }
        if self.take(".") {
            return Some(Piece::Any);
        }
        self.byte().map(Piece::Byte)
    }

    fn alternatives(&mut self) -> Option<Piece> {
        let mut all = vec![self.sequence()?];
        while self.take("|") {
            all.push(self.sequence()?);
        }
        self.take(")").then_some(Piece::Either(all))
    }

    fn class(&mut self) -> Option<Piece> {
        let is_negated = self.take("^");
        let mut set = ByteSet::default();
        while !self.take("]") {
            let first = self.byte()?;
            let last = if self.take("-") { self.byte()? } else { first };
            (first..=last).for_each(|byte| set.insert(byte));
        }
        Some(Piece::Class(Box::new(if is_negated { set.complement() } else { set })))
    }

    /// A byte, written as it is, behind a backslash, or in hexadecimal.
    fn byte(&mut self) -> Option<u8> {
        if !self.take("\\") {
            return self.ascii();
        }
        if !self.take("x") {
            return self.ascii();
        }
        let (digits, rest) = self.rest.split_at_checked(2)?;
        self.rest = rest;
        u8::from_str_radix(digits, 16).ok()
    }

    fn ascii(&mut self) -> Option<u8> {
        let byte = self.rest.bytes().next().filter(u8::is_ascii)?;
        self.rest = self.rest.get(1..)?;
        Some(byte)
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}
