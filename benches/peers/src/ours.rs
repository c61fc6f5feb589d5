//! policyctl's own engine.

use policy_benches::corpus::{Corpus, SEED, Shape};
use policy_engine::condition::IssuerId;
use policy_engine::text::ParamValues;
use policy_engine::{Caller, Policy, Request, RequestContext, Token, bundle};
use serde_json::{Map, Value};

use crate::Peer;
use crate::workload::{Asked, Workload};

/// A compiled policy.
pub struct Ours {
    policy: Policy,
    context: RequestContext,
}

impl Ours {
    /// The rules of a workload.
    pub fn new(workload: Workload) -> Self {
        let policy = match workload {
            Workload::Users => policy_benches::policy(policy_benches::USERS),
            Workload::Many(count) => Corpus::new(Shape::DistinctPrefixes, count, SEED).policy(),
        };
        Self { policy: policy.expect("the policy compiles"), context: RequestContext::default() }
    }
}

/// A policy from its bundle, ready to answer.
pub fn load(bytes: &[u8]) -> Policy {
    let program = bundle::read(bytes).expect("the bundle is whole");
    let values = ParamValues::new(&program.parts().params, |_| None);
    Policy::bind(program, values).expect("there are no parameters")
}

impl Peer for Ours {
    type Input<'a> = (Caller<'a>, Request<'a>);

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Self::Input<'a> {
        let request = Request { verb: asked.verb, path: &asked.path, context: &self.context };
        (self.policy.caller(Some(&asked.token)), request)
    }

    fn decide(&self, (caller, request): &Self::Input<'_>) -> bool {
        caller.decide(request).allowed
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims: Map<String, Value> = serde_json::from_str(&asked.text).expect("the claims are JSON");
        let token = Token::new(IssuerId(0), claims);
        let request = Request { verb: asked.verb, path: &asked.path, context: &self.context };
        self.policy.caller(Some(&token)).decide(&request).allowed
    }
}
