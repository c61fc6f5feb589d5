//! Fewer resources: one for all verbs in place of one for each, where nothing else comes in by it.
//!
//! A `*` for the verb crosses `/`: `*/users` is also `GET/old/users`.

use std::collections::BTreeMap;

use crate::iam::cover::Cover;
use crate::iam::parts::Parts;
use crate::iam::resource::{Resource, Step};
use crate::iam::shape::{Piece, Shape};
use crate::verb::VerbSet;

/// Resources and their verbs; without verbs, one with a `*` for these.
pub(crate) type Merged = Vec<(Resource, Option<VerbSet>)>;

/// What is allowed: a `*` may reach what no declared route could be asked for, and nothing else.
pub(crate) fn allowed(covers: &[(Cover, VerbSet)], routes: &[Shape]) -> Merged {
    let list = covers.iter().flat_map(|(cover, verbs)| cover.allow.iter().map(|one| (one, *verbs)));
    let routes: Vec<&Shape> = routes.iter().collect();
    // A route for any verb may take more than the rules know, such as TRACE.
    let takes_any = |resource: &Resource| {
        routes.iter().any(|route| route.verbs == VerbSet::ANY && route.meets(&reach(resource)))
    };
    merged(list, |resource, verbs| {
        !routes.is_empty() && !takes_any(resource) && is_apart(resource, verbs, &routes)
    })
}

/// What is denied: a `*` may reach anything that is not allowed.
pub(crate) fn denied(covers: &[(Cover, VerbSet)], parts: &Parts) -> Merged {
    let list = covers.iter().flat_map(|(cover, verbs)| cover.deny.iter().map(|one| (one, *verbs)));
    let allowing: Vec<&Shape> = parts.allowing.iter().map(|part| &part.shape).collect();
    merged(list, |resource, verbs| is_apart(resource, verbs, &allowing))
}

fn merged<'a>(
    list: impl Iterator<Item = (&'a Resource, VerbSet)>,
    is_safe: impl Fn(&Resource, VerbSet) -> bool,
) -> Merged {
    let mut verbs_of: BTreeMap<&Resource, VerbSet> = BTreeMap::new();
    for (resource, verbs) in list {
        let known = verbs_of.entry(resource).or_insert(VerbSet::EMPTY);
        *known = known.union(verbs);
    }
    let each = verbs_of.into_iter().map(|(resource, verbs)| {
        let is_one = verbs.iter().nth(1).is_some() && is_safe(resource, verbs);
        (resource.clone(), (!is_one).then_some(verbs))
    });
    each.collect()
}

/// Whether the resource with a `*` for its verbs surely meets none of the shapes but for these verbs.
fn is_apart(resource: &Resource, verbs: VerbSet, shapes: &[&Shape]) -> bool {
    if resource.pieces.is_empty() {
        return false;
    }
    let reach = reach(resource);
    shapes.iter().all(|shape| {
        let other_verbs = !shape.verbs.without(verbs).is_empty();
        let deepest = shape.pieces.len() + usize::from(shape.below);
        let is_crossed = (1..=deepest).any(|depth| shape.behind(depth).meets(&reach));
        !(is_crossed || other_verbs && shape.meets(&reach))
    })
}

/// All paths that the resource can match, and perhaps more: everything behind its first `*`.
fn reach(resource: &Resource) -> Shape {
    let texts = resource.pieces.iter().map_while(|step| match step {
        Step::Text(text) => Some(Piece::Text(text.clone())),
        Step::Star | Step::Glob(_) => None,
    });
    Shape { verbs: VerbSet::ANY, pieces: texts.collect(), below: resource.is_open() }
}
