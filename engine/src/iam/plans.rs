//! The plans that were made, by kind of token: most tokens of an API are of few kinds.

use std::sync::{Arc, OnceLock, RwLock};

use foldhash::HashMap;

use crate::caller::Caller;
use crate::iam::arn::MethodArn;
use crate::iam::declared::Declared;
use crate::iam::holes::{Holes, MARK};
use crate::iam::lower::Form;
use crate::iam::plan::Plan;
use crate::pattern::{PathPattern, Segment};
use crate::policy::Policy;
use crate::request::{RequestContext, Token};
use crate::test::{Arg, Test};

/// Past so many plans, or bytes, all are forgotten.
const MAX_PLANS: usize = 1_024;
const MAX_WEIGHT: usize = 1 << 20;

/// A token with more strings that meet the path is planned for by itself.
const MAX_HOLES: usize = 64;

/// Plans by their keys.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    /// For every stage.
    prepared: RwLock<Known>,
    known: RwLock<Known>,
    /// For tokens with strings that the rules name.
    named: RwLock<Known>,
    /// Whether plans can be shared between tokens.
    is_shareable: OnceLock<bool>,
    declared: OnceLock<Declared>,
}

#[derive(Debug, Default)]
struct Known {
    plans: HashMap<Box<[u8]>, Arc<Plan>>,
    weight: usize,
}

impl Plans {
    /// The plan that is right for this token: one that is known, or a new one.
    pub(crate) fn plan_for(
        &self,
        caller: &Caller<'_>,
        arn: &MethodArn,
        holes: &Holes<'_>,
        form: Form,
    ) -> Arc<Plan> {
        if holes.texts().len() > MAX_HOLES || !self.are_shareable(caller.policy) {
            return Arc::new(Plan::new(caller, arn, holes, form));
        }
        let mut key = key(caller, arn, holes, form);
        let plan = planned(&self.known, &key, || {
            let kind = key.strip_prefix(arn.stage_prefix().as_bytes());
            let prepared = kind.and_then(|kind| found(&self.prepared, kind));
            prepared.map_or_else(
                || Plan::new(caller, arn, &holes.with_stand_ins(), form),
                |plan| plan.at(arn.stage_prefix()),
            )
        });
        if plan.is_right_for(holes, &self.declared(caller.policy).vocabulary) {
            return plan;
        }
        holes.write_texts(&mut key);
        if caller.policy.settings().expire_with_token {
            let end = caller.token().and_then(Token::expires);
            key.push(u8::from(end.is_some()));
            key.extend_from_slice(&end.unwrap_or_default().to_le_bytes());
        }
        planned(&self.named, &key, || Plan::new(caller, arn, holes, form))
    }

    /// Makes the plan for a kind of token on every stage, which `arn` stands for. Gives the work that this was, in
    /// moves of automata and comparisons of alternatives.
    pub(crate) fn prepare(&self, caller: &Caller<'_>, arn: &MethodArn, holes: &Holes<'_>) -> usize {
        let key = key(caller, arn, holes, Form::Plain);
        let kind = key.strip_prefix(arn.stage_prefix().as_bytes()).unwrap_or_default();
        planned(&self.prepared, kind, || Plan::new(caller, arn, holes, Form::Plain)).work()
    }

    /// Whether tokens of one kind can share a plan.
    pub(crate) fn are_shareable(&self, policy: &Policy) -> bool {
        *self.is_shareable.get_or_init(|| is_shareable(policy))
    }

    /// The policy's declared routes, sorted out when they are first asked for.
    pub(crate) fn declared(&self, policy: &Policy) -> &Declared {
        self.declared.get_or_init(|| Declared::of(policy))
    }
}

fn found(known: &RwLock<Known>, key: &[u8]) -> Option<Arc<Plan>> {
    known.read().ok()?.plans.get(key).cloned()
}

/// The plan of that key, made where there is none.
fn planned(known: &RwLock<Known>, key: &[u8], make: impl FnOnce() -> Plan) -> Arc<Plan> {
    found(known, key).unwrap_or_else(|| {
        let plan = Arc::new(make());
        if let Ok(mut known) = known.write() {
            known.keep(key, &plan);
        }
        plan
    })
}

impl Known {
    fn keep(&mut self, key: &[u8], plan: &Arc<Plan>) {
        let weight = plan.weight() + key.len();
        if self.plans.len() >= MAX_PLANS || self.weight + weight > MAX_WEIGHT {
            *self = Self::default();
        }
        self.weight += weight;
        self.plans.insert(key.into(), Arc::clone(plan));
    }
}

/// All that a plan depends on, the token's own strings aside: which facts hold, and which strings are equal.
fn key(caller: &Caller<'_>, arn: &MethodArn, holes: &Holes<'_>, form: Form) -> Vec<u8> {
    let prefix = arn.stage_prefix();
    let mut key = Vec::with_capacity(prefix.len() + 4 * (caller.facts.len() + 8));
    key.extend_from_slice(prefix.as_bytes());
    // No prefix holds one of these.
    let bits = [arn.is_connect(), caller.token().is_some(), form == Form::Merged];
    key.push(bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)));
    holes.write_key(&mut key);
    let stage_tests = &caller.policy.stage_tests;
    if !stage_tests.is_empty() {
        let stage = RequestContext { stage: Some(arn.stage().to_owned()), ..RequestContext::default() };
        key.extend(stage_tests.iter().map(|atom| u8::from(caller.settled_holds(*atom, &stage))));
    }
    key.extend_from_slice(&caller.facts.len().to_le_bytes());
    for fact in &caller.facts {
        key.extend_from_slice(&fact.0.to_le_bytes());
    }
    key
}

/// Plans hold for every token of a kind where nothing of the policy could be taken for a stand-in, and no claim
/// is a time that a request is held to.
fn is_shareable(policy: &Policy) -> bool {
    let is_plain = |pattern: &PathPattern| {
        pattern.segments.iter().all(|segment| match segment {
            Segment::Literal(text) | Segment::Glob(text) => !text.contains(MARK),
            Segment::Any(_) => true,
        })
    };
    let parts = policy.parts();
    !policy.program.index.names(MARK)
        && parts.routes.iter().all(|route| is_plain(&route.pattern))
        && policy.tests.iter().all(|test| match test {
            Test::Compare(left, _, right) => {
                let claimed_time = |a: &Arg, b: &Arg| matches!((a, b), (Arg::Time, Arg::Claim(_)));
                !claimed_time(left, right)
                    && !claimed_time(right, left)
                    && !has_mark(left)
                    && !has_mark(right)
            }
            Test::Member { item, list } => !has_mark(item) && !has_mark(list),
            Test::Like(_, glob) => !glob.pattern().contains(MARK),
            _ => true,
        })
}

fn has_mark(arg: &Arg) -> bool {
    match arg {
        Arg::Text(text) => text.contains(MARK),
        Arg::List(items) => items.iter().any(has_mark),
        _ => false,
    }
}
