//! The answer in the form that API Gateway expects.

mod form;
mod kept;

use policy_engine::iam::{Emission, MethodArn, Mode, PolicyDocument, deny_everything};
use policy_engine::{ANONYMOUS, Decision, Policy, RequestContext, Token};
use serde::Serialize;
use serde_json::{Map, Value};

pub use form::{AnswerTooLarge, Form, MAX_WEBSOCKET_BYTES, Reply, SimpleResponse};
pub(crate) use kept::KeptAnswer;
pub use kept::Written;

/// A Lambda authorizer's answer: IAM form. A field that is not there is left out; null would be an error.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Who asks.
    pub principal_id: String,
    /// What they may do.
    pub policy_document: PolicyDocument,
    /// What the backend gets: strings, numbers and booleans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Map<String, Value>>,
    /// The API key that usage plans count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_identifier_key: Option<String>,
}

/// A response, and what it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What API Gateway gets, in one [`Form`] or another.
    pub response: Response,
    /// What the response's policy is right for.
    pub mode: Mode,
    /// The decision for the request at hand.
    pub decision: Decision,
    /// The claim for whose sake everything is denied, if any.
    pub hostile_claim: Option<String>,
}

/// The answer for a verified token, or for a request without one.
pub fn respond(policy: &Policy, token: Option<&Token>, arn: &MethodArn, context: &RequestContext) -> Answer {
    let caller = policy.caller(token);
    let Emission { document, mode, decision } = caller.emit(arn, context);
    let entries: Map<String, Value> = caller.context(context).into_iter().collect();
    let response = Response {
        principal_id: caller.principal(context),
        policy_document: document,
        context: (!entries.is_empty()).then_some(entries),
        usage_identifier_key: caller.usage_key(context),
    };
    Answer { response, mode, decision, hostile_claim: caller.hostile_claim() }
}

impl Response {
    /// Denies everything, whoever asks: for an invalid token where the policy wants 403 in place of 401.
    pub fn deny_everything(arn: &MethodArn) -> Self {
        Self {
            principal_id: ANONYMOUS.to_owned(),
            policy_document: deny_everything(arn),
            context: None,
            usage_identifier_key: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_fields_are_left_out() {
        let arn = MethodArn::parse("arn:aws:execute-api:eu-west-1:1:a/s/GET/x").unwrap();
        let mut response = Response::deny_everything(&arn);
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": ["arn:aws:execute-api:eu-west-1:1:a/s/*"]
            }]
        });
        let bare = json!({ "principalId": "anonymous", "policyDocument": document });
        assert_eq!(serde_json::to_value(&response).unwrap(), bare);

        response.usage_identifier_key = Some("key".to_owned());
        response.context = Some(Map::from_iter([("admin".to_owned(), json!(true))]));
        let full = json!({
            "principalId": "anonymous", "policyDocument": document,
            "context": { "admin": true }, "usageIdentifierKey": "key"
        });
        assert_eq!(serde_json::to_value(&response).unwrap(), full);
    }

    #[test]
    fn the_type_of_aws_lambda_events_reads_it() {
        use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerResponse;

        let arn = MethodArn::parse("arn:aws:execute-api:eu-west-1:1:a/s/GET/x").unwrap();
        let text = serde_json::to_string(&Response::deny_everything(&arn)).unwrap();
        let read: ApiGatewayCustomAuthorizerResponse<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(read.principal_id.as_deref(), Some("anonymous"));
        assert_eq!(read.policy_document.statement.len(), 1);
    }
}
