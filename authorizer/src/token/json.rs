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
    /// Empty where it is no member.
    name: Span,
    /// What it says, without quotes; of an object or a list nothing.
    value: Span,
    /// The first node that is not in it.
    after: u32,
}

/// Where something is in the bytes; of a string in which something is escaped, where it is among those.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    /// [`DECODED`] of a string in which something is escaped.
    end: u32,
}

/// As many nodes as this are kept for the next document.
const MAX_SPARE_NODES: usize = 1_024;

thread_local! {
    /// The memory of a document that is gone. To ask for it anew would cost an event as much as to read some twentieth of it.
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
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Result<Map<String, Value>, JsonFault> {
    let document = read(bytes, max_depth)?;
    // One after the other: for the few that are wanted, less work than to sort them first.
    let mut map = Map::new();
    for (_, value) in document.object().members().filter(|(name, _)| is_wanted(name)) {
        if let Some(name) = value.name() {
            map.insert(name.into_owned(), Value::from(value));
        }
    }
    Ok(map)
}

impl<'a> Document<'a> {
    /// What was read.
    pub(crate) const fn object(&self) -> Object<'_, 'a> {
        Object(Json { document: self, node: 0 })
    }

    /// What is there.
    fn said(&self, span: Span) -> Option<&[u8]> {
        said(self.bytes, &self.decoded, span)
    }

    /// The same as a text. Reading showed that it is UTF-8.
    fn text(&self, span: Span) -> Option<Cow<'a, str>> {
        match span.end {
            DECODED => self.decoded.get(span.start as usize).cloned().map(Cow::Owned),
            _ => std::str::from_utf8(self.bytes.get(span.range())?).ok().map(Cow::Borrowed),
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

/// What is there.
#[inline]
fn said<'a>(bytes: &'a [u8], decoded: &'a [String], span: Span) -> Option<&'a [u8]> {
    match span.end {
        DECODED => decoded.get(span.start as usize).map(String::as_bytes),
        _ => bytes.get(span.range()),
    }
}

impl Span {
    /// The part of the bytes.
    const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
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
        self.values().map(|value| (value.name_bytes().unwrap_or_default(), value))
    }

    /// The values of all members.
    pub(crate) fn values(self) -> impl Iterator<Item = Json<'d, 'a>> {
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
        self.document.said(node.value)
    }

    pub(crate) fn as_str(self) -> Option<&'d str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The text, as it was read.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let node = self.document.nodes.get(self.node).filter(|node| node.kind == Kind::Text)?;
        self.document.text(node.value)
    }

    /// The name that it has as a member, as it was read; empty where it is none.
    pub(crate) fn name(self) -> Option<Cow<'a, str>> {
        self.document.text(self.document.nodes.get(self.node)?.name)
    }

    pub(crate) fn as_object(self) -> Option<Object<'d, 'a>> {
        (self.kind() == Kind::Object).then_some(Object(self))
    }

    /// The values of a list; of other values none.
    pub(crate) fn items(self) -> impl Iterator<Item = Self> {
        let list = (self.kind() == Kind::List).then(|| self.inner());
        list.into_iter().flatten()
    }

    /// The values right in a list or an object.
    fn inner(self) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let document = self.document;
        let end = document.after(self.node).unwrap_or_default();
        let mut next = self.node + 1;
        std::iter::from_fn(move || {
            let node = next;
            if node >= end {
                return None;
            }
            next = document.after(node)?;
            Some(Self { document, node })
        })
    }

    fn kind(self) -> Kind {
        self.document.nodes.get(self.node).map_or(Kind::Null, |node| node.kind)
    }

    fn name_bytes(self) -> Option<&'d [u8]> {
        self.document.said(self.document.nodes.get(self.node)?.name)
    }

    /// What a number is, to be read by who can.
    fn literal(self) -> &'d [u8] {
        let node = self.document.nodes.get(self.node);
        node.and_then(|node| self.document.said(node.value)).unwrap_or_default()
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
mod tests;
