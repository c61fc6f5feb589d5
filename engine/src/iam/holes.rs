//! The strings of a token that rules compare with the path: what a policy leaves open until the token is known.

use std::borrow::Cow;

use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::caller::Caller;
use crate::condition::SelectorId;
use crate::path::{is_segment, segment_forms};
use crate::policy::Policy;
use crate::test::{Arg, Scene, Test};

/// Stands before and after the number of a hole. Private use: it has no meaning anywhere.
pub(crate) const MARK: char = '\u{e000}';

/// Where a token's strings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A claim that is a string.
    Text(SelectorId),
    /// The strings of a claim that is an array.
    List(SelectorId),
    Groups,
    Scopes,
}

/// The strings of one token, in each form in which a segment can hold them.
#[derive(Debug)]
pub(crate) struct Holes<'a> {
    sources: SmallVec<[(Source, usize, usize); 4]>,
    texts: SmallVec<[Cow<'a, str>; 4]>,
    /// The strings are taken for ones that nothing else is equal to.
    has_stand_ins: bool,
}

impl Source {
    /// The source of a value that a part of the path is compared with; `None` where it is no token's.
    pub(crate) fn of(arg: &Arg, is_list: bool) -> Option<Self> {
        match (arg, is_list) {
            (Arg::Claim(id), false) => Some(Self::Text(*id)),
            (Arg::Claim(id), true) => Some(Self::List(*id)),
            (Arg::Groups, true) => Some(Self::Groups),
            (Arg::Scopes, true) => Some(Self::Scopes),
            _ => None,
        }
    }

    /// The sources that these tests compare with the path.
    pub(crate) fn all(tests: &[Test]) -> Vec<Self> {
        let mut sources = Vec::new();
        for test in tests {
            let source = match test {
                Test::Compare(Arg::Path(_), _, other) | Test::Compare(other, _, Arg::Path(_)) => {
                    Self::of(other, false)
                }
                Test::Member { item: Arg::Path(_), list } => Self::of(list, true),
                _ => None,
            };
            sources.extend(source.filter(|source| !sources.contains(source)));
        }
        sources
    }
}

impl<'a> Holes<'a> {
    pub(crate) fn of(caller: &'a Caller<'_>) -> Self {
        let mut holes = Self { sources: SmallVec::new(), texts: SmallVec::new(), has_stand_ins: false };
        let known = &caller.known;
        for source in &caller.policy.sources {
            let start = holes.texts.len();
            match source {
                Source::Text(id) => {
                    if let Some(Json::String(text)) = Scene::claim(known, *id) {
                        holes.push_forms(text);
                    }
                }
                Source::List(id) => {
                    if let Some(Json::Array(items)) = Scene::claim(known, *id) {
                        items.iter().filter_map(Json::as_str).for_each(|text| holes.push_forms(text));
                    }
                }
                Source::Groups => known.groups().iter().for_each(|text| holes.push_forms(text)),
                Source::Scopes => known.scopes().iter().for_each(|text| holes.push_forms(text)),
            }
            holes.sources.push((*source, start, holes.texts.len()));
        }
        holes
    }

    /// The holes of tokens that have each claim that can be one string in the path, in so many forms, and no such
    /// list: no two of the strings are equal.
    pub(crate) fn of_kind(policy: &Policy, forms: usize) -> Self {
        let mut holes = Self { sources: SmallVec::new(), texts: SmallVec::new(), has_stand_ins: true };
        for source in &policy.sources {
            let start = holes.texts.len();
            let end = if matches!(source, Source::Text(_)) { start + forms } else { start };
            holes.texts.extend((start..end).map(|number| Cow::Owned(stand_in(number))));
            holes.sources.push((*source, start, end));
        }
        holes
    }

    /// The same holes, whatever the strings: all that is left of these is which of them are equal.
    pub(crate) fn with_stand_ins(&self) -> Self {
        let stand_in = |number| Cow::Owned(stand_in(self.first_equal(number)));
        Self {
            sources: self.sources.clone(),
            texts: (0..self.texts.len()).map(stand_in).collect(),
            has_stand_ins: true,
        }
    }

    pub(crate) const fn has_stand_ins(&self) -> bool {
        self.has_stand_ins
    }

    /// The forms of the source's strings, sorted.
    pub(crate) fn texts_of(&self, source: Source) -> Vec<String> {
        let own = self.sources.iter().find(|(own, ..)| *own == source);
        let range = own.map_or(0..0, |(_, start, end)| *start..*end);
        let texts = self.texts.get(range).unwrap_or_default();
        let mut texts: Vec<String> = texts.iter().map(|text| text.clone().into_owned()).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    /// The strings, by the numbers of their holes.
    pub(crate) fn texts(&self) -> &[Cow<'a, str>] {
        &self.texts
    }

    /// Adds what of the strings a document depends on, apart from the strings themselves.
    pub(crate) fn write_key(&self, key: &mut Vec<u8>) {
        for (_, start, end) in &self.sources {
            key.extend_from_slice(&count(end - start).to_le_bytes());
        }
        for number in 0..self.texts.len() {
            key.extend_from_slice(&count(self.first_equal(number)).to_le_bytes());
        }
    }

    /// Adds the strings themselves.
    pub(crate) fn write_texts(&self, key: &mut Vec<u8>) {
        for text in &self.texts {
            key.extend_from_slice(&count(text.len()).to_le_bytes());
            key.extend_from_slice(text.as_bytes());
        }
    }

    /// A text with the strings in place of their stand-ins.
    pub(crate) fn put_into(&self, text: &str) -> String {
        let pieces = text.split(MARK).enumerate();
        let fill = |(at, piece): (usize, &str)| {
            let number = if at % 2 == 0 { None } else { piece.parse::<usize>().ok() };
            let own = number.and_then(|number| self.texts.get(number));
            own.map_or_else(|| piece.to_owned(), |own| own.clone().into_owned())
        };
        pieces.map(fill).collect()
    }

    fn first_equal(&self, number: usize) -> usize {
        let text = self.texts.get(number);
        self.texts.iter().position(|own| Some(own) == text).unwrap_or(number)
    }

    /// What can be no segment is equal to none.
    fn push_forms(&mut self, text: &'a str) {
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            if !text.is_empty() {
                self.texts.push(Cow::Borrowed(text));
            }
            return;
        }
        let forms = segment_forms(text).into_iter().filter(|form| is_segment(form));
        self.texts.extend(forms.map(Cow::Owned));
    }
}

/// What a hole's string is taken for.
fn stand_in(number: usize) -> String {
    format!("{MARK}{number}{MARK}")
}

/// A token's size bounds it far below this.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
