//! W0303: a missing claim allows.
//!
//! **What it does.** Looks for claims that an `allow` or `public` rule asks for the opposite of: `unless
//! token.x`, `not token.x`, `token.x != …`. Where the rule also asks for the claim itself, as with `has
//! token.x`, nothing is said.
//!
//! **Why is this bad?** Every test of a claim that is missing is false, and so its opposite is true: a token
//! of another kind, or of an issuer that does not know the claim, is let through.
//!
//! **Example.**
//!
//! ```text
//! allow POST /orders unless token.suspended
//! ```
//!
//! Ask for what the token has to say: `allow POST /orders when token.suspended == false`. Or deny those who
//! are: `deny POST /orders when token.suspended`.

use std::collections::BTreeSet;

use policy_engine::Effect;
use policy_engine::condition::Root;

use super::policy::{Policy, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{Condition, ConditionKind, Member, Operator, Value, ValueKind};

/// The most parts of conditions, every `let` written out, that are looked at in a policy.
const MAX_STEPS: usize = 2_000_000;

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let mut steps = MAX_STEPS;
    for rule in policy.rules.iter().filter(|rule| rule.effect != Effect::Deny) {
        let mut search = Search { policy, steps, found: Vec::new() };
        search.together(&parts(rule), &BTreeSet::new(), None);
        steps = search.steps;
        let mut seen = BTreeSet::new();
        for found in search.found {
            if seen.insert(Claim::of(found.member)) {
                out.push(report(policy, &found));
            }
        }
    }
}

fn parts<'p>(rule: &Rule<'p>) -> Vec<Part<'p>> {
    let when = rule.written.when.iter().map(|condition| (condition, true));
    let unless = rule.written.unless.iter().map(|condition| (condition, false));
    when.chain(unless).collect()
}

fn report(policy: &Policy<'_>, found: &Negated<'_>) -> Diagnostic {
    let claim = policy.sources.slice(found.member.span);
    let message = format!("where `{claim}` is missing, this allows");
    let help = if found.is_alone {
        format!("`{claim} == false` asks that the token says so; or write a `deny … when {claim}`")
    } else {
        format!("add `has {claim}`, or say which values allow")
    };
    let diagnostic = Diagnostic::new(Code::NegatedClaim, message).help(help);
    match found.through {
        None => diagnostic.at(found.at),
        Some(through) => diagnostic.at(through).related("asked for here", found.at),
    }
}

/// A condition, and whether it or its opposite is asked for.
type Part<'p> = (&'p Condition, bool);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'p>(Root, Vec<&'p str>);

impl<'p> Claim<'p> {
    fn of(member: &'p Member) -> Self {
        Self(member.root, member.names.iter().map(|name| name.node.as_str()).collect())
    }
}

struct Negated<'p> {
    member: &'p Member,
    /// Its test.
    at: Span,
    /// The `let` that holds it, as the rule names it.
    through: Option<Span>,
    /// The claim is asked for as a boolean.
    is_alone: bool,
}

struct Search<'a, 'p> {
    policy: &'a Policy<'p>,
    steps: usize,
    found: Vec<Negated<'p>>,
}

impl<'p> Search<'_, 'p> {
    /// Parts that all have to agree: what one of them asks for, the others may negate.
    fn together(&mut self, parts: &[Part<'p>], asked: &BTreeSet<Claim<'p>>, through: Option<Span>) {
        let mut asked = asked.clone();
        for part in parts {
            self.collect_asked(*part, &mut asked);
        }
        for part in parts {
            self.part(*part, &asked, through);
        }
    }

    fn part(&mut self, (condition, wanted): Part<'p>, asked: &BTreeSet<Claim<'p>>, through: Option<Span>) {
        let Some(left) = self.steps.checked_sub(1) else { return };
        self.steps = left;
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                let parts: Vec<Part<'p>> = parts.iter().map(|part| (part, wanted)).collect();
                if wanted == matches!(condition.kind, ConditionKind::And(_)) {
                    self.together(&parts, asked, through);
                } else {
                    for part in parts {
                        self.together(&[part], asked, through);
                    }
                }
            }
            ConditionKind::Not(inner) => self.part((inner, !wanted), asked, through),
            ConditionKind::Value(Value { kind: ValueKind::Name(name), span }) => {
                if let Some(definition) = self.policy.lets.get(name.as_str()) {
                    let through = through.or(Some(*span));
                    self.together(&[(&definition.condition, wanted)], asked, through);
                }
            }
            _ => self.atom(condition, wanted, asked, through),
        }
    }

    fn atom(
        &mut self,
        condition: &'p Condition,
        wanted: bool,
        asked: &BTreeSet<Claim<'p>>,
        through: Option<Span>,
    ) {
        let is_alone = matches!(condition.kind, ConditionKind::Value(_));
        let can_be_missed = matches!(condition.kind, ConditionKind::Relation(_) | ConditionKind::Value(_));
        if !can_be_missed || asks(condition, wanted) {
            return;
        }
        let members = members(condition);
        let unasked = members.into_iter().find(|member| !asked.contains(&Claim::of(member)));
        self.found.extend(unasked.map(|member| Negated { member, at: condition.span, through, is_alone }));
    }

    /// The claims without which the part does not hold.
    fn collect_asked(&mut self, (condition, wanted): Part<'p>, asked: &mut BTreeSet<Claim<'p>>) {
        let Some(left) = self.steps.checked_sub(1) else { return };
        self.steps = left;
        match &condition.kind {
            ConditionKind::And(parts) if wanted => {
                for part in parts {
                    self.collect_asked((part, true), asked);
                }
            }
            ConditionKind::Or(parts) if !wanted => {
                for part in parts {
                    self.collect_asked((part, false), asked);
                }
            }
            ConditionKind::Not(inner) => self.collect_asked((inner, !wanted), asked),
            ConditionKind::Value(Value { kind: ValueKind::Name(name), .. }) => {
                if let Some(definition) = self.policy.lets.get(name.as_str()) {
                    self.collect_asked((&definition.condition, wanted), asked);
                }
            }
            _ if asks(condition, wanted) => asked.extend(members(condition).into_iter().map(Claim::of)),
            _ => {}
        }
    }
}

/// Whether the atom, or its opposite, holds only where its claims are there.
fn asks(condition: &Condition, wanted: bool) -> bool {
    match &condition.kind {
        ConditionKind::Relation(relation) => wanted != (relation.operator.node == Operator::NotEqual),
        _ => wanted,
    }
}

/// The claims that an atom reads outside of lists: without them it is false.
fn members<'c>(condition: &'c Condition) -> Vec<&'c Member> {
    let values: Vec<&Value> = match &condition.kind {
        ConditionKind::Relation(relation) => vec![&relation.left, &relation.right],
        ConditionKind::Group(value)
        | ConditionKind::Scope(value)
        | ConditionKind::Has(value)
        | ConditionKind::Value(value) => vec![value],
        _ => Vec::new(),
    };
    let member = |value: &'c Value| match &value.kind {
        ValueKind::Member(member) => Some(member),
        _ => None,
    };
    values.into_iter().filter_map(member).collect()
}
