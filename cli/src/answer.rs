//! The authorizer's answer, and what there is to say about it.

use policy_authorizer::handler::Unauthorized;
use policy_authorizer::response::{AnswerTooLarge, Form, Reply, respond};
use policy_authorizer::sufficient::EventAnswer;
use policy_engine::iam::{Inexact, MethodArn, Mode, Traced};
use policy_engine::{InvalidToken, Policy, RequestContext, Token};
use serde::Serialize;

use crate::exit::Failure;
use crate::render::human::thousands;
use crate::scene::{Scene, Who};

/// What API Gateway gets. As JSON, it is exactly what the authorizer returns.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// A policy with the rest of the response, or yes or no.
    Reply(Reply),
    /// The function's error that API Gateway makes a 401 of.
    Error(FunctionError),
}

/// An error as the Lambda runtime reports it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionError {
    error_type: &'static str,
    error_message: String,
}

/// The outcome, and what people should know about it.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What API Gateway gets.
    pub(crate) outcome: Outcome,
    /// What it is right for, and how large it is.
    pub(crate) about: String,
    /// Its resources with the rules behind them; none where no policy is answered.
    pub(crate) traced: Vec<Traced>,
}

/// A method's ARN.
pub(crate) fn parse_arn(text: &str) -> Result<MethodArn, Failure> {
    MethodArn::parse(text).map_err(|error| Failure::invalid(format!("`{text}` is not a method ARN: {error}")))
}

/// Refuses another stage than the method's.
pub(crate) fn check_stage(arn: &MethodArn, stage: Option<&str>) -> Result<(), Failure> {
    match stage {
        Some(stage) if stage != arn.stage() => {
            Err(Failure::usage(format!("the stage is `{stage}`, and the method's is `{}`", arn.stage())))
        }
        _ => Ok(()),
    }
}

/// The authorizer's answer to whoever asks in the scene.
pub(crate) fn of(scene: &Scene, arn: &MethodArn) -> Answered {
    match &scene.who {
        Who::Refused(refusal) => refused(&scene.policy, arn, scene.form, &refusal.to_string()),
        who => {
            let answered = scene.answered.clone().unwrap_or_else(|| {
                EventAnswer::of(respond(&scene.policy, who.token(), arn, &at_stage(arn, &scene.context)))
            });
            let about = about(&scene.policy, &answered, who.token());
            let document = answered.answer.response.policy_document.clone();
            let (outcome, too_large) = outcome(answered, who.token(), scene.form);
            let about = too_large
                .map_or(about, |error| format!("{error}, so the authorizer answers `Unauthorized` (401)"));
            let traced = match &outcome {
                Outcome::Reply(_) => scene.policy.caller(who.token()).trace(arn, &document),
                Outcome::Error(_) => Vec::new(),
            };
            Answered { outcome, about, traced }
        }
    }
}

/// The authorizer's answer alone.
pub(crate) fn bare(
    policy: &Policy,
    token: Option<&Token>,
    arn: &MethodArn,
    context: &RequestContext,
) -> Outcome {
    outcome(EventAnswer::of(respond(policy, token, arn, &at_stage(arn, context))), token, Form::Rest).0
}

/// The request's context, at the stage that the method is of.
fn at_stage(arn: &MethodArn, context: &RequestContext) -> RequestContext {
    RequestContext { stage: Some(arn.stage().to_owned()), ..context.clone() }
}

/// As the authorizer does: whoever has no token, and needs one, is asked for it.
fn outcome(answered: EventAnswer, token: Option<&Token>, form: Form) -> (Outcome, Option<AnswerTooLarge>) {
    if token.is_none() && answered.is_denied() {
        return (unauthorized(), None);
    }
    match answered.answer.into_reply(form) {
        Ok(reply) => (Outcome::Reply(reply), None),
        Err(error) => (unauthorized(), Some(error)),
    }
}

fn unauthorized() -> Outcome {
    Outcome::Error(FunctionError { error_type: "Unauthorized", error_message: Unauthorized.to_string() })
}

fn refused(policy: &Policy, arn: &MethodArn, form: Form, why: &str) -> Answered {
    match policy.settings().invalid_token {
        InvalidToken::Unauthorized => Answered {
            outcome: unauthorized(),
            about: format!("{why}, so the authorizer answers `Unauthorized` (401)"),
            traced: Vec::new(),
        },
        InvalidToken::Forbidden => Answered {
            outcome: Outcome::Reply(Reply::deny_everything(arn, form)),
            about: format!("{why}, so everything is denied (403)"),
            traced: Vec::new(),
        },
    }
}

fn about(policy: &Policy, answered: &EventAnswer, token: Option<&Token>) -> String {
    let answer = &answered.answer;
    if token.is_none() && answered.is_denied() {
        return "there is no token, and without one this is denied, so the authorizer answers `Unauthorized` (401)".to_owned();
    }
    let size = thousands(answer.response.policy_document.size());
    let most = thousands(policy.settings().max_policy_bytes as usize);
    match (&answer.hostile_claim, &answer.mode) {
        (Some(claim), _) => format!(
            "everything is denied, since `{claim}` is hostile where a rule compares it to the path; {size} of {most} bytes"
        ),
        (None, Mode::WholeApi) if answered.open.is_some() => format!(
            "the policy covers the whole API, and asks for the caller's address, which decides about this request; \
             {size} of {most} bytes"
        ),
        (None, Mode::WholeApi) => format!("the policy covers the whole API; {size} of {most} bytes"),
        (None, Mode::PerRequest(inexact)) => format!(
            "the policy covers only the request at hand, so the cache must be off; {size} of {most} bytes\n{}",
            obstacle(policy, inexact)
        ),
    }
}

/// Why there is no policy for the whole API.
pub(crate) fn obstacle(policy: &Policy, inexact: &Inexact) -> String {
    let example =
        inexact.example.as_ref().map_or_else(String::new, |example| format!("; for instance `{example}`"));
    let culprit = match inexact.rule.and_then(|id| policy.rule(id)) {
        Some(rule) => format!("the rule `{}` ({}:{})", rule.id, policy.program().file_of(rule), rule.line),
        None => "this".to_owned(),
    };
    format!("{culprit} makes it so: {}{example}", inexact.obstacle)
}
