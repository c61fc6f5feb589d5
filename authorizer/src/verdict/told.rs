//! What lines of the log tell of a verdict, each in the same words.

use serde::Serialize;

use super::Verdict;

/// Who asked for what.
#[derive(Debug, Serialize)]
pub(crate) struct Asked<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verb: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
}

/// What was decided, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Decided<'a> {
    decision: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    rules: &'a [String],
}

impl Verdict {
    /// Who asked for what, in the invocation of that id.
    pub(crate) fn asked<'a>(&'a self, request_id: Option<&'a str>) -> Asked<'a> {
        Asked {
            request_id,
            principal: self.principal.as_deref(),
            verb: self.verb.as_deref(),
            path: self.path.as_deref(),
            route: self.route.as_deref(),
        }
    }

    /// What was decided, and why.
    pub(crate) fn told(&self) -> Decided<'_> {
        Decided {
            decision: self.kind.name(),
            reason: self.reason,
            detail: self.detail.as_deref(),
            rules: &self.rules,
        }
    }
}
