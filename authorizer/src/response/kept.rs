//! Answers that are kept as they were written, for the next request with the same token.

use std::sync::Arc;

use policy_engine::Policy;
use policy_engine::condition::IssuerId;
use policy_engine::iam::MethodArn;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Form, Reply};

/// An answer, as JSON text.
#[derive(Debug, Clone)]
pub struct Written(Arc<RawValue>);

/// An answer that is right for every request with one token to one stage of an API.
#[derive(Debug)]
pub(crate) struct KeptAnswer {
    /// What the ARNs of that stage start with.
    stage: String,
    form: Form,
    /// The issuer that the token was of: an issuer of the same `url` may have other rules.
    issuer: IssuerId,
    written: Written,
    principal: String,
    policy_bytes: usize,
}

impl Written {
    /// The text.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.as_json() == other.as_json()
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl KeptAnswer {
    /// Whether such answers to one token differ in nothing but the ARN's stage, as long as they are for the whole API:
    /// nothing in them, and nothing that is said about them, is of the request.
    pub(crate) fn are_right_for(policy: &Policy) -> bool {
        policy.outputs_follow_from_token() && !policy.reads().address
    }

    /// An answer to a request for that ARN with a token of that issuer. None where it holds for that request alone.
    pub(crate) fn new(reply: &Reply, arn: &MethodArn, form: Form, issuer: IssuerId) -> Option<Self> {
        let Reply::Policy(response) = reply else { return None };
        let text = serde_json::to_string(reply).ok()?;
        Some(Self {
            stage: arn.stage_prefix().to_owned(),
            form,
            issuer,
            written: Written(RawValue::from_string(text).ok()?.into()),
            principal: response.principal_id.clone(),
            policy_bytes: response.policy_document.size(),
        })
    }

    /// The answer to a request for that ARN with a token of that issuer, if it is one.
    pub(crate) fn reply_to(&self, arn: &MethodArn, form: Form, issuer: IssuerId) -> Option<Reply> {
        let fits = self.form == form && self.issuer == issuer && self.stage == arn.stage_prefix();
        fits.then(|| Reply::Written(self.written.clone()))
    }

    pub(crate) fn principal(&self) -> &str {
        &self.principal
    }

    /// The length of its policy, in bytes.
    pub(crate) const fn policy_bytes(&self) -> usize {
        self.policy_bytes
    }

    /// An answer of so many bytes, or some more.
    #[cfg(test)]
    pub(crate) fn sample(bytes: usize) -> Self {
        let text = serde_json::Value::from("x".repeat(bytes)).to_string();
        let written = Written(RawValue::from_string(text).unwrap().into());
        Self {
            stage: String::new(),
            form: Form::Rest,
            issuer: IssuerId(0),
            written,
            principal: String::new(),
            policy_bytes: bytes,
        }
    }

    /// The length of its texts, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.stage.len() + self.principal.len() + self.written.as_json().len()
    }
}
