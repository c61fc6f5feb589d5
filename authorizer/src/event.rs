//! The events that API Gateway sends to an authorizer.
//!
//! The shapes are told apart before anything else is read: a REST REQUEST event without its `type` reads as a
//! TOKEN event without a token, and the payloads of HTTP APIs read as either. Inside a shape, what may be
//! missing may also be null or of another type, and is then left out.

mod raw;
mod shape;

use std::fmt;

use policy_engine::iam::{ArnError, MethodArn};
use policy_engine::{RequestContext, RequestReads, Scheme, TokenSource};
use serde_json::{Map, Value};

use crate::token::{Refusal, strip_scheme};

pub use raw::RawEvent;
pub use shape::Shape;

/// The largest event that is read, in bytes. API Gateway limits a request's headers to 10,240 bytes in all.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;
/// The most headers, or query parameters, that an event may have.
pub const MAX_FIELDS: usize = 512;

/// What an authorizer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The request's method.
    pub method_arn: MethodArn,
    /// The different values that stand where the policy says the token is: none, one, or too many.
    pub credentials: Vec<String>,
    /// The rest of the request.
    pub context: RequestContext,
    /// Whether the event carries the request's headers and query: a TOKEN event does not.
    pub carries_fields: bool,
}

/// Why an event cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFault {
    /// It is larger than [`MAX_EVENT_BYTES`].
    TooLarge,
    /// It is no JSON object.
    NotAnObject,
    /// It has a shape that this authorizer does not answer.
    Shape(Shape),
    /// A member that is needed is not there, or is no string.
    Member(&'static str),
    /// It has more headers or query parameters than [`MAX_FIELDS`].
    TooManyFields,
    /// Its `methodArn` is none.
    Arn(ArnError),
}

impl fmt::Display for EventFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the event is larger than {MAX_EVENT_BYTES} bytes"),
            Self::NotAnObject => f.write_str("the event is not a JSON object"),
            Self::Shape(shape) => {
                write!(
                    f,
                    "the event is {shape}; this authorizer answers TOKEN and REQUEST events of REST APIs"
                )
            }
            Self::Member(name) => write!(f, "the event has no `{name}`, or one that is not a string"),
            Self::TooManyFields => {
                write!(f, "the event has more than {MAX_FIELDS} headers or query parameters")
            }
            Self::Arn(error) => write!(f, "the event's `methodArn` is unreadable: {error}"),
        }
    }
}

impl std::error::Error for EventFault {}

impl Event {
    /// Reads an event. `token` says where the policy's tokens are; `now` is the time of the request, in
    /// seconds since 1970-01-01 UTC.
    pub fn parse(bytes: &[u8], token: &TokenSource, now: i64) -> Result<Self, EventFault> {
        if bytes.len() > MAX_EVENT_BYTES {
            return Err(EventFault::TooLarge);
        }
        let Ok(Value::Object(event)) = serde_json::from_slice(bytes) else {
            return Err(EventFault::NotAnObject);
        };
        match Shape::of(&event) {
            Shape::RestToken => Self::from_token_event(&event, now),
            Shape::RestRequest => Self::from_request_event(&event, token, now),
            other => Err(EventFault::Shape(other)),
        }
    }

    /// What the policy reads of a request and this event does not tell: conditions on it cannot be decided.
    pub fn lacks(&self, reads: RequestReads) -> Option<&'static str> {
        if reads.fields && !self.carries_fields {
            return Some("headers and query parameters");
        }
        (reads.address && self.context.ip.is_none()).then_some("the caller's address")
    }

    /// The text of the request's token, if it has one.
    pub fn token(&self, scheme: Scheme) -> Result<Option<&str>, Refusal> {
        match self.credentials.as_slice() {
            [] => Ok(None),
            [one] => strip_scheme(one, scheme),
            _ => Err(Refusal::SeveralTokens),
        }
    }

    fn from_token_event(event: &Map<String, Value>, now: i64) -> Result<Self, EventFault> {
        let method_arn = method_arn(event)?;
        let credentials = match event.get("authorizationToken") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) if text.is_empty() => Vec::new(),
            Some(Value::String(text)) => vec![text.clone()],
            Some(_) => return Err(EventFault::Member("authorizationToken")),
        };
        let stage = Some(method_arn.stage().to_owned());
        let context = RequestContext { time: Some(now), stage, ..RequestContext::default() };
        Ok(Self { method_arn, credentials, context, carries_fields: false })
    }

    fn from_request_event(
        event: &Map<String, Value>,
        token: &TokenSource,
        now: i64,
    ) -> Result<Self, EventFault> {
        let method_arn = method_arn(event)?;
        let headers = fields(event, "headers", "multiValueHeaders")?;
        let query = fields(event, "queryStringParameters", "multiValueQueryStringParameters")?;
        let found: Vec<&str> = match token {
            TokenSource::Header(name) => values(&headers, |header| header.eq_ignore_ascii_case(name)),
            TokenSource::Query(name) => values(&query, |parameter| parameter == name),
        };
        let mut credentials: Vec<String> = found.into_iter().map(str::to_owned).collect();
        credentials.sort_unstable();
        credentials.dedup();
        let context = RequestContext {
            ip: source_ip(event),
            time: Some(now),
            stage: Some(method_arn.stage().to_owned()),
            headers,
            query,
        };
        Ok(Self { method_arn, credentials, context, carries_fields: true })
    }
}

fn method_arn(event: &Map<String, Value>) -> Result<MethodArn, EventFault> {
    let text = event.get("methodArn").and_then(Value::as_str).ok_or(EventFault::Member("methodArn"))?;
    MethodArn::parse(text).map_err(EventFault::Arn)
}

/// Names and values, in the order in which the last one counts: of `multi` where it has any, else of `single`.
fn fields(
    event: &Map<String, Value>,
    single: &str,
    multi: &str,
) -> Result<Vec<(String, String)>, EventFault> {
    let members = |name: &str| event.get(name).and_then(Value::as_object).into_iter().flatten();
    let all = members(multi).flat_map(|(name, values)| {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        values.map(move |value| (name.clone(), value.to_owned()))
    });
    let mut found: Vec<(String, String)> = all.take(MAX_FIELDS + 1).collect();
    if found.is_empty() {
        let all =
            members(single).filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        found = all.take(MAX_FIELDS + 1).collect();
    }
    if found.len() > MAX_FIELDS { Err(EventFault::TooManyFields) } else { Ok(found) }
}

fn values(fields: &[(String, String)], is_wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let wanted = fields.iter().filter(|(name, value)| is_wanted(name) && !value.trim().is_empty());
    wanted.map(|(_, value)| value.as_str()).collect()
}

fn source_ip(event: &Map<String, Value>) -> Option<std::net::IpAddr> {
    event.get("requestContext")?.get("identity")?.get("sourceIp")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
