//! JSON objects, read strictly: a member that comes twice is an error.
//!
//! RFC 7515 section 4 and RFC 7519 section 4 leave it to the reader to refuse them. Readers that take the
//! first and readers that take the last see two different tokens under one signature.

mod reader;
mod scan;

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

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

/// A value whose texts are those that were read, wherever nothing in them is escaped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// A list of one text, as most are: it takes no memory of its own.
    TextList(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// An object whose members have different names, in the order in which they were written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Json<'a>)>);

/// The object that the bytes hold, of so many levels at most.
pub(crate) fn read(bytes: &[u8], max_depth: usize) -> Result<Object<'_>, JsonFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Syntax)?;
    match Reader::new(text).whole(max_depth)? {
        Json::Object(object) => Ok(object),
        _ => Err(JsonFault::NotAnObject),
    }
}

/// The same as a map that lives on its own, of the members whose names are wanted.
pub(crate) fn object(
    bytes: &[u8],
    max_depth: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, JsonFault> {
    let wanted = read(bytes, max_depth)?.0.into_iter().filter(|(name, _)| is_wanted(name));
    Ok(wanted.map(|(name, value)| (name.into_owned(), Value::from(value))).collect())
}

impl<'a> Object<'a> {
    /// The member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Every member.
    pub(crate) fn members(&self) -> impl Iterator<Item = &(Cow<'a, str>, Json<'a>)> {
        self.0.iter()
    }
}

impl<'a> Json<'a> {
    /// The member of that name, of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.as_object()?.get(name)
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        self.text().map(AsRef::as_ref)
    }

    pub(crate) const fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The texts of a list; of other values none.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Cow<'a, str>> {
        let (one, items) = match self {
            Self::TextList(text) => (Some(text), [].as_slice()),
            Self::List(items) => (None, items.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(items.iter().filter_map(Self::text))
    }

    /// How many items a list has, and 1 for every other value.
    pub(crate) const fn most_items(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            _ => 1,
        }
    }

    /// The text, as it was read.
    pub(crate) const fn text(&self) -> Option<&Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<Object<'_>> for Map<String, Value> {
    fn from(object: Object<'_>) -> Self {
        object.0.into_iter().map(|(name, value)| (name.into_owned(), Value::from(value))).collect()
    }
}

impl From<Json<'_>> for Value {
    fn from(value: Json<'_>) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(value) => Self::Number(value),
            Json::Text(text) => Self::String(text.into_owned()),
            Json::TextList(text) => Self::Array(vec![Self::String(text.into_owned())]),
            Json::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(object) => Self::Object(object.into()),
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
