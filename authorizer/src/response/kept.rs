//! Answers that are kept as they were written, for the next request with the same token.

use std::ops::Range;
use std::sync::Arc;

use policy_engine::condition::IssuerId;
use policy_engine::iam::MethodArn;
use policy_engine::{Policy, Standing};
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
    /// The times at which that issuer's settings accept the token, and no other's do; none where they are not known.
    accepted: Range<i64>,
    /// What the policy's rules make of the token.
    standing: Standing,
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

    /// An answer to a request for that ARN with a token of that issuer and standing. None where it holds for that request
    /// alone.
    pub(crate) fn new(
        reply: &Reply,
        (arn, form): (&MethodArn, Form),
        (issuer, standing): (IssuerId, Standing),
    ) -> Option<Self> {
        let Reply::Policy(response) = reply else { return None };
        let text = serde_json::to_string(reply).ok()?;
        Some(Self {
            stage: arn.stage_prefix().to_owned(),
            form,
            issuer,
            accepted: 0..0,
            standing,
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

    /// The same, for a token that its issuer's settings accept at these times, in seconds since 1970-01-01 UTC, and no other
    /// issuer's settings ever do.
    pub(crate) fn with_accepted(self, accepted: Range<i64>) -> Self {
        Self { accepted, ..self }
    }

    /// The issuer that accepts the token at that time, as far as that is known without another look at the token.
    pub(crate) fn issuer_at(&self, now: i64) -> Option<IssuerId> {
        self.accepted.contains(&now).then_some(self.issuer)
    }

    /// What the policy's rules make of the token.
    pub(crate) const fn standing(&self) -> &Standing {
        &self.standing
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
        let files = policy_dsl::source::MemoryFiles::default().with("p.policy", "public GET / as root");
        let program = policy_dsl::compile("p.policy", &files).policy.unwrap().program;
        let policy = Policy::bind(program, policy_engine::text::ParamValues::new(&[], |_| None)).unwrap();
        Self {
            accepted: 0..0,
            standing: policy.caller(None).standing(),
            stage: String::new(),
            form: Form::Rest,
            issuer: IssuerId(0),
            written,
            principal: String::new(),
            policy_bytes: bytes,
        }
    }

    /// The length of its texts and of the standing, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.standing.size() + self.stage.len() + self.principal.len() + self.written.as_json().len()
    }
}
