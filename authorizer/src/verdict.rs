//! What one policy says about an event, before anybody is told.

mod again;
mod claims;
mod route;
mod told;

use std::sync::Arc;
use std::time::{Duration, Instant};

use policy_engine::condition::Operand;
use policy_engine::iam::{Inexact, MethodArn, Mode};
use policy_engine::{InvalidToken, Policy, RuleId, Token};
use serde_json::{Map, Value};
use smallvec::SmallVec;

use crate::event::{Event, EventFault, Wanted};
use crate::handler::Unauthorized;
use crate::log::Level;
use crate::response::{Answer, AnswerTooLarge, KeptAnswer, Reply};
use crate::sufficient::{EventAnswer, Insufficient, Needs};
use crate::token::{Recognised, Refusal, Verifier, has_blank};

pub(crate) use claims::LoggedClaims;
pub(crate) use told::{Asked, Decided};

/// A policy, and what verifies its tokens.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) policy: Arc<Policy>,
    pub(crate) verifier: Arc<Verifier>,
    wanted: Wanted,
    needs: Needs,
    claims: LoggedClaims,
    keeps_answers: bool,
}

/// The kinds of decisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request may pass.
    Allow,
    /// It may not: 403.
    Deny,
    /// API Gateway finds out, by a `Condition` of the policy: the event does not tell what is needed to decide.
    Conditional,
    /// There is no policy to give: 401.
    #[default]
    Unauthorized,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Conditional => "conditional",
            Self::Unauthorized => "unauthorized",
        }
    }
}

/// What is answered to an event, and why. It becomes words when somebody is told.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Result<Reply, Unauthorized>,
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    /// What happened, for people.
    pub(crate) message: &'static str,
    /// Why, for programs.
    pub(crate) reason: &'static str,
    /// Whether the reason is one of a token that was refused.
    pub(crate) is_refusal: bool,
    // Most have none: it is kept elsewhere, since a verdict is moved about.
    detail: Option<Box<Detail>>,
    rules: SmallVec<[RuleId; 4]>,
    principal: Option<String>,
    method: Option<MethodArn>,
    pub(crate) mode: Option<&'static str>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) policy_bytes: Option<usize>,
    /// How long it took to read the event, and to verify its token. Zero where nobody wants to know.
    pub(crate) verify: Duration,
    /// How long it took then to decide. Zero as well.
    pub(crate) decide: Duration,
}

/// What there is to say about a reason.
#[derive(Debug)]
enum Detail {
    /// This claim is hostile.
    Hostile(String),
    /// There is no policy for the whole API.
    PerRequest(Inexact),
    Refused(Refusal),
    Event(EventFault),
    Insufficient(Insufficient),
    Answer(AnswerTooLarge),
}

/// [`Verdict::message`] where there is a policy to give.
const DECIDED: &str = "decided";
/// [`Verdict::reason`] where there is no token, and one is needed.
const NO_TOKEN: &str = "no_token";
/// [`Verdict::reason`] where the event cannot be decided on.
const EVENT: &str = "event";
/// [`Verdict::reason`] where the caller's address decides, and the event does not carry it.
const ADDRESS: &str = "address";
/// [`Verdict::reason`] where the answer is more than API Gateway takes.
const ANSWER: &str = "answer";
/// [`Verdict::mode`] of a policy that may be kept.
const WHOLE_API: &str = "whole_api";
/// [`Verdict::mode`] of a policy for the request at hand alone.
pub(crate) const PER_REQUEST: &str = "per_request";

impl Judge {
    /// A judge by that policy, who notes these claims.
    pub(crate) fn new(policy: Arc<Policy>, verifier: Arc<Verifier>, claims: LoggedClaims) -> Self {
        let (wanted, needs) = (Wanted::by(&policy), Needs::of(&policy));
        let keeps_answers = KeptAnswer::are_right_for(&policy);
        Self { policy, verifier, wanted, needs, claims, keeps_answers }
    }

    /// What the policy says about an event at `now`, in seconds since 1970-01-01 UTC. How long that takes is found out only
    /// where somebody wants to know: to read the clock costs as much as to decide.
    pub(crate) async fn decide(&self, event: &[u8], now: i64, is_timed: bool) -> Verdict {
        let start = is_timed.then(Instant::now);
        let read = Event::parse(event, &self.wanted, now);
        let (detail, method) = match read {
            Ok(event) => match self.needs.check(&event) {
                Ok(()) => {
                    let mut verdict = self.decide_event(&event, now, start).await;
                    verdict.method = Some(event.method_arn);
                    return verdict;
                }
                Err(insufficient) => (Detail::Insufficient(insufficient), Some(event.method_arn)),
            },
            Err(fault) => (Detail::Event(fault), None),
        };
        let verify = start.map(|start| start.elapsed()).unwrap_or_default();
        Verdict { method, verify, ..Verdict::no_event(detail) }
    }

    async fn decide_event(&self, event: &Event<'_>, now: i64, start: Option<Instant>) -> Verdict {
        let recognised = self.recognise(event, now).await;
        let times = start.map(|start| (start, Instant::now()));
        let mut verdict = match recognised {
            Ok(None) => self.answer(event, None),
            Ok(Some(recognised)) => self.again(event, &recognised).unwrap_or_else(|| {
                let verdict = self.answer(event, Some(&recognised.token));
                self.keep(event, &recognised, &verdict);
                verdict
            }),
            Err(refusal) => self.refuse(event, refusal),
        };
        if let Some((start, verified)) = times {
            verdict.verify = verified.duration_since(start);
            verdict.decide = verified.elapsed();
        }
        verdict
    }

    /// The verified token of a request, if it has one.
    async fn recognise<'a>(&self, event: &'a Event<'_>, now: i64) -> Result<Option<Recognised<'a>>, Refusal> {
        match event.token(self.policy.settings().scheme)? {
            None => Ok(None),
            Some(text) => match self.verifier.recognise(text, now).await {
                Ok(recognised) => Ok(Some(recognised)),
                // It is the blank that is wrong with it, whatever the verifier has come upon.
                Err(_) if has_blank(text) => Err(Refusal::Scheme),
                Err(refusal) => Err(refusal),
            },
        }
    }

    fn answer(&self, event: &Event<'_>, token: Option<&Token>) -> Verdict {
        let answered = match self.needs.answer(&self.policy, token, event) {
            Ok(answered) => answered,
            Err(insufficient) => return Verdict::insufficient(insufficient),
        };
        if token.is_none() && answered.is_denied() {
            return Verdict { message: "no token", reason: NO_TOKEN, ..Verdict::unauthorized() };
        }
        let mut verdict = self.decided(&answered);
        verdict.claims = token.map(|token| self.claims.of(token)).unwrap_or_default();
        match answered.answer.into_reply(self.form(event)) {
            Ok(reply) => verdict.answer = Ok(reply),
            Err(error) => {
                verdict.kind = Kind::Unauthorized;
                verdict.level = Level::Error;
                verdict.message = "answer too large";
                verdict.reason = ANSWER;
                verdict.detail = Some(Box::new(Detail::Answer(error)));
            }
        }
        verdict
    }

    /// All but the answer.
    fn decided(&self, EventAnswer { answer, open }: &EventAnswer) -> Verdict {
        let decision = &answer.decision;
        let (kind, reason, rules) = match open {
            Some(rules) => (Kind::Conditional, ADDRESS, rules.as_slice()),
            None if decision.allowed => (Kind::Allow, decision.reason.name(), decision.rules.as_slice()),
            None => (Kind::Deny, decision.reason.name(), decision.rules.as_slice()),
        };
        Verdict {
            kind,
            level: if answer.hostile_claim.is_some() { Level::Warn } else { Level::Info },
            message: DECIDED,
            reason,
            detail: detail(answer).map(Box::new),
            rules: SmallVec::from_slice(rules),
            principal: self.logs_principal().then(|| answer.response.principal_id.clone()),
            mode: Some(match answer.mode {
                Mode::WholeApi => WHOLE_API,
                Mode::PerRequest(_) => PER_REQUEST,
            }),
            policy_bytes: Some(answer.response.policy_document.size()),
            ..Verdict::unauthorized()
        }
    }

    fn refuse(&self, event: &Event<'_>, refusal: Refusal) -> Verdict {
        // An answer that denies everything would be kept, and outlive the outage.
        let forbidden =
            self.policy.settings().invalid_token == InvalidToken::Forbidden && !refusal.is_outage();
        let verdict = Verdict {
            level: if refusal.is_outage() { Level::Error } else { Level::Info },
            message: "token refused",
            reason: refusal.code(),
            is_refusal: true,
            detail: Some(Box::new(Detail::Refused(refusal))),
            ..Verdict::unauthorized()
        };
        if !forbidden {
            return verdict;
        }
        let reply = Reply::deny_everything(&event.method_arn, self.form(event));
        Verdict { kind: Kind::Deny, answer: Ok(reply), ..verdict }
    }

    /// A principal that is read from the request, and not from a claim, may be a secret.
    fn logs_principal(&self) -> bool {
        matches!(self.policy.program().parts().principal, Operand::Claim(_))
    }
}

fn detail(answer: &Answer) -> Option<Detail> {
    match (&answer.hostile_claim, &answer.mode) {
        (Some(claim), _) => Some(Detail::Hostile(claim.clone())),
        (None, Mode::PerRequest(inexact)) => Some(Detail::PerRequest(inexact.clone())),
        (None, Mode::WholeApi) => None,
    }
}

impl Verdict {
    fn unauthorized() -> Self {
        Self {
            answer: Err(Unauthorized),
            kind: Kind::Unauthorized,
            level: Level::Info,
            message: "",
            reason: "",
            is_refusal: false,
            detail: None,
            rules: SmallVec::new(),
            principal: None,
            method: None,
            mode: None,
            claims: Map::new(),
            policy_bytes: None,
            verify: Duration::ZERO,
            decide: Duration::ZERO,
        }
    }

    fn insufficient(insufficient: Insufficient) -> Self {
        Self::no_event(Detail::Insufficient(insufficient))
    }

    fn no_event(detail: Detail) -> Self {
        let message = match detail {
            Detail::Event(_) => "event not understood",
            _ => "event not sufficient",
        };
        Self {
            level: Level::Error,
            message,
            reason: EVENT,
            detail: Some(Box::new(detail)),
            ..Self::unauthorized()
        }
    }
}
