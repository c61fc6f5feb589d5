//! A whole-API policy, resource by resource, with the rules behind each: for people, not for requests.

use crate::caller::Caller;
use crate::iam::arn::MethodArn;
use crate::iam::document::{Condition, IamEffect, PolicyDocument, Resources};
use crate::iam::holes::Holes;
use crate::iam::parts::{Part, Parts};
use crate::iam::plan::MALFORMED;
use crate::iam::residual::Partial;
use crate::iam::resource::Resource;
use crate::iam::shape::{Piece, Shape};
use crate::iam::vocabulary::Vocabulary;
use crate::program::RuleId;
use crate::request::RequestContext;
use crate::test::Globs;
use crate::verb::{Verb, VerbSet};

/// One resource of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// What the statement does.
    pub effect: IamEffect,
    /// The whole ARN.
    pub resource: String,
    /// The statement is about all but this and the others of its kind (`NotResource`).
    pub all_but: bool,
    /// When the statement holds.
    pub condition: Option<Condition>,
    /// What it is there for.
    pub purpose: Purpose,
    /// The rules that it says, in the order of the text; for a guard, those whose wildcards it holds in.
    pub rules: Vec<RuleId>,
}

/// What a resource is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It says what a rule allows or denies.
    Rule,
    /// It denies what a wildcard of an Allow would reach beyond the rules, since IAM's `*` crosses `/`.
    Guard,
    /// It denies malformed paths.
    Malformed,
    /// It denies all that is not allowed, and says so for no single rule.
    Rest,
}

impl Caller<'_> {
    /// The resources of a policy that [`Caller::emit`] gave for this ARN's stage, in their order.
    pub fn trace(&self, arn: &MethodArn, document: &PolicyDocument) -> Vec<Traced> {
        let stage = RequestContext { stage: Some(arn.stage().to_owned()), ..RequestContext::default() };
        let holes = Holes::of(self);
        let partial = Partial { caller: self, stage: &stage, holes: &holes };
        let parts = Parts::of(&partial, &mut Vocabulary::default()).unwrap_or_default();
        let tracer = Tracer { prefix: arn.stage_prefix(), parts: &parts, globs: &self.policy.globs };
        let mut list = Vec::new();
        for statement in document.statements() {
            let (all_but, resources) = match statement.resources {
                Resources::These(resources) => (false, resources),
                Resources::AllBut(resources) => (true, resources),
            };
            for resource in resources {
                let (purpose, rules) = if all_but {
                    (Purpose::Rest, Vec::new())
                } else {
                    tracer.trace(statement.effect, &resource)
                };
                let condition = statement.condition.clone();
                list.push(Traced { effect: statement.effect, resource, all_but, condition, purpose, rules });
            }
        }
        list
    }
}

struct Tracer<'a> {
    prefix: &'a str,
    parts: &'a Parts,
    globs: &'a Globs,
}

impl Tracer<'_> {
    fn trace(&self, effect: IamEffect, resource: &str) -> (Purpose, Vec<RuleId>) {
        let below = resource.strip_prefix(self.prefix).unwrap_or(resource);
        if MALFORMED.contains(&below) {
            return (Purpose::Malformed, Vec::new());
        }
        if below == "/*" {
            return (Purpose::Rest, Vec::new());
        }
        let own = if effect == IamEffect::Allow { &self.parts.allowing } else { &self.parts.denying };
        let rules = self.said_by(own, below);
        if effect == IamEffect::Allow || !rules.is_empty() {
            return (Purpose::Rule, rules);
        }
        (Purpose::Guard, self.met_by(&self.parts.allowing, below, true))
    }

    /// The rules of which this is a pattern, or else those that it meets.
    fn said_by(&self, parts: &[Part], below: &str) -> Vec<RuleId> {
        let is_pattern = |part: &Part| {
            let verbs = part.shape.verbs.iter().map(Verb::name).chain(["*"]);
            let resources = Resource::of(&part.shape);
            verbs.into_iter().any(|verb| resources.iter().any(|one| one.text(verb) == below))
        };
        let exact: Vec<RuleId> = parts.iter().filter(|part| is_pattern(part)).map(|part| part.rule).collect();
        if exact.is_empty() { self.met_by(parts, below, false) } else { unique(exact) }
    }

    /// The rules that this may be about; `crossing` the segments that a `*` could.
    fn met_by(&self, parts: &[Part], below: &str, crossing: bool) -> Vec<RuleId> {
        let Some(reach) = self.reach(below, crossing) else { return Vec::new() };
        let meets =
            |part: &&Part| part.shape.meets(&reach) && !part.shape.verbs.intersection(reach.verbs).is_empty();
        unique(parts.iter().filter(meets).map(|part| part.rule).collect())
    }

    fn reach(&self, below: &str, crossing: bool) -> Option<Shape> {
        if below == "/$connect" {
            return Shape::of_path(below);
        }
        let (verb, path) = below.strip_prefix('/')?.split_once('/')?;
        let verbs = Verb::parse(verb).map_or(VerbSet::ANY, VerbSet::from);
        let mut shape = Shape { verbs, pieces: Vec::new(), below: false };
        let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
        while let Some(segment) = segments.next() {
            let is_star = matches!(segment, "*" | "?*");
            if is_star && (crossing || segments.peek().is_none()) {
                shape.below = true;
                break;
            }
            shape.pieces.push(if is_star {
                Piece::any()
            } else if segment.contains('*') {
                Piece::Free { globs: vec![(self.globs.compiled(segment), true)], except: Vec::new() }
            } else {
                Piece::Text(segment.to_owned())
            });
        }
        Some(shape)
    }
}

fn unique(mut rules: Vec<RuleId>) -> Vec<RuleId> {
    rules.sort_unstable();
    rules.dedup();
    rules
}
