//! Which of the policy's routes a request is for.

use policy_engine::path::RequestPath;
use policy_engine::pattern::{PathPattern, Segment};
use policy_engine::{Policy, Verb};

/// The route of the policy that the request is for, as the policy writes it; none where it declares none, or the
/// path is malformed. Of several, the one with the most literal segments: that is API Gateway's choice too.
pub(super) fn of(policy: &Policy, verb: &str, path: &str) -> Option<String> {
    let routes = &policy.program().parts().routes;
    if routes.is_empty() {
        return None;
    }
    let (verb, path) = (Verb::parse(verb)?, RequestPath::parse(path).ok()?);
    let fitting = routes.iter().filter(|route| route.verbs.contains(verb) && fits(&route.pattern, &path));
    // The first of several with as many.
    let best = fitting.rev().max_by_key(|route| literals(&route.pattern))?;
    Some(best.pattern.to_string())
}

fn fits(pattern: &PathPattern, path: &RequestPath<'_>) -> bool {
    let (written, asked) = (pattern.segments.len(), path.segments().len());
    let is_long_enough = if pattern.has_tail() { asked > written } else { asked == written };
    is_long_enough
        && pattern.segments.iter().zip(path.segments()).all(|(segment, text)| match segment {
            Segment::Literal(literal) => literal == text,
            Segment::Any(_) => true,
            // A route has no glob.
            Segment::Glob(_) => false,
        })
}

fn literals(pattern: &PathPattern) -> usize {
    pattern.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
}
