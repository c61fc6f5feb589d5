//! From rules to resources: what remains of each rule for a caller, circumstance by circumstance and verb by verb.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::iam::arn::MethodArn;
use crate::iam::cells::Cells;
use crate::iam::cover::Cover;
use crate::iam::declared::{Declared, Routes};
use crate::iam::document::{Condition, IamEffect};
use crate::iam::group::{Budgets, Group};
use crate::iam::inexact::{Inexact, Obstacle};
use crate::iam::merge;
use crate::iam::parts::{MAX_PATTERNS, Part, Parts};
use crate::iam::residual::Partial;
use crate::iam::resource::{Resource, written};
use crate::iam::shape::Shape;
use crate::policy::Policy;
use crate::verb::{Verb, VerbSet};

/// What a token may do, as IAM patterns.
#[derive(Debug, Default)]
pub(crate) struct Lowered {
    /// The patterns by the conditions under which they count; what counts always first.
    pub(crate) blocks: Vec<Block>,
    /// All that is allowed, by the conditions under which just that is: each request meets one. Written out where
    /// the policy says `resource_policy yes`.
    pub(crate) allowed: Vec<(Option<Condition>, Vec<String>)>,
    /// Some pattern reaches malformed paths.
    pub(crate) needs_guards: bool,
}

/// Patterns that count under one condition, written from the verb on (`/GET/users`); each list sorted and without
/// repetition.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) condition: Option<Condition>,
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<String>,
}

/// What the parts allow on the ARN's stage, as patterns that say exactly that, malformed paths aside.
pub(crate) fn lower(
    partial: &Partial<'_, '_>,
    arn: &MethodArn,
    mut parts: Parts,
    form: Form,
    budgets: &Budgets,
) -> Result<Lowered, Inexact> {
    if arn.is_connect() {
        let connect = Shape::of_path(arn.path()).ok_or(Obstacle::TooMany)?;
        parts.narrow_to(&Shape { verbs: Verb::Get.into(), ..connect });
    }
    parts.simplify();
    let questions = parts.iter().flat_map(|part| &part.circumstances).map(|(question, _)| *question);
    let cells = Cells::of(questions).ok_or(Obstacle::TooMany)?;
    let policy = partial.caller.policy;
    let declared = policy.plans.declared(policy);
    let mut said = Vec::new();
    for cell in cells.iter() {
        let given = if cells.is_one() {
            Cow::Borrowed(&parts)
        } else {
            Cow::Owned(parts.under(|answer| cells.answers_so(cell, answer)))
        };
        let mut own = Said::default();
        let is_plain = form == Form::Plain && !arn.is_connect();
        let covers = covers(policy, &given, declared, budgets, is_plain.then_some(&mut own))?;
        match form {
            Form::Plain => own.add(&covers, arn),
            Form::Merged => own.add_merged(&covers, arn, &given, &declared.shapes),
        }
        own.sort();
        said.push((cell, own));
    }
    let lists_allowed = policy.settings().resource_policy;
    match said.pop() {
        Some((_, own)) if cells.is_one() => own.lowered(lists_allowed),
        last => {
            said.extend(last);
            joined(&cells, &said, lists_allowed)
        }
    }
}

/// What is said in one cell.
#[derive(Debug, Default)]
struct Said {
    allow: Vec<String>,
    deny: Vec<String>,
    is_open: bool,
}

/// The resources for the verbs of each group, save those that go into `plain` as they stand.
fn covers(
    policy: &Policy,
    parts: &Parts,
    declared: &Declared,
    budgets: &Budgets,
    mut plain: Option<&mut Said>,
) -> Result<Vec<(Cover, VerbSet)>, Inexact> {
    if let Some((part, opaque)) = parts.iter().find_map(|part| Some((part, part.opaque?))) {
        return Err(part.inexact(opaque.into()));
    }
    let mut covers = Vec::new();
    for verbs in same_verbs(parts, &declared.shapes) {
        let (allow, deny) = (with_verbs(&parts.allowing, verbs), with_verbs(&parts.denying, verbs));
        if allow.is_empty() {
            continue;
        }
        if let Some(said) = plain.as_deref_mut()
            && allow.iter().chain(&deny).all(|part| part.shape.is_plain())
        {
            said.add_plain(&allow, &deny, verbs);
            continue;
        }
        let group = Group {
            allow,
            deny,
            routes: Routes::All(declared, verbs),
            is_declared: !declared.shapes.is_empty(),
            globs: &policy.globs,
        };
        covers.extend(group.covers(0, budgets)?.into_iter().map(|cover| (cover, verbs)));
    }
    Ok(covers)
}

impl Said {
    fn add(&mut self, covers: &[(Cover, VerbSet)], arn: &MethodArn) {
        for (cover, verbs) in covers {
            for verb in verbs.iter() {
                self.allow.extend(cover.allow.iter().map(|resource| text(resource, arn, verb.name())));
                self.deny.extend(cover.deny.iter().map(|resource| text(resource, arn, verb.name())));
            }
            self.is_open |= cover.allow.iter().any(Resource::is_open);
        }
    }

    /// Adds shapes that IAM can say as they stand.
    fn add_plain(&mut self, allow: &[&Part], deny: &[&Part], verbs: VerbSet) {
        for verb in verbs.iter() {
            let text = |part: &&Part| written(verb.name(), part.shape.texts(), part.shape.below);
            self.allow.extend(allow.iter().map(text));
            self.deny.extend(deny.iter().map(text));
        }
        self.is_open |= allow.iter().any(|part| part.shape.below);
    }

    fn add_merged(&mut self, covers: &[(Cover, VerbSet)], arn: &MethodArn, parts: &Parts, routes: &[Shape]) {
        for (resource, verbs) in merge::allowed(covers, routes) {
            self.is_open |= verbs.is_none() || resource.is_open();
            self.allow.extend(texts(&resource, arn, verbs));
        }
        for (resource, verbs) in merge::denied(covers, parts) {
            self.deny.extend(texts(&resource, arn, verbs));
        }
    }
}

impl Said {
    fn sort(&mut self) {
        for list in [&mut self.allow, &mut self.deny] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// Where nothing but the path and the token decides.
    fn lowered(self, lists_allowed: bool) -> Result<Lowered, Inexact> {
        if self.allow.len() + self.deny.len() > MAX_PATTERNS {
            return Err(Obstacle::TooMany.into());
        }
        let allowed = if lists_allowed { vec![(None, self.allow.clone())] } else { Vec::new() };
        let block = Block { condition: None, allow: self.allow, deny: self.deny };
        let blocks = if block.allow.is_empty() && block.deny.is_empty() { Vec::new() } else { vec![block] };
        Ok(Lowered { blocks, allowed, needs_guards: self.is_open })
    }
}

fn texts(resource: &Resource, arn: &MethodArn, verbs: Option<VerbSet>) -> Vec<String> {
    match verbs {
        Some(verbs) => verbs.iter().map(|verb| text(resource, arn, verb.name())).collect(),
        None => vec![text(resource, arn, "*")],
    }
}

fn text(resource: &Resource, arn: &MethodArn, verb: &str) -> String {
    if arn.is_connect() { arn.below_stage().to_owned() } else { resource.text(verb) }
}

/// How resources are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One for each verb.
    Plain,
    /// With a `*` for the verb where it says the same: shorter, and harder to read.
    Merged,
}

/// What is said in several cells is said once, under what they have in common.
fn joined(cells: &Cells, said: &[(usize, Said)], lists_allowed: bool) -> Result<Lowered, Inexact> {
    let mut places: BTreeMap<(IamEffect, &str), u64> = BTreeMap::new();
    let mut allowed: BTreeMap<&[String], u64> = BTreeMap::new();
    for (cell, said) in said {
        for (effect, list) in [(IamEffect::Allow, &said.allow), (IamEffect::Deny, &said.deny)] {
            for text in list {
                *places.entry((effect, text)).or_default() |= 1 << cell;
            }
        }
        if lists_allowed {
            *allowed.entry(&said.allow).or_default() |= 1 << cell;
        }
    }
    if places.len() > MAX_PATTERNS {
        return Err(Obstacle::TooMany.into());
    }
    let sets: BTreeSet<u64> = places.values().copied().collect();
    let cubes: BTreeMap<u64, _> = sets.into_iter().map(|set| (set, cells.cubes(set))).collect();
    let mut blocks = BTreeMap::new();
    for ((effect, text), set) in places {
        for cube in cubes.get(&set).into_iter().flatten() {
            let block: &mut Block = blocks.entry(*cube).or_default();
            let list = if effect == IamEffect::Allow { &mut block.allow } else { &mut block.deny };
            list.push(text.to_owned());
        }
    }
    let block = |(cube, block)| Block { condition: cells.condition(cube), ..block };
    Ok(Lowered {
        blocks: blocks.into_iter().map(block).collect(),
        allowed: allowed
            .into_iter()
            .flat_map(|(texts, set)| cells.cubes(set).into_iter().map(move |cube| (cube, texts)))
            .map(|(cube, texts)| (cells.condition(cube), texts.to_vec()))
            .collect(),
        needs_guards: said.iter().any(|(_, said)| said.is_open),
    })
}

/// The verbs, those together for which the same alternatives and routes count.
fn same_verbs(parts: &Parts, routes: &[Shape]) -> Vec<VerbSet> {
    let mut sets: Vec<VerbSet> = Vec::new();
    for shape in parts.iter().map(|part| &part.shape).chain(routes) {
        if !sets.contains(&shape.verbs) {
            sets.push(shape.verbs);
        }
    }
    let mut groups: Vec<(Vec<bool>, VerbSet)> = Vec::new();
    for verb in VerbSet::ANY.iter() {
        let own: Vec<bool> = sets.iter().map(|set| set.contains(verb)).collect();
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
