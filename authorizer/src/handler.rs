//! From an event to an answer, and to those who watch.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{BoxFuture, Diagnostic, SnapStartResource};
use policy_engine::Policy;

use crate::log::{Log, Sampling};
use crate::observer::{Circumstances, Observer};
use crate::response::Reply;
use crate::shadow::Shadow;
use crate::token::{KeysFrom, Tally, Verifier, VerifierError};
use crate::verdict::{Judge, LoggedClaims};

/// What a start waits at most for the keys of the shadow policy's own issuers.
const SHADOW_START: Duration = Duration::from_secs(2);

/// A policy, ready to answer events.
#[derive(Debug)]
pub struct Authorizer {
    pub(crate) judge: Judge,
    pub(crate) shadow: Shadow,
    pub(crate) observer: Observer,
}

/// What is known about an invocation beside its event.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Lambda's id of it.
    pub request_id: Option<&'a str>,
    /// Lambda's trace header (`Lambda-Runtime-Trace-Id`).
    pub trace: Option<&'a str>,
    /// When it began: the time of the request.
    pub time: SystemTime,
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

impl Authorizer {
    /// An authorizer for the policy, which writes all its lines to that log. Nothing is fetched yet.
    pub fn new(policy: Policy, log: Arc<Log>) -> Result<Self, VerifierError> {
        let verifier = Verifier::new(&policy, KeysFrom::Issuers, &log)?;
        Ok(Self::with_verifier(policy, verifier, log))
    }

    /// The same with a verifier of that policy's tokens that was made before.
    pub fn with_verifier(policy: Policy, verifier: Verifier, log: Arc<Log>) -> Self {
        let judge = Judge::new(policy.into(), Arc::new(verifier), LoggedClaims::default());
        let observer = Observer { log, sampling: Sampling::ALL, metrics: None, tracer: None };
        Self { judge, shadow: Shadow::None, observer }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.judge.policy
    }

    /// Fetches the issuers' keys; `now` in seconds since 1970-01-01 UTC. An issuer that is down is no error.
    pub async fn prefetch(&self, now: i64) {
        // At once: the start of a Lambda function has ten seconds in all.
        let shadow = tokio::time::timeout(SHADOW_START, self.shadow.prefetch(now));
        let ((), _) = tokio::join!(self.judge.verifier.prefetch(now), shadow);
    }

    /// Answers an event, and tells the log, the metrics and the trace about it.
    pub async fn handle(&self, event: &[u8], invocation: Invocation<'_>) -> Result<Reply, Unauthorized> {
        let now = unix_seconds(invocation.time);
        let verdict = self.judge.decide(event, now, self.observer.tells_times()).await;
        let duration = verdict.verify + verdict.decide;
        let shadow =
            self.shadow.compare((&self.judge, &verdict), (event, now), &invocation, &self.observer).await;
        let tally =
            if self.observer.tells_tally() { self.judge.verifier.take_tally() } else { Tally::default() };
        self.observer.tell(&self.judge, &verdict, &invocation, Circumstances { duration, tally, shadow });
        verdict.answer
    }
}

/// A process that was restored from a snapshot fetches keys that have grown old in it before its first event: a
/// snapshot may be weeks old.
impl SnapStartResource for Authorizer {
    fn after_restore(&self) -> BoxFuture<'_, Result<(), lambda_runtime::Error>> {
        Box::pin(async {
            self.prefetch(unix_seconds(SystemTime::now())).await;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
