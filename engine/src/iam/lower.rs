//! The simple lowering: fixed paths, claim-bound paths, everything-below patterns, verbs written out.

use std::fmt;

use crate::caller::Caller;
use crate::iam::residual::{Opaque, Partial, Term};
use crate::iam::shape::Shape;
use crate::program::{Clause, Effect, RuleId};
use crate::request::RequestContext;
use crate::verb::VerbSet;

/// More patterns than this are not written out.
const MAX_PATTERNS: usize = 1_024;

/// Why there is no policy for the whole API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inexact {
    /// The rule that stands in the way, where it is one.
    pub rule: Option<RuleId>,
    /// What about it does.
    pub obstacle: Obstacle,
}

/// What stands in the way of a policy for the whole API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The rule reads the request beyond its path.
    ReadsRequest,
    /// The rule asks of the path more than whether a part of it is a certain string.
    PathCondition,
    /// The rule's path has a one-segment wildcard that is not bound to a claim, and IAM's `*` crosses `/`.
    Wildcard,
    /// The rule compares the path with a string that holds `*`, `?` or `${`.
    IamCharacter,
    /// The rule's alternatives, or all the patterns, are too many.
    TooMany,
    /// A resource would be longer than 512 characters.
    ResourceTooLong,
    /// The document would be larger than `max_policy_bytes`.
    DocumentTooLarge,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadsRequest => "it reads a header, a query parameter, the address or the time",
            Self::PathCondition => "it asks of the path more than whether a part of it is a certain string",
            Self::Wildcard => "its path has a one-segment wildcard, and a `*` of IAM crosses `/`",
            Self::IamCharacter => {
                "it compares the path with a string that holds `*`, `?` or `${`, which IAM reads as its own"
            }
            Self::TooMany => "it stands for too many paths",
            Self::ResourceTooLong => "a resource would be longer than 512 characters",
            Self::DocumentTooLarge => "the document would be larger than `max_policy_bytes`",
        })
    }
}

/// What a token may do, as IAM patterns.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    /// Sorted, without repetition.
    pub(crate) allow: Vec<String>,
    /// Sorted, without repetition.
    pub(crate) deny: Vec<String>,
    /// Some pattern reaches malformed paths.
    pub(crate) needs_guards: bool,
}

/// One alternative of a clause.
struct Part<'a> {
    rule: RuleId,
    shape: Shape<'a>,
    opaque: Option<Opaque>,
}

impl Part<'_> {
    fn obstacle(&self) -> Option<Obstacle> {
        match self.opaque {
            Some(Opaque::Request) => Some(Obstacle::ReadsRequest),
            Some(Opaque::Path) => Some(Obstacle::PathCondition),
            None if self.shape.has_wildcard() => Some(Obstacle::Wildcard),
            None if self.shape.has_iam_meaning() => Some(Obstacle::IamCharacter),
            None => None,
        }
    }

    fn inexact(&self, obstacle: Obstacle) -> Inexact {
        Inexact { rule: Some(self.rule), obstacle }
    }
}

/// What the caller may do on this stage, as patterns that say exactly that, malformed paths aside.
pub(crate) fn lower(caller: &Caller<'_>, stage: &RequestContext, prefix: &str) -> Result<Lowered, Inexact> {
    let partial = Partial { caller, stage };
    let (mut allowing, denying) = parts(&partial)?;
    for deny in denying.iter().filter(|deny| deny.opaque.is_none()) {
        for allow in &mut allowing {
            if deny.shape.covers(&allow.shape) {
                allow.shape.verbs = allow.shape.verbs.without(deny.shape.verbs);
            }
        }
    }
    allowing.retain(|allow| !allow.shape.verbs.is_empty());
    drop_covered(&mut allowing);
    let mut lowered = Lowered::default();
    for allow in &allowing {
        if let Some(obstacle) = allow.obstacle() {
            return Err(allow.inexact(obstacle));
        }
        lowered.needs_guards |= allow.shape.below;
        lowered.allow.extend(resources(&allow.shape, allow.shape.verbs, prefix));
    }
    for deny in &denying {
        let verbs = verbs_met(&deny.shape, &allowing);
        if verbs.is_empty() {
            continue;
        }
        if let Some(obstacle) = deny.obstacle() {
            return Err(deny.inexact(obstacle));
        }
        lowered.deny.extend(resources(&deny.shape, verbs, prefix));
    }
    lowered.finish()
}

impl Lowered {
    fn finish(mut self) -> Result<Self, Inexact> {
        let too_long = |resource: &String| resource.chars().count() > 512;
        if self.allow.len() + self.deny.len() > MAX_PATTERNS {
            return Err(Inexact { rule: None, obstacle: Obstacle::TooMany });
        }
        if self.allow.iter().chain(&self.deny).any(too_long) {
            return Err(Inexact { rule: None, obstacle: Obstacle::ResourceTooLong });
        }
        for list in [&mut self.allow, &mut self.deny] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(self)
    }
}

type Parts<'a> = (Vec<Part<'a>>, Vec<Part<'a>>);

/// The alternatives of every clause that can match for this caller: those that allow, those that deny.
fn parts<'a>(partial: &Partial<'a>) -> Result<Parts<'a>, Inexact> {
    let policy = partial.caller.policy;
    let mut clauses: Vec<_> = policy.program.index.clauses_for(&partial.caller.facts).collect();
    clauses.sort_unstable();
    clauses.dedup();
    let (mut allowing, mut denying) = (Vec::new(), Vec::new());
    for id in clauses {
        let Some(clause) = policy.parts().clauses.get(id.0 as usize) else { continue };
        let Some(rule) = policy.rule(clause.rule) else { continue };
        let list = match rule.effect {
            Effect::Allow if partial.caller.token().is_none() => continue,
            Effect::Allow | Effect::Public => &mut allowing,
            Effect::Deny => &mut denying,
        };
        let too_many = Inexact { rule: Some(clause.rule), obstacle: Obstacle::TooMany };
        for term in partial.terms(clause.condition).map_err(|_| too_many)? {
            list.extend(clause_parts(clause, &term).map_err(|_| too_many)?);
            if list.len() > MAX_PATTERNS {
                return Err(too_many);
            }
        }
    }
    Ok((allowing, denying))
}

fn clause_parts<'a>(clause: &'a Clause, term: &Term) -> Result<Vec<Part<'a>>, crate::iam::shape::TooMany> {
    let shapes = Shape::of(clause.verbs, &clause.pattern, term)?;
    Ok(shapes.into_iter().map(|shape| Part { rule: clause.rule, shape, opaque: term.opaque }).collect())
}

/// Takes away what another alternative allows anyway.
fn drop_covered(parts: &mut Vec<Part<'_>>) {
    for index in 0..parts.len() {
        let (before, rest) = parts.split_at_mut(index);
        let Some((one, after)) = rest.split_first_mut() else { continue };
        let others = before.iter().chain(after.iter());
        // Of two that cover each other the first goes, and then covers nothing.
        let covered = others
            .filter(|other| other.opaque.is_none() && other.shape.covers(&one.shape))
            .fold(VerbSet::EMPTY, |verbs, other| verbs.union(other.shape.verbs));
        one.shape.verbs = one.shape.verbs.without(covered);
    }
    parts.retain(|part| !part.shape.verbs.is_empty());
}

fn verbs_met(deny: &Shape<'_>, allowing: &[Part<'_>]) -> VerbSet {
    let met = allowing.iter().filter(|allow| allow.shape.meets(deny));
    met.fold(VerbSet::EMPTY, |verbs, allow| verbs.union(allow.shape.verbs.intersection(deny.verbs)))
}

fn resources(shape: &Shape<'_>, verbs: VerbSet, prefix: &str) -> Vec<String> {
    verbs.iter().map(|verb| shape.resource(prefix, verb.name())).collect()
}
