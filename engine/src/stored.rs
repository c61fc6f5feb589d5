//! A program as it stands in a bundle: without what follows from the rest.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::condition::NodeId;
use crate::index::{Bounds, Index, Packed};
use crate::list::{Item, List};
use crate::program::{Clause, ClauseHead, Effect, Program, ProgramParts, Rule, RuleId};
use crate::skim::Skim;

#[derive(Serialize)]
struct StoredRef<'a> {
    parts: &'a ProgramParts,
    templated: &'a [RuleId],
    rules: &'a List<Rule>,
    clauses: &'a List<Clause>,
    index: Packed,
}

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = self.parts.clone();
        for rule in parts.rules.iter_mut().filter(|rule| default_id(&self.parts.files, rule) == rule.id) {
            rule.id = String::new();
        }
        let index = Packed::build(&parts.clauses, &parts.conditions);
        let (rules, clauses) = (&parts.rules, &parts.clauses);
        StoredRef { parts: &parts, templated: &self.templated, rules, clauses, index }.serialize(serializer)
    }
}

impl Program {
    /// The program that these bytes start with, and what is behind it. None where an item, or the index, is none. They
    /// are part of the whole, which is kept.
    pub(crate) fn take<'a>(bytes: &'a [u8], whole: &Bytes) -> Option<(Self, &'a [u8])> {
        let ((mut parts, templated), rest): ((ProgramParts, Vec<RuleId>), _) =
            postcard::take_from_bytes(bytes).ok()?;
        let files = Arc::from(parts.files.as_slice());
        let mut skim = Skim::new(rest);
        let mut effects = room_for_items(&skim);
        parts.rules = List::take(&mut skim, whole, &files, |effect| {
            effects.push(effect);
            Some(())
        })?;
        let mut heads: Vec<ClauseHead> = room_for_items(&skim);
        parts.clauses = List::take(&mut skim, whole, &files, |(rule, condition): (RuleId, NodeId)| {
            let effect = *effects.get(rule.0 as usize)?;
            if heads.last().is_some_and(|last| last.rule > rule) {
                return None;
            }
            heads.push(ClauseHead { rule, effect, condition });
            Some(())
        })?;
        let bounds = Bounds { atoms: parts.conditions.atom_count(), clauses: parts.clauses.len() };
        let (index, rest) = Index::take(skim.rest(), whole, bounds).ok()?;
        Some((Self { parts, index, heads, templated }, rest))
    }
}

/// Something for each item of the list that is next. What grows is moved, and a start waits for every page that is
/// touched; not for those that are only reserved.
fn room_for_items<T>(skim: &Skim<'_>) -> Vec<T> {
    let length = Skim::new(skim.rest()).number().unwrap_or_default();
    // An item has four bytes at least.
    Vec::with_capacity(skim.left().min(4 * length as usize) / 4)
}

/// What a rule is called that has no id of its own: its file and line.
fn default_id(files: &[String], rule: &Rule) -> String {
    format!("{}:{}", files.get(rule.file as usize).map_or("", String::as_str), rule.line)
}

impl Item for Rule {
    type Head = Effect;

    fn skim(skim: &mut Skim<'_>) -> Option<Effect> {
        skim.text()?;
        let effect = match skim.number()? {
            0 => Effect::Allow,
            1 => Effect::Public,
            2 => Effect::Deny,
            _ => return None,
        };
        skim.option(skim_text)?;
        skim.number()?;
        skim.number()?;
        Some(effect)
    }

    fn complete(&mut self, files: &[String]) {
        if self.id.is_empty() {
            self.id = default_id(files, self);
        }
    }
}

impl Item for Clause {
    type Head = (RuleId, NodeId);

    fn skim(skim: &mut Skim<'_>) -> Option<(RuleId, NodeId)> {
        let rule = RuleId(skim.number()?);
        skim.byte()?;
        skim.list(skim_segment)?;
        if variant(skim, 2)? == 1 {
            skim.option(Skim::text)?;
        }
        Some((rule, NodeId(skim.number()?)))
    }

    fn complete(&mut self, _: &[String]) {}
}

/// Which of so many variants there is.
fn variant(skim: &mut Skim<'_>, count: u32) -> Option<u32> {
    skim.number().filter(|variant| *variant < count)
}

/// A `Text`.
fn skim_text(skim: &mut Skim<'_>) -> Option<()> {
    if variant(skim, 2)? == 0 { skim.text() } else { skim.list(skim_part) }
}

/// A `Part` of a text.
fn skim_part(skim: &mut Skim<'_>) -> Option<()> {
    if variant(skim, 2)? == 0 { skim.text() } else { skim.number().map(drop) }
}

/// A `Segment` of a path.
fn skim_segment(skim: &mut Skim<'_>) -> Option<()> {
    if variant(skim, 3)? == 1 { skim.option(Skim::text) } else { skim.text() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{PathPattern, Segment, Tail};
    use crate::text::{ParamId, Part, Text};
    use crate::verb::VerbSet;

    /// Both read the same, and stop at the same byte, whatever the bytes.
    fn agree<T: Item + Serialize>(item: &T) {
        let bytes = postcard::to_stdvec(item).unwrap();
        let skimmed = |bytes: &[u8]| {
            let mut skim = Skim::new(bytes);
            T::skim(&mut skim).map(|_| skim.left())
        };
        assert_eq!(skimmed(&bytes), Some(0));
        for at in 0..bytes.len() {
            for value in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[at] = value;
                for changed in [&changed[..], &changed[..at]] {
                    let left = |rest: &[u8]| rest.len();
                    let read = postcard::take_from_bytes::<T>(changed).map(|(_, rest)| left(rest)).ok();
                    assert_eq!(read, skimmed(changed), "{value} at {at} of {bytes:?}");
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
