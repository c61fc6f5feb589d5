//! Which kind of API sent an event.

use std::fmt;

use super::parts::{Member, Parts};
use crate::token::Json;

/// The kind of API and authorizer that an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A REST API's TOKEN authorizer.
    RestToken,
    /// A REST API's REQUEST authorizer.
    RestRequest,
    /// An HTTP API, payload format 1.0.
    HttpApi1,
    /// An HTTP API, payload format 2.0.
    HttpApi2,
    /// The `$connect` route of a WebSocket API.
    WebSocket,
    /// An `AppSync` API.
    AppSync,
    /// None of these.
    Unknown,
}

impl Shape {
    /// The shape of an event. A member that is null counts as one that is not there.
    pub(super) fn of<'d, 'a>(event: &Parts<'d, 'a>) -> Self {
        let there = |part: Member<'d, 'a>| part.filter(|value| !value.is_null());
        let context = &event.context;
        let is_connect = || {
            there(context.connection_id).is_some()
                || there(context.event_type).is_some()
                || event.method_arn.and_then(Json::as_bytes).is_some_and(is_connect_arn)
        };
        match (there(event.r#type).map(Json::as_bytes), there(event.version).map(Json::as_bytes)) {
            (Some(Some(b"TOKEN")), None) => Self::RestToken,
            (Some(Some(b"REQUEST")), Some(Some(b"2.0"))) => Self::HttpApi2,
            (Some(Some(b"REQUEST")), Some(Some(b"1.0"))) => Self::HttpApi1,
            (Some(Some(b"REQUEST")), None) if is_connect() => Self::WebSocket,
            (Some(Some(b"REQUEST")), None) => Self::RestRequest,
            (None, None) if there(context.query_string).is_some() => Self::AppSync,
            _ => Self::Unknown,
        }
    }

    /// Whether a header or parameter that is sent twice comes as one, the values separated by commas.
    pub(super) const fn joins_fields(self) -> bool {
        matches!(self, Self::HttpApi1 | Self::HttpApi2)
    }
}

/// `{api}/{stage}/$connect`: a REST API's path that ends like this has a verb before it.
fn is_connect_arn(arn: &[u8]) -> bool {
    let resource = || arn.splitn(6, |byte| *byte == b':').nth(5).unwrap_or_default();
    arn.ends_with(b"/$connect") && resource().split(|byte| *byte == b'/').skip(2).eq([b"$connect"])
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RestToken => "a TOKEN event of a REST API",
            Self::RestRequest => "a REQUEST event of a REST API",
            Self::HttpApi1 => "one of an HTTP API, payload format 1.0",
            Self::HttpApi2 => "one of an HTTP API, payload format 2.0",
            Self::WebSocket => "one of a WebSocket API",
            Self::AppSync => "one of an AppSync API",
            Self::Unknown => "of an unknown shape",
        })
    }
}
