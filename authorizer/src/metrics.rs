//! Metrics in `CloudWatch`'s embedded metric format: one JSON line an event, which `CloudWatch` reads from the log.
//!
//! The source of the format's rules is "Specification: Embedded metric format" in the guide of Amazon `CloudWatch`.

use std::fmt;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::log::write_line;
use crate::token::Tally;
use crate::verdict::Kind;

/// Whose metrics they are: a namespace of `CloudWatch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace(String);

impl Namespace {
    /// The namespace of that name: letters, digits and `.-_/#:` of ASCII, 255 at most, and not one of AWS's own
    /// (`CloudWatch`'s `PutMetricData`).
    pub fn parse(name: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#:".contains(&byte);
        let is_name = (1..=255).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with("AWS/");
        is_name.then(|| Self(name.to_owned()))
    }
}

/// What there is to say about one event.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// What was decided.
    pub(crate) kind: Kind,
    /// Why a token was refused, if it was.
    pub(crate) refused: Option<&'static str>,
    /// The policy holds for the request at hand alone.
    pub(crate) per_request: bool,
    /// The length of the answer's policy, in bytes.
    pub(crate) policy_bytes: Option<usize>,
    /// The whole event.
    pub(crate) duration: Duration,
    /// The part that reading the event, and verifying its token, took.
    pub(crate) verify: Duration,
    /// The part that deciding, and making the policy, took.
    pub(crate) decide: Duration,
    pub(crate) tally: Tally,
    /// What the shadow had to say.
    pub(crate) shadow: ShadowSample,
}

/// What the shadow policy had to say about an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ShadowSample {
    /// There is none, or it agrees.
    #[default]
    Quiet,
    /// It differs.
    Differs,
    /// It could not be loaded.
    Broken,
}

/// Writes metrics.
pub(crate) struct Metrics {
    namespace: Namespace,
    function: String,
    sink: Mutex<Box<dyn Write + Send>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// A metric's name, its unit, and its value.
type Metric = (&'static str, &'static str, f64);

const FUNCTION: &str = "FunctionName";
const REASON: &str = "Reason";
const REFUSED: &str = "TokensRefused";
const COUNT: &str = "Count";

impl Metrics {
    /// Metrics of that function.
    pub(crate) fn new(namespace: Namespace, function: String, sink: impl Write + Send + 'static) -> Self {
        Self { namespace, function, sink: Mutex::new(Box::new(sink)) }
    }

    /// Writes the line of an event.
    pub(crate) fn write(&self, time: SystemTime, sample: &Sample) {
        let metrics = sample.metrics();
        let document = Document { metrics: self, time, values: &metrics, refused: sample.refused };
        write_line(&self.sink, serde_json::to_vec(&document).unwrap_or_default());
    }
}

impl Sample {
    /// The decisions with their zeros, so that their average is a rate; of the rest, what there was.
    fn metrics(&self) -> Vec<Metric> {
        let one_if = |is: bool| f64::from(u8::from(is));
        let keys = self.tally.keys;
        let mut metrics = vec![
            ("Allowed", COUNT, one_if(self.kind == Kind::Allow)),
            ("Denied", COUNT, one_if(self.kind == Kind::Deny)),
            ("Unauthorized", COUNT, one_if(self.kind == Kind::Unauthorized)),
            ("Duration", "Microseconds", microseconds(self.duration)),
            ("VerifyDuration", "Microseconds", microseconds(self.verify)),
            ("DecideDuration", "Microseconds", microseconds(self.decide)),
        ];
        let occasional = [
            ("Conditional", COUNT, one_if(self.kind == Kind::Conditional)),
            ("PerRequestPolicies", COUNT, one_if(self.per_request)),
            ("KeyFetches", COUNT, f64::from(keys.fetches)),
            ("KeyFetchFailures", COUNT, f64::from(keys.failures)),
            ("KeyFetchDuration", "Microseconds", f64::from(u32::try_from(keys.fetch_us).unwrap_or(u32::MAX))),
            ("StaleKeyUses", COUNT, f64::from(keys.stale_uses)),
            ("UserinfoFetches", COUNT, f64::from(self.tally.userinfo_fetches)),
            ("RememberedTokens", COUNT, f64::from(self.tally.remembered)),
            ("ShadowDifferences", COUNT, one_if(self.shadow == ShadowSample::Differs)),
            ("ShadowBroken", COUNT, one_if(self.shadow == ShadowSample::Broken)),
            (
                "PolicyBytes",
                "Bytes",
                self.policy_bytes.map_or(0.0, |bytes| f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))),
            ),
        ];
        metrics.extend(occasional.into_iter().filter(|(_, _, value)| *value > 0.0));
        metrics
    }
}

fn microseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX))
}

struct Document<'a> {
    metrics: &'a Metrics,
    time: SystemTime,
    values: &'a [Metric],
    refused: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: u64,
    cloud_watch_metrics: Vec<Directive<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definitions = self.values.iter().map(|(name, unit, _)| Definition { name, unit }).collect();
        let namespace = self.metrics.namespace.0.as_str();
        let mut directives = vec![Directive { namespace, dimensions: [&[FUNCTION]], metrics: definitions }];
        if self.refused.is_some() {
            let metrics = vec![Definition { name: REFUSED, unit: COUNT }];
            directives.push(Directive { namespace, dimensions: [&[FUNCTION, REASON]], metrics });
        }
        let since = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("_aws", &Metadata { timestamp, cloud_watch_metrics: directives })?;
        map.serialize_entry(FUNCTION, &self.metrics.function)?;
        if let Some(reason) = self.refused {
            map.serialize_entry(REASON, reason)?;
            map.serialize_entry(REFUSED, &1)?;
        }
        for (name, _, value) in self.values {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
