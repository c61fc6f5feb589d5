//! From bytes to a document (RFC 8259), without copying what is there already.
//!
//! What reads takes the bytes that are left and gives those behind what it read. It gives none where they cannot be read;
//! [`Reader::fault`] says why.

use super::plain::plain_length;
use super::{DECODED, Document, JsonFault, Kind, Name, Node};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: usize = 16;
/// A document has about one value in so many bytes.
const BYTES_PER_NODE: usize = 32;

/// What is read, and what was read of it.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    decoded: Vec<String>,
    /// Why reading ended, where it ended before all was read.
    fault: JsonFault,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let nodes = Vec::with_capacity(bytes.len() / BYTES_PER_NODE + 8);
        Self { bytes, nodes, decoded: Vec::new(), fault: JsonFault::Syntax }
    }

    /// The only value of the bytes, of so many levels at most.
    pub(super) fn whole(mut self, levels: usize) -> Result<Document<'a>, JsonFault> {
        // Every place in the bytes has to be one that a node can name.
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(JsonFault::Syntax);
        }
        let rest = self.value(Name::default(), self.bytes, levels).ok_or(self.fault)?;
        if !next(rest).is_empty() {
            return Err(JsonFault::Syntax);
        }
        Ok(Document { bytes: self.bytes, nodes: self.nodes, decoded: self.decoded })
    }

    #[allow(clippy::inline_always, reason = "most values are strings, and read right here")]
    #[inline(always)]
    fn value(&mut self, name: Name, rest: &'a [u8], levels: usize) -> Option<&'a [u8]> {
        let rest = next(rest);
        let [b'"', string @ ..] = rest else {
            return self.other(name, rest, levels);
        };
        let (Name { start, end }, rest) = self.string(string)?;
        self.push(Kind::Text, name, start, end);
        Some(rest)
    }

    /// A value that is no string; the white space before it was passed.
    #[inline(never)]
    fn other(&mut self, name: Name, rest: &'a [u8], levels: usize) -> Option<&'a [u8]> {
        match rest.first()? {
            b'{' => self.object(name, rest, levels),
            b'[' => self.list(name, rest, levels),
            b'n' => self.word(b"null", Kind::Null, name, rest),
            b't' => self.word(b"true", Kind::True, name, rest),
            b'f' => self.word(b"false", Kind::False, name, rest),
            b'-' | b'0'..=b'9' => self.number(name, rest),
            _ => None,
        }
    }

    #[inline(never)]
    fn object(&mut self, name: Name, rest: &'a [u8], levels: usize) -> Option<&'a [u8]> {
        let (object, rest) = self.begin(Kind::Object, name, rest);
        let levels = self.inner(levels)?;
        let mut rest = match next(rest) {
            [b'}', rest @ ..] => return Some(rest),
            rest => rest,
        };
        let mut seen = Seen::default();
        let mut count = 0;
        loop {
            let [b'"', string @ ..] = rest else { return None };
            let (name, behind) = self.string(string)?;
            let [b':', value @ ..] = next(behind) else { return None };
            if seen.note(self.said(name)) && self.is_known(object, count, name) {
                return self.fail(JsonFault::Duplicate);
            }
            let behind = self.value(name, value, levels)?;
            count += 1;
            rest = match next(behind) {
                [b',', rest @ ..] => next(rest),
                [b'}', rest @ ..] => break self.close_object(object, count).then_some(rest),
                _ => return None,
            };
        }
    }

    #[inline(never)]
    fn list(&mut self, name: Name, rest: &'a [u8], levels: usize) -> Option<&'a [u8]> {
        let (list, rest) = self.begin(Kind::List, name, rest);
        let levels = self.inner(levels)?;
        let mut rest = match next(rest) {
            [b']', rest @ ..] => return Some(rest),
            rest => rest,
        };
        loop {
            let behind = self.value(Name::default(), rest, levels)?;
            rest = match next(behind) {
                [b',', rest @ ..] => rest,
                [b']', rest @ ..] => {
                    self.close(list);
                    return Some(rest);
                }
                _ => return None,
            };
        }
    }

    /// The levels that are left inside of an object or a list.
    #[inline]
    fn inner(&mut self, levels: usize) -> Option<usize> {
        if levels == 0 {
            self.fault = JsonFault::Nesting;
        }
        levels.checked_sub(1)
    }

    #[cold]
    fn fail(&mut self, fault: JsonFault) -> Option<&'a [u8]> {
        self.fault = fault;
        None
    }

    /// Begins an object or a list, as one that has nothing in it. Gives its node, and what is behind its first byte.
    #[inline]
    fn begin(&mut self, kind: Kind, name: Name, rest: &'a [u8]) -> (usize, &'a [u8]) {
        let (node, place) = (self.nodes.len(), self.place_of(rest));
        self.push(kind, name, place, place);
        (node, rest.get(1..).unwrap_or_default())
    }

    /// All nodes from that one on are in it.
    #[inline]
    fn close(&mut self, node: usize) {
        let after = place(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(node) {
            node.after = after;
        }
    }

    /// The same of an object of so many members. False where a member comes twice.
    #[inline]
    fn close_object(&mut self, node: usize, count: usize) -> bool {
        self.close(node);
        if count > MAX_PAIRED && self.has_twins(node) {
            self.fault = JsonFault::Duplicate;
            return false;
        }
        true
    }

    /// The string behind whose first quote these bytes are.
    #[allow(clippy::inline_always, reason = "every name and most values are one")]
    #[inline(always)]
    fn string(&mut self, string: &'a [u8]) -> Option<(Name, &'a [u8])> {
        let length = plain_length(string);
        let Some([b'"', rest @ ..]) = string.get(length..) else {
            return self.unusual(string, length);
        };
        let start = self.place_of(string);
        Some((Name { start, end: start + place(length) }, rest))
    }

    /// The same of a string that is plain ASCII for that length, and no further.
    #[cold]
    fn unusual(&mut self, string: &'a [u8], mut length: usize) -> Option<(Name, &'a [u8])> {
        let mut is_escaped = false;
        loop {
            let looked_at = match string.get(length)? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    // The byte behind it may be a quote that ends nothing.
                    2
                }
                0x80.. => 1,
                _ => return None,
            };
            length += looked_at;
            length += plain_length(string.get(length..)?);
        }
        let (said, rest) = (string.get(..length)?, string.get(length + 1..)?);
        let start = self.place_of(string);
        if !is_escaped {
            std::str::from_utf8(said).ok()?;
            return Some((Name { start, end: start + place(length) }, rest));
        }
        let literal = self.bytes.get(start as usize - 1..=start as usize + length)?;
        let text: String = serde_json::from_slice(literal).ok()?;
        // What it says has its place among the others.
        let index = place(self.decoded.len());
        self.decoded.push(text);
        Some((Name { start: index, end: DECODED }, rest))
    }

    #[inline(never)]
    fn number(&mut self, name: Name, rest: &'a [u8]) -> Option<&'a [u8]> {
        let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let (literal, rest) = rest.split_at_checked(rest.iter().take_while(is_part).count())?;
        self.push_until(rest, Kind::Number, name, literal.len());
        // Most are whole numbers of which nothing can be wrong.
        let is_plain = literal.len() < 16 && literal.iter().all(u8::is_ascii_digit);
        if (is_plain && !literal.starts_with(b"0"))
            || serde_json::from_slice::<serde_json::Number>(literal).is_ok()
        {
            return Some(rest);
        }
        None
    }

    #[inline]
    fn word(&mut self, word: &[u8], kind: Kind, name: Name, rest: &'a [u8]) -> Option<&'a [u8]> {
        let rest = rest.strip_prefix(word)?;
        self.push_until(rest, kind, name, word.len());
        Some(rest)
    }

    /// A node that has none in it, of so many bytes before those that are left.
    #[inline]
    fn push_until(&mut self, rest: &[u8], kind: Kind, name: Name, length: usize) {
        let end = self.place_of(rest);
        self.push(kind, name, end - place(length), end);
    }

    #[inline]
    fn push(&mut self, kind: Kind, name: Name, start: u32, end: u32) {
        let after = place(self.nodes.len() + 1);
        self.nodes.push(Node { kind, name, start, end, after });
    }

    /// Where the bytes begin that are left.
    #[inline]
    fn place_of(&self, rest: &[u8]) -> u32 {
        place(self.bytes.len() - rest.len())
    }

    /// Whether one of the object's members, of which so many were read, has that name. Of many, that is found out later.
    #[inline(never)]
    fn is_known(&self, object: usize, count: usize, name: Name) -> bool {
        let name = self.said(name);
        count < MAX_PAIRED && self.names(object).any(|other| other == name)
    }

    #[inline(never)]
    fn has_twins(&self, object: usize) -> bool {
        let mut names: Vec<&[u8]> = self.names(object).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
    }

    /// The names of the object's members that were read.
    fn names(&self, object: usize) -> impl Iterator<Item = &[u8]> {
        let mut next = object + 1;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next)?;
            next = node.after as usize;
            Some(self.said(node.name))
        })
    }

    /// What a name says.
    #[inline]
    fn said(&self, name: Name) -> &[u8] {
        let said = match name.end {
            DECODED => self.decoded.get(name.start as usize).map(String::as_bytes),
            end => self.bytes.get(super::range(name.start, end)),
        };
        said.unwrap_or_default()
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
#[allow(clippy::cast_possible_truncation, reason = "the length of the text was looked at first")]
const fn place(at: usize) -> u32 {
    at as u32
}

/// Names that came before, roughly: most names are told apart without being compared.
#[derive(Default)]
struct Seen([u64; 4]);

impl Seen {
    /// Notes a name. False where it did not come before; true where it may have.
    #[inline]
    fn note(&mut self, name: &[u8]) -> bool {
        let end = match name.last_chunk() {
            Some(end) => u32::from_le_bytes(*end),
            None => name.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)),
        };
        // The upper bits of the product depend on all of its factor's.
        let hash = (u64::from(end) ^ (name.len() as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (word, bit) = ((hash >> 62) as usize, 1 << (hash >> 56 & 63));
        let Some(word) = self.0.get_mut(word) else { return true };
        let may_be_known = *word & bit != 0;
        *word |= bit;
        may_be_known
    }
}
