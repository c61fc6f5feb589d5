//! A second opinion on documents, from an evaluator that others wrote: `iam-rs`.

use iam_rs::{
    Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId,
};
use jiff::Timestamp;
use policy_engine::RequestContext;
use serde_json::Value as Json;

/// Whether that evaluator allows the resource in that context. It has no say on a resource that holds a `*`: it
/// (version 0.8) takes one for the pattern's, which then is no wildcard any more (`*x` does not match `*ax`).
pub(crate) fn allows(document: &Json, arn: &str, request: &RequestContext) -> Option<bool> {
    if arn.contains('*') {
        return None;
    }
    let policy: IAMPolicy = serde_json::from_value(document.clone()).expect("a policy that `iam-rs` reads");
    let mut context = Context::new();
    if let Some(time) = request.time {
        let now = Timestamp::from_second(time).expect("a time").to_string();
        context.insert("aws:CurrentTime".to_owned(), ContextValue::String(now));
    }
    if let Some(ip) = request.ip {
        context.insert("aws:SourceIp".to_owned(), ContextValue::String(ip.to_canonical().to_string()));
    }
    let request = IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String("arn:aws:iam::123456789012:user/caller".to_owned())),
        "execute-api:Invoke",
        Arn::parse(arn).expect("an ARN that `iam-rs` reads"),
        context,
    );
    let result = PolicyEvaluator::with_policies(vec![policy]).evaluate(&request);
    Some(result.expect("a policy that `iam-rs` evaluates").decision == Decision::Allow)
}
