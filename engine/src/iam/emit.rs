//! The answer for a token: a policy for the whole API, or for the request at hand.

use jiff::Timestamp;

use crate::caller::Caller;
use crate::decide::{Decision, Reason};
use crate::iam::arn::MethodArn;
use crate::iam::document::{CurrentTime, PolicyDocument, text_of};
use crate::iam::holes::Holes;
use crate::iam::inexact::{Inexact, Obstacle};
use crate::iam::lower::{Block, Form, Lowered};
use crate::iam::plan::{End, MAX_RESOURCE_CHARS, nothing, statements};
use crate::iam::shape::has_iam_meaning;
use crate::request::{Request, RequestContext};
use crate::verb::Verb;

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
        let decision = self.decide_arn(arn, context);
        if self.is_hostile() {
            return Emission { document: deny_everything(arn), mode: Mode::WholeApi, decision };
        }
        let (document, mode) = match self.whole_api(arn) {
            Ok(document) => (document, Mode::WholeApi),
            Err(inexact) => {
                let document = if decision.allowed { self.one_request(arn) } else { None };
                (document.unwrap_or_else(|| deny_everything(arn)), Mode::PerRequest(inexact))
            }
        };
        Emission { document, mode, decision }
    }

    /// The decision for a request. `context.stage` is not looked at: the stage is the ARN's.
    pub fn decide_arn(&self, arn: &MethodArn, context: &RequestContext) -> Decision {
        let Some(verb) = Verb::parse(arn.verb_text()) else { return Decision::deny(Reason::Default) };
        if self.policy.reads_stage {
            let context = RequestContext { stage: Some(arn.stage().to_owned()), ..context.clone() };
            return self.decide(&Request { verb, path: arn.path(), context: &context });
        }
        self.decide(&Request { verb, path: arn.path(), context })
    }

    fn whole_api(&self, arn: &MethodArn) -> Result<PolicyDocument, Inexact> {
        let holes = Holes::of(self);
        let end = if self.policy.settings().expire_with_token { self.expiry() } else { None };
        for form in [Form::Plain, Form::Merged] {
            let plan = self.policy.plans.plan_for(self, arn, &holes, form);
            let document = plan.fill(&holes, end.as_ref())?.unwrap_or_else(|| deny_everything(arn));
            if document.size() <= self.policy.settings().max_policy_bytes as usize {
                return Ok(document);
            }
        }
        Err(Obstacle::DocumentTooLarge.into())
    }

    /// `None` where IAM cannot say this one path.
    fn one_request(&self, arn: &MethodArn) -> Option<PolicyDocument> {
        if has_iam_meaning(arn.text()) || arn.text().chars().count() > MAX_RESOURCE_CHARS {
            return None;
        }
        let settings = self.policy.settings();
        let end = if settings.expire_with_token && self.token().is_some() {
            Some(End::At(self.expiry()?))
        } else {
            None
        };
        let texts = vec![arn.below_stage().to_owned()];
        let block = Block { condition: None, allow: texts.clone(), deny: Vec::new() };
        let lowered = Lowered { blocks: vec![block], allowed: vec![(None, texts)], needs_guards: false };
        Some(PolicyDocument::of_text(text_of(
            arn.stage_prefix(),
            &statements(settings, lowered, end.as_ref()),
        )))
    }

    pub(crate) fn expiry(&self) -> Option<CurrentTime> {
        let end = self.token()?.expires()?;
        Timestamp::from_second(end).is_ok().then(|| CurrentTime::of(end))
    }
}

/// The policy that denies every request to the API's stage.
pub fn deny_everything(arn: &MethodArn) -> PolicyDocument {
    PolicyDocument::of_text(text_of(arn.stage_prefix(), &nothing()))
}
