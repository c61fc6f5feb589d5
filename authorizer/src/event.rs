//! The events that API Gateway sends to an authorizer.
//!
//! The shapes are told apart before anything else is read: a REST REQUEST event without its `type` reads as a
//! TOKEN event without a token, and the payloads of HTTP APIs read as either. Inside a shape, what may be
//! missing may also be null or of another type, and is then left out. What an event says twice must agree.

mod fields;
mod parts;
mod place;
mod raw;
mod shape;

use std::borrow::Cow;
use std::fmt;

use policy_engine::iam::{ArnError, MethodArn};
use policy_engine::{Policy, RequestContext, Scheme, TokenSource};

use crate::token::{JsonFault, Refusal, behind_scheme, read_json};

use parts::{Context, Parts};

pub use raw::RawEvent;
pub use shape::Shape;

/// The largest event that is read, in bytes. API Gateway limits a request's headers to 10,240 bytes in all.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;
/// The most headers, or query parameters, that an event may have.
pub const MAX_FIELDS: usize = 512;

/// How deep an event may be nested.
pub const MAX_DEPTH: usize = 64;

/// What is read of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where the token is.
    pub token: TokenSource,
    /// Whether anybody reads the rest of the request's headers and of its query.
    pub fields: bool,
}

/// What an authorizer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// What sent it, and so what the answer has to look like.
    pub shape: Shape,
    /// The request's method.
    pub method_arn: MethodArn,
    /// The different values that stand where the policy says the token is: none, one, or too many.
    pub credentials: Vec<Cow<'a, str>>,
    /// The rest of the request; without headers and query where they are not wanted.
    pub context: RequestContext,
    /// Whether the event carries the request's headers and query: a TOKEN event does not, and every other does.
    pub carries_fields: bool,
}

/// Why an event cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFault {
    /// It is larger than [`MAX_EVENT_BYTES`].
    TooLarge,
    /// It is no JSON object, or one that is nested deeper than [`MAX_DEPTH`].
    NotAnObject,
    /// A member of one of its objects comes twice.
    DuplicateMember,
    /// It has a shape that this authorizer does not answer.
    Shape(Shape),
    /// A member that is needed is not there, or is no string.
    Member(&'static str),
    /// It has more headers or query parameters than [`MAX_FIELDS`].
    TooManyFields,
    /// The ARN in the member of that name is none.
    Arn(&'static str, ArnError),
    /// The member of that name tells of another request than the ARN, or of another kind of API.
    Disagrees(&'static str),
}

impl fmt::Display for EventFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the event is larger than {MAX_EVENT_BYTES} bytes"),
            Self::NotAnObject => f.write_str("the event is not a JSON object"),
            Self::DuplicateMember => f.write_str("a member of the event comes twice"),
            Self::Shape(shape) => {
                write!(
                    f,
                    "the event is {shape}; this authorizer answers those of REST, HTTP and WebSocket APIs"
                )
            }
            Self::Member(name) => write!(f, "the event has no `{name}`, or one that is not a string"),
            Self::TooManyFields => {
                write!(f, "the event has more than {MAX_FIELDS} headers or query parameters")
            }
            Self::Arn(name, error) => write!(f, "the event's `{name}` is unreadable: {error}"),
            Self::Disagrees(name) => {
                write!(f, "the event's `{name}` does not agree with the rest of it")
            }
        }
    }
}

impl std::error::Error for EventFault {}

impl Wanted {
    /// What a policy reads.
    pub fn by(policy: &Policy) -> Self {
        let fields = policy.reads().fields || policy.tells_fields();
        Self { token: policy.settings().token.clone(), fields }
    }
}

impl<'a> Event<'a> {
    /// Reads an event; `now` is the time of the request, in seconds since 1970-01-01 UTC.
    pub fn parse(bytes: &'a [u8], wanted: &Wanted, now: i64) -> Result<Self, EventFault> {
        if bytes.len() > MAX_EVENT_BYTES {
            return Err(EventFault::TooLarge);
        }
        let document = read_json(bytes, MAX_DEPTH).map_err(|fault| match fault {
            JsonFault::Duplicate => EventFault::DuplicateMember,
            JsonFault::Syntax | JsonFault::Nesting | JsonFault::NotAnObject => EventFault::NotAnObject,
        })?;
        let event = &Parts::of(document.object());
        match Shape::of(event) {
            Shape::RestToken => Self::from_token_event(event, now),
            shape @ (Shape::RestRequest | Shape::HttpApi1 | Shape::HttpApi2 | Shape::WebSocket) => {
                Self::from_request_event(event, shape, wanted, now)
            }
            other @ (Shape::AppSync | Shape::Unknown) => Err(EventFault::Shape(other)),
        }
    }

    /// The text of the request's token, if it has one. With a blank in it, it is none, and refused by who verifies it.
    pub fn token(&self, scheme: Scheme) -> Result<Option<&str>, Refusal> {
        match self.credentials.as_slice() {
            [] => Ok(None),
            [one] => behind_scheme(one, scheme),
            _ => Err(Refusal::SeveralTokens),
        }
    }

    fn from_token_event(event: &Parts<'_, 'a>, now: i64) -> Result<Self, EventFault> {
        let shape = Shape::RestToken;
        let method_arn = place::method_arn(event, shape)?;
        let credentials = match event.token {
            None => Vec::new(),
            Some(value) if value.is_null() => Vec::new(),
            Some(value) => {
                let text = value.text().ok_or(EventFault::Member("authorizationToken"))?;
                if text.is_empty() { Vec::new() } else { vec![text] }
            }
        };
        let stage = Some(method_arn.stage().to_owned());
        let context = RequestContext { time: Some(now), stage, ..RequestContext::default() };
        Ok(Self { shape, method_arn, credentials, context, carries_fields: false })
    }

    fn from_request_event(
        event: &Parts<'_, 'a>,
        shape: Shape,
        wanted: &Wanted,
        now: i64,
    ) -> Result<Self, EventFault> {
        let method_arn = place::method_arn(event, shape)?;
        let context = RequestContext {
            ip: source_ip(event, shape),
            time: Some(now),
            stage: Some(method_arn.stage().to_owned()),
            ..RequestContext::default()
        };
        let carries_fields = fields::are_carried(event);
        let credentials = Vec::new();
        let bare = Self { shape, method_arn, credentials, context, carries_fields };
        match fields::header_alone(event, shape, wanted) {
            Some(credentials) => Ok(Self { credentials, ..bare }),
            None => bare.with_fields(event, &wanted.token),
        }
    }

    fn with_fields(mut self, event: &Parts<'_, 'a>, token: &TokenSource) -> Result<Self, EventFault> {
        let headers = fields::headers(event, self.shape)?;
        let query = fields::query(event, self.shape)?;
        let joined = self.shape.joins_fields();
        self.credentials = match token {
            TokenSource::Header(name) => {
                fields::values(&headers, |header| header.eq_ignore_ascii_case(name), joined)
            }
            TokenSource::Query(name) => fields::values(&query, |parameter| parameter == name, joined),
        };
        self.context.headers = fields::owned(headers);
        self.context.query = fields::owned(query);
        Ok(self)
    }
}

fn source_ip(event: &Parts<'_, '_>, shape: Shape) -> Option<std::net::IpAddr> {
    let Context { http, identity, .. } = event.context;
    let holder = if shape == Shape::HttpApi2 { http } else { identity };
    holder?.get("sourceIp")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
