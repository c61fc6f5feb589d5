//! Whom a verdict is told: the log, `CloudWatch`'s metrics, X-Ray.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::handler::Invocation;
use crate::log::{Level, Log, Sampling};
use crate::metrics::{Metrics, Sample, ShadowSample};
use crate::token::Tally;
use crate::trace::{Annotations, Tracer};
use crate::verdict::{Asked, Decided, Judge, Kind, PER_REQUEST, Verdict};

/// Everybody who is told.
#[derive(Debug)]
pub(crate) struct Observer {
    pub(crate) log: Arc<Log>,
    pub(crate) sampling: Sampling,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) tracer: Option<Tracer>,
}

/// What there is to tell beside the verdict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    pub(crate) duration: Duration,
    pub(crate) tally: Tally,
    pub(crate) shadow: ShadowSample,
}

/// A line of the log: one for each event.
#[derive(Debug, Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    asked: Asked<'a>,
    #[serde(flatten)]
    decided: Decided<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    claims: &'a Map<String, Value>,
    duration_us: u128,
    verify_us: u128,
    decide_us: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<f64>,
}

impl Observer {
    /// Whether lines that say nothing unusual are written for this invocation.
    pub(crate) fn takes(&self, invocation: &Invocation<'_>) -> bool {
        self.sampling.takes(invocation.request_id.unwrap_or_default())
    }

    /// Whether anybody is told how long things take.
    pub(crate) fn tells_times(&self) -> bool {
        self.log.is_on(Level::Error) || self.tells_tally()
    }

    /// Whether anybody is told what was fetched, and what was remembered.
    pub(crate) const fn tells_tally(&self) -> bool {
        self.metrics.is_some() || self.tracer.is_some()
    }

    /// Tells everybody about an event, and the verdict of that judge.
    pub(crate) fn tell(
        &self,
        judge: &Judge,
        verdict: &Verdict,
        invocation: &Invocation<'_>,
        beside: Circumstances,
    ) {
        let is_usual = verdict.kind == Kind::Allow && verdict.level > Level::Warn;
        if self.log.is_on(verdict.level) && (!is_usual || self.takes(invocation)) {
            let sample = self.sampling.share().filter(|_| is_usual);
            let line = line((judge, verdict), invocation, beside.duration, sample);
            self.log.write(verdict.level, verdict.message, line);
        }
        if let Some(metrics) = &self.metrics {
            metrics.write(invocation.time, &sample(verdict, beside));
        }
        if let (Some(tracer), Some(header)) = (&self.tracer, invocation.trace) {
            let times: (SystemTime, Duration) = (invocation.time, beside.duration);
            let id = invocation.request_id.unwrap_or_default();
            tracer.send(header, id, times, annotations(verdict, beside));
        }
    }
}

fn line<'a>(
    (judge, verdict): (&'a Judge, &'a Verdict),
    invocation: &Invocation<'a>,
    duration: Duration,
    sample: Option<f64>,
) -> Line<'a> {
    Line {
        asked: judge.asked(verdict, invocation.request_id),
        decided: judge.told(verdict),
        mode: verdict.mode,
        claims: &verdict.claims,
        duration_us: duration.as_micros(),
        verify_us: verdict.verify.as_micros(),
        decide_us: verdict.decide.as_micros(),
        sample,
    }
}

fn sample(verdict: &Verdict, beside: Circumstances) -> Sample {
    Sample {
        kind: verdict.kind,
        refused: verdict.is_refusal.then_some(verdict.reason),
        per_request: verdict.mode == Some(PER_REQUEST),
        policy_bytes: verdict.policy_bytes,
        duration: beside.duration,
        verify: verdict.verify,
        decide: verdict.decide,
        tally: beside.tally,
        shadow: beside.shadow,
    }
}

fn annotations(verdict: &Verdict, beside: Circumstances) -> Annotations {
    Annotations {
        decision: verdict.kind.name(),
        reason: verdict.reason,
        mode: verdict.mode,
        key_fetches: beside.tally.keys.fetches,
        stale_keys: beside.tally.keys.stale_uses > 0,
        shadow_differs: beside.shadow == ShadowSample::Differs,
    }
}
