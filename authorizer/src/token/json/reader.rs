//! From text to values (RFC 8259), without copying what is there already.

use std::borrow::Cow;

use super::scan::plain;
use super::{Json, JsonFault, Object};

/// An object of more members is looked through in order of their names: each with each would take too long.
const MAX_PAIRED: usize = 16;

/// What is left to be read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The only value of the text, of so many levels at most.
    pub(super) fn whole(mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        let value = self.value(levels)?;
        self.pass_space();
        if self.at == self.text.len() { Ok(value) } else { Err(JsonFault::Syntax) }
    }

    fn value(&mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        self.pass_space();
        match self.peek() {
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
        self.pass_space();
        if self.take(b'}') {
            return Ok(Json::Object(Object(members)));
        }
        members.reserve(MAX_PAIRED / 2);
        let mut seen = Seen::default();
        loop {
            self.pass_space();
            let name = self.string()?;
            self.pass_space();
            self.expect(b':')?;
            let value = self.value(levels)?;
            let may_be_known = seen.note(&name);
            if may_be_known && members.len() < MAX_PAIRED && members.iter().any(|(other, _)| *other == name) {
                return Err(JsonFault::Duplicate);
            }
            members.push((name, value));
            self.pass_space();
            if self.take(b'}') {
                break;
            }
            self.expect(b',')?;
        }
        if members.len() > MAX_PAIRED && has_twins(&members) {
            return Err(JsonFault::Duplicate);
        }
        Ok(Json::Object(Object(members)))
    }

    fn list(&mut self, levels: usize) -> Result<Json<'a>, JsonFault> {
        self.at += 1;
        let mut items = Vec::new();
        self.pass_space();
        if self.take(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(levels)?);
            self.pass_space();
            if self.take(b']') {
                return Ok(Json::List(items));
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        self.expect(b'"')?;
        let start = self.at;
        self.at += plain(self.rest());
        if self.peek() == Some(b'"') {
            let text = self.text.get(start..self.at).ok_or(JsonFault::Syntax)?;
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        // With an escape, or not at all: the end is behind the last of them.
        while self.take(b'\\') {
            self.at += 1;
            self.at += plain(self.rest());
        }
        self.expect(b'"')?;
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

    fn pass_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonFault> {
        if self.take(byte) { Ok(()) } else { Err(JsonFault::Syntax) }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
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
        let at = |index: usize| bytes.get(index).copied().map_or(0, u32::from);
        let mixed = at(0) ^ (at(bytes.len() / 2) << 2) ^ (at(bytes.len().wrapping_sub(1)) << 4);
        let bit = 1_u64 << ((mixed ^ (mixed >> 6) ^ length(bytes).wrapping_mul(2)) % u64::BITS);
        let may_be_known = self.0 & bit != 0;
        self.0 |= bit;
        may_be_known
    }
}

/// A text's size bounds it far below this.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn has_twins(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [one, two] if one == two))
}
