//! JSON objects, read strictly: a member that comes twice is an error.
//!
//! RFC 7515 section 4 and RFC 7519 section 4 leave it to the reader to refuse them. Readers that take the
//! first and readers that take the last see two different tokens under one signature.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

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

/// The object that the bytes hold, of so many levels at most. (`serde_json` itself reads 127.)
pub(crate) fn object(bytes: &[u8], max_depth: usize) -> Result<Map<String, Value>, JsonFault> {
    let fault = Cell::new(JsonFault::Syntax);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { fault: &fault, levels: max_depth }.deserialize(&mut deserializer);
    match value.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(JsonFault::NotAnObject),
        Err(_) => Err(fault.get()),
    }
}

/// Reads a value of so many levels, and says what it does not accept.
#[derive(Clone, Copy)]
struct Strict<'a> {
    fault: &'a Cell<JsonFault>,
    levels: usize,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(Self { levels, ..self }),
            None => Err(self.refuse(JsonFault::Nesting)),
        }
    }

    fn refuse<E: Error>(self, fault: JsonFault) -> E {
        self.fault.set(fault);
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if map.insert(name, value).is_some() {
                return Err(self.refuse(JsonFault::Duplicate));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
        super::object(bytes, MAX_DEPTH)
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let text = r#"{"a": [1, -2, 1.5, true, null, "x", {"b": {}}], "c": 18446744073709551615}"#;
        assert_eq!(Ok(serde_json::from_str(text).unwrap()), object(text.as_bytes()));
    }

    #[test]
    fn refuses_the_rest() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        for (text, fault) in [
            (r#"{"a": 1, "a": 1}"#, JsonFault::Duplicate),
            (r#"{"a": 1, "\u0061": 2}"#, JsonFault::Duplicate),
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
