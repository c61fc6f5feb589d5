//! A second policy that is asked as well, and never answers: how the next version of a policy is tried.
//!
//! It must never harm the first. A bundle that cannot be used is a line of the log; it fetches nothing in a request
//! that the first has not fetched for itself; and nobody answers with what it says.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::handler::Invocation;
use crate::log::Level;
use crate::metrics::ShadowSample;
use crate::observer::Observer;
use crate::verdict::{Asked, Decided, Judge, Kind, Verdict};

/// The second policy.
#[derive(Debug, Default)]
pub(crate) enum Shadow {
    /// There is none.
    #[default]
    None,
    /// It could not be loaded.
    Broken,
    /// It is asked.
    Judge(Box<Judge>),
}

/// The line of an event on which the two differ.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    asked: Asked<'a>,
    /// What differs: `decision`, or members of the answer.
    differs: &'a [String],
    #[serde(flatten)]
    first: Decided<'a>,
    shadow: Decided<'a>,
}

impl Shadow {
    /// Fetches the keys that the first policy does not have, at the start and only then.
    pub(crate) async fn prefetch(&self, now: i64) {
        if let Self::Judge(judge) = self {
            judge.verifier.prefetch(now).await;
        }
    }

    /// Asks the second policy about an event, and logs where it differs from the first's verdict.
    pub(crate) async fn compare(
        &self,
        (first_judge, first): (&Judge, &Verdict),
        (event, now): (&[u8], i64),
        invocation: &Invocation<'_>,
        observer: &Observer,
    ) -> ShadowSample {
        let judge = match self {
            Self::None => return ShadowSample::Quiet,
            Self::Broken => return ShadowSample::Broken,
            Self::Judge(judge) => judge,
        };
        let second = judge.decide(event, now, false).await;
        let differs = differences(first, &second);
        if differs.is_empty() {
            return ShadowSample::Quiet;
        }
        // A rule more changes every answer of an API, and is not worth a line each.
        if first.kind != second.kind || first.kind != Kind::Allow || observer.takes(invocation) {
            let asked = first_judge.asked(first, invocation.request_id);
            let (first, shadow) = (first_judge.told(first), judge.told(&second));
            let line = Line { asked, differs: &differs, first, shadow };
            observer.log.write(Level::Warn, "shadow differs", line);
        }
        ShadowSample::Differs
    }
}

/// `decision`, and the members of the answers that are not the same in both.
fn differences(first: &Verdict, second: &Verdict) -> Vec<String> {
    let mut differs = Vec::new();
    if first.kind != second.kind {
        differs.push("decision".to_owned());
    }
    let (Ok(one), Ok(two)) = (&first.answer, &second.answer) else { return differs };
    let (one, two) = (members(one), members(two));
    let mut names: Vec<&String> = one.keys().chain(two.keys()).collect();
    names.sort_unstable();
    names.dedup();
    differs.extend(names.into_iter().filter(|name| one.get(*name) != two.get(*name)).cloned());
    differs
}

/// As they are sent: an answer that was kept is nothing but its text.
fn members(answer: impl Serialize) -> Map<String, Value> {
    let text = serde_json::to_string(&answer).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
