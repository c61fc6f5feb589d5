//! From text to a document (RFC 8259), without copying what is there already.

use super::marks::Marks;
use super::{DECODED, Document, JsonFault, Kind, Name, Node};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: usize = 16;
/// A document has about one value in so many bytes.
const BYTES_PER_NODE: usize = 32;

/// What is left to be read, and what was read.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    marks: Marks<'a>,
    nodes: Vec<Node>,
    decoded: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (bytes, nodes) = (text.as_bytes(), Vec::with_capacity(text.len() / BYTES_PER_NODE + 8));
        Self { text, bytes, at: 0, marks: Marks::of(bytes), nodes, decoded: Vec::new() }
    }

    /// The only value of the text, of so many levels at most.
    pub(super) fn whole(mut self, levels: usize) -> Result<Document<'a>, JsonFault> {
        // Every place in the text has to be one that a node can name.
        if u32::try_from(self.text.len()).is_err() {
            return Err(JsonFault::Syntax);
        }
        self.value(Name::default(), levels)?;
        if self.next().is_some() {
            return Err(JsonFault::Syntax);
        }
        Ok(Document { text: self.text, nodes: self.nodes, decoded: self.decoded })
    }

    #[allow(clippy::inline_always, reason = "most values are strings, and read right here")]
    #[inline(always)]
    fn value(&mut self, name: Name, levels: usize) -> Result<(), JsonFault> {
        if self.next() == Some(b'"') {
            return self.text(name);
        }
        self.other(name, levels)
    }

    /// A value that is no string; the white space before it was passed.
    #[inline(never)]
    fn other(&mut self, name: Name, levels: usize) -> Result<(), JsonFault> {
        let inner = || levels.checked_sub(1).ok_or(JsonFault::Nesting);
        match self.peek() {
            Some(b'{') => self.object(name, inner()?),
            Some(b'[') => self.list(name, inner()?),
            Some(b'n') => self.word(b"null", Kind::Null, name),
            Some(b't') => self.word(b"true", Kind::True, name),
            Some(b'f') => self.word(b"false", Kind::False, name),
            Some(b'-' | b'0'..=b'9') => self.number(name),
            _ => Err(JsonFault::Syntax),
        }
    }

    #[inline]
    fn text(&mut self, name: Name) -> Result<(), JsonFault> {
        let Name { start, end } = self.string()?;
        self.push(if end == DECODED { Kind::Decoded } else { Kind::Text }, name, start, end);
        Ok(())
    }

    fn object(&mut self, name: Name, levels: usize) -> Result<(), JsonFault> {
        let object = self.begin(Kind::Object, name);
        if self.is_empty(b'}') {
            return Ok(());
        }
        let mut seen = Seen::default();
        let mut count = 0;
        loop {
            if self.next() != Some(b'"') {
                return Err(JsonFault::Syntax);
            }
            let name = self.string()?;
            if self.next() != Some(b':') {
                return Err(JsonFault::Syntax);
            }
            self.at += 1;
            if seen.note(self.said(name)) && count < MAX_PAIRED && self.is_known(object, name) {
                return Err(JsonFault::Duplicate);
            }
            self.value(name, levels)?;
            count += 1;
            if self.ends(b'}')? {
                break;
            }
        }
        if count > MAX_PAIRED && self.has_twins(object) {
            return Err(JsonFault::Duplicate);
        }
        self.close(object);
        Ok(())
    }

    fn list(&mut self, name: Name, levels: usize) -> Result<(), JsonFault> {
        let list = self.begin(Kind::List, name);
        if self.is_empty(b']') {
            return Ok(());
        }
        loop {
            self.value(Name::default(), levels)?;
            if self.ends(b']')? {
                self.close(list);
                return Ok(());
            }
        }
    }

    /// Begins an object or a list, as one that has nothing in it. Gives its node.
    fn begin(&mut self, kind: Kind, name: Name) -> usize {
        let (node, at) = (self.nodes.len(), place(self.at));
        self.push(kind, name, at, at);
        self.at += 1;
        node
    }

    /// Whether nothing is in it. Passes the end.
    fn is_empty(&mut self, end: u8) -> bool {
        let is_empty = self.next() == Some(end);
        self.at += usize::from(is_empty);
        is_empty
    }

    /// All nodes from that one on are in it.
    fn close(&mut self, node: usize) {
        let after = place(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(node) {
            node.after = after;
        }
    }

    /// Whether what follows ends the list or object, and not a comma that goes on with it. Passes it.
    fn ends(&mut self, end: u8) -> Result<bool, JsonFault> {
        let next = self.next();
        self.at += 1;
        match next {
            Some(b',') => Ok(false),
            Some(byte) if byte == end => Ok(true),
            _ => Err(JsonFault::Syntax),
        }
    }

    /// The string whose first quote is next.
    #[allow(clippy::inline_always, reason = "every name and most values are one")]
    #[inline(always)]
    fn string(&mut self) -> Result<Name, JsonFault> {
        let start = self.at + 1;
        let end = self.marks.next(start);
        self.at = end + 1;
        if self.bytes.get(end) != Some(&b'"') {
            return self.escaped(start, end);
        }
        Ok(Name { start: place(start), end: place(end) })
    }

    /// The string that starts there and has no quote before that mark.
    #[cold]
    fn escaped(&mut self, start: usize, mut mark: usize) -> Result<Name, JsonFault> {
        // The end is behind the last of them.
        while self.bytes.get(mark) == Some(&b'\\') {
            mark = self.marks.next(mark + 2);
        }
        if self.bytes.get(mark) != Some(&b'"') {
            return Err(JsonFault::Syntax);
        }
        self.at = mark + 1;
        let literal = self.text.get(start - 1..self.at).ok_or(JsonFault::Syntax)?;
        let text: String = serde_json::from_str(literal).map_err(|_| JsonFault::Syntax)?;
        // What it says has its place among the others.
        let index = place(self.decoded.len());
        self.decoded.push(text);
        Ok(Name { start: index, end: DECODED })
    }

    #[inline(never)]
    fn number(&mut self, name: Name) -> Result<(), JsonFault> {
        let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let start = self.at;
        self.at += self.rest().iter().take_while(is_part).count();
        self.push(Kind::Number, name, place(start), place(self.at));
        let literal = self.text.get(start..self.at).ok_or(JsonFault::Syntax)?;
        // Most are whole numbers of which nothing can be wrong.
        let is_plain = literal.len() < 16 && literal.bytes().all(|byte| byte.is_ascii_digit());
        if (is_plain && !literal.starts_with('0'))
            || serde_json::from_str::<serde_json::Number>(literal).is_ok()
        {
            return Ok(());
        }
        Err(JsonFault::Syntax)
    }

    #[inline]
    fn word<const N: usize>(&mut self, word: &[u8; N], kind: Kind, name: Name) -> Result<(), JsonFault> {
        if self.rest().first_chunk() != Some(word) {
            return Err(JsonFault::Syntax);
        }
        let start = self.at;
        self.at += N;
        self.push(kind, name, place(start), place(self.at));
        Ok(())
    }

    /// A node that has none in it.
    #[inline]
    fn push(&mut self, kind: Kind, name: Name, start: u32, end: u32) {
        let after = place(self.nodes.len() + 1);
        self.nodes.push(Node { kind, name, start, end, after });
    }

    /// The next byte that is no white space; what is before it is passed.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        match self.peek()? {
            byte if byte > b' ' => Some(byte),
            _ => self.pass_blanks(),
        }
    }

    #[cold]
    fn pass_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether one of the object's members has that name.
    #[inline(never)]
    fn is_known(&self, object: usize, name: Name) -> bool {
        let name = self.said(name);
        self.names(object).any(|other| other == name)
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

/// A place in the text, or among the nodes, of which there are fewer than bytes.
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
