//! What lines of the log tell of a verdict, each in the same words. They are put together here, and so only where a line
//! is written.

use policy_engine::RuleId;
use policy_engine::iam::Inexact;
use serde::Serialize;

use super::{Detail, Judge, Verdict, route};
use crate::log::clip;
use crate::sufficient::Insufficient;

/// The most rules that a line names.
const MAX_NAMED_RULES: usize = 16;

/// Who asked for what.
#[derive(Debug, Serialize)]
pub(crate) struct Asked<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
}

/// What was decided, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Decided<'a> {
    decision: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'a str>,
}

impl Judge {
    /// Who asked for what, in the invocation of that id.
    pub(crate) fn asked<'a>(&self, verdict: &Verdict, request_id: Option<&'a str>) -> Asked<'a> {
        let method = verdict.method.as_ref();
        Asked {
            request_id,
            principal: verdict.principal.as_deref().map(clip),
            verb: method.map(|arn| clip(arn.verb_text())),
            path: method.map(|arn| clip(arn.path())),
            route: method.and_then(|arn| route::of(&self.policy, arn.verb_text(), arn.path())),
        }
    }

    /// What was decided, and why.
    pub(crate) fn told<'a>(&'a self, verdict: &Verdict) -> Decided<'a> {
        let rules = verdict.rules.iter().map(|id| self.rule_name(*id));
        Decided {
            decision: verdict.kind.name(),
            reason: verdict.reason,
            detail: verdict.detail.as_ref().map(|detail| self.in_words(detail)),
            rules: rules.take(MAX_NAMED_RULES).collect(),
        }
    }

    fn in_words(&self, detail: &Detail) -> String {
        match detail {
            Detail::Hostile(claim) => format!("`{claim}` is hostile where a rule compares it to the path"),
            Detail::PerRequest(inexact) => self.why_per_request(inexact),
            Detail::Refused(refusal) => refusal.to_string(),
            Detail::Event(fault) => fault.to_string(),
            Detail::Insufficient(insufficient) => {
                let why = match insufficient {
                    Insufficient::PerRequest(inexact) => format!("; {}", self.why_per_request(inexact)),
                    Insufficient::Fields | Insufficient::Address | Insufficient::Told => String::new(),
                };
                format!("a condition reads what the event does not carry: {insufficient}{why}")
            }
            Detail::Answer(error) => error.to_string(),
        }
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
