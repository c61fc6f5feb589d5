//! What one policy says about an event, before anybody is told.

mod claims;
mod route;
mod told;

use std::sync::Arc;
use std::time::{Duration, Instant};

use policy_engine::condition::Operand;
use policy_engine::iam::{Inexact, Mode};
use policy_engine::{InvalidToken, Policy, RuleId, Token};
use serde_json::{Map, Value};

use crate::event::Event;
use crate::handler::Unauthorized;
use crate::log::{Level, clip};
use crate::response::{Answer, Form, Reply};
use crate::sufficient::{EventAnswer, Insufficient, Needs};
use crate::token::{Refusal, Verifier};

pub(crate) use claims::LoggedClaims;
pub(crate) use told::{Asked, Decided};

/// The most rules that a verdict names.
const MAX_NAMED_RULES: usize = 16;

/// A policy, and what verifies its tokens.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) policy: Policy,
    pub(crate) verifier: Arc<Verifier>,
    needs: Needs,
    claims: LoggedClaims,
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

/// What is answered to an event, and why.
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
    pub(crate) detail: Option<String>,
    pub(crate) rules: Vec<String>,
    pub(crate) principal: Option<String>,
    pub(crate) verb: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) mode: Option<&'static str>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) policy_bytes: Option<usize>,
    pub(crate) verify: Duration,
    pub(crate) decide: Duration,
}

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
    pub(crate) fn new(policy: Policy, verifier: Arc<Verifier>, claims: LoggedClaims) -> Self {
        Self { needs: Needs::of(&policy), policy, verifier, claims }
    }

    /// What the policy says about an event at `now`, in seconds since 1970-01-01 UTC.
    pub(crate) async fn decide(&self, event: &[u8], now: i64) -> Verdict {
        let event = match Event::parse(event, &self.policy.settings().token, now) {
            Ok(event) => event,
            Err(fault) => return Verdict::no_event("event not understood", fault.to_string()),
        };
        let verdict = match self.needs.check(&event) {
            Err(insufficient) => self.insufficient(&insufficient),
            Ok(()) => self.decide_event(&event, now).await,
        };
        let arn = &event.method_arn;
        Verdict {
            verb: Some(clip(arn.verb_text())),
            path: Some(clip(arn.path())),
            route: route::of(&self.policy, arn.verb_text(), arn.path()),
            ..verdict
        }
    }

    async fn decide_event(&self, event: &Event, now: i64) -> Verdict {
        let start = Instant::now();
        let token = self.token_of(event, now).await;
        let verify = start.elapsed();
        let start = Instant::now();
        let verdict = match token {
            Ok(token) => self.answer(event, token.as_ref()),
            Err(refusal) => self.refuse(event, &refusal),
        };
        Verdict { verify, decide: start.elapsed(), ..verdict }
    }

    /// The verified token of a request, if it has one.
    async fn token_of(&self, event: &Event, now: i64) -> Result<Option<Token>, Refusal> {
        match event.token(self.policy.settings().scheme)? {
            None => Ok(None),
            Some(text) => self.verifier.verify(text, now).await.map(Some),
        }
    }

    fn answer(&self, event: &Event, token: Option<&Token>) -> Verdict {
        let answered = match self.needs.answer(&self.policy, token, event) {
            Ok(answered) => answered,
            Err(insufficient) => return self.insufficient(&insufficient),
        };
        if token.is_none() && answered.is_denied() {
            return Verdict { message: "no token", reason: NO_TOKEN, ..Verdict::unauthorized() };
        }
        let verdict = Verdict {
            claims: token.map(|token| self.claims.of(token)).unwrap_or_default(),
            ..self.decided(&answered)
        };
        match answered.answer.into_reply(Form::of(event.shape, self.policy.settings())) {
            Ok(reply) => Verdict { answer: Ok(reply), ..verdict },
            Err(error) => Verdict {
                kind: Kind::Unauthorized,
                level: Level::Error,
                message: "answer too large",
                reason: ANSWER,
                detail: Some(error.to_string()),
                ..verdict
            },
        }
    }

    fn insufficient(&self, insufficient: &Insufficient) -> Verdict {
        let why = match insufficient {
            Insufficient::PerRequest(inexact) => format!("; {}", self.why_per_request(inexact)),
            Insufficient::Fields | Insufficient::Address | Insufficient::Told => String::new(),
        };
        let detail = format!("a condition reads what the event does not carry: {insufficient}{why}");
        Verdict::no_event("event not sufficient", detail)
    }

    /// All but the answer.
    fn decided(&self, EventAnswer { answer, open }: &EventAnswer) -> Verdict {
        let decision = &answer.emission.decision;
        let (kind, reason, rules) = match open {
            Some(rules) => (Kind::Conditional, ADDRESS, rules.as_slice()),
            None if decision.allowed => (Kind::Allow, decision.reason.name(), decision.rules.as_slice()),
            None => (Kind::Deny, decision.reason.name(), decision.rules.as_slice()),
        };
        let names = rules.iter().map(|id| self.rule_name(*id).to_owned());
        Verdict {
            kind,
            level: if answer.hostile_claim.is_some() { Level::Warn } else { Level::Info },
            message: "decided",
            reason,
            detail: self.detail(answer),
            rules: names.take(MAX_NAMED_RULES).collect(),
            principal: self.logs_principal().then(|| clip(&answer.response.principal_id)),
            mode: Some(match answer.emission.mode {
                Mode::WholeApi => WHOLE_API,
                Mode::PerRequest(_) => PER_REQUEST,
            }),
            policy_bytes: Some(answer.response.policy_document.size()),
            ..Verdict::unauthorized()
        }
    }

    fn refuse(&self, event: &Event, refusal: &Refusal) -> Verdict {
        // An answer that denies everything would be kept, and outlive the outage.
        let forbidden =
            self.policy.settings().invalid_token == InvalidToken::Forbidden && !refusal.is_outage();
        let verdict = Verdict {
            level: if refusal.is_outage() { Level::Error } else { Level::Info },
            message: "token refused",
            reason: refusal.code(),
            is_refusal: true,
            detail: Some(refusal.to_string()),
            ..Verdict::unauthorized()
        };
        if !forbidden {
            return verdict;
        }
        let reply = Reply::deny_everything(&event.method_arn, Form::of(event.shape, self.policy.settings()));
        Verdict { kind: Kind::Deny, answer: Ok(reply), ..verdict }
    }

    fn detail(&self, answer: &Answer) -> Option<String> {
        match (&answer.hostile_claim, &answer.emission.mode) {
            (Some(claim), _) => Some(format!("`{claim}` is hostile where a rule compares it to the path")),
            (None, Mode::PerRequest(inexact)) => Some(self.why_per_request(inexact)),
            (None, Mode::WholeApi) => None,
        }
    }

    /// A principal that is read from the request, and not from a claim, may be a secret.
    fn logs_principal(&self) -> bool {
        matches!(self.policy.program().parts().principal, Operand::Claim(_))
    }

    fn why_per_request(&self, inexact: &Inexact) -> String {
        match inexact.rule {
            Some(rule) => format!("the rule `{}`: {}", self.rule_name(rule), inexact.obstacle),
            None => inexact.obstacle.to_string(),
        }
    }

    fn rule_name(&self, id: RuleId) -> &str {
        self.policy.rule(id).map_or("", |rule| rule.id.as_str())
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
            rules: Vec::new(),
            principal: None,
            verb: None,
            path: None,
            route: None,
            mode: None,
            claims: Map::new(),
            policy_bytes: None,
            verify: Duration::ZERO,
            decide: Duration::ZERO,
        }
    }

    fn no_event(message: &'static str, detail: String) -> Self {
        Self { level: Level::Error, message, reason: EVENT, detail: Some(detail), ..Self::unauthorized() }
    }
}
