//! The answer for a token: a policy for the whole API, or for the request at hand.

use jiff::Timestamp;

use crate::caller::Caller;
use crate::decide::{Decision, Reason};
use crate::iam::arn::MethodArn;
use crate::iam::document::{Condition, CurrentTime, IamEffect, PolicyDocument, Resources, Statement};
use crate::iam::lower::{Inexact, Lowered, Obstacle, lower};
use crate::iam::shape::has_iam_meaning;
use crate::request::{Request, RequestContext};
use crate::verb::Verb;

/// What every malformed path that can be asked for matches, below the stage, and no other: gateways and
/// backends disagree about these, and a wildcard would let them through. `?` keeps the root apart from a slash
/// at the end. Two kinds have no guard: a raw control character cannot stand in a request line (RFC 9112,
/// section 3), and API Gateway refuses an ARN long before a path is too long.
const MALFORMED: [&str; 14] = [
    "/*//*", "/*/?*/", "/*/./*", "/*/../*", "/*/.", "/*/..", "/*%2f*", "/*%2F*", "/*%5c*", "/*%5C*",
    "/*%2e*", "/*%2E*", "/*%00*", "/*\\*",
];

/// An authorizer's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emission {
    /// The policy.
    pub document: PolicyDocument,
    /// What it is right for.
    pub mode: Mode,
    /// The decision for the request at hand.
    pub decision: Decision,
}

/// What a policy is right for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Every request with this token, for a route that exists: it can be kept.
    WholeApi,
    /// The request at hand alone: it must not be kept.
    PerRequest(Inexact),
}

impl Caller<'_> {
    /// The answer for a request. `context.stage` is not looked at: the stage is the ARN's.
    pub fn emit(&self, arn: &MethodArn, context: &RequestContext) -> Emission {
        let stage = RequestContext { stage: Some(arn.stage().to_owned()), ..RequestContext::default() };
        let context = RequestContext { stage: stage.stage.clone(), ..context.clone() };
        let decision = self.decide_arn(arn, &context);
        let deny_all = deny_everything(arn);
        if self.is_hostile() {
            return Emission { document: deny_all, mode: Mode::WholeApi, decision };
        }
        let whole = lower(self, &stage, arn.stage_prefix()).and_then(|lowered| self.whole_api(arn, lowered));
        let (document, mode) = match whole {
            Ok(document) => (document, Mode::WholeApi),
            Err(inexact) => {
                let document = if decision.allowed { self.one_request(arn) } else { None };
                (document.unwrap_or(deny_all), Mode::PerRequest(inexact))
            }
        };
        Emission { document, mode, decision }
    }

    fn decide_arn(&self, arn: &MethodArn, context: &RequestContext) -> Decision {
        match Verb::parse(arn.verb_text()) {
            Some(verb) => self.decide(&Request { verb, path: arn.path(), context }),
            None => Decision::deny(Reason::Default),
        }
    }

    fn whole_api(&self, arn: &MethodArn, lowered: Lowered) -> Result<PolicyDocument, Inexact> {
        let mut deny = lowered.deny;
        if lowered.needs_guards {
            deny.extend(MALFORMED.iter().map(|guard| format!("{}{guard}", arn.stage_prefix())));
        }
        let document = self.document(arn, lowered.allow, deny).unwrap_or_else(|| deny_everything(arn));
        if document.size() > self.policy.settings().max_policy_bytes as usize {
            return Err(Obstacle::DocumentTooLarge.into());
        }
        Ok(document)
    }

    /// `None` where IAM cannot say this one path.
    fn one_request(&self, arn: &MethodArn) -> Option<PolicyDocument> {
        let sayable = !has_iam_meaning(arn.text()) && arn.text().chars().count() <= 512;
        sayable.then(|| self.document(arn, vec![arn.text().to_owned()], Vec::new())).flatten()
    }

    /// `None` where nothing is allowed.
    fn document(&self, arn: &MethodArn, allow: Vec<String>, deny: Vec<String>) -> Option<PolicyDocument> {
        if allow.is_empty() {
            return None;
        }
        let settings = self.policy.settings();
        let mut statements = Vec::new();
        let mut allowing = Statement::new(IamEffect::Allow, Resources::These(allow.clone()));
        if settings.expire_with_token && self.token().is_some() {
            let end = self.expiry()?;
            allowing.condition = Some(Condition::Before(end.clone()));
            if settings.resource_policy {
                let mut late = Statement::new(IamEffect::Deny, Resources::These(vec![everything(arn)]));
                late.condition = Some(Condition::From(end));
                statements.push(late);
            }
        }
        statements.insert(0, allowing);
        if !deny.is_empty() {
            statements.push(Statement::new(IamEffect::Deny, Resources::These(deny)));
        }
        if settings.resource_policy {
            statements.push(Statement::new(IamEffect::Deny, Resources::AllBut(allow)));
        }
        Some(PolicyDocument::new(statements))
    }

    fn expiry(&self) -> Option<CurrentTime> {
        let end = Timestamp::from_second(self.token()?.expires()?).ok()?;
        Some(CurrentTime { time: end.to_string() })
    }
}

/// The policy that denies every request to the API's stage.
pub fn deny_everything(arn: &MethodArn) -> PolicyDocument {
    let everything = Resources::These(vec![everything(arn)]);
    PolicyDocument::new(vec![Statement::new(IamEffect::Deny, everything)])
}

fn everything(arn: &MethodArn) -> String {
    format!("{}/*", arn.stage_prefix())
}
