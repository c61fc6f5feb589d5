//! A program as it stands in a bundle: without what follows from the rest.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::condition::NodeId;
use crate::index::Packed;
use crate::list::{Item, Passed};
use crate::program::{Clause, Effect, Program, ProgramParts, Rule, RuleId};
use crate::text::ParamId;
use crate::verb::VerbSet;

#[derive(Deserialize)]
struct Stored {
    parts: ProgramParts,
    templated: Vec<RuleId>,
    index: Packed,
}

#[derive(Serialize)]
struct StoredRef<'a> {
    parts: &'a ProgramParts,
    templated: &'a [RuleId],
    index: Packed,
}

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = self.parts.clone();
        for rule in parts.rules.iter_mut().filter(|rule| default_id(&self.parts.files, rule) == rule.id) {
            rule.id = String::new();
        }
        let index = Packed::build(&parts.clauses, &parts.conditions);
        StoredRef { parts: &parts, templated: &self.templated, index }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Program {
    /// Refuses an index that is none.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { mut parts, templated, index } = Stored::deserialize(deserializer)?;
        parts.rules.set_files(&Arc::from(parts.files.as_slice()));
        let index = index.unpack().map_err(|_| serde::de::Error::custom("the index is none"))?;
        Ok(Self { parts, index, templated })
    }
}

/// What a rule is called that has no id of its own: its file and line.
fn default_id(files: &[String], rule: &Rule) -> String {
    format!("{}:{}", files.get(rule.file as usize).map_or("", String::as_str), rule.line)
}

impl Item for Rule {
    type Skimmed<'a> = SkimmedRule<'a>;

    fn complete(&mut self, files: &[String]) {
        if self.id.is_empty() {
            self.id = default_id(files, self);
        }
    }
}

impl Item for Clause {
    type Skimmed<'a> = SkimmedClause<'a>;

    fn complete(&mut self, _: &[String]) {}
}

/// A [`Rule`] that is looked over.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
pub(crate) struct SkimmedRule<'a>(&'a str, Effect, #[serde(borrow)] Option<SkimmedText<'a>>, u32, u32);

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
enum SkimmedText<'a> {
    Fixed(&'a str),
    #[serde(borrow)]
    Template(Passed<SkimmedPart<'a>>),
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
enum SkimmedPart<'a> {
    Fixed(&'a str),
    Param(ParamId),
}

/// A [`Clause`] that is looked over.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
pub(crate) struct SkimmedClause<'a>(RuleId, VerbSet, #[serde(borrow)] SkimmedPattern<'a>, NodeId);

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
struct SkimmedPattern<'a>(#[serde(borrow)] Passed<SkimmedSegment<'a>>, SkimmedTail<'a>);

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
enum SkimmedSegment<'a> {
    Literal(&'a str),
    Any(Option<&'a str>),
    Glob(&'a str),
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read to see whether it can be")]
enum SkimmedTail<'a> {
    None,
    Below(#[serde(borrow)] Option<&'a str>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{PathPattern, Segment, Tail};
    use crate::text::{Part, Text};

    /// Both read the same, and stop at the same byte, whatever the bytes.
    fn agree<T: Item + Serialize>(item: &T) {
        let bytes = postcard::to_stdvec(item).unwrap();
        assert!(postcard::take_from_bytes::<T::Skimmed<'_>>(&bytes).unwrap().1.is_empty());
        for at in 0..bytes.len() {
            for value in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[at] = value;
                for changed in [&changed[..], &changed[..at]] {
                    let left = |rest: &[u8]| rest.len();
                    let read = postcard::take_from_bytes::<T>(changed).map(|(_, rest)| left(rest)).ok();
                    let skimmed =
                        postcard::take_from_bytes::<T::Skimmed<'_>>(changed).map(|(_, rest)| left(rest)).ok();
                    assert_eq!(read, skimmed, "{value} at {at} of {bytes:?}");
                }
            }
        }
    }

    #[test]
    fn skimming_reads_what_reading_reads() {
        let text = |text: &str| text.to_owned();
        let because = [
            None,
            Some(Text::Fixed(text("theirs"))),
            Some(Text::Template(vec![Part::Fixed(text("é")), Part::Param(ParamId(3))])),
        ];
        for (because, effect) in because.into_iter().zip([Effect::Allow, Effect::Public, Effect::Deny]) {
            agree(&Rule { id: text("own"), effect, because, file: 0, line: 300 });
        }
        let segments = vec![
            Segment::Literal(text("users")),
            Segment::Any(None),
            Segment::Any(Some(text("id"))),
            Segment::Glob(text("*.pdf")),
        ];
        for tail in [Tail::None, Tail::Below(None), Tail::Below(Some(text("rest")))] {
            let pattern = PathPattern { segments: segments.clone(), tail };
            agree(&Clause { rule: RuleId(200), verbs: VerbSet::ANY, pattern, condition: NodeId(7) });
        }
    }
}
