//! How conditions use each claim: what its values can make true.

use std::collections::{BTreeMap, BTreeSet};

use policy_engine::condition::{Atom, Comparison, Literal, Number, Operand, SelectorId};
use policy_engine::pattern::{PathRef, Segment};
use policy_engine::text::{ParamValues, Text};
use policy_engine::{Issuer, ProgramParts};
use serde_json::{Value as Json, json};

use super::sample;

/// As many texts that a part of the path can be are tried for a claim that it is compared with.
const MAX_TEXTS: usize = 5;

/// What conditions do with a claim.
#[derive(Debug, Default)]
pub(super) struct Use {
    /// Compared with these, each with the atoms that it makes true.
    pub(super) constants: Vec<(Json, BTreeSet<usize>)>,
    /// Sought in it: it is a list.
    pub(super) items: BTreeSet<String>,
    /// The bounds that numbers are held against.
    pub(super) bounds: Vec<Number>,
    /// The bounds that texts are held against.
    pub(super) text_bounds: BTreeSet<String>,
    pub(super) globs: BTreeSet<String>,
    pub(super) traits: BTreeSet<Trait>,
    /// What it is held against can be these.
    pub(super) texts: BTreeSet<String>,
}

/// What else is done with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trait {
    /// Asked whether it is `true`.
    Flag,
    /// Asked whether it is there.
    Sought,
    /// Held against the time.
    Time,
    /// Held against the path, another claim or the stage: as one value.
    Meets,
    /// Held against the path or another claim: as a list.
    ListMeets,
    /// A string of it is read word by word.
    Words,
    /// Its values cannot be told apart by few.
    Vague,
}

/// The uses of every claim by the tokens of one issuer.
pub(super) struct Uses<'p> {
    parts: &'p ProgramParts,
    values: &'p ParamValues,
    groups: Option<SelectorId>,
    scopes: Option<SelectorId>,
    pub(super) of: BTreeMap<SelectorId, Use>,
}

impl<'p> Uses<'p> {
    pub(super) fn new(parts: &'p ProgramParts, values: &'p ParamValues, issuer: Option<&Issuer>) -> Self {
        let groups = issuer.and_then(|issuer| issuer.groups);
        let scopes = issuer.and_then(|issuer| issuer.scopes.first().copied());
        let mut uses = Self { parts, values, groups, scopes, of: BTreeMap::new() };
        for (at, atom) in parts.conditions.atoms.iter().enumerate() {
            uses.note(at, atom);
        }
        if let Some(scopes) = scopes.and_then(|claim| uses.of.get_mut(&claim)) {
            scopes.traits.insert(Trait::Words);
        }
        uses
    }

    fn note(&mut self, at: usize, atom: &Atom) {
        match atom {
            Atom::Compare(left, comparison, right) => {
                self.compare(at, left, *comparison, right);
                self.compare(at, right, *comparison, left);
            }
            Atom::Member { item, list } => self.member(at, item, list),
            Atom::Like(subject, glob) => {
                if let (Some(found), Some(glob)) = (claim(subject), self.text(glob)) {
                    self.entry(found).globs.insert(glob);
                }
            }
            Atom::Present(claim) => self.mark(*claim, Trait::Sought),
            Atom::True(claim) => self.mark(*claim, Trait::Flag),
            Atom::AddressIn(_) | Atom::Issuer(_) => {}
        }
    }

    fn compare(&mut self, at: usize, subject: &Operand, comparison: Comparison, other: &Operand) {
        let Some(claim) = claim(subject) else { return };
        let is_equal = comparison == Comparison::Equal;
        match (other, is_equal) {
            (Operand::Literal(literal), true) => self.constant(claim, literal, at),
            (Operand::Literal(literal), false) => self.bound(claim, literal),
            (Operand::Path(part), true) => {
                let texts = self.texts_at(*part);
                self.meets(claim, texts);
            }
            (Operand::Claim(other), true) => {
                let texts = self.known_texts(*other);
                self.meets(claim, texts);
            }
            (Operand::Stage, true) => self.meets(claim, BTreeSet::from([super::slice::STAGE.to_owned()])),
            (Operand::Time, _) => self.mark(claim, Trait::Time),
            (Operand::Claim(_) | Operand::Stage, false) => self.mark(claim, Trait::Vague),
            _ => {}
        }
    }

    fn member(&mut self, at: usize, item: &Operand, list: &Operand) {
        if let (Some(claim), Operand::Literal(Literal::List(items))) = (claim(item), list) {
            for literal in items {
                self.constant(claim, literal, at);
            }
        } else if let Some(claim) = claim(item) {
            let texts = self.list(list).map(|list| self.known_texts(list)).unwrap_or_default();
            self.meets(claim, texts);
        }
        let Some(claim) = self.list(list) else { return };
        match item {
            Operand::Literal(literal) => match self.json(literal) {
                Some(Json::String(text)) => {
                    self.entry(claim).items.insert(text);
                }
                _ => self.mark(claim, Trait::Vague),
            },
            Operand::Path(part) => {
                let texts = self.texts_at(*part);
                self.list_meets(claim, texts);
            }
            Operand::Claim(other) => {
                let texts = self.known_texts(*other);
                self.list_meets(claim, texts);
            }
            Operand::Stage => self.list_meets(claim, BTreeSet::from([super::slice::STAGE.to_owned()])),
            _ => {}
        }
    }

    fn constant(&mut self, claim: SelectorId, literal: &Literal, at: usize) {
        let Some(value) = self.json(literal) else { return };
        let known = &mut self.entry(claim).constants;
        match known.iter_mut().find(|(one, _)| *one == value) {
            Some((_, atoms)) => {
                atoms.insert(at);
            }
            None => known.push((value, BTreeSet::from([at]))),
        }
    }

    fn bound(&mut self, claim: SelectorId, literal: &Literal) {
        match self.json(literal) {
            Some(Json::String(text)) => {
                self.entry(claim).text_bounds.insert(text);
            }
            Some(Json::Number(number)) => {
                let number = number
                    .as_i64()
                    .map_or_else(|| Number::Float(number.as_f64().unwrap_or_default()), Number::Integer);
                self.entry(claim).bounds.push(number);
            }
            _ => {}
        }
    }

    fn meets(&mut self, claim: SelectorId, texts: BTreeSet<String>) {
        let found = self.entry(claim);
        found.traits.insert(Trait::Meets);
        found.add_texts(texts);
    }

    fn list_meets(&mut self, claim: SelectorId, texts: BTreeSet<String>) {
        let found = self.entry(claim);
        found.traits.insert(Trait::ListMeets);
        found.add_texts(texts);
    }

    fn mark(&mut self, claim: SelectorId, found: Trait) {
        self.entry(claim).traits.insert(found);
    }

    fn entry(&mut self, claim: SelectorId) -> &mut Use {
        self.of.entry(claim).or_default()
    }

    const fn list(&self, operand: &Operand) -> Option<SelectorId> {
        match operand {
            Operand::Claim(claim) => Some(*claim),
            Operand::Groups => self.groups,
            Operand::Scopes => self.scopes,
            _ => None,
        }
    }

    fn text(&self, text: &Text) -> Option<String> {
        text.resolve(self.values).ok().map(std::borrow::Cow::into_owned)
    }

    fn json(&self, literal: &Literal) -> Option<Json> {
        Some(match literal {
            Literal::Bool(value) => json!(value),
            Literal::Number(Number::Integer(value)) => json!(value),
            Literal::Number(Number::Float(value)) => json!(value),
            Literal::Text(text) => json!(self.text(text)?),
            Literal::Instant(text) => {
                json!(self.text(text)?.parse::<jiff::Timestamp>().ok()?.as_second())
            }
            Literal::List(_) => return None,
        })
    }

    /// The texts that the policy itself knows of another claim.
    fn known_texts(&self, claim: SelectorId) -> BTreeSet<String> {
        let mut texts = BTreeSet::new();
        for atom in &self.parts.conditions.atoms {
            let literals: Vec<&Literal> = match atom {
                Atom::Compare(Operand::Claim(of), Comparison::Equal, Operand::Literal(literal))
                | Atom::Compare(Operand::Literal(literal), Comparison::Equal, Operand::Claim(of))
                    if *of == claim =>
                {
                    vec![literal]
                }
                Atom::Member { item: Operand::Claim(of), list: Operand::Literal(Literal::List(items)) }
                    if *of == claim =>
                {
                    items.iter().collect()
                }
                Atom::Member { item: Operand::Literal(literal), list } if self.list(list) == Some(claim) => {
                    vec![literal]
                }
                _ => continue,
            };
            texts.extend(
                literals.into_iter().filter_map(|literal| self.json(literal)?.as_str().map(str::to_owned)),
            );
        }
        texts
    }

    /// What stands in that place of rules and routes, or is compared with it.
    fn texts_at(&self, part: PathRef) -> BTreeSet<String> {
        let PathRef::Segment(index) = part else { return BTreeSet::new() };
        let clauses = self.parts.clauses.iter().map(|clause| &clause.pattern);
        let patterns = clauses.chain(self.parts.routes.iter().map(|route| &route.pattern));
        let segments = patterns.filter_map(|pattern| pattern.segments.get(usize::from(index)));
        let mut texts: BTreeSet<String> = segments
            .filter_map(|segment| match segment {
                Segment::Literal(text) => sample::decoded(text),
                Segment::Glob(glob) => sample::matching(glob),
                Segment::Any(_) => None,
            })
            .collect();
        for atom in &self.parts.conditions.atoms {
            match atom {
                Atom::Compare(Operand::Path(of), Comparison::Equal, Operand::Literal(literal))
                | Atom::Compare(Operand::Literal(literal), Comparison::Equal, Operand::Path(of))
                    if *of == part =>
                {
                    texts.extend(self.json(literal).and_then(|value| value.as_str().map(str::to_owned)));
                }
                Atom::Member { item: Operand::Path(of), list: Operand::Literal(Literal::List(items)) }
                    if *of == part =>
                {
                    let items = items.iter().filter_map(|item| self.json(item));
                    texts.extend(items.filter_map(|value| value.as_str().map(str::to_owned)));
                }
                Atom::Like(Operand::Path(of), glob) if *of == part => {
                    texts.extend(self.text(glob).and_then(|glob| sample::matching(&glob)));
                }
                _ => {}
            }
        }
        texts.retain(|text| !policy_engine::path::is_hostile(text));
        texts
    }
}

const fn claim(operand: &Operand) -> Option<SelectorId> {
    match operand {
        Operand::Claim(claim) => Some(*claim),
        _ => None,
    }
}

impl Use {
    pub(super) fn is(&self, wanted: Trait) -> bool {
        self.traits.contains(&wanted)
    }

    fn add_texts(&mut self, texts: BTreeSet<String>) {
        self.texts.extend(texts);
        while self.texts.len() > MAX_TEXTS {
            self.texts.pop_last();
            self.traits.insert(Trait::Vague);
        }
    }
}
