//! From text to values (RFC 8259), without copying what is there already.

use std::borrow::Cow;

use super::scan::Scan;
use super::{Json, JsonFault, Object};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: usize = 16;

/// What is left to be read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    scan: Scan,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, scan: Scan::of(text.as_bytes()) }
    }

    /// The only value of the text, of so many levels at most.
    pub(super) fn whole(mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        let value = self.value(levels)?;
        if self.next().is_none() { Ok(value) } else { Err(JsonFault::Syntax) }
    }

    fn value(&mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        match self.next() {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'{') => self.object(levels.checked_sub(1).ok_or(JsonFault::Nesting)?),
            Some(b'[') => self.list(levels.checked_sub(1).ok_or(JsonFault::Nesting)?),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(JsonFault::Syntax),
        }
    }

    fn object(&mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        self.at += 1;
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        if self.next() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(Object(members)));
        }
        members.reserve(MAX_PAIRED);
        let mut seen = Seen::default();
        loop {
            let name =
                if self.next() == Some(b'"') { self.string()? } else { return Err(JsonFault::Syntax) };
            if self.next() != Some(b':') {
                return Err(JsonFault::Syntax);
            }
            self.at += 1;
            let value = self.value(levels)?;
            let may_be_known = seen.note(&name);
            if may_be_known && members.len() < MAX_PAIRED && members.iter().any(|(other, _)| *other == name) {
                return Err(JsonFault::Duplicate);
            }
            members.push((name, value));
            if self.ends(b'}')? {
                break;
            }
        }
        if members.len() > MAX_PAIRED && has_twins(&members) {
            return Err(JsonFault::Duplicate);
        }
        Ok(Json::Object(Object(members)))
    }

    fn list(&mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        self.at += 1;
        if self.next() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(Vec::new()));
        }
        let first = self.value(levels)?;
        if self.ends(b']')? {
            return Ok(match first {
                Json::Text(text) => Json::TextList(text),
                other => Json::List(vec![other]),
            });
        }
        let mut items = vec![first];
        loop {
            items.push(self.value(levels)?);
            if self.ends(b']')? {
                return Ok(Json::List(items));
            }
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
    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        self.at += 1;
        let start = self.at;
        let rest = self.rest();
        let length = self.scan.plain(rest);
        self.at += length;
        if rest.get(length) == Some(&b'"') {
            self.at += 1;
            return self.text.get(start..start + length).map(Cow::Borrowed).ok_or(JsonFault::Syntax);
        }
        self.escaped(start)
    }

    /// The string that starts there and does not end before an escape, or not at all.
    #[cold]
    fn escaped(&mut self, start: usize) -> Result<Cow<'a, str>, JsonFault> {
        // The end is behind the last of them.
        while self.peek() == Some(b'\\') {
            self.at += 2;
            self.at += self.scan.plain(self.rest());
        }
        if self.peek() != Some(b'"') {
            return Err(JsonFault::Syntax);
        }
        self.at += 1;
        let literal = self.text.get(start - 1..self.at).ok_or(JsonFault::Syntax)?;
        serde_json::from_str(literal).map(Cow::Owned).map_err(|_| JsonFault::Syntax)
    }

    fn number(&mut self) -> Result<Json<'a>, JsonFault> {
        let is_part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let start = self.at;
        self.at += self.rest().iter().take_while(is_part).count();
        let literal = self.text.get(start..self.at).ok_or(JsonFault::Syntax)?;
        serde_json::from_str(literal).map(Json::Number).map_err(|_| JsonFault::Syntax)
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, JsonFault> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(JsonFault::Syntax);
        }
        self.at += word.len();
        Ok(value)
    }

    /// The next byte that is no white space; what is before it is passed.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Names that came before, roughly: most names are told apart without being compared.
#[derive(Default)]
struct Seen(u64);

impl Seen {
    /// Notes a name. False where it did not come before; true where it may have.
    fn note(&mut self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let [first, last] = [bytes.first(), bytes.last()].map(|byte| byte.copied().map_or(0, usize::from));
        let bit = 1_u64 << ((first ^ (last << 2) ^ (bytes.len() * 5)) % 64);
        let may_be_known = self.0 & bit != 0;
        self.0 |= bit;
        may_be_known
    }
}

fn has_twins(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
}
