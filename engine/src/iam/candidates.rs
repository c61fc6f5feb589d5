//! Resources that could be of use, written from the shapes of a problem. Whether they are right is decided
//! elsewhere: a bad candidate costs time, and nothing else.

use crate::iam::cover::Problem;
use crate::iam::resource::{Resource, Step};
use crate::iam::shape::{Piece, Shape};

/// The most candidates of either kind.
const MAX_CANDIDATES: usize = 96;

/// Resources that could allow: the shapes themselves, and the shapes narrowed by one another.
pub(crate) fn allow_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let mut list: Vec<Resource> = problem.allow.iter().flat_map(Resource::of).collect();
    for shape in problem.allow {
        let others = problem.routes.iter().chain(problem.allow).chain(problem.deny);
        for narrowed in others.filter_map(|other| narrowed(shape, other)) {
            list.extend(Resource::of(&narrowed));
        }
    }
    bounded(list)
}

/// Resources that could deny: what is denied, guards below and inside the wildcards of what is allowed, the
/// texts that are excluded, and declared routes that a wildcard reaches.
pub(crate) fn deny_candidates(problem: &Problem<'_>) -> Vec<Resource> {
    let mut list: Vec<Resource> = problem.deny.iter().flat_map(Resource::of).collect();
    for shape in problem.allow {
        list.extend(Resource::of(shape).iter().flat_map(guards));
        list.extend(excluded(shape));
        for deny in problem.deny {
            list.extend(narrowed(deny, shape).iter().flat_map(Resource::of));
        }
    }
    for deny in problem.deny {
        list.extend(excluded(deny));
    }
    for route in problem.routes {
        list.extend(Resource::of(route));
        for allow in problem.allow {
            list.extend(narrowed_crossing(route, allow).iter().flat_map(Resource::of));
        }
    }
    let below: Vec<Resource> = list.iter().filter(|one| !one.below).map(Resource::and_below).collect();
    list.extend(below);
    bounded(list)
}

/// For each star, the same with another beside it; with a glob taken for a star as well.
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
fn excluded(shape: &Shape) -> Vec<Resource> {
    let mut list = Vec::new();
    for (at, piece) in shape.pieces.iter().enumerate() {
        let Piece::Free { globs, except } = piece else { continue };
        let texts = except.iter().map(|text| Piece::Text(text.clone()));
        let unwanted = globs.iter().filter(|(_, wanted)| !wanted);
        let globs =
            unwanted.map(|(glob, _)| Piece::Free { globs: vec![(glob.clone(), true)], except: Vec::new() });
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
    let mut narrow = route.clone();
    let fits = narrow.pieces.iter().zip(&allow.pieces).all(|(a, b)| match (a, b) {
        (Piece::Text(a), Piece::Text(b)) => a == b,
        _ => true,
    });
    fits.then(|| {
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

fn bounded(mut list: Vec<Resource>) -> Vec<Resource> {
    list.sort_unstable();
    list.dedup();
    list.truncate(MAX_CANDIDATES);
    list
}
