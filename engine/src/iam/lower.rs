//! From rules to resources: what remains of each rule for a caller, as shapes, verb by verb.

use std::fmt;

use crate::caller::Caller;
use crate::iam::automaton::Budget;
use crate::iam::cover::{Cover, Missed, Problem, cover};
use crate::iam::residual::{Opaque, Partial, Term};
use crate::iam::resource::Resource;
use crate::iam::shape::{Shape, TooMany};
use crate::program::{Clause, Effect, RuleId};
use crate::request::RequestContext;
use crate::test::Globs;
use crate::verb::{Verb, VerbSet};

/// More patterns than this are not written out.
const MAX_PATTERNS: usize = 1_024;

/// Alternatives up to this many behind one first segment are looked at together: they share guards.
const SMALL_GROUP: usize = 24;

/// Why there is no policy for the whole API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inexact {
    /// The rule that stands in the way, where it is one.
    pub rule: Option<RuleId>,
    /// What about it does.
    pub obstacle: Obstacle,
    /// A path that no policy for the whole API can be right about, where one is known; `{any}` stands for
    /// any segment.
    pub example: Option<String>,
}

/// What stands in the way of a policy for the whole API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The rule reads the request beyond its path.
    ReadsRequest,
    /// The rule asks of the path more than whether a part of it is a certain string.
    PathCondition,
    /// The rule's path has a wildcard that IAM cannot say: its `*` crosses `/`.
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
            Self::Wildcard => "its path has a wildcard that IAM cannot say: a `*` there crosses `/`",
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
struct Part {
    rule: RuleId,
    shape: Shape,
    opaque: Option<Opaque>,
}

impl Part {
    const fn inexact(&self, obstacle: Obstacle) -> Inexact {
        Inexact { rule: Some(self.rule), obstacle, example: None }
    }
}

/// What the caller may do on this stage, as patterns that say exactly that, malformed paths aside.
pub(crate) fn lower(caller: &Caller<'_>, stage: &RequestContext, prefix: &str) -> Result<Lowered, Inexact> {
    let (mut allowing, mut denying) = parts(&Partial { caller, stage })?;
    for deny in denying.iter().filter(|deny| deny.opaque.is_none()) {
        for allow in &mut allowing {
            if deny.shape.covers(&allow.shape) {
                allow.shape.verbs = allow.shape.verbs.without(deny.shape.verbs);
            }
        }
    }
    drop_covered(&mut allowing);
    for deny in &mut denying {
        deny.shape.verbs = verbs_met(&deny.shape, &allowing);
    }
    denying.retain(|deny| !deny.shape.verbs.is_empty());
    for part in allowing.iter().chain(&denying) {
        if let Some(opaque) = part.opaque {
            return Err(part.inexact(opaque.into()));
        }
    }
    let mut lowered = Lowered::default();
    let routes = routes(caller);
    let budgets = Budgets::default();
    for verbs in same_verbs(&allowing, &denying, &routes) {
        let (allow, deny) = (with_verbs(&allowing, verbs), with_verbs(&denying, verbs));
        if allow.is_empty() {
            continue;
        }
        let has_verb = |route: &&Shape| !route.verbs.intersection(verbs).is_empty();
        let group = Group {
            allow,
            deny,
            routes: routes.iter().filter(has_verb).cloned().collect(),
            is_declared: !routes.is_empty(),
            globs: &caller.policy.globs,
        };
        for cover in group.covers(0, &budgets)? {
            lowered.add(&cover, verbs, prefix);
        }
    }
    lowered.finish()
}

/// The verbs, those together for which the same alternatives and routes count.
fn same_verbs(allowing: &[Part], denying: &[Part], routes: &[Shape]) -> Vec<VerbSet> {
    let count = |verb| -> Vec<bool> {
        let parts = allowing.iter().chain(denying).map(|part| &part.shape);
        parts.chain(routes).map(|shape| shape.verbs.contains(verb)).collect()
    };
    let mut groups: Vec<(Vec<bool>, VerbSet)> = Vec::new();
    for verb in VerbSet::ANY.iter() {
        let own = count(verb);
        match groups.iter_mut().find(|(other, _)| *other == own) {
            Some((_, verbs)) => *verbs = verbs.with(verb),
            None => groups.push((own, verb.into())),
        }
    }
    groups.into_iter().map(|(_, verbs)| verbs).collect()
}

fn with_verbs(parts: &[Part], verbs: VerbSet) -> Vec<&Part> {
    parts.iter().filter(|part| !part.shape.verbs.intersection(verbs).is_empty()).collect()
}

fn routes(caller: &Caller<'_>) -> Vec<Shape> {
    let routes = caller.policy.parts().routes.iter();
    routes.filter_map(|route| Shape::of_route(route.verbs, &route.pattern, &caller.policy.globs)).collect()
}

/// What is to be said for some verbs.
struct Group<'a> {
    allow: Vec<&'a Part>,
    deny: Vec<&'a Part>,
    routes: Vec<Shape>,
    /// The policy declares routes, if perhaps none for these verbs.
    is_declared: bool,
    globs: &'a Globs,
}

impl<'a> Group<'a> {
    /// The resources, one cover for each segment at that depth where the alternatives are apart there.
    fn covers(&self, depth: usize, budgets: &Budgets) -> Result<Vec<Cover>, Inexact> {
        let parts = || self.allow.iter().chain(&self.deny);
        if parts().all(|part| part.shape.is_plain()) {
            let resources =
                |parts: &[&Part]| parts.iter().flat_map(|part| Resource::of(&part.shape)).collect();
            return Ok(vec![Cover { allow: resources(&self.allow), deny: resources(&self.deny) }]);
        }
        let at_depth = parts().map(|part| part.shape.fixed_at(depth));
        let is_small = depth > 0 && parts().count() <= SMALL_GROUP;
        let (false, Some(mut texts)) = (is_small, at_depth.collect::<Option<Vec<_>>>()) else {
            return Ok(vec![self.cover(budgets)?]);
        };
        texts.sort_unstable();
        texts.dedup();
        if texts == [""] {
            return Ok(vec![self.cover(budgets)?]);
        }
        let covers = texts.into_iter().map(|text| self.at(depth, text).covers(depth + 1, budgets));
        covers.collect::<Result<Vec<_>, _>>().map(|lists| lists.into_iter().flatten().collect())
    }

    /// The part of the group with this text at that depth; with none, the part that ends there.
    fn at(&self, depth: usize, text: &str) -> Self {
        let with = |parts: &[&'a Part]| -> Vec<&'a Part> {
            parts.iter().copied().filter(|part| part.shape.fixed_at(depth) == Some(text)).collect()
        };
        Self {
            allow: with(&self.allow),
            deny: with(&self.deny),
            // A guard behind an open segment would hit what is allowed behind other texts.
            routes: self.routes.iter().flat_map(|route| route.with_fixed(depth, text)).collect(),
            is_declared: self.is_declared,
            globs: self.globs,
        }
    }

    fn cover(&self, budgets: &Budgets) -> Result<Cover, Inexact> {
        let shapes =
            |parts: &[&Part]| -> Vec<Shape> { parts.iter().map(|part| part.shape.clone()).collect() };
        let (allow, deny) = (shapes(&self.allow), shapes(&self.deny));
        let (routes, globs) = (&self.routes, self.globs);
        let problem = Problem { allow: &allow, deny: &deny, routes, routes_only: false, globs };
        cover(&problem, &budgets.all_paths)
            .or_else(|missed| match (self.is_declared, self.routes.is_empty()) {
                (false, _) => Err(missed),
                // Nobody can ask for any of it.
                (true, true) => Ok(Cover::default()),
                // What no route could be asked for may be said to be allowed.
                (true, false) => cover(&Problem { routes_only: true, ..problem }, &budgets.routes),
            })
            .map_err(|missed| self.inexact(missed))
    }

    fn inexact(&self, Missed(example): Missed) -> Inexact {
        let path = example.as_deref().and_then(Shape::of_path);
        let holds = |part: &&&Part| path.as_ref().is_none_or(|path| part.shape.meets(path));
        let part = self.allow.iter().find(holds).or(self.allow.first());
        let obstacle = match &example {
            None => Obstacle::TooMany,
            Some(_) if part.is_some_and(|part| part.shape.has_iam_meaning()) => Obstacle::IamCharacter,
            Some(_) => Obstacle::Wildcard,
        };
        Inexact { rule: part.map(|part| part.rule), obstacle, example }
    }
}

/// What is left of the work for one answer, for either way to ask.
#[derive(Default)]
struct Budgets {
    all_paths: Budget,
    routes: Budget,
}

impl From<Opaque> for Obstacle {
    fn from(opaque: Opaque) -> Self {
        match opaque {
            Opaque::Request => Self::ReadsRequest,
            Opaque::Path => Self::PathCondition,
        }
    }
}

impl Lowered {
    fn add(&mut self, cover: &Cover, verbs: VerbSet, prefix: &str) {
        let text = |resource: &Resource, verb: Verb| resource.text(prefix, verb.name());
        for verb in verbs.iter() {
            self.allow.extend(cover.allow.iter().map(|resource| text(resource, verb)));
            self.deny.extend(cover.deny.iter().map(|resource| text(resource, verb)));
        }
        self.needs_guards |= cover.allow.iter().any(Resource::is_open);
    }

    fn finish(mut self) -> Result<Self, Inexact> {
        for list in [&mut self.allow, &mut self.deny] {
            list.sort_unstable();
            list.dedup();
        }
        let resources = || self.allow.iter().chain(&self.deny);
        if resources().count() > MAX_PATTERNS {
            return Err(Obstacle::TooMany.into());
        }
        if resources().any(|resource| resource.chars().count() > 512) {
            return Err(Obstacle::ResourceTooLong.into());
        }
        Ok(self)
    }
}

impl From<Obstacle> for Inexact {
    fn from(obstacle: Obstacle) -> Self {
        Self { rule: None, obstacle, example: None }
    }
}

type Parts = (Vec<Part>, Vec<Part>);

/// The alternatives of every clause that can match for this caller: those that allow, those that deny.
fn parts(partial: &Partial<'_>) -> Result<Parts, Inexact> {
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
        let too_many = || Inexact { rule: Some(clause.rule), ..Obstacle::TooMany.into() };
        for term in partial.terms(clause.condition).map_err(|_| too_many())? {
            list.extend(clause_parts(clause, &term, &policy.globs).map_err(|_| too_many())?);
            if list.len() > MAX_PATTERNS {
                return Err(too_many());
            }
        }
    }
    Ok((allowing, denying))
}

fn clause_parts(clause: &Clause, term: &Term, globs: &Globs) -> Result<Vec<Part>, TooMany> {
    let shapes = Shape::of(clause.verbs, &clause.pattern, term, globs)?;
    Ok(shapes.into_iter().map(|shape| Part { rule: clause.rule, shape, opaque: term.opaque }).collect())
}

/// Takes away what another alternative allows anyway.
fn drop_covered(parts: &mut Vec<Part>) {
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

fn verbs_met(deny: &Shape, allowing: &[Part]) -> VerbSet {
    let met = allowing.iter().filter(|allow| allow.shape.meets(deny));
    met.fold(VerbSet::EMPTY, |verbs, allow| verbs.union(allow.shape.verbs.intersection(deny.verbs)))
}
