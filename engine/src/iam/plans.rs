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
use crate::request::RequestContext;
use crate::test::{Arg, Test};

/// Past so many plans, or bytes, all are forgotten.
const MAX_PLANS: usize = 1_024;
const MAX_WEIGHT: usize = 1 << 20;

/// A token with more strings that meet the path is planned for by itself.
const MAX_HOLES: usize = 64;

/// Plans by their keys.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    known: RwLock<Known>,
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
        let shareable = holes.texts().len() <= MAX_HOLES
            && *self.is_shareable.get_or_init(|| is_shareable(caller.policy));
        if !shareable {
            return Arc::new(Plan::new(caller, arn, holes, form));
        }
        let key = key(caller, arn, holes, form);
        let known = self.known.read().ok().and_then(|known| known.plans.get(key.as_slice()).cloned());
        let plan = known.unwrap_or_else(|| {
            let plan = Arc::new(Plan::new(caller, arn, &holes.with_stand_ins(), form));
            self.keep(key, &plan);
            plan
        });
        if plan.is_right_for(holes, &self.declared(caller.policy).vocabulary) {
            plan
        } else {
            Arc::new(Plan::new(caller, arn, holes, form))
        }
    }

    /// The policy's declared routes, sorted out when they are first asked for.
    pub(crate) fn declared(&self, policy: &Policy) -> &Declared {
        self.declared.get_or_init(|| Declared::of(policy))
    }

    fn keep(&self, key: Vec<u8>, plan: &Arc<Plan>) {
        let Ok(mut known) = self.known.write() else { return };
        let weight = plan.weight() + key.len();
        if known.plans.len() >= MAX_PLANS || known.weight + weight > MAX_WEIGHT {
            *known = Known::default();
        }
        known.weight += weight;
        known.plans.insert(key.into_boxed_slice(), Arc::clone(plan));
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
