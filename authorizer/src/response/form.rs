//! What each kind of API takes as an answer.

use std::fmt;

use policy_engine::iam::MethodArn;
use policy_engine::{AuthorizerSettings, ResponseFormat};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Answer, Response, Written};
use crate::event::Shape;

/// The largest answer for a WebSocket API, in bytes (AWS, "Output from an API Gateway Lambda authorizer").
pub const MAX_WEBSOCKET_BYTES: usize = 8 * 1024;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A REST API's: an IAM policy, a context, and a usage key.
    Rest,
    /// A WebSocket API's: the same, in at most [`MAX_WEBSOCKET_BYTES`].
    WebSocket,
    /// An HTTP API's: an IAM policy and a context. It knows no usage keys.
    HttpApi,
    /// An HTTP API's with simple responses: yes or no, and a context.
    Simple,
}

/// What the function returns.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// An IAM policy.
    Policy(Response),
    /// Yes or no.
    Simple(SimpleResponse),
    /// An IAM policy that was written before, for the same token.
    Written(Written),
}

/// A simple response (AWS, "Control access to HTTP APIs with AWS Lambda authorizers"). It holds for every request
/// with the same identity sources.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimpleResponse {
    /// Whether the request at hand is allowed.
    pub is_authorized: bool,
    /// What the backend gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Map<String, Value>>,
}

/// The answer has more than [`MAX_WEBSOCKET_BYTES`], so that a WebSocket API would not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerTooLarge;

impl fmt::Display for AnswerTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer has more than the {MAX_WEBSOCKET_BYTES} bytes that a WebSocket API takes")
    }
}

impl std::error::Error for AnswerTooLarge {}

impl Form {
    /// The form for events of that shape. Payload format 2.0 alone knows simple responses.
    pub const fn of(shape: Shape, settings: &AuthorizerSettings) -> Self {
        match shape {
            Shape::HttpApi2 if matches!(settings.response, ResponseFormat::Simple) => Self::Simple,
            Shape::HttpApi1 | Shape::HttpApi2 => Self::HttpApi,
            Shape::WebSocket => Self::WebSocket,
            Shape::RestToken | Shape::RestRequest | Shape::AppSync | Shape::Unknown => Self::Rest,
        }
    }
}

impl Answer {
    /// What the function returns, in that form.
    pub fn into_reply(self, form: Form) -> Result<Reply, AnswerTooLarge> {
        let response = self.response;
        match form {
            Form::Rest => Ok(Reply::Policy(response)),
            Form::HttpApi => Ok(Reply::Policy(Response { usage_identifier_key: None, ..response })),
            Form::Simple => Ok(Reply::Simple(SimpleResponse {
                is_authorized: self.decision.allowed,
                context: response.context,
            })),
            Form::WebSocket => {
                let size = serde_json::to_vec(&response).map_or(usize::MAX, |bytes| bytes.len());
                if size > MAX_WEBSOCKET_BYTES { Err(AnswerTooLarge) } else { Ok(Reply::Policy(response)) }
            }
        }
    }
}

impl Reply {
    /// Denies everything, whoever asks: for an invalid token where the policy wants 403 in place of 401.
    pub fn deny_everything(arn: &MethodArn, form: Form) -> Self {
        match form {
            Form::Simple => Self::Simple(SimpleResponse { is_authorized: false, context: None }),
            Form::Rest | Form::WebSocket | Form::HttpApi => Self::Policy(Response::deny_everything(arn)),
        }
    }
}
