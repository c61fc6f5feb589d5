//! Request paths: which are malformed, and what a pattern's names stand for in one.

use std::collections::BTreeMap;

use policy_dsl::syntax::{Path, Segment, Tail};

use super::glob_matches;

/// What `path.x` stands for, by `x`.
pub(crate) type Bindings = BTreeMap<String, String>;

/// Whether a path is denied whatever the rules say.
pub(crate) fn is_malformed(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    !path.starts_with('/')
        || (path != "/" && segments.contains(&""))
        || segments.contains(&".")
        || segments.contains(&"..")
        || path.contains('\\')
        || path.chars().any(|c| c.is_ascii_control())
        || ["%2f", "%5c", "%2e", "%00"].iter().any(|encoded| lower.contains(encoded))
}

/// What the pattern's names stand for, where it matches.
pub(crate) fn bind(pattern: &Path, path: &str) -> Option<Bindings> {
    let mut rest: Vec<&str> = if path == "/" { Vec::new() } else { path.split('/').skip(1).collect() };
    let mut bound = Bindings::new();
    for segment in &pattern.segments {
        if rest.is_empty() {
            return None;
        }
        let sent = rest.remove(0);
        if sent.is_empty() {
            return None;
        }
        match &segment.node {
            Segment::Literal(literal) if literal == sent => {}
            Segment::Glob(glob) if glob_matches(glob, sent) => {}
            Segment::Literal(_) | Segment::Glob(_) => return None,
            Segment::Any => {}
            Segment::Param(name) => {
                bound.insert(name.clone(), sent.to_owned());
            }
        }
    }
    match &pattern.tail {
        None => rest.is_empty().then_some(bound),
        Some(_) if rest.is_empty() => None,
        Some(tail) => {
            if let Tail::Param(name) = &tail.node {
                bound.insert(name.clone(), rest.join("/"));
            }
            Some(bound)
        }
    }
}
