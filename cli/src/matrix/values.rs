//! The paths that a route is tried with: each parameter that a rule compares with the caller gets the caller's own
//! value and another one.

use policy_engine::pattern::{PathPattern, PathRef, Segment, Tail};
use policy_engine::{Caller, PathComparison, Request, RequestContext, glob};
use serde::Serialize;

use super::routes::Route;

/// As many paths are tried for one route and one persona; beyond, not every choice of values is.
const MAX_TRIES: usize = 64;
/// What is not the caller's.
const FOREIGN: &str = "other";

/// A path, and how its parameters were chosen.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Try {
    pub(super) path: String,
    pub(super) values: Vec<Chosen>,
}

/// The value of a parameter that a rule compares with something.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Chosen {
    pub(super) parameter: String,
    pub(super) value: String,
    #[serde(rename = "is")]
    pub(super) kind: Kind,
    /// What it is equal to, written as in a rule.
    pub(super) with: Option<String>,
}

/// What a value is to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// What the token, or the rest of the request, says.
    Own,
    /// What the policy says, for everybody.
    Named,
    /// Neither.
    Foreign,
}

/// The paths to try: one where nothing is compared.
pub(super) fn tries(caller: &Caller<'_>, route: &Route, context: &RequestContext) -> Vec<Try> {
    let plain = fill(&route.pattern, &[]);
    let request = Request { verb: route.verb, path: &plain, context };
    let parts = choices(&route.pattern, &caller.path_comparisons(&request));
    let mut combinations: Vec<Vec<(PathRef, Chosen)>> = vec![Vec::new()];
    for (part, options) in &parts {
        let room = combinations.len() * options.len() <= MAX_TRIES;
        let extended = combinations.iter().flat_map(|chosen| {
            let options = options.iter().enumerate().filter(move |(number, _)| room || *number == 0);
            options.map(move |(_, option)| {
                let mut chosen = chosen.clone();
                chosen.push((*part, option.clone()));
                chosen
            })
        });
        combinations = extended.collect();
    }
    let tries = combinations.into_iter().map(|chosen| Try {
        path: fill(&route.pattern, &chosen),
        values: chosen.into_iter().map(|(_, chosen)| chosen).collect(),
    });
    tries.collect()
}

/// For each part that is compared, the values to try; another's value is the last.
fn choices(pattern: &PathPattern, comparisons: &[PathComparison]) -> Vec<(PathRef, Vec<Chosen>)> {
    let mut parts: Vec<(PathRef, Vec<Chosen>)> = Vec::new();
    for comparison in comparisons {
        let Some(parameter) = parameter(pattern, comparison.part) else { continue };
        let known = parts.iter().position(|(part, _)| *part == comparison.part);
        let at = known.unwrap_or_else(|| {
            parts.push((comparison.part, Vec::new()));
            parts.len() - 1
        });
        let Some((_, options)) = parts.get_mut(at) else { continue };
        let kind = if comparison.is_constant { Kind::Named } else { Kind::Own };
        // The items of a list are all treated alike; one of them stands for the others.
        let value = comparison.values.iter().find(|value| is_segment(value));
        if let Some(value) = value
            && options.iter().all(|option| option.value != *value)
        {
            let (value, with) = (value.clone(), Some(comparison.with.clone()));
            options.push(Chosen { parameter, value, kind, with });
        }
    }
    for (part, options) in &mut parts {
        let mut value = FOREIGN.to_owned();
        while comparisons.iter().any(|comparison| comparison.values.contains(&value)) {
            value.push('-');
        }
        let parameter = parameter(pattern, *part).unwrap_or_default();
        options.push(Chosen { parameter, value, kind: Kind::Foreign, with: None });
    }
    parts
}

fn is_segment(value: &str) -> bool {
    !value.is_empty() && !value.contains('/')
}

/// How the route calls that part, where it is free.
fn parameter(pattern: &PathPattern, part: PathRef) -> Option<String> {
    let name = match part {
        PathRef::Segment(at) => match pattern.segments.get(usize::from(at)) {
            Some(Segment::Any(name)) => name.clone().unwrap_or_else(|| "*".to_owned()),
            _ => return None,
        },
        PathRef::Rest(at) if usize::from(at) == pattern.segments.len() => match &pattern.tail {
            Tail::Below(name) => name.as_ref().map_or_else(|| "**".to_owned(), |name| format!("{name}+")),
            Tail::None => return None,
        },
        PathRef::Rest(_) => return None,
    };
    Some(name)
}

/// A path that the pattern matches, with these values; other parts get their names.
fn fill(pattern: &PathPattern, chosen: &[(PathRef, Chosen)]) -> String {
    let value = |wanted: PathRef| {
        chosen.iter().find(|(part, _)| *part == wanted).map(|(_, chosen)| chosen.value.clone())
    };
    let at = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
    let mut path = String::new();
    for (index, segment) in pattern.segments.iter().enumerate() {
        path.push('/');
        path.push_str(&match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Any(name) => value(PathRef::Segment(at(index)))
                .unwrap_or_else(|| name.clone().unwrap_or_else(|| "any".to_owned())),
            Segment::Glob(glob) => sample(glob),
        });
    }
    if let Tail::Below(name) = &pattern.tail {
        let rest = value(PathRef::Rest(at(pattern.segments.len())));
        path.push('/');
        path.push_str(&rest.unwrap_or_else(|| name.clone().unwrap_or_else(|| "any".to_owned())));
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// A segment that the glob matches, if a simple one does; else the glob itself, which no rule about it matches.
fn sample(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' | '?' => out.push('x'),
            '\\' => out.extend(rest.next()),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                out.extend(class.trim_start_matches(['!', '^']).chars().next());
            }
            '{' => {
                let choices: String = rest.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(choices.split(',').next().unwrap_or_default());
            }
            other => out.push(other),
        }
    }
    let matches = glob::matcher(pattern).is_ok_and(|glob| glob.is_match(&out));
    if matches { out } else { pattern.to_owned() }
}
