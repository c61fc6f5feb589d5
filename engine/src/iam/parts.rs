//! What remains of each rule for a caller: alternatives, each with the paths that it is about and what else must
//! hold of the request.

use crate::iam::circumstance::Circumstance;
use crate::iam::inexact::{Inexact, Obstacle};
use crate::iam::near::Near;
use crate::iam::residual::{Opaque, Partial};
use crate::iam::shape::Shape;
use crate::iam::vocabulary::Vocabulary;
use crate::index::{Found, in_order};
use crate::program::RuleId;
use crate::verb::VerbSet;

/// More patterns than this are not written out.
pub(crate) const MAX_PATTERNS: usize = 1_024;

/// One alternative of a clause.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) rule: RuleId,
    pub(crate) shape: Shape,
    pub(crate) circumstances: Vec<(Circumstance, bool)>,
    pub(crate) opaque: Option<Opaque>,
}

/// The alternatives of every clause that can match for a caller.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) allowing: Vec<Part>,
    pub(crate) denying: Vec<Part>,
}

impl Part {
    pub(crate) const fn inexact(&self, obstacle: Obstacle) -> Inexact {
        Inexact { rule: Some(self.rule), obstacle, example: None }
    }

    /// Whether the path alone decides.
    fn is_unconditional(&self) -> bool {
        self.opaque.is_none() && self.circumstances.is_empty()
    }
}

impl Parts {
    pub(crate) fn of(partial: &Partial<'_, '_>, vocabulary: &mut Vocabulary) -> Result<Self, Inexact> {
        let policy = partial.caller.policy;
        let mut clauses: Found = policy.program.index.clauses_for(&partial.caller.facts).collect();
        in_order(&mut clauses);
        let mut parts = Self::default();
        for id in clauses {
            let Some(clause) = policy.parts().clauses.get(id.0 as usize) else { continue };
            let Some((_, allows)) = partial.caller.counting(id) else { continue };
            let list = if allows { &mut parts.allowing } else { &mut parts.denying };
            vocabulary.note_pattern(&clause.pattern, &policy.globs);
            let too_many = || Inexact { rule: Some(clause.rule), ..Obstacle::TooMany.into() };
            for term in partial.terms(clause.condition).map_err(|_| too_many())? {
                vocabulary.note_term(&term, &policy.globs);
                let shapes = Shape::of(clause.verbs, &clause.pattern, &term, &policy.globs);
                list.extend(shapes.map_err(|_| too_many())?.into_iter().map(|shape| Part {
                    rule: clause.rule,
                    shape,
                    circumstances: term.circumstances.clone(),
                    opaque: term.opaque,
                }));
                if list.len() > MAX_PATTERNS {
                    return Err(too_many());
                }
            }
        }
        Ok(parts)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Part> {
        self.allowing.iter().chain(&self.denying)
    }

    /// Takes away what others settle: what is denied for certain, what is allowed already, denies of what is not
    /// allowed.
    pub(crate) fn simplify(&mut self) {
        let Self { allowing, denying } = self;
        let sure = Near::new(numbered(denying).filter(|(_, part)| part.is_unconditional()).map(shape_of));
        for allow in allowing.iter_mut().filter(|_| !sure.is_empty()) {
            let denies = sure.to(&allow.shape).filter(|(_, deny)| deny.covers(&allow.shape));
            let verbs = denies.fold(VerbSet::EMPTY, |verbs, (_, deny)| verbs.union(deny.verbs));
            allow.shape.verbs = allow.shape.verbs.without(verbs);
        }
        drop_covered(allowing);
        if denying.is_empty() {
            return;
        }
        let allowed = Near::new(numbered(allowing).map(shape_of));
        for deny in &mut *denying {
            let met = allowed.to(&deny.shape).filter(|(_, allow)| allow.meets(&deny.shape));
            let verbs = met.fold(VerbSet::EMPTY, |verbs, (_, allow)| verbs.union(allow.verbs));
            deny.shape.verbs = deny.shape.verbs.intersection(verbs);
        }
        denying.retain(|deny| !deny.shape.verbs.is_empty());
    }

    /// Those for which `holds` says that their circumstances are given, no longer asking for them.
    pub(crate) fn under(&self, holds: impl Fn(&(Circumstance, bool)) -> bool) -> Self {
        let given = |parts: &[Part]| -> Vec<Part> {
            let given = parts.iter().filter(|part| part.circumstances.iter().all(&holds));
            given.map(|part| Part { circumstances: Vec::new(), ..part.clone() }).collect()
        };
        let mut parts = Self { allowing: given(&self.allowing), denying: given(&self.denying) };
        parts.simplify();
        parts
    }

    /// What is left of them where only these paths can be asked for. They must be one path for one verb.
    pub(crate) fn narrow_to(&mut self, only: &Shape) {
        for list in [&mut self.allowing, &mut self.denying] {
            list.retain(|part| {
                part.shape.meets(only) && !part.shape.verbs.intersection(only.verbs).is_empty()
            });
            for part in list {
                part.shape = only.clone();
            }
        }
    }
}

/// Takes away what another alternative allows anyway.
fn drop_covered(parts: &mut Vec<Part>) {
    let mut verbs: Vec<VerbSet> = parts.iter().map(|part| part.shape.verbs).collect();
    let near = Near::new(numbered(parts).filter(|(_, part)| part.is_unconditional()).map(shape_of));
    for (number, one) in parts.iter().enumerate() {
        // Of two that cover each other the first goes, and then covers nothing.
        let others =
            near.to(&one.shape).filter(|(other, shape)| *other != number && shape.covers(&one.shape));
        let covered = others.filter_map(|(other, _)| verbs.get(other)).copied();
        let covered = covered.fold(VerbSet::EMPTY, VerbSet::union);
        if let Some(own) = verbs.get_mut(number) {
            *own = own.without(covered);
        }
    }
    for (part, verbs) in parts.iter_mut().zip(verbs) {
        part.shape.verbs = verbs;
    }
    parts.retain(|part| !part.shape.verbs.is_empty());
}

fn numbered(parts: &[Part]) -> impl Iterator<Item = (usize, &Part)> {
    parts.iter().enumerate()
}

const fn shape_of((number, part): (usize, &Part)) -> (usize, &Shape) {
    (number, &part.shape)
}
