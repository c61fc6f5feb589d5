//! The parts of an explanation, as they are printed.

use policy_dsl::RuleOrigin;
use policy_dsl::source::{Sources, Span};
use policy_engine::{HostileClaim, NearMiss, Policy, RuleId, RuleSeen, SeenAtom};
use serde::Serialize;
use serde_json::Value;

use super::words;

/// A rule, as it is named, and what its condition saw.
#[derive(Debug, Serialize)]
pub(crate) struct RuleShown {
    pub(crate) id: String,
    pub(crate) effect: &'static str,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) because: Option<String>,
    pub(crate) atoms: Vec<AtomShown>,
    /// The doc comment above it: for people.
    #[serde(skip)]
    pub(crate) doc: Option<String>,
    /// How it is written: for people.
    #[serde(skip)]
    pub(crate) text: Option<SourceText>,
    #[serde(skip)]
    number: u32,
}

/// Whole lines of a source text.
#[derive(Debug)]
pub(crate) struct SourceText {
    /// The number of the first one, counted from 1.
    pub(crate) first: usize,
    pub(crate) lines: Vec<String>,
}

/// A rule that nearly allowed the request.
#[derive(Debug, Serialize)]
pub(crate) struct MissShown {
    pub(crate) id: String,
    pub(crate) failed: String,
    /// What would have to be different.
    pub(crate) detail: String,
    pub(crate) atoms: Vec<AtomShown>,
    /// Where it stands: for people.
    #[serde(skip)]
    pub(crate) place: String,
    /// What would have to be different, in lines: for people.
    #[serde(skip)]
    pub(crate) lines: Vec<String>,
}

/// An atom of a condition, as it came out.
#[derive(Debug, Serialize)]
pub(crate) struct AtomShown {
    pub(crate) text: String,
    pub(crate) holds: bool,
    pub(crate) seen: Vec<SeenShown>,
}

/// A value that an atom saw.
#[derive(Debug, Serialize)]
pub(crate) struct SeenShown {
    pub(crate) name: String,
    /// `null` where it is missing.
    pub(crate) value: Option<Value>,
}

/// What is wrong with a path.
#[derive(Debug, Serialize)]
pub(crate) struct Malformed {
    pub(crate) why: String,
    /// The part of it that is wrong, where it is one part.
    pub(crate) part: Option<String>,
    /// The offset of that part, in bytes.
    pub(crate) at: Option<usize>,
    #[serde(skip)]
    pub(crate) path: String,
}

/// What is wrong with a claim.
#[derive(Debug, Serialize)]
pub(crate) struct Hostile {
    claim: String,
    value: String,
    why: String,
}

impl RuleShown {
    pub(super) fn new(policy: &Policy, seen: &RuleSeen) -> Option<Self> {
        let rule = policy.rule(seen.rule)?;
        Some(Self {
            id: rule.id.clone(),
            effect: rule.effect.keyword(),
            file: policy.program().file_of(rule).to_owned(),
            line: rule.line,
            because: policy.because(seen.rule).map(str::to_owned),
            atoms: seen.atoms.iter().map(AtomShown::new).collect(),
            doc: None,
            text: None,
            number: seen.rule.0,
        })
    }

    pub(super) fn add_text(&mut self, origins: &[RuleOrigin], sources: &Sources) {
        if let Some(origin) = origins.get(self.number as usize) {
            self.doc.clone_from(&origin.doc);
            self.text = Some(SourceText::of(origin.span, sources));
        }
    }
}

impl SourceText {
    /// The lines that a piece of text stands on.
    pub(crate) fn of(span: Span, sources: &Sources) -> Self {
        let (first, last) = (sources.start(span).line, sources.end(span).line);
        let lines = sources.text(span.source).lines().skip(first - 1).take(last + 1 - first);
        Self { first, lines: lines.map(words::printable).collect() }
    }
}

impl MissShown {
    pub(super) fn new(policy: &Policy, miss: &NearMiss) -> Option<Self> {
        let lines = words::lines(policy, &miss.lack);
        Some(Self {
            id: policy.rule(miss.rule)?.id.clone(),
            failed: miss.failed.clone(),
            detail: words::sentence(policy, &miss.lack),
            atoms: miss.lack.atoms().into_iter().map(AtomShown::new).collect(),
            place: place(policy, miss.rule)?,
            lines,
        })
    }
}

fn place(policy: &Policy, id: RuleId) -> Option<String> {
    let rule = policy.rule(id)?;
    Some(format!("{}:{}", policy.program().file_of(rule), rule.line))
}

impl AtomShown {
    fn new(atom: &SeenAtom) -> Self {
        let seen = atom.seen.iter().filter(|seen| !seen.is_constant);
        Self {
            text: atom.text.clone(),
            holds: atom.holds,
            seen: seen.map(|seen| SeenShown { name: seen.name.clone(), value: seen.value.clone() }).collect(),
        }
    }
}

impl Hostile {
    pub(super) fn new(hostile: &HostileClaim) -> Self {
        Self { claim: hostile.claim.clone(), value: hostile.value.clone(), why: hostile.why.to_string() }
    }
}
