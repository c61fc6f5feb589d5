//! From text to a document (RFC 8259), without copying what is there already.

use super::marks::Marks;
use super::{Document, JsonFault, Kind, Node};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: usize = 16;
/// A document has about one value or name in so many bytes.
const BYTES_PER_NODE: usize = 16;

/// What is left to be read, and what was read.
pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    marks: Marks,
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
        self.value(levels)?;
        if self.next().is_some() {
            return Err(JsonFault::Syntax);
        }
        Ok(Document { text: self.text, nodes: self.nodes, decoded: self.decoded })
    }

    #[allow(clippy::inline_always, reason = "every name and most values are one")]
    #[inline(always)]
    fn value(&mut self, levels: usize) -> Result<(), JsonFault> {
        match self.next() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(levels.checked_sub(1).ok_or(JsonFault::Nesting)?),
            Some(b'[') => self.list(levels.checked_sub(1).ok_or(JsonFault::Nesting)?),
            Some(b'n') => self.word("null", Kind::Null),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(JsonFault::Syntax),
        }
    }

    #[inline(never)]
    fn object(&mut self, levels: usize) -> Result<(), JsonFault> {
        let object = self.begin(Kind::Object);
        if self.is_empty(b'}') {
            return Ok(());
        }
        let mut seen = Seen::default();
        let mut count = 0;
        loop {
            let name = self.nodes.len();
            if self.next() != Some(b'"') {
                return Err(JsonFault::Syntax);
            }
            let plain = self.string()?;
            if self.next() != Some(b':') {
                return Err(JsonFault::Syntax);
            }
            self.at += 1;
            let may_be_known = seen.note(plain.unwrap_or_else(|| self.name(name)));
            if may_be_known && count < MAX_PAIRED && self.is_known(object, name) {
                return Err(JsonFault::Duplicate);
            }
            self.value(levels)?;
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

    #[inline(never)]
    fn list(&mut self, levels: usize) -> Result<(), JsonFault> {
        let list = self.begin(Kind::List);
        if self.is_empty(b']') {
            return Ok(());
        }
        loop {
            self.value(levels)?;
            if self.ends(b']')? {
                self.close(list);
                return Ok(());
            }
        }
    }

    /// Begins an object or a list, as one that has nothing in it. Gives its node.
    fn begin(&mut self, kind: Kind) -> usize {
        let node = self.nodes.len();
        self.push(kind, self.at);
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

    /// The string whose first quote is next. Gives its bytes where nothing in it is escaped.
    #[allow(clippy::inline_always, reason = "every name and most values are one")]
    #[inline(always)]
    fn string(&mut self) -> Result<Option<&'a [u8]>, JsonFault> {
        let start = self.at + 1;
        self.at = self.marks.next(start);
        if self.peek() != Some(b'"') {
            return self.escaped(start).map(|()| None);
        }
        let plain = self.bytes.get(start..self.at);
        self.push(Kind::Text, start);
        self.at += 1;
        Ok(plain)
    }

    /// The string that starts there and does not end before an escape, or not at all.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<(), JsonFault> {
        // The end is behind the last of them.
        while self.peek() == Some(b'\\') {
            self.at = self.marks.next(self.at + 2);
        }
        if self.peek() != Some(b'"') {
            return Err(JsonFault::Syntax);
        }
        self.at += 1;
        let literal = self.text.get(start - 1..self.at).ok_or(JsonFault::Syntax)?;
        let text: String = serde_json::from_str(literal).map_err(|_| JsonFault::Syntax)?;
        // What it says has its place among the others.
        self.push(Kind::Decoded, self.decoded.len());
        self.decoded.push(text);
        Ok(())
    }

    #[inline(never)]
    fn number(&mut self) -> Result<(), JsonFault> {
        let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let start = self.at;
        self.at += self.rest().iter().take_while(is_part).count();
        self.push(Kind::Number, start);
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

    #[inline(never)]
    fn word(&mut self, word: &str, kind: Kind) -> Result<(), JsonFault> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(JsonFault::Syntax);
        }
        self.push(kind, self.at);
        self.at += word.len();
        Ok(())
    }

    /// A node that starts there, ends here, and has none in it.
    #[inline]
    fn push(&mut self, kind: Kind, start: usize) {
        let nodes = &mut self.nodes;
        let after = place(nodes.len() + 1);
        nodes.push(Node { kind, start: place(start), end: place(self.at), after });
    }

    /// The next byte that is no white space; what is before it is passed.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Whether the name at that node is one of the object's members before it.
    #[inline(never)]
    fn is_known(&self, object: usize, name: usize) -> bool {
        self.names(object, name).any(|other| self.name(other) == self.name(name))
    }

    #[inline(never)]
    fn has_twins(&self, object: usize) -> bool {
        let mut names: Vec<&[u8]> =
            self.names(object, self.nodes.len()).map(|name| self.name(name)).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
    }

    /// The nodes of the names in an object, up to a node.
    fn names(&self, object: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let after = |name: &usize| self.nodes.get(name + 1).map(|value| value.after as usize);
        std::iter::successors(Some(object + 1), after).take_while(move |name| *name < end)
    }

    /// The name at that node.
    #[inline]
    fn name(&self, node: usize) -> &[u8] {
        let Some(Node { kind, start, end, .. }) = self.nodes.get(node) else { return &[] };
        let name = match kind {
            Kind::Decoded => self.decoded.get(*start as usize).map(String::as_bytes),
            _ => self.bytes.get(*start as usize..*end as usize),
        };
        name.unwrap_or_default()
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
