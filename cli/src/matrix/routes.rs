//! The routes that a matrix shows: those that the API has, and those that rules set apart from them.

use std::collections::HashSet;

use policy_engine::pattern::{PathPattern, Segment, Tail};
use policy_engine::{ProgramParts, Verb, VerbSet, glob};

/// A verb and a path that are shown in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) verb: Verb,
    pub(super) pattern: PathPattern,
    pub(super) declared: bool,
}

/// The declared routes, each with the parts of it that rules name (`/users/me` of `/users/{id}`) behind it; the
/// rules' own paths where no route is declared. Each once.
pub(super) fn routes(parts: &ProgramParts) -> Vec<Route> {
    let mut routes = Routes::default();
    if parts.routes.is_empty() {
        for clause in &parts.clauses {
            routes.add(clause.verbs, &clause.pattern, false);
        }
        return routes.found;
    }
    for route in &parts.routes {
        routes.add(route.verbs, &route.pattern, true);
        for clause in &parts.clauses {
            let verbs = route.verbs.intersection(clause.verbs);
            if !verbs.is_empty()
                && let Some(common) = meet(&route.pattern, &clause.pattern)
            {
                routes.add(verbs, &common, false);
            }
        }
    }
    routes.found
}

#[derive(Default)]
struct Routes {
    found: Vec<Route>,
    seen: HashSet<(Verb, PathPattern)>,
}

impl Routes {
    fn add(&mut self, verbs: VerbSet, pattern: &PathPattern, declared: bool) {
        for verb in verbs.iter() {
            if self.seen.insert((verb, without_names(pattern))) {
                self.found.push(Route { verb, pattern: pattern.clone(), declared });
            }
        }
    }
}

/// What it matches, whatever its parts are called.
fn without_names(pattern: &PathPattern) -> PathPattern {
    let bare = |segment: &Segment| match segment {
        Segment::Any(_) => Segment::Any(None),
        other => other.clone(),
    };
    let tail = if pattern.has_tail() { Tail::Below(None) } else { Tail::None };
    PathPattern { segments: pattern.segments.iter().map(bare).collect(), tail }
}

/// What both match, as far as a pattern says it; the names are the route's.
fn meet(route: &PathPattern, rule: &PathPattern) -> Option<PathPattern> {
    let (own, other) = (route.segments.len(), rule.segments.len());
    let tail = match (route.has_tail(), rule.has_tail()) {
        (true, true) => route.tail.clone(),
        (false, false) if own == other => Tail::None,
        (true, false) if other > own => Tail::None,
        (false, true) if own > other => Tail::None,
        _ => return None,
    };
    let segments = (0..own.max(other)).map(|at| match (route.segments.get(at), rule.segments.get(at)) {
        (Some(one), Some(other)) => meet_segments(one, other),
        (one, other) => one.or(other).cloned(),
    });
    Some(PathPattern { segments: segments.collect::<Option<_>>()?, tail })
}

fn meet_segments(one: &Segment, other: &Segment) -> Option<Segment> {
    match (one, other) {
        (one, Segment::Any(_)) => Some(one.clone()),
        (Segment::Any(_), other) => Some(other.clone()),
        (Segment::Literal(text), Segment::Glob(pattern))
        | (Segment::Glob(pattern), Segment::Literal(text)) => {
            let matches = glob::matcher(pattern).is_ok_and(|glob| glob.is_match(text));
            matches.then(|| Segment::Literal(text.clone()))
        }
        (one, other) => (one == other).then(|| one.clone()),
    }
}
