//! A YAML or JSON document, as far as it is looked at: objects, texts, and where the keys are.

use std::collections::BTreeMap;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_API_DEPTH, MAX_API_VALUES};
use crate::source::Span;

/// What stands in the way of reading a document.
pub(crate) type Unread = Box<Diagnostic>;

/// A document. Its values are stored once, however often a YAML alias names them.
#[derive(Debug)]
pub(crate) struct Tree {
    values: Vec<Value>,
    root: ValueId,
}

/// Index of a value in a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(usize);

/// A value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Its entries, in the order of the text; a key may be there twice.
    Object(Vec<Entry>),
    Text(String),
    /// A number, true or false: as it is written, and what it is.
    Plain(String, &'static str),
    List(Vec<ValueId>),
    /// What has a YAML tag of its own, such as `!Ref`: the tag without its `!`, and the value.
    Tagged(String, ValueId),
    /// What it is, in a few words.
    Other(&'static str),
}

/// One entry of an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The key's place.
    pub(crate) span: Span,
    pub(crate) value: ValueId,
}

/// The entries of an object by their keys.
#[derive(Debug)]
pub(crate) struct Fields<'t>(BTreeMap<&'t str, (&'t Entry, bool)>);

impl<'t> Fields<'t> {
    pub(crate) fn of(entries: &'t [Entry]) -> Self {
        let mut fields = BTreeMap::new();
        for entry in entries {
            fields.entry(entry.key.as_str()).and_modify(|(_, twice)| *twice = true).or_insert((entry, false));
        }
        Self(fields)
    }

    /// The first entry with that key, and whether there is another one.
    pub(crate) fn get(&self, key: &str) -> Option<(&'t Entry, bool)> {
        self.0.get(key).copied()
    }
}

impl Tree {
    pub(crate) const fn root(&self) -> ValueId {
        self.root
    }

    pub(crate) fn value(&self, id: ValueId) -> &Value {
        self.values.get(id.0).unwrap_or(&Value::Other("nothing"))
    }

    /// The entries, if it is an object.
    pub(crate) fn entries(&self, id: ValueId) -> Option<&[Entry]> {
        match self.value(id) {
            Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self, id: ValueId) -> Option<&str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a value is, in a few words.
    pub(crate) fn describe(&self, id: ValueId) -> &'static str {
        match self.value(id) {
            Value::Object(_) => "an object",
            Value::Text(_) => "text",
            Value::Plain(_, what) | Value::Other(what) => what,
            Value::List(_) => "a list",
            Value::Tagged(..) => "a value with a YAML tag of its own",
        }
    }
}

/// Takes in values, those inside of others first.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    values: Vec<Value>,
}

impl Builder {
    /// Stores a value, if there are not too many.
    pub(crate) fn add(&mut self, value: Value) -> Option<ValueId> {
        let id = ValueId(self.values.len());
        (id.0 < MAX_API_VALUES).then(|| {
            self.values.push(value);
            id
        })
    }

    pub(crate) fn text(&self, id: ValueId) -> Option<&str> {
        match self.values.get(id.0)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn finish(self, root: ValueId) -> Tree {
        Tree { values: self.values, root }
    }
}

pub(crate) fn too_many(at: Span) -> Unread {
    let message = format!("the file has more than {MAX_API_VALUES} values");
    Box::new(
        Diagnostic::new(Code::ApiTooLarge, message)
            .at(at)
            .help("leave out what is no path: schemas, examples"),
    )
}

pub(crate) fn too_deep(at: Span) -> Unread {
    let message = format!("the file is nested deeper than {MAX_API_DEPTH} levels");
    Box::new(
        Diagnostic::new(Code::ApiTooLarge, message)
            .at(at)
            .help("leave out what is no path: schemas, examples"),
    )
}

pub(crate) fn unreadable(message: impl Into<String>, at: Span) -> Unread {
    Box::new(Diagnostic::new(Code::ApiUnreadable, message).at(at))
}
