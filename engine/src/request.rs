//! What is asked: a verified token, and a request.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::condition::IssuerId;
use crate::verb::Verb;

/// A token that was verified: the claims can be believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    issuer: IssuerId,
    claims: Arc<Map<String, Value>>,
    userinfo: Option<Map<String, Value>>,
}

impl Token {
    /// The claims of a token, and the issuer that they were verified against.
    pub fn new(issuer: IssuerId, claims: impl Into<Arc<Map<String, Value>>>) -> Self {
        Self { issuer, claims: claims.into(), userinfo: None }
    }

    /// The token with what the issuer's userinfo endpoint answered.
    #[must_use]
    pub fn with_userinfo(self, userinfo: Map<String, Value>) -> Self {
        Self { userinfo: Some(userinfo), ..self }
    }

    /// Who issued it.
    pub const fn issuer(&self) -> IssuerId {
        self.issuer
    }

    /// Its claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What the userinfo endpoint answered, where it was asked.
    pub const fn userinfo(&self) -> Option<&Map<String, Value>> {
        self.userinfo.as_ref()
    }

    /// The `exp` claim, in whole seconds since 1970-01-01 UTC.
    pub fn expires(&self) -> Option<i64> {
        let exp = self.claims.get("exp")?;
        exp.as_i64().or_else(|| {
            let seconds = exp.as_f64()?.floor();
            // Far beyond any date, and well inside what an i64 holds.
            #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
            (seconds.abs() < 1e15).then_some(seconds as i64)
        })
    }
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its verb.
    pub verb: Verb,
    /// Its path as sent, without a query.
    pub path: &'a str,
    /// The rest of it.
    pub context: &'a RequestContext,
}

/// What a request carries besides its verb and path. Whatever is unknown is left out, and conditions on it
/// are false.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// Names and values; names are compared without regard to case. Of a name that comes twice, the last counts.
    pub headers: Vec<(String, String)>,
    /// Names and values. Of a name that comes twice, the last counts.
    pub query: Vec<(String, String)>,
    /// The caller's address.
    pub ip: Option<IpAddr>,
    /// The time, in seconds since 1970-01-01 UTC.
    pub time: Option<i64>,
    /// The API's stage.
    pub stage: Option<String>,
}

impl RequestContext {
    /// The header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().rev().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The query parameter's value.
    pub fn query_parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(parameter, _)| parameter == name)?;
        Some(&found.1)
    }
}
