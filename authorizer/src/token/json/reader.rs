//! From bytes to a document (RFC 8259), without copying what is there already.
//!
//! What reads takes the bytes that are left and gives those behind what it read. It gives none where they cannot be read;
//! [`Reader::fault`] says why.

use std::cell::Cell;

use super::plain::plain_length;
use super::{DECODED, Document, JsonFault, Kind, Node, SPARE, Span, said};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: u32 = 16;
/// A document has about one value in so many bytes.
const BYTES_PER_NODE: usize = 32;

/// What is read, and what was read of it.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    decoded: Vec<String>,
    /// The innermost of what is being read. Its node says what it is in.
    inner: Open,
    seen: Seen,
    /// How many more may be opened.
    levels: usize,
    /// Why reading ended, where it ended before all was read.
    fault: JsonFault,
}

/// An object or a list whose end was not read yet; or, at first, neither. Numbers as they fit into a [`Node`].
#[derive(Clone, Copy, Default)]
struct Open {
    /// The byte that ends it.
    end: u32,
    /// How many members it has so far, of an object.
    count: u32,
    /// Its node.
    node: u32,
}

/// The byte that ends an object.
const OBJECT_END: u32 = b'}' as u32;
/// The byte that ends a list.
const LIST_END: u32 = b']' as u32;

/// Where the next bytes belong to.
enum Place<'a> {
    /// They are a member of the object, or an item of the list, that is being read.
    Inside(&'a [u8]),
    /// They are behind a value.
    Behind(&'a [u8]),
}

impl<'a> Reader<'a> {
    /// A reader of bytes with so many levels at most.
    pub(super) fn new(bytes: &'a [u8], levels: usize) -> Self {
        let mut nodes = SPARE.try_with(Cell::take).unwrap_or_default();
        nodes.clear();
        nodes.reserve(bytes.len() / BYTES_PER_NODE + 8);
        let (decoded, inner, seen) = (Vec::new(), Open::default(), Seen::default());
        Self { bytes, nodes, decoded, inner, seen, levels, fault: JsonFault::Syntax }
    }

    /// The only value of the bytes.
    pub(super) fn whole(mut self) -> Result<Document<'a>, JsonFault> {
        // Every place in the bytes has to be one that a node can name.
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(JsonFault::Syntax);
        }
        match self.value().map(next) {
            Some([]) => Ok(Document { bytes: self.bytes, nodes: self.nodes, decoded: self.decoded }),
            Some(_) => Err(JsonFault::Syntax),
            None => Err(self.fault),
        }
    }

    /// A value with all that is in it.
    fn value(&mut self) -> Option<&'a [u8]> {
        let mut rest = self.bytes;
        loop {
            let (name, value) = self.name(rest)?;
            rest = match self.start(name, value)? {
                Place::Inside(rest) => rest,
                Place::Behind(rest) => match self.go_on(rest)? {
                    Place::Inside(rest) => rest,
                    Place::Behind(rest) => return Some(rest),
                },
            };
        }
    }

    /// The name of a member, and its value; of what is no member, an empty name.
    #[inline]
    fn name(&mut self, rest: &'a [u8]) -> Option<(Span, &'a [u8])> {
        if self.inner.end != OBJECT_END {
            return Some((Span::default(), rest));
        }
        let string = behind(rest, b'"')?;
        let (name, written, rest) = self.string(string)?;
        let value = behind(rest, b':')?;
        let said = match name.end {
            DECODED => said(self.bytes, &self.decoded, name)?,
            _ => written,
        };
        let may_be_known = self.seen.note(self.inner.node, said);
        if may_be_known && self.is_known(name) {
            self.fault = JsonFault::Duplicate;
            return None;
        }
        self.inner.count += 1;
        Some((name, value))
    }

    /// A value, or how it starts.
    #[inline]
    fn start(&mut self, name: Span, rest: &'a [u8]) -> Option<Place<'a>> {
        let rest = next(rest);
        match rest {
            [b'"', string @ ..] => {
                let (value, _, rest) = self.string(string)?;
                self.push(Kind::Text, name, value);
                Some(Place::Behind(rest))
            }
            [b'{', inside @ ..] => self.open(Kind::Object, OBJECT_END, name, inside),
            [b'[', inside @ ..] => self.open(Kind::List, LIST_END, name, inside),
            [b'n', ..] => self.word(b"null", Kind::Null, name, rest),
            [b't', ..] => self.word(b"true", Kind::True, name, rest),
            [b'f', ..] => self.word(b"false", Kind::False, name, rest),
            [b'-' | b'0'..=b'9', ..] => self.number(name, rest),
            _ => None,
        }
    }

    /// What comes behind a value: another one, or the ends of what it is in.
    #[inline]
    fn go_on(&mut self, mut rest: &'a [u8]) -> Option<Place<'a>> {
        loop {
            // Nothing is open.
            if self.inner.end == 0 {
                return Some(Place::Behind(rest));
            }
            match rest {
                [b',', behind @ ..] => return Some(Place::Inside(behind)),
                [end, behind @ ..] if u32::from(*end) == self.inner.end => {
                    self.close()?;
                    rest = behind;
                }
                [b' ' | b'\n' | b'\t' | b'\r', ..] => rest = behind_blanks(rest),
                _ => return None,
            }
        }
    }

    /// Begins an object or a list. One that is empty ends right there.
    #[inline]
    fn open(&mut self, kind: Kind, end: u32, name: Span, inside: &'a [u8]) -> Option<Place<'a>> {
        let Some(levels) = self.levels.checked_sub(1) else {
            self.fault = JsonFault::Nesting;
            return None;
        };
        match next(inside) {
            [byte, behind @ ..] if u32::from(*byte) == end => {
                self.push(kind, name, Span::default());
                Some(Place::Behind(behind))
            }
            inside => {
                let node = place(self.nodes.len());
                let outer = self.inner;
                let value = Span { start: outer.end, end: outer.count };
                self.nodes.push(Node { kind, name, value, after: outer.node });
                (self.inner, self.levels) = (Open { end, count: 0, node }, levels);
                Some(Place::Inside(inside))
            }
        }
    }

    /// Ends what is being read: all nodes behind its own are in it. None where a member comes twice.
    #[inline]
    fn close(&mut self) -> Option<()> {
        if self.inner.count > MAX_PAIRED && self.has_twins() {
            self.fault = JsonFault::Duplicate;
            return None;
        }
        let behind = place(self.nodes.len());
        let Node { value: outer, after, .. } = self.nodes.get_mut(self.inner.node as usize)?;
        self.inner = Open { end: outer.start, count: outer.end, node: *after };
        *after = behind;
        self.levels += 1;
        Some(())
    }

    /// The string behind whose first quote these bytes are, how it is written, and the bytes behind it.
    #[allow(clippy::inline_always, reason = "every name and most values are one")]
    #[inline(always)]
    fn string(&mut self, string: &'a [u8]) -> Option<(Span, &'a [u8], &'a [u8])> {
        let length = plain_length(string);
        let Some((written, [b'"', rest @ ..])) = string.split_at_checked(length) else {
            return self.unusual(string, length);
        };
        let start = self.place_of(string);
        Some((Span { start, end: start + place(length) }, written, rest))
    }

    /// The same of a string that is plain ASCII for that length, and no further.
    #[cold]
    fn unusual(&mut self, string: &'a [u8], mut length: usize) -> Option<(Span, &'a [u8], &'a [u8])> {
        let mut is_escaped = false;
        loop {
            let looked_at = match string.get(length)? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    // The byte behind it may be a quote that ends nothing.
                    2
                }
                0x80.. => string.get(length..)?.iter().take_while(|byte| !byte.is_ascii()).count(),
                _ => return None,
            };
            length += looked_at;
            length += plain_length(string.get(length..)?);
        }
        let (written, rest) = (string.get(..length)?, string.get(length + 1..)?);
        let start = self.place_of(string);
        if !is_escaped {
            std::str::from_utf8(written).ok()?;
            return Some((Span { start, end: start + place(length) }, written, rest));
        }
        let literal = self.bytes.get(start as usize - 1..=start as usize + length)?;
        let text: String = serde_json::from_slice(literal).ok()?;
        // What it says has its place among the others.
        let index = place(self.decoded.len());
        self.decoded.push(text);
        Some((Span { start: index, end: DECODED }, written, rest))
    }

    #[inline(never)]
    fn number(&mut self, name: Span, rest: &'a [u8]) -> Option<Place<'a>> {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        // Most are whole numbers of which nothing can be wrong.
        let is_plain = (1..16).contains(&digits) && !rest.starts_with(b"0");
        if is_plain && !rest.get(digits).is_some_and(is_part) {
            let rest = rest.get(digits..)?;
            self.push_until(rest, Kind::Number, name, digits);
            return Some(Place::Behind(rest));
        }
        let (literal, rest) = rest.split_at_checked(rest.iter().take_while(|byte| is_part(byte)).count())?;
        self.push_until(rest, Kind::Number, name, literal.len());
        serde_json::from_slice::<serde_json::Number>(literal).ok()?;
        Some(Place::Behind(rest))
    }

    #[inline]
    fn word(&mut self, word: &[u8], kind: Kind, name: Span, rest: &'a [u8]) -> Option<Place<'a>> {
        let rest = rest.strip_prefix(word)?;
        self.push_until(rest, kind, name, word.len());
        Some(Place::Behind(rest))
    }

    /// A node that has none in it, of so many bytes before those that are left.
    #[inline]
    fn push_until(&mut self, rest: &[u8], kind: Kind, name: Span, length: usize) {
        let end = self.place_of(rest);
        self.push(kind, name, Span { start: end - place(length), end });
    }

    #[inline]
    fn push(&mut self, kind: Kind, name: Span, value: Span) {
        let after = place(self.nodes.len() + 1);
        self.nodes.push(Node { kind, name, value, after });
    }

    /// Where the bytes begin that are left.
    #[inline]
    fn place_of(&self, rest: &[u8]) -> u32 {
        place(self.bytes.len() - rest.len())
    }

    /// Whether one of the object's members that were read has that name. Of many, that is found out later.
    #[inline(never)]
    fn is_known(&self, name: Span) -> bool {
        let name = said(self.bytes, &self.decoded, name);
        self.inner.count < MAX_PAIRED && self.names().any(|other| Some(other) == name)
    }

    #[inline(never)]
    fn has_twins(&self) -> bool {
        let mut names: Vec<&[u8]> = self.names().collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
    }

    /// The names of the members of the object that is being read.
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let mut next = self.inner.node as usize + 1;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next)?;
            next = node.after as usize;
            said(self.bytes, &self.decoded, node.name)
        })
    }
}

/// The bytes behind that one, which comes next.
#[inline]
fn behind(rest: &[u8], byte: u8) -> Option<&[u8]> {
    match rest {
        [first, behind @ ..] if *first == byte => Some(behind),
        [..=b' ', ..] => {
            behind_blanks(rest).split_first().filter(|(first, _)| **first == byte).map(|(_, behind)| behind)
        }
        _ => None,
    }
}

/// The bytes without the white space before them.
#[inline]
fn next(rest: &[u8]) -> &[u8] {
    match rest {
        [..=b' ', ..] => behind_blanks(rest),
        _ => rest,
    }
}

#[cold]
fn behind_blanks(rest: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
    let first = rest.iter().position(|byte| !is_blank(byte));
    first.and_then(|first| rest.get(first..)).unwrap_or_default()
}

/// A place in the bytes, or among the nodes, of which there are fewer than bytes.
#[allow(clippy::cast_possible_truncation, reason = "the length of the bytes was looked at first")]
const fn place(at: usize) -> u32 {
    at as u32
}

/// Names that came before, roughly: most names are told apart without being compared. In a document of many hundreds, it
/// tells nothing any more, and [`MAX_PAIRED`] bounds how many are compared.
#[derive(Default)]
struct Seen([u64; 32]);

impl Seen {
    /// Notes the name of a member of the object with that node. False where it did not come before in it; true where it
    /// may have.
    #[inline]
    fn note(&mut self, object: u32, name: &[u8]) -> bool {
        let end = match name.last_chunk() {
            Some(end) => u32::from_le_bytes(*end),
            None => name.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)),
        };
        let other = (name.len() as u64) << 16 ^ u64::from(object);
        // The upper bits of the product depend on all of its factor's.
        let hash = (u64::from(end) ^ other << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (word, bit) = ((hash >> 59) as usize, 1 << (hash >> 53 & 63));
        let Some(word) = self.0.get_mut(word) else { return true };
        let may_be_known = *word & bit != 0;
        *word |= bit;
        may_be_known
    }
}
