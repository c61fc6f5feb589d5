//! From an event to an answer.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lambda_runtime::Diagnostic;
use policy_engine::condition::Operand;
use policy_engine::iam::{Inexact, MethodArn, Mode};
use policy_engine::{InvalidToken, Policy, RequestReads, RuleId, Token};
use serde::Serialize;

use crate::event::Event;
use crate::log::{Level, Log, clip};
use crate::response::{Answer, Form, Reply, respond};
use crate::token::{KeysFrom, Refusal, Verifier, VerifierError};

/// The most rules that a line of the log names.
const MAX_LOGGED_RULES: usize = 16;

/// A policy, ready to answer events.
#[derive(Debug)]
pub struct Authorizer {
    policy: Policy,
    reads: RequestReads,
    verifier: Arc<Verifier>,
    log: Arc<Log>,
}

/// The answer where there is no policy to give: API Gateway makes a 401 of a function's error whose message is
/// exactly this word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthorized;

impl fmt::Display for Unauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unauthorized")
    }
}

impl std::error::Error for Unauthorized {}

/// What the Lambda runtime sends: without it, the message would not be the word alone.
impl From<Unauthorized> for Diagnostic {
    fn from(error: Unauthorized) -> Self {
        Self { error_type: error.to_string(), error_message: error.to_string() }
    }
}

/// The time in seconds since 1970-01-01 UTC, as everything here takes it.
pub fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A line of the log: one for each event.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    decision: &'static str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
}

const ALLOW: &str = "allow";
const DENY: &str = "deny";
const UNAUTHORIZED: &str = "unauthorized";

impl Authorizer {
    /// An authorizer for the policy. Nothing is fetched yet.
    pub fn new(policy: Policy, log: Arc<Log>) -> Result<Self, VerifierError> {
        let verifier = Arc::new(Verifier::new(&policy, KeysFrom::Issuers, &log)?);
        Ok(Self { reads: policy.reads(), policy, verifier, log })
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Fetches the issuers' keys; `now` in seconds since 1970-01-01 UTC. An issuer that is down is no error.
    pub async fn prefetch(&self, now: i64) {
        self.verifier.prefetch(now).await;
    }

    /// Answers an event, and writes one line to the log. `now` is the time of the request, in seconds since
    /// 1970-01-01 UTC.
    pub async fn handle(
        &self,
        event: &[u8],
        request_id: Option<&str>,
        now: i64,
    ) -> Result<Reply, Unauthorized> {
        let settings = self.policy.settings();
        let event = Event::parse(event, &settings.token, now).map_err(|fault| {
            let line = Line {
                request_id,
                decision: UNAUTHORIZED,
                reason: "event",
                detail: Some(fault.to_string()),
                ..Line::default()
            };
            self.log.write(Level::Error, "event not understood", line);
            Unauthorized
        })?;
        if let Some(lacking) = event.lacks(self.reads) {
            let line = Line {
                decision: UNAUTHORIZED,
                reason: "event",
                detail: Some(format!("a rule reads what the event does not carry: {lacking}")),
                ..line(request_id, &event.method_arn)
            };
            self.log.write(Level::Error, "event not sufficient", line);
            return Err(Unauthorized);
        }
        match self.token_of(&event, now).await {
            Ok(token) => self.answer(&event, token.as_ref(), request_id),
            Err(refusal) => self.refuse(&event, &refusal, request_id),
        }
    }

    /// The verified token of a request, if it has one.
    async fn token_of(&self, event: &Event, now: i64) -> Result<Option<Token>, Refusal> {
        match event.token(self.policy.settings().scheme)? {
            None => Ok(None),
            Some(text) => self.verifier.verify(text, now).await.map(Some),
        }
    }

    fn answer(
        &self,
        event: &Event,
        token: Option<&Token>,
        request_id: Option<&str>,
    ) -> Result<Reply, Unauthorized> {
        let answer = respond(&self.policy, token, &event.method_arn, &event.context);
        if token.is_none() && !answer.emission.decision.allowed {
            let line =
                Line { reason: "no_token", decision: UNAUTHORIZED, ..line(request_id, &event.method_arn) };
            self.log.write(Level::Info, "no token", line);
            return Err(Unauthorized);
        }
        let level = if answer.hostile_claim.is_some() { Level::Warn } else { Level::Info };
        if self.log.is_on(level) {
            self.log.write(level, "decided", self.decided(&answer, event, request_id));
        }
        answer.into_reply(Form::of(event.shape, false)).map_err(|error| {
            let line = Line {
                decision: UNAUTHORIZED,
                reason: "answer",
                detail: Some(error.to_string()),
                ..line(request_id, &event.method_arn)
            };
            self.log.write(Level::Error, "answer too large", line);
            Unauthorized
        })
    }

    fn refuse(
        &self,
        event: &Event,
        refusal: &Refusal,
        request_id: Option<&str>,
    ) -> Result<Reply, Unauthorized> {
        // An answer that denies everything would be kept, and outlive the outage.
        let forbidden =
            self.policy.settings().invalid_token == InvalidToken::Forbidden && !refusal.is_outage();
        let line = Line {
            decision: if forbidden { DENY } else { UNAUTHORIZED },
            reason: refusal.code(),
            detail: Some(refusal.to_string()),
            ..line(request_id, &event.method_arn)
        };
        let level = if refusal.is_outage() { Level::Error } else { Level::Info };
        self.log.write(level, "token refused", line);
        if forbidden {
            Ok(Reply::deny_everything(&event.method_arn, Form::of(event.shape, false)))
        } else {
            Err(Unauthorized)
        }
    }

    fn decided<'a>(&'a self, answer: &Answer, event: &Event, request_id: Option<&'a str>) -> Line<'a> {
        let decision = &answer.emission.decision;
        let rules = decision.rules.iter().map(|id| self.rule_name(*id));
        let detail = match (&answer.hostile_claim, &answer.emission.mode) {
            (Some(claim), _) => Some(format!("`{claim}` is hostile where a rule compares it to the path")),
            (None, Mode::PerRequest(inexact)) => Some(self.why_per_request(inexact)),
            (None, Mode::WholeApi) => None,
        };
        Line {
            decision: if decision.allowed { ALLOW } else { DENY },
            reason: decision.reason.name(),
            detail,
            rules: rules.take(MAX_LOGGED_RULES).collect(),
            principal: self.logs_principal().then(|| clip(&answer.response.principal_id)),
            mode: Some(match answer.emission.mode {
                Mode::WholeApi => "whole_api",
                Mode::PerRequest(_) => "per_request",
            }),
            ..line(request_id, &event.method_arn)
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

fn line<'a>(request_id: Option<&'a str>, arn: &MethodArn) -> Line<'a> {
    Line { request_id, verb: Some(clip(arn.verb_text())), path: Some(clip(arn.path())), ..Line::default() }
}
