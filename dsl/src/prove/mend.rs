//! Changes after which a token has a policy for the whole API. Each was tried.

use std::fmt;

use policy_engine::iam::Obstacle;
use policy_engine::pattern::{PathPattern, Segment, Tail};
use policy_engine::{Clause, Effect, ProgramParts, Route, RuleId, VerbSet};

use super::slice::{Arns, Slice, Who};
use super::whole::Whole;

/// A class of more characters is not written out.
const MAX_ALTERNATIVES: usize = 16;

/// The most that a document may grow to, in bytes: about what API Gateway takes.
const MAX_BUDGET: u32 = 8_192;

/// A small change of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// A `deny` rule for some segments also for what lies below them.
    DenyBelow {
        /// The rule.
        rule: RuleId,
        /// The path to add.
        path: String,
    },
    /// A glob's class written as alternatives.
    Alternatives {
        /// The rule.
        rule: RuleId,
        /// The segment as it is.
        from: String,
        /// And as it should be.
        to: String,
    },
    /// The routes that exist, declared.
    Declare,
    /// A larger `max_policy_bytes`.
    Budget {
        /// How many bytes are enough.
        bytes: u32,
    },
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DenyBelow { path, .. } => write!(f, "let the `deny` hold for `{path}` as well"),
            Self::Alternatives { from, to, .. } => write!(f, "write `{to}` in place of `{from}`"),
            Self::Declare => f.write_str("declare the routes that exist: `api { … }`"),
            Self::Budget { bytes } => write!(f, "write `max_policy_bytes {bytes}`"),
        }
    }
}

/// The first change after which these rules leave the token a policy for the whole API, and no longer stand in
/// the way of one in the whole policy.
pub(super) fn find(
    slice: &Slice,
    obstacle: Obstacle,
    who: &Who,
    arns: &Arns,
    whole: &mut Whole<'_>,
) -> Option<Mend> {
    let parts = slice.parts();
    let rules: Vec<RuleId> = parts.clauses.iter().filter_map(|clause| slice.rule(clause.rule)).collect();
    candidates(parts, obstacle).into_iter().find_map(|mend| {
        if !slice.is_mended(who, arns, |parts| mend.apply(parts)) {
            return None;
        }
        let mend = mend.with_rule(|rule| slice.rule(rule))?;
        whole.is_mended(who, &rules, |parts| mend.apply(parts)).then_some(mend)
    })
}

fn candidates(parts: &ProgramParts, obstacle: Obstacle) -> Vec<Mend> {
    match obstacle {
        Obstacle::ReadsRequest | Obstacle::PathCondition | Obstacle::ResourceTooLong => Vec::new(),
        Obstacle::DocumentTooLarge => {
            let is_less = parts.authorizer.max_policy_bytes < MAX_BUDGET;
            is_less.then_some(Mend::Budget { bytes: MAX_BUDGET }).into_iter().collect()
        }
        Obstacle::Wildcard | Obstacle::IamCharacter | Obstacle::TooMany => path_candidates(parts),
    }
}

fn path_candidates(parts: &ProgramParts) -> Vec<Mend> {
    let is_deny = |clause: &Clause| {
        parts.rules.get(clause.rule.0 as usize).is_some_and(|rule| rule.effect == Effect::Deny)
    };
    let below = parts.clauses.iter().filter(|clause| is_deny(clause) && !clause.pattern.has_tail());
    let below = below
        .map(|clause| Mend::DenyBelow { rule: clause.rule, path: below_of(&clause.pattern).to_string() });
    let globs = parts.clauses.iter().flat_map(|clause| {
        clause.pattern.segments.iter().filter_map(|segment| match segment {
            Segment::Glob(from) => {
                alternatives(from).map(|to| Mend::Alternatives { rule: clause.rule, from: from.clone(), to })
            }
            Segment::Literal(_) | Segment::Any(_) => None,
        })
    });
    let declare = parts.routes.is_empty().then_some(Mend::Declare);
    let mut all: Vec<Mend> = globs.chain(below).chain(declare).collect();
    all.dedup();
    all
}

impl Mend {
    /// The same, with the rule that has another number elsewhere.
    fn with_rule(self, number: impl Fn(RuleId) -> Option<RuleId>) -> Option<Self> {
        Some(match self {
            Self::DenyBelow { rule, path } => Self::DenyBelow { rule: number(rule)?, path },
            Self::Alternatives { rule, from, to } => Self::Alternatives { rule: number(rule)?, from, to },
            other @ (Self::Declare | Self::Budget { .. }) => other,
        })
    }

    fn apply(&self, parts: &mut ProgramParts) {
        match self {
            Self::DenyBelow { rule, path } => {
                let more: Vec<Clause> = parts
                    .clauses
                    .iter()
                    .filter(|clause| clause.rule == *rule && !clause.pattern.has_tail())
                    .map(|clause| Clause { pattern: below_of(&clause.pattern), ..clause.clone() })
                    .filter(|clause| clause.pattern.to_string() == *path)
                    .collect();
                parts.clauses.extend(more);
            }
            Self::Alternatives { rule, from, to } => {
                for clause in parts.clauses.iter_mut().filter(|clause| clause.rule == *rule) {
                    for segment in &mut clause.pattern.segments {
                        if matches!(segment, Segment::Glob(glob) if glob == from) {
                            *segment = Segment::Glob(to.clone());
                        }
                    }
                }
            }
            Self::Declare => parts.routes = routes(parts),
            Self::Budget { bytes } => parts.authorizer.max_policy_bytes = *bytes,
        }
    }
}

fn below_of(pattern: &PathPattern) -> PathPattern {
    PathPattern { tail: Tail::Below(None), ..pattern.clone() }
}

/// The rules' own paths, as routes; a glob is a parameter there.
fn routes(parts: &ProgramParts) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for clause in &parts.clauses {
        let segments = clause.pattern.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => Segment::Literal(text.clone()),
            Segment::Any(_) | Segment::Glob(_) => Segment::Any(None),
        });
        let tail = match clause.pattern.tail {
            Tail::None => Tail::None,
            Tail::Below(_) => Tail::Below(None),
        };
        let pattern = PathPattern { segments: segments.collect(), tail };
        match routes.iter_mut().find(|route| route.pattern == pattern) {
            Some(route) => route.verbs = route.verbs.union(clause.verbs),
            None => routes.push(Route { verbs: clause.verbs.union(VerbSet::EMPTY), pattern }),
        }
    }
    routes
}

/// The glob with its first class written as alternatives: `v[12]` as `v{1,2}`.
fn alternatives(glob: &str) -> Option<String> {
    if glob.contains(['\\', '{', '?']) {
        return None;
    }
    let mut out = String::new();
    let mut rest = glob;
    while let Some((before, behind)) = rest.split_once('[') {
        let (class, after) = behind.split_once(']')?;
        out.push_str(before);
        out.push('{');
        out.push_str(&members(class)?.join(","));
        out.push('}');
        rest = after;
    }
    out.push_str(rest);
    (out != glob).then_some(out)
}

fn members(class: &str) -> Option<Vec<String>> {
    if class.starts_with(['!', '^']) {
        return None;
    }
    let chars: Vec<char> = class.chars().collect();
    let mut members = Vec::new();
    let mut rest = chars.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if let [dash, last, behind @ ..] = after
            && *dash == '-'
        {
            members.extend((*first..=*last).map(String::from));
            rest = behind;
        } else {
            members.push(first.to_string());
            rest = after;
        }
        if members.len() > MAX_ALTERNATIVES {
            return None;
        }
    }
    (!members.is_empty()).then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_written_as_alternatives() {
        for (glob, expected) in [
            ("v[12]", Some("v{1,2}")),
            ("v[0-3]*", Some("v{0,1,2,3}*")),
            ("[ab][c]", Some("{a,b}{c}")),
            ("[!a]", None),
            ("[a-z]", None),
            ("a*", None),
            ("a?", None),
        ] {
            assert_eq!(alternatives(glob).as_deref(), expected, "{glob}");
        }
    }
}
