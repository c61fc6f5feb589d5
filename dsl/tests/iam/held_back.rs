//! When a document lets through less than the rules, whatever these say.

use jiff::Timestamp;
use policy_engine::{Policy, RequestContext, Token};

/// Whether every Allow needs the token's end, and that is past. A token without an end, or with one that is no
/// date, is let nowhere then.
pub(crate) fn has_expired(policy: &Policy, token: Option<&Token>, context: &RequestContext) -> bool {
    policy.settings().expire_with_token
        && token.is_some_and(|token| {
            let is_past = |end| context.time >= Some(end) || Timestamp::from_second(end).is_err();
            token.expires().is_none_or(is_past)
        })
}

/// Whether a rule reads the address and IAM does not know it: then nothing that depends on it is let through,
/// whatever the rules make of it.
pub(crate) fn hides_address(policy: &Policy, context: &RequestContext) -> bool {
    context.ip.is_none() && policy.reads().address
}
