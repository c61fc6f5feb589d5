//! Resources that could be of use, written from the shapes of a problem. Whether they are right is decided
//! elsewhere: a bad candidate costs time, and nothing else.

use std::collections::HashSet;
use std::sync::Arc;

use crate::iam::cover::Problem;
use crate::iam::resource::{Resource, Step};
use crate::iam::shape::{Piece, Shape};
use crate::test::{Globs, LazyGlob};

/// The most candidates of either kind; those written first are kept.
const MAX_CANDIDATES: usize = 256;

/// The most shapes that are made of one by filling its open segments.
const MAX_FILLED: usize = 64;

/// Resources that could allow: the shapes themselves, and the shapes narrowed by one another.
pub(crate) fn allow_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let own = problem.allow.iter().flat_map(Resource::of);
    let others = || problem.routes.iter().chain(problem.allow).chain(problem.deny);
    let pairs = problem.allow.iter().flat_map(|shape| others().map(move |other| (shape, other)));
    let combined = pairs.filter_map(|(shape, other)| narrowed(shape, other));
    bounded(own.chain(combined.flat_map(|shape| Resource::of(&shape))))
}

/// Resources that could deny: what is denied, guards below and inside the wildcards of what is allowed, the
/// texts that are excluded, and declared routes that a wildcard reaches.
pub(crate) fn deny_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let own = problem.deny.iter().flat_map(Resource::of);
    let guards = problem.allow.iter().flat_map(Resource::of).flat_map(|resource| guards(&resource));
    let excluded = problem.allow.iter().chain(problem.deny).flat_map(|shape| excluded(shape, problem.globs));
    let routes = problem.routes.iter().flat_map(Resource::of);
    let pairs = problem.allow.iter().flat_map(|allow| problem.deny.iter().map(move |deny| (allow, deny)));
    let denied = pairs.filter_map(|(allow, deny)| narrowed(deny, allow));
    let pairs = problem.routes.iter().flat_map(|route| problem.allow.iter().map(move |allow| (route, allow)));
    let reached = pairs.filter_map(|(route, allow)| narrowed_crossing(route, allow));
    let combined = denied.chain(reached).flat_map(|shape| Resource::of(&shape));
    let all = own.chain(guards).chain(excluded).chain(routes).chain(combined);
    bounded(all.flat_map(|one| {
        let below = (!one.below).then(|| one.and_below());
        std::iter::once(one).chain(below)
    }))
}

/// More of the first kind: the shapes, and the shapes narrowed by one another, with each of their open segments
/// filled with what any shape names there.
pub(crate) fn more_allow_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let shapes = || problem.routes.iter().chain(problem.allow).chain(problem.deny);
    let pairs = problem.allow.iter().flat_map(|shape| shapes().map(move |other| (shape, other)));
    let narrow = pairs.filter_map(|(shape, other)| narrowed(shape, other));
    // What lies deeper below than a shape does: all but the first levels.
    let narrow = narrow.flat_map(|shape| {
        let deeper = (!shape.below).then(|| Shape { below: true, ..shape.clone() });
        deeper.into_iter().chain([shape])
    });
    let named = named(shapes());
    let filled = problem.allow.iter().cloned().chain(narrow).flat_map(|shape| filled(&shape, &named));
    bounded(filled.flat_map(|shape| Resource::of(&shape)))
}

/// More of the second kind: all shapes filled likewise, with everything below them as well.
pub(crate) fn more_deny_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let shapes = || problem.deny.iter().chain(problem.routes).chain(problem.allow);
    let named = named(shapes());
    let resources = shapes().flat_map(|shape| filled(shape, &named)).flat_map(|shape| Resource::of(&shape));
    let guarded = resources.flat_map(|one| guards(&one).into_iter().chain([one]));
    bounded(guarded.flat_map(|one| {
        let below = (!one.below).then(|| one.and_below());
        std::iter::once(one).chain(below)
    }))
}

/// What the shapes name at each depth: texts, also those that are left out, and globs.
fn named<'a>(shapes: impl Iterator<Item = &'a Shape>) -> Vec<Vec<Piece>> {
    let mut named: Vec<Vec<Piece>> = Vec::new();
    for (depth, piece) in shapes.flat_map(|shape| shape.pieces.iter().enumerate()) {
        if named.len() <= depth {
            named.resize_with(depth + 1, Vec::new);
        }
        let Some(here) = named.get_mut(depth) else { continue };
        let pieces = match piece {
            Piece::Text(_) => vec![piece.clone()],
            Piece::Free { globs, except } => {
                let like = |glob: &Arc<LazyGlob>| Piece::Free {
                    globs: vec![(Arc::clone(glob), true)],
                    except: vec![],
                };
                let globs = globs.iter().map(|(glob, _)| like(glob));
                globs.chain(except.iter().map(|text| Piece::Text(text.clone()))).collect()
            }
        };
        for piece in pieces {
            if !here.contains(&piece) {
                here.push(piece);
            }
        }
    }
    named
}

/// The shape with each open segment as it is, and as any of what is named there.
fn filled(shape: &Shape, named: &[Vec<Piece>]) -> Vec<Shape> {
    let mut all = vec![shape.clone()];
    for (depth, piece) in shape.pieces.iter().enumerate() {
        if matches!(piece, Piece::Text(_)) {
            continue;
        }
        let fillings = named.get(depth).map_or(&[][..], Vec::as_slice);
        if all.len().saturating_mul(fillings.len() + 1) > MAX_FILLED {
            break;
        }
        let with = |shape: &Shape, filling: &Piece| {
            let mut filled = shape.clone();
            if let Some(place) = filled.pieces.get_mut(depth) {
                *place = filling.clone();
            }
            filled
        };
        let more: Vec<Shape> =
            all.iter().flat_map(|shape| fillings.iter().map(|filling| with(shape, filling))).collect();
        all.extend(more);
    }
    all
}

/// For each star, the same with another beside it, and all below; a glob is taken for a star.
fn guards(resource: &Resource) -> Vec<Resource> {
    let star = |step: &Step| if matches!(step, Step::Text(_)) { step.clone() } else { Step::Star };
    let plain = Resource { pieces: resource.pieces.iter().map(star).collect(), below: resource.below };
    let mut list = Vec::new();
    for (at, step) in plain.pieces.iter().enumerate() {
        if *step == Step::Star {
            let mut pieces = plain.pieces.clone();
            pieces.insert(at, Step::Star);
            list.push(Resource { pieces, below: plain.below });
        }
    }
    list.push(plain.and_below());
    list
}

/// For each text that a piece leaves out, the resource with that text in its place; likewise for globs.
fn excluded(shape: &Shape, known: &Globs) -> Vec<Resource> {
    let mut list = Vec::new();
    for (at, piece) in shape.pieces.iter().enumerate() {
        let Piece::Free { globs, except } = piece else { continue };
        let texts = except.iter().map(|text| Piece::Text(text.clone()));
        let unwanted = globs.iter().filter(|(_, wanted)| !wanted);
        let globs = unwanted.flat_map(|(glob, _)| Piece::of_glob(glob.pattern(), known));
        for instead in texts.chain(globs) {
            let mut narrow = shape.clone();
            if let Some(place) = narrow.pieces.get_mut(at) {
                *place = instead;
            }
            list.extend(Resource::of(&narrow));
        }
    }
    list
}

/// The paths of the first that may be in the second, its open pieces filled with the second's texts.
fn narrowed(shape: &Shape, by: &Shape) -> Option<Shape> {
    if !shape.meets(by) {
        return None;
    }
    let mut narrow = shape.clone();
    fill(&mut narrow, by);
    if shape.below {
        narrow.pieces.extend(by.pieces.iter().skip(shape.pieces.len()).cloned());
        narrow.below = by.below || by.pieces.len() <= shape.pieces.len();
    }
    Some(narrow)
}

/// The paths of the route whose first pieces are those of the other: what its stars reach by crossing `/`.
fn narrowed_crossing(route: &Shape, allow: &Shape) -> Option<Shape> {
    let fits = route.pieces.iter().zip(&allow.pieces).all(|(a, b)| match (a, b) {
        (Piece::Text(a), Piece::Text(b)) => a == b,
        _ => true,
    });
    fits.then(|| {
        let mut narrow = route.clone();
        fill(&mut narrow, allow);
        narrow
    })
}

fn fill(narrow: &mut Shape, by: &Shape) {
    for (piece, other) in narrow.pieces.iter_mut().zip(&by.pieces) {
        if matches!((&*piece, other), (Piece::Free { .. }, Piece::Text(_))) {
            *piece = other.clone();
        }
    }
}

fn bounded(all: impl Iterator<Item = Resource>) -> Vec<Resource> {
    let mut seen = HashSet::new();
    all.filter(|one| seen.insert(one.clone())).take(MAX_CANDIDATES).collect()
}
