//! From claims to facts: which atoms on the token are true, found by looking up the token's own values
//! rather than by trying every atom.

use foldhash::HashMap;
use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::condition::{AtomId, Comparison, SelectorId};
use crate::path::is_hostile;
use crate::program::ProgramParts;
use crate::strings::Strings;
use crate::test::{Arg, Scene, Test};

/// Atoms by a string that makes them true.
type ByText = HashMap<Box<str>, SmallVec<[AtomId; 1]>>;

/// Which atoms each claim can make true.
#[derive(Debug, Default)]
pub(crate) struct FactTable {
    claims: Vec<Watch>,
    groups: Watch,
    scopes: Watch,
    issuers: Vec<Vec<AtomId>>,
    /// Atoms whose two sides are both constants.
    constants: Vec<AtomId>,
    /// A rule compares something of the token to the path.
    meets_path: bool,
}

/// The atoms on one claim.
#[derive(Debug, Default)]
struct Watch {
    /// True when the claim is this string.
    equals: ByText,
    /// True when this string is in the list.
    member: ByText,
    /// To be evaluated when the claim is there.
    other: Vec<AtomId>,
    /// A rule compares the string to the path.
    string_meets_path: bool,
    /// A rule compares the list's items to the path.
    list_meets_path: bool,
}

impl FactTable {
    pub(crate) fn new(tests: &[Test], token_only: &[bool], parts: &ProgramParts) -> Self {
        let mut table = Self::default();
        table.claims.resize_with(parts.conditions.selectors.len(), Watch::default);
        table.issuers.resize(parts.issuers.len(), Vec::new());
        for ((number, test), token_only) in (0u32..).zip(tests).zip(token_only) {
            table.note_path_comparison(test);
            if *token_only {
                table.watch(AtomId(number), test);
            }
        }
        table
    }

    /// The true atoms, sorted. `claims` are those of the scene.
    pub(crate) fn facts(
        &self,
        scene: &impl Scene,
        claims: &[(SelectorId, &Json)],
        tests: &[Test],
    ) -> SmallVec<[AtomId; 8]> {
        let mut facts = SmallVec::new();
        let add_true = |atoms: &[AtomId], facts: &mut SmallVec<[AtomId; 8]>| {
            for atom in atoms {
                if tests.get(atom.0 as usize).is_some_and(|test| test.holds(scene)) {
                    facts.push(*atom);
                }
            }
        };
        add_true(&self.constants, &mut facts);
        if let Some(issuer) = scene.issuer() {
            add(self.issuers.get(issuer.0 as usize).map_or(&[], Vec::as_slice), &mut facts);
        }
        for (id, value) in claims {
            if let Some(watch) = self.claims.get(id.0 as usize) {
                watch.collect(value, &mut facts);
                add_true(&watch.other, &mut facts);
            }
        }
        for (watch, list) in [(&self.groups, scene.groups()), (&self.scopes, scene.scopes())] {
            let mut is_empty = true;
            for item in list.iter() {
                is_empty = false;
                add(atoms_of(&watch.member, item), &mut facts);
            }
            if !is_empty {
                add_true(&watch.other, &mut facts);
            }
        }
        facts.sort_unstable();
        facts.dedup();
        facts
    }

    /// What of the token is hostile where a rule compares it to the path.
    pub(crate) fn hostile(
        &self,
        scene: &impl Scene,
        claims: &[(SelectorId, &Json)],
    ) -> Option<HostileSource> {
        if !self.meets_path {
            return None;
        }
        for (id, value) in claims {
            let Some(watch) = self.claims.get(id.0 as usize) else { continue };
            let hostile = match value {
                Json::String(text) => watch.string_meets_path && is_hostile(text),
                Json::Array(items) => {
                    watch.list_meets_path && items.iter().filter_map(Json::as_str).any(is_hostile)
                }
                _ => false,
            };
            if hostile {
                return Some(HostileSource::Claim(*id));
            }
        }
        let any_hostile = |list: Strings<'_>| list.iter().any(is_hostile);
        if self.groups.list_meets_path && any_hostile(scene.groups()) {
            return Some(HostileSource::Groups);
        }
        (self.scopes.list_meets_path && any_hostile(scene.scopes())).then_some(HostileSource::Scopes)
    }

    fn watch(&mut self, id: AtomId, atom: &Test) {
        match atom {
            Test::Compare(Arg::Claim(claim), Comparison::Equal, Arg::Text(text))
            | Test::Compare(Arg::Text(text), Comparison::Equal, Arg::Claim(claim)) => {
                if let Some(watch) = self.claim(*claim) {
                    watch.equals.entry(text.clone()).or_default().push(id);
                }
            }
            Test::Member { item: Arg::Text(text), list } => match self.source(list) {
                Some(watch) => watch.member.entry(text.clone()).or_default().push(id),
                None => self.constants.push(id),
            },
            Test::Issuer(issuer) => {
                if let Some(atoms) = self.issuers.get_mut(issuer.0 as usize) {
                    atoms.push(id);
                }
            }
            Test::Present(claim) | Test::True(claim) => self.watch_other(&Arg::Claim(*claim), id),
            Test::Compare(Arg::Claim(claim), ..) | Test::Compare(_, _, Arg::Claim(claim)) => {
                self.watch_other(&Arg::Claim(*claim), id);
            }
            Test::Member { list: list @ (Arg::Claim(_) | Arg::Groups | Arg::Scopes), .. } => {
                self.watch_other(list, id);
            }
            Test::Member { item: subject, .. } | Test::Like(subject, _) | Test::Compare(subject, ..) => {
                self.watch_other(subject, id);
            }
            Test::AddressIn(_) => {}
        }
    }

    fn watch_other(&mut self, source: &Arg, id: AtomId) {
        match self.source(source) {
            Some(watch) => watch.other.push(id),
            None => self.constants.push(id),
        }
    }

    fn note_path_comparison(&mut self, test: &Test) {
        match test {
            Test::Compare(Arg::Path(_), _, Arg::Claim(claim))
            | Test::Compare(Arg::Claim(claim), _, Arg::Path(_)) => {
                self.meets_path = true;
                if let Some(watch) = self.claim(*claim) {
                    watch.string_meets_path = true;
                }
            }
            Test::Member { item: Arg::Path(_), list } => {
                self.meets_path = true;
                if let Some(watch) = self.source(list) {
                    watch.list_meets_path = true;
                }
            }
            _ => {}
        }
    }

    fn claim(&mut self, id: SelectorId) -> Option<&mut Watch> {
        self.claims.get_mut(id.0 as usize)
    }

    fn source(&mut self, arg: &Arg) -> Option<&mut Watch> {
        match arg {
            Arg::Claim(id) => self.claim(*id),
            Arg::Groups => Some(&mut self.groups),
            Arg::Scopes => Some(&mut self.scopes),
            _ => None,
        }
    }
}

/// Most are none or one: then this is less work than to make room in the midst of a list.
fn add(atoms: &[AtomId], facts: &mut SmallVec<[AtomId; 8]>) {
    for atom in atoms {
        facts.push(*atom);
    }
}

fn atoms_of<'a>(table: &'a ByText, text: &str) -> &'a [AtomId] {
    if table.is_empty() { &[] } else { table.get(text).map_or(&[], SmallVec::as_slice) }
}

/// Where a hostile value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostileSource {
    Claim(SelectorId),
    Groups,
    Scopes,
}

impl Watch {
    fn collect(&self, value: &Json, facts: &mut SmallVec<[AtomId; 8]>) {
        match value {
            Json::String(text) => add(atoms_of(&self.equals, text), facts),
            Json::Array(items) => {
                for text in items.iter().filter_map(Json::as_str) {
                    add(atoms_of(&self.member, text), facts);
                }
            }
            _ => {}
        }
    }
}
