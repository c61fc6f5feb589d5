//! The strings of a claim that is a list: groups, scopes.

use serde_json::Value as Json;

/// Strings as a claim holds them: one by one in an array, or in one string.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Strings<'a> {
    /// The claim is a string: its words, or with `false` the string as it stands.
    text: Option<(&'a str, bool)>,
    items: &'a [Json],
}

impl<'a> Strings<'a> {
    /// Those of a claim, a string in it split into its words or not. None, where it is neither string nor array.
    pub(crate) fn of(value: &'a Json, split: bool) -> Self {
        match value {
            Json::String(text) => Self { text: Some((text, split)), items: &[] },
            Json::Array(items) => Self { text: None, items },
            _ => Self::default(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a str> {
        let (words, whole) = match self.text {
            Some((text, true)) => (text, None),
            Some((text, false)) => ("", Some(text)),
            None => ("", None),
        };
        let items = self.items.iter().filter_map(Json::as_str);
        words.split_ascii_whitespace().chain(whole).chain(items)
    }

    /// The same, one after the other.
    pub(crate) fn to_vec(self) -> Vec<&'a str> {
        self.iter().collect()
    }
}
