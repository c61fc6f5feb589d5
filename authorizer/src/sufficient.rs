//! Events that carry less of a request than the policy reads: those that are refused, and those that can be answered
//! all the same.
//!
//! A condition on what an event does not carry is not simply false: a `deny` on it must not be lost. A TOKEN event never
//! carries the caller's address; but a policy for the whole API is right without it, since it asks for the address in its
//! `Condition`s, and so leaves it to API Gateway, which knows it.

use std::fmt;

use policy_engine::iam::{Inexact, MethodArn, Mode};
use policy_engine::{
    Decision, Outlook, Policy, Reason, Request, RequestContext, RequestReads, RuleId, Token, Verb,
};

use crate::event::{Event, Shape};
use crate::response::{Answer, respond};

/// What a policy has to know of a request.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    reads: RequestReads,
    /// What the backend is told depends on the caller's address.
    tells_address: bool,
}

/// Why an event is not answered that carries too little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insufficient {
    /// A condition reads headers or the query.
    Fields,
    /// A condition reads the caller's address, and other events of this shape carry it.
    Address,
    /// A condition of the `context` reads the caller's address.
    Told,
    /// A rule reads the caller's address, and the answer would be for the request at hand alone.
    PerRequest(Inexact),
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields => f.write_str("headers and query parameters"),
            Self::Address => f.write_str("the caller's address"),
            Self::Told => f.write_str("the caller's address, on which `context` depends"),
            Self::PerRequest(_) => {
                f.write_str("the caller's address, and no policy for the whole API asks for it in its place")
            }
        }
    }
}

impl std::error::Error for Insufficient {}

/// The answer to an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventAnswer {
    /// What API Gateway gets. Its decision denies where it is [`open`](Self::open).
    pub answer: Answer,
    /// The rules in whose conditions the caller's address decides about the request at hand, where the event does not
    /// carry it and it matters.
    pub open: Option<Vec<RuleId>>,
}

impl EventAnswer {
    /// An answer in which nothing is open.
    pub const fn of(answer: Answer) -> Self {
        Self { answer, open: None }
    }

    /// Whether the request at hand is denied, whatever is not known of it.
    pub const fn is_denied(&self) -> bool {
        !self.answer.decision.allowed && self.open.is_none()
    }
}

impl Needs {
    /// Those of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self { reads: policy.reads(), tells_address: policy.context_reads_address() }
    }

    /// Refuses an event that cannot be answered, whoever asks.
    pub fn check(self, event: &Event<'_>) -> Result<(), Insufficient> {
        if self.reads.fields && !event.carries_fields {
            return Err(Insufficient::Fields);
        }
        if !self.lack_address(event) {
            return Ok(());
        }
        match event.shape {
            Shape::RestToken if self.tells_address => Err(Insufficient::Told),
            Shape::RestToken => Ok(()),
            _ => Err(Insufficient::Address),
        }
    }

    /// The answer to an event that has passed [`Needs::check`], for a verified token or for a request without one.
    pub fn answer(
        self,
        policy: &Policy,
        token: Option<&Token>,
        event: &Event<'_>,
    ) -> Result<EventAnswer, Insufficient> {
        let mut answer = respond(policy, token, &event.method_arn, &event.context);
        if !self.lack_address(event) {
            return Ok(EventAnswer::of(answer));
        }
        if let Mode::PerRequest(inexact) = answer.mode {
            return Err(Insufficient::PerRequest(inexact));
        }
        let (decision, open) = match outlook(policy, token, &event.method_arn, &event.context) {
            Outlook::Settled(decision) => (decision, None),
            Outlook::Open(rules) => (nothing_allows(), Some(rules.to_vec())),
        };
        answer.decision = decision;
        Ok(EventAnswer { answer, open })
    }

    const fn lack_address(self, event: &Event<'_>) -> bool {
        self.reads.address && event.context.ip.is_none()
    }
}

/// What can be said about the request at hand.
fn outlook(policy: &Policy, token: Option<&Token>, arn: &MethodArn, context: &RequestContext) -> Outlook {
    match Verb::parse(arn.verb_text()) {
        Some(verb) => {
            policy.caller(token).decide_without_address(&Request { verb, path: arn.path(), context })
        }
        None => Outlook::Settled(nothing_allows()),
    }
}

fn nothing_allows() -> Decision {
    Decision { allowed: false, reason: Reason::Default, rules: std::iter::empty().collect() }
}
