//! YAML 1.2, one document. An alias is the value that it names, stored once: repeating aliases cost nothing.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use super::tree::{self, Builder, Entry, Tree, Unread, Value, ValueId};
use crate::limits::MAX_API_DEPTH;
use crate::source::{SourceId, Span};

/// Reads a document.
pub(crate) fn read(source: SourceId, text: &str) -> Result<Tree, Unread> {
    let mut reader = Reader::new(source, text);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, place)) => reader.take(event, place)?,
            Err(error) => return Err(reader.syntax(&error)),
        }
    }
    reader.finish()
}

struct Reader<'t> {
    source: SourceId,
    places: Places<'t>,
    builder: Builder,
    open: Vec<Open>,
    /// What the anchors name, once it is read to its end.
    anchors: BTreeMap<usize, ValueId>,
    root: Option<ValueId>,
}

/// An object or a list that is not read to its end.
struct Open {
    anchor: usize,
    own_tag: Option<String>,
    inside: Inside,
}

enum Inside {
    Object { entries: Vec<Entry>, key: Option<(String, Span)> },
    List(Vec<ValueId>),
}

impl<'t> Reader<'t> {
    fn new(source: SourceId, text: &'t str) -> Self {
        Self {
            source,
            places: Places { text, characters: 0, bytes: 0 },
            builder: Builder::default(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
        }
    }

    fn take(&mut self, event: Event<'_>, place: saphyr_parser::Span) -> Result<(), Unread> {
        let at = self.span(place.start, place.end);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(tree::unreadable("the file holds more than one YAML document", at))
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text.into_owned(), style, anchor, own_tag(tag.as_deref()), at)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(anchor, tag.as_deref(), Inside::List(Vec::new()), at)
            }
            Event::MappingStart(anchor, tag) => {
                let inside = Inside::Object { entries: Vec::new(), key: None };
                self.begin(anchor, tag.as_deref(), inside, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
        }
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Result<(), Unread> {
        let Some(value) = self.anchors.get(&anchor).copied() else {
            return Err(tree::unreadable("this alias stands inside of what it names", at));
        };
        if self.awaits_key() {
            let Some(text) = self.builder.text(value).map(str::to_owned) else { return Err(no_key(at)) };
            self.set_key(text, at);
            return Ok(());
        }
        self.place(value);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        own_tag: Option<String>,
        at: Span,
    ) -> Result<(), Unread> {
        let is_key = self.awaits_key();
        let is_null =
            style == ScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        let key = is_key.then(|| text.clone());
        // A key is a value only where an alias can name it.
        if !is_key || anchor != 0 {
            let value = if is_null && !is_key && own_tag.is_none() {
                Value::Other("nothing")
            } else {
                Value::Text(text)
            };
            let value = self.tagged(value, own_tag, anchor, at)?;
            if !is_key {
                self.place(value);
            }
        }
        if let Some(key) = key {
            self.set_key(key, at);
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, inside: Inside, at: Span) -> Result<(), Unread> {
        if self.awaits_key() {
            return Err(no_key(at));
        }
        if self.open.len() >= MAX_API_DEPTH {
            return Err(tree::too_deep(at));
        }
        self.open.push(Open { anchor, own_tag: own_tag(tag), inside });
        Ok(())
    }

    fn end(&mut self, at: Span) -> Result<(), Unread> {
        let Some(Open { anchor, own_tag, inside }) = self.open.pop() else { return Ok(()) };
        let value = match inside {
            Inside::Object { entries, .. } => Value::Object(entries),
            Inside::List(items) => Value::List(items),
        };
        let value = self.tagged(value, own_tag, anchor, at)?;
        self.place(value);
        Ok(())
    }

    /// A value, and what its tag makes of it.
    fn tagged(
        &mut self,
        value: Value,
        own_tag: Option<String>,
        anchor: usize,
        at: Span,
    ) -> Result<ValueId, Unread> {
        let Some(tag) = own_tag else { return self.add(value, anchor, at) };
        let value = self.add(value, 0, at)?;
        self.add(Value::Tagged(tag, value), anchor, at)
    }

    fn add(&mut self, value: Value, anchor: usize, at: Span) -> Result<ValueId, Unread> {
        let id = self.builder.add(value).ok_or_else(|| tree::too_many(at))?;
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        Ok(id)
    }

    /// Puts a value where it belongs: behind the key that was read last, into a list, or at the root.
    fn place(&mut self, value: ValueId) {
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(value),
            Some(Inside::List(items)) => items.push(value),
            Some(Inside::Object { entries, key }) => {
                if let Some((key, span)) = key.take() {
                    entries.push(Entry { key, span, value });
                }
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { inside: Inside::Object { key: None, .. }, .. }))
    }

    fn set_key(&mut self, text: String, at: Span) {
        if let Some(Open { inside: Inside::Object { key, .. }, .. }) = self.open.last_mut() {
            *key = Some((text, at));
        }
    }

    fn syntax(&mut self, error: &ScanError) -> Unread {
        let at = self.span(*error.marker(), *error.marker());
        tree::unreadable(format!("this is not YAML: {}", error.info()), at)
    }

    fn span(&mut self, start: Marker, end: Marker) -> Span {
        let start = self.places.offset(start.index());
        let end = self.places.offset(end.index()).max(start);
        Span::new(self.source, start, end)
    }

    fn finish(self) -> Result<Tree, Unread> {
        match self.root {
            Some(root) => Ok(self.builder.finish(root)),
            None => Err(tree::unreadable("there is nothing in this file", Span::new(self.source, 0, 0))),
        }
    }
}

/// The tag, where it means something that only those know who made it up, such as `!Include`.
fn own_tag(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    // `!` alone says that a scalar is text.
    let is_non_specific = tag.handle.is_empty() && tag.suffix == "!";
    (!is_non_specific && !tag.is_yaml_core_schema()).then(|| tag.suffix.clone())
}

fn no_key(at: Span) -> Unread {
    tree::unreadable("a key is text, and this is not", at)
}

/// From the parser's places, counted in characters, to offsets. It goes on from the last place, since the
/// next one is near.
struct Places<'t> {
    text: &'t str,
    characters: usize,
    bytes: usize,
}

impl Places<'_> {
    fn offset(&mut self, characters: usize) -> usize {
        while self.characters < characters {
            let rest = self.text.get(self.bytes..).unwrap_or_default();
            let Some(char) = rest.chars().next() else { break };
            self.bytes += char.len_utf8();
            self.characters += 1;
        }
        while self.characters > characters {
            let before = self.text.get(..self.bytes).unwrap_or_default();
            let Some(char) = before.chars().next_back() else { break };
            self.bytes -= char.len_utf8();
            self.characters -= 1;
        }
        self.bytes
    }
}
