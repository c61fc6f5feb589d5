//! JSON, with the places of its keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{self, Builder, Entry, Tree, Unread, Value, ValueId};
use crate::limits::MAX_API_DEPTH;
use crate::source::{SourceId, Sources, Span};

/// Reads a document.
pub(crate) fn read(source: SourceId, sources: &Sources) -> Result<Tree, Unread> {
    let text = sources.text(source);
    let mut reader = Reader { source, text, builder: Builder::default(), limit: None };
    let mut document = serde_json::Deserializer::from_str(text);
    let root = Seed { reader: &mut reader, depth: 0 }.deserialize(&mut document);
    let root = root.and_then(|root| document.end().map(|()| root));
    match root {
        Ok(root) => Ok(reader.builder.finish(root)),
        Err(error) => {
            let at = place(&error, source, sources);
            Err(match reader.limit {
                Some(limit) => limit(at),
                None => tree::unreadable(format!("this is not JSON: {}", without_place(&error)), at),
            })
        }
    }
}

/// Where an error is: its line and column count from 1, the column in bytes.
fn place(error: &serde_json::Error, source: SourceId, sources: &Sources) -> Span {
    let start = sources.line_start(source, error.line()).unwrap_or(0) + error.column().saturating_sub(1);
    let text = sources.text(source);
    let start = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Span::new(source, start, start)
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    builder: Builder,
    /// The limit that was reached.
    limit: Option<fn(Span) -> Unread>,
}

impl Reader<'_> {
    fn add<E: Error>(&mut self, value: Value) -> Result<ValueId, E> {
        self.builder.add(value).ok_or_else(|| {
            self.limit = Some(tree::too_many);
            E::custom("too many values")
        })
    }

    /// A key, quotes and all, is a piece of the text.
    fn span(&self, key: &str) -> Span {
        let start = key.as_ptr().addr().saturating_sub(self.text.as_ptr().addr()).min(self.text.len());
        Span::new(self.source, start, (start + key.len()).min(self.text.len()))
    }
}

/// One value, that many levels deep.
struct Seed<'r, 't> {
    reader: &'r mut Reader<'t>,
    depth: usize,
}

impl Seed<'_, '_> {
    fn deeper<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth >= MAX_API_DEPTH {
            self.reader.limit = Some(tree::too_deep);
            return Err(E::custom("nested too deep"));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = ValueId;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ValueId, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = ValueId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<ValueId, E> {
        self.reader.add(Value::Other("null"))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<ValueId, E> {
        self.reader.add(Value::Plain(value.to_string(), "true or false"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<ValueId, E> {
        self.reader.add(Value::Plain(value.to_string(), "a number"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<ValueId, E> {
        self.reader.add(Value::Plain(value.to_string(), "a number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<ValueId, E> {
        self.reader.add(Value::Other("a number"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ValueId, E> {
        self.reader.add(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<ValueId, A::Error> {
        let depth = self.deeper()?;
        let mut values = Vec::new();
        while let Some(item) = items.next_element_seed(Seed { reader: &mut *self.reader, depth })? {
            values.push(item);
        }
        self.reader.add(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<ValueId, A::Error> {
        let depth = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(raw) = fields.next_key::<&'de RawValue>()? {
            let key: String = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
            let span = self.reader.span(raw.get());
            let value = fields.next_value_seed(Seed { reader: &mut *self.reader, depth })?;
            entries.push(Entry { key, span, value });
        }
        self.reader.add(Value::Object(entries))
    }
}
