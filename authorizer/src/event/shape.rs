//! Which kind of API sent an event.

use std::fmt;

use serde_json::{Map, Value};

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
    /// The shape of an event.
    pub fn of(event: &Map<String, Value>) -> Self {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let context = |name: &str| event.get("requestContext").and_then(|context| context.get(name));
        let is_connect = context("connectionId").is_some()
            || context("eventType").is_some()
            || text("methodArn").is_some_and(|arn| arn.ends_with("/$connect"));
        match (text("type"), text("version")) {
            (_, Some("2.0")) => Self::HttpApi2,
            (Some("REQUEST"), Some("1.0")) => Self::HttpApi1,
            (Some("REQUEST"), None) if is_connect => Self::WebSocket,
            (Some("REQUEST"), None) if !event.contains_key("version") => Self::RestRequest,
            (Some("TOKEN"), None) if !event.contains_key("version") => Self::RestToken,
            (None, None) if context("queryString").is_some() && !event.contains_key("type") => Self::AppSync,
            _ => Self::Unknown,
        }
    }
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
