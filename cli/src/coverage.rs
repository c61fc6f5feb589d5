//! Which rules decided, and which conditions came out both ways, over the tests of policies.

pub(crate) mod lcov;
mod share;
mod tally;
pub(crate) mod text;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use share::Share;
pub(crate) use tally::Tally;

use crate::explain::SourceText;

/// The coverage of every rule, by file and line. A rule that several policies use stands here once.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    rules: BTreeMap<Place, RuleCoverage>,
}

/// Where a rule stands; its id, too, since a line can hold several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Place {
    file: String,
    line: usize,
    id: String,
}

/// What the tests met of one rule.
#[derive(Debug, Serialize)]
struct RuleCoverage {
    effect: &'static str,
    /// Requests that its verbs and paths match, with a token where it asks for one.
    consulted: u64,
    /// Decisions that it made.
    decided: u64,
    /// The atoms of its condition.
    atoms: Vec<AtomCoverage>,
    #[serde(skip)]
    text: SourceText,
}

/// What the tests met of one atom of a rule's condition.
#[derive(Debug, Serialize)]
struct AtomCoverage {
    text: String,
    /// How often it was true.
    held: u64,
    /// How often it was false.
    failed: u64,
}

/// The coverage as JSON, as `test --format json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct CoverageShown<'a> {
    #[serde(flatten)]
    share: Share,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct RuleEntry<'a> {
    #[serde(flatten)]
    place: &'a Place,
    #[serde(flatten)]
    rule: &'a RuleCoverage,
}

impl Coverage {
    /// Takes in what the tests of one policy met.
    pub(crate) fn add(&mut self, tally: Tally) {
        for (place, rule) in tally.finish() {
            if let Some(known) = self.rules.get_mut(&place) {
                known.add(rule);
            } else {
                self.rules.insert(place, rule);
            }
        }
    }

    /// How much of it all was met.
    pub(crate) fn share(&self) -> Share {
        self.rules.values().fold(Share::default(), |share, rule| share.with(rule.share()))
    }

    /// The coverage for programs.
    pub(crate) fn shown(&self) -> CoverageShown<'_> {
        let rules = self.rules.iter().map(|(place, rule)| RuleEntry { place, rule });
        CoverageShown { share: self.share(), rules: rules.collect() }
    }

    /// The rules of each file, in the order of its lines.
    fn files(&self) -> BTreeMap<&str, Vec<(&Place, &RuleCoverage)>> {
        let mut files: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (place, rule) in &self.rules {
            files.entry(&place.file).or_default().push((place, rule));
        }
        files
    }
}

impl RuleCoverage {
    fn share(&self) -> Share {
        let outcomes = self.atoms.iter().flat_map(|atom| [atom.held, atom.failed]);
        Share {
            rules: 1,
            rules_decided: usize::from(self.decided > 0),
            outcomes: self.atoms.len() * 2,
            outcomes_met: outcomes.filter(|count| *count > 0).count(),
        }
    }

    /// The same rule, as another policy met it.
    fn add(&mut self, other: Self) {
        self.consulted += other.consulted;
        self.decided += other.decided;
        for atom in other.atoms {
            match self.atoms.iter_mut().find(|known| known.text == atom.text) {
                Some(known) => {
                    known.held += atom.held;
                    known.failed += atom.failed;
                }
                None => self.atoms.push(atom),
            }
        }
    }
}
