//! JSON objects, read strictly: a member that comes twice is an error.
//!
//! RFC 7515 section 4 and RFC 7519 section 4 leave it to the reader to refuse them. Readers that take the
//! first and readers that take the last see two different tokens under one signature.

mod plain;
mod reader;

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

use reader::Reader;

/// How deep objects and lists of a token may be nested. Those of the large issuers are three levels deep.
pub(crate) const MAX_DEPTH: usize = 16;

/// Why bytes are no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// They are no JSON.
    Syntax,
    /// Objects and lists are nested too deeply.
    Nesting,
    /// A member comes twice.
    Duplicate,
    /// It is another value than an object.
    NotAnObject,
}

/// An object that was read: all of its values are in one list, each with what is in it behind it.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    /// What the strings say in which something is escaped.
    decoded: Vec<String>,
}

/// A value, with the name that it has as a member. While an object or a list is being read, its node says what that is
/// in.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    name: Name,
    /// Where it is in the bytes, without quotes; of one that is decoded, where it is among those.
    start: u32,
    /// Where it ends in the bytes; [`DECODED`] of one that is decoded.
    end: u32,
    /// The first node that is not in it.
    after: u32,
}

/// The name of a member; of what is none, an empty one.
#[derive(Debug, Clone, Copy, Default)]
struct Name {
    /// As a node has it.
    start: u32,
    /// Where it ends in the bytes; [`DECODED`] of one that is decoded.
    end: u32,
}

/// As many nodes as this are kept for the next document.
const MAX_SPARE_NODES: usize = 1_024;

thread_local! {
    /// The memory of a document that is gone. To ask for it anew would cost each event as much as to read a tenth of it.
    static SPARE: Cell<Vec<Node>> = const { Cell::new(Vec::new()) };
}

/// No string of bytes that can be read ends there.
const DECODED: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    True,
    False,
    Number,
    Text,
    List,
    Object,
}

/// A value of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'d, 'a> {
    document: &'d Document<'a>,
    node: usize,
}

/// An object whose members have different names, in the order in which they were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'d, 'a>(Json<'d, 'a>);

/// The object that the bytes hold, of so many levels at most.
pub(crate) fn read(bytes: &[u8], max_depth: usize) -> Result<Document<'_>, JsonFault> {
    let document = Reader::new(bytes, max_depth).whole()?;
    match document.nodes.first() {
        Some(Node { kind: Kind::Object, .. }) => Ok(document),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// The same as a map that lives on its own, of the members whose names are wanted.
pub(crate) fn object(
    bytes: &[u8],
    max_depth: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, JsonFault> {
    let document = read(bytes, max_depth)?;
    let named = document.object().values().filter_map(|value| Some((value.name()?, value)));
    let wanted = named.filter(|(name, _)| is_wanted(name));
    Ok(wanted.map(|(name, value)| (name.into_owned(), Value::from(value))).collect())
}

impl<'a> Document<'a> {
    /// What was read.
    pub(crate) const fn object(&self) -> Object<'_, 'a> {
        Object(Json { document: self, node: 0 })
    }

    /// What a string says that is there.
    fn said(&self, start: u32, end: u32) -> Option<&[u8]> {
        match end {
            DECODED => self.decoded.get(start as usize).map(String::as_bytes),
            _ => self.bytes.get(range(start, end)),
        }
    }

    /// The same as a text. Reading showed that it is UTF-8.
    fn text(&self, start: u32, end: u32) -> Option<Cow<'a, str>> {
        match end {
            DECODED => self.decoded.get(start as usize).cloned().map(Cow::Owned),
            _ => std::str::from_utf8(self.bytes.get(range(start, end))?).ok().map(Cow::Borrowed),
        }
    }

    /// The node behind that one and all that is in it.
    fn after(&self, node: usize) -> Option<usize> {
        self.nodes.get(node).map(|node| node.after as usize)
    }
}

impl Drop for Document<'_> {
    fn drop(&mut self) {
        if self.nodes.capacity() <= MAX_SPARE_NODES {
            let nodes = std::mem::take(&mut self.nodes);
            // Where the thread is at its end, there will be no other document.
            let _ = SPARE.try_with(|spare| spare.set(nodes));
        }
    }
}

/// A part of the bytes.
const fn range(start: u32, end: u32) -> std::ops::Range<usize> {
    start as usize..end as usize
}

impl<'d, 'a> Object<'d, 'a> {
    /// The member of that name.
    pub(crate) fn get(self, name: &str) -> Option<Json<'d, 'a>> {
        let mut members = self.members();
        members.find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| value)
    }

    /// How many values it has, down to the innermost, and itself.
    pub(crate) fn size(self) -> usize {
        let Json { document, node } = self.0;
        document.after(node).map_or(0, |after| after - node)
    }

    /// Every member, with the bytes of its name.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'d [u8], Json<'d, 'a>)> {
        let document = self.0.document;
        let name_of = move |node: usize| {
            document.nodes.get(node).and_then(|node| document.said(node.name.start, node.name.end))
        };
        self.nodes().map(move |node| (name_of(node).unwrap_or_default(), Json { document, node }))
    }

    /// The values of all members.
    pub(crate) fn values(self) -> impl Iterator<Item = Json<'d, 'a>> {
        let document = self.0.document;
        self.nodes().map(move |node| Json { document, node })
    }

    /// Its members.
    fn nodes(self) -> impl Iterator<Item = usize> {
        self.0.inner()
    }
}

impl<'d, 'a> Json<'d, 'a> {
    /// The member of that name, of an object.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        self.as_object()?.get(name)
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// What a string says, as bytes: to compare these costs less than to make a text of them.
    pub(crate) fn as_bytes(self) -> Option<&'d [u8]> {
        let node = self.document.nodes.get(self.node).filter(|node| node.kind == Kind::Text)?;
        self.document.said(node.start, node.end)
    }

    pub(crate) fn as_str(self) -> Option<&'d str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The text, as it was read.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let node = self.document.nodes.get(self.node).filter(|node| node.kind == Kind::Text)?;
        self.document.text(node.start, node.end)
    }

    /// The name that it has as a member, as it was read; empty where it is none.
    pub(crate) fn name(self) -> Option<Cow<'a, str>> {
        let Name { start, end } = self.document.nodes.get(self.node)?.name;
        self.document.text(start, end)
    }

    pub(crate) fn as_object(self) -> Option<Object<'d, 'a>> {
        (self.kind() == Kind::Object).then_some(Object(self))
    }

    /// The values of a list; of other values none.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let list = (self.kind() == Kind::List).then(|| self.inner());
        list.into_iter().flatten().map(move |node| Self { document, node })
    }

    fn kind(self) -> Kind {
        self.document.nodes.get(self.node).map_or(Kind::Null, |node| node.kind)
    }

    /// The nodes of what is right in a list or an object.
    fn inner(self) -> impl Iterator<Item = usize> + use<'d, 'a> {
        let document = self.document;
        let end = document.after(self.node).unwrap_or_default();
        let mut next = self.node + 1;
        std::iter::from_fn(move || {
            let node = next;
            if node >= end {
                return None;
            }
            next = document.after(node)?;
            Some(node)
        })
    }

    /// What a number is, to be read by who can.
    fn literal(self) -> &'d [u8] {
        let node = self.document.nodes.get(self.node);
        node.and_then(|node| self.document.said(node.start, node.end)).unwrap_or_default()
    }
}

impl From<Object<'_, '_>> for Map<String, Value> {
    fn from(object: Object<'_, '_>) -> Self {
        object.values().filter_map(|value| Some((value.name()?.into_owned(), Value::from(value)))).collect()
    }
}

impl From<Json<'_, '_>> for Value {
    fn from(value: Json<'_, '_>) -> Self {
        match value.kind() {
            Kind::Null => Self::Null,
            Kind::True => Self::Bool(true),
            Kind::False => Self::Bool(false),
            // It was read before.
            Kind::Number => serde_json::from_slice(value.literal()).unwrap_or_default(),
            Kind::Text => Self::String(value.as_str().unwrap_or_default().to_owned()),
            Kind::List => Self::Array(value.items().map(Self::from).collect()),
            Kind::Object => Self::Object(Object(value).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
        super::object(bytes, MAX_DEPTH, |_| true)
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let text = r#"{"a": [1, -2, 1.5, true, null, "x", {"b": {}}], "c": 18446744073709551615}"#;
        assert_eq!(Ok(serde_json::from_str(text).unwrap()), object(text.as_bytes()));
    }

    /// Whatever one reads, the other does, except for what comes twice or is too deep.
    #[test]
    fn agrees_with_serde_json() {
        let seeds = [
            r#"{"a": [1, -2.5e3, true, false, null, "x\n\u00e9\ud83d\ude00", {"b": {}, "c": []}], "d\"": "é", "e":0}"#,
            "{\"name\":\"a long text without anything that is special in it, and then\\u0020some\",\"n\":-0}\r\n\t ",
        ];
        let alphabet = b"{}[]\",:\\u0129eE+-.tfn \n\x00\x1f\x7f\xc3\xa9\xff/dDx";
        let mut random = crate::token::tests::random();
        let mut read_by_both = 0;
        for _ in 0..200_000 {
            let mut text = seeds[random(seeds.len())].as_bytes().to_vec();
            for _ in 0..random(4) {
                let at = random(text.len());
                match random(3) {
                    0 => text[at] = alphabet[random(alphabet.len())],
                    1 => text.insert(at, alphabet[random(alphabet.len())]),
                    _ => drop(text.remove(at)),
                }
            }
            let theirs = serde_json::from_slice::<Map<String, Value>>(&text).ok();
            match object(&text) {
                Ok(ours) => assert_eq!(Some(ours), theirs, "{}", text.escape_ascii()),
                Err(JsonFault::Syntax | JsonFault::NotAnObject) => {
                    assert_eq!(theirs, None, "{}", text.escape_ascii());
                }
                Err(JsonFault::Duplicate | JsonFault::Nesting) => {}
            }
            read_by_both += usize::from(theirs.is_some());
        }
        assert!(read_by_both > 50_000, "{read_by_both}");
    }

    #[test]
    fn what_comes_twice_is_found_among_many() {
        let members = |names: &[String]| {
            let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        for count in [2, 15, 16, 17, 18, 40] {
            let names: Vec<String> = (0..count).map(|number| format!("n{number}")).collect();
            assert_eq!(object(members(&names).as_bytes()).map(|map| map.len()), Ok(count));
            for (from, to) in [(0, count - 1), (count - 2, count - 1), (0, 1)] {
                let mut names = names.clone();
                names[to] = names[from].clone();
                assert_eq!(object(members(&names).as_bytes()), Err(JsonFault::Duplicate), "{count}");
            }
        }
    }

    /// However names are written, and however many there are, no two that are the same go unseen.
    #[test]
    fn names_are_compared_by_what_they_say() {
        let mut random = crate::token::tests::random();
        let mut twins = 0;
        for round in 0..20_000 {
            let count = random(24);
            let names: Vec<String> = (0..count)
                .map(|_| "xyzzyxyz"[..random(3) * 4].to_owned() + &random(1 + round % 60).to_string())
                .collect();
            let mut written = |name: &String| {
                let at = random(name.len());
                let escape = format!("\\u{:04x}", name.as_bytes()[at]);
                if random(3) > 0 {
                    name.clone()
                } else {
                    format!("{}{escape}{}", &name[..at], &name[at + 1..])
                }
            };
            let members: Vec<String> =
                names.iter().map(|name| format!("\"{}\":[{{}}]", written(name))).collect();
            let text = format!("{{\"o\":{{{}}}}}", members.join(","));
            let different: std::collections::BTreeSet<&String> = names.iter().collect();
            let expected = if different.len() == count { None } else { Some(JsonFault::Duplicate) };
            assert_eq!(object(text.as_bytes()).err(), expected, "{text}");
            twins += usize::from(expected.is_some());
        }
        assert!((4_000..16_000).contains(&twins), "{twins}");
    }

    #[test]
    fn refuses_the_rest() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        for (text, fault) in [
            (r#"{"a": 1, "a": 1}"#, JsonFault::Duplicate),
            (r#"{"a": 1, "\u0061": 2}"#, JsonFault::Duplicate),
            (r#"{"\u0061": 1, "a": 2}"#, JsonFault::Duplicate),
            (r#"{"\u0061": 1, "b": 3, "\u0061": 2}"#, JsonFault::Duplicate),
            (r#"{"a": [{"b": 1, "b": 2}]}"#, JsonFault::Duplicate),
            ("[]", JsonFault::NotAnObject),
            ("null", JsonFault::NotAnObject),
            ("", JsonFault::Syntax),
            ("{", JsonFault::Syntax),
            ("{} {}", JsonFault::Syntax),
            ("{\"a\": 1e999}", JsonFault::Syntax),
            (&nested(MAX_DEPTH), JsonFault::Nesting),
            (&nested(100_000), JsonFault::Nesting),
            (&format!("{{\"a\":{}", "[".repeat(MAX_DEPTH)), JsonFault::Nesting),
        ] {
            assert_eq!(object(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(object(b"{\"a\": \"\xff\"}"), Err(JsonFault::Syntax));
    }
}
