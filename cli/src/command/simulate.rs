//! `policyctl simulate`: one decision, explained; or many, at full speed.

use std::io::Write;

use policy_engine::iam::MethodArn;
use policy_engine::{Caller, Decision, Request, RequestContext, Verb};
use serde::Serialize;
use serde_json::Value;

use crate::answer::Outcome;
use crate::args::{Format, SimulateArgs};
use crate::batch::{self, Line, Lines};
use crate::exit::{Exit, Failure};
use crate::explain::{Explained, word};
use crate::issuer::IssuerChoice;
use crate::render::json::versioned;
use crate::render::{self, Paint, human, note};
use crate::scene::{Given, Scene, Who, present};
use crate::{answer, input, load, params};

/// Stands for the API where none is named.
const EXAMPLE_API: &str = "arn:aws:execute-api:eu-west-1:123456789012:example";

pub(super) fn run(args: &SimulateArgs) -> Result<Exit, Failure> {
    match &args.batch {
        Some(path) => run_batch(args, path),
        None => run_one(args),
    }
}

#[derive(Debug, Serialize)]
struct Output {
    #[serde(flatten)]
    explained: Explained,
    #[serde(skip_serializing_if = "Option::is_none")]
    iam: Option<Outcome>,
}

fn run_one(args: &SimulateArgs) -> Result<Exit, Failure> {
    let SimulateArgs { policy, who, token, request, params, .. } = args;
    let mut scene = Given { policy, who, token, request, params }.scene()?;
    check_address(&scene)?;
    let (verb, path) = asked(args, &scene)?;
    let arn = args.iam.then(|| method_arn(args, &scene, verb, &path)).transpose()?;
    if let Some(arn) = &arn {
        scene.context.stage = Some(arn.stage().to_owned());
    }
    let explained = match &scene.who {
        Who::Refused(refusal) => Explained::invalid_token(&refusal.to_string()),
        who => {
            let caller = scene.policy.caller(who.token());
            let request = Request { verb, path: &path, context: &scene.context };
            Explained::of(&caller, &request).with_text(&scene.origins, &scene.sources)
        }
    };
    match args.format {
        Format::Json => print_json(explained, arn.as_ref(), &scene)?,
        Format::Human => print_human(&format!("{verb} {path}"), &explained, arn.as_ref(), &scene)?,
    }
    Ok(Exit::Fine)
}

/// Refuses an event that does not carry the caller's address where that decides.
fn check_address(scene: &Scene) -> Result<(), Failure> {
    let Some(rules) = scene.answered.as_ref().and_then(|answered| answered.open.as_ref()) else {
        return Ok(());
    };
    let names = rules.iter().filter_map(|id| scene.policy.rule(*id)).map(|rule| format!("`{}`", rule.id));
    let names: Vec<String> = names.collect();
    let message =
        format!("the event does not carry the caller's address, and it decides, in {}", names.join(", "));
    Err(Failure::invalid(message).help(
        "`policyctl iam` shows the authorizer's answer, which leaves it to API Gateway; for a decision give the verb, \
         the path and `--ip` in place of the event",
    ))
}

/// The verb and the path: those of the command line, or of the event.
fn asked(args: &SimulateArgs, scene: &Scene) -> Result<(Verb, String), Failure> {
    let unknown =
        |verb: &str| Failure::invalid(format!("the event's verb, `{verb}`, is none that a policy can name"));
    match (&scene.method_arn, args.verb, &args.path) {
        (Some(arn), ..) => {
            let verb = Verb::parse(arn.verb_text()).ok_or_else(|| unknown(arn.verb_text()))?;
            Ok((verb, arn.path().to_owned()))
        }
        (None, Some(verb), Some(path)) => Ok((verb, path.clone())),
        _ => {
            Err(Failure::usage("a verb and a path are needed")
                .help("write them behind the policy: `GET /users`"))
        }
    }
}

/// The method that an IAM policy is made for.
fn method_arn(args: &SimulateArgs, scene: &Scene, verb: Verb, path: &str) -> Result<MethodArn, Failure> {
    if let Some(arn) = &scene.method_arn {
        return Ok(arn.clone());
    }
    let stage = scene.context.stage.as_deref();
    let Some(given) = &args.method_arn else {
        let (stage, below) = (stage.unwrap_or("dev"), path.strip_prefix('/').unwrap_or(path));
        return answer::parse_arn(&format!("{EXAMPLE_API}/{stage}/{verb}/{below}"));
    };
    let arn = answer::parse_arn(given)?;
    answer::check_stage(&arn, stage)?;
    if (arn.verb_text(), arn.path()) == (verb.name(), path) {
        return Ok(arn);
    }
    let (other, elsewhere) = (arn.verb_text(), arn.path());
    Err(Failure::usage(format!("the method is `{other} {elsewhere}`, and the request is `{verb} {path}`")))
}

fn print_json(explained: Explained, arn: Option<&MethodArn>, scene: &Scene) -> Result<(), Failure> {
    if let Some(detail) = explained.detail.as_ref().filter(|_| explained.reason != "default") {
        note(&format!("note: {detail}"));
    }
    let iam = arn.map(|arn| answer::of(scene, arn)).map(|answered| {
        note(&answered.about);
        answered.outcome
    });
    render::print_json(&versioned(Output { explained, iam }))?;
    Ok(())
}

fn print_human(
    asked: &str,
    explained: &Explained,
    arn: Option<&MethodArn>,
    scene: &Scene,
) -> Result<(), Failure> {
    let mut out = render::stdout();
    out.write_all(human::decision(asked, explained, Paint::stdout()).as_bytes())?;
    if let Some(arn) = arn {
        let answered = answer::of(scene, arn);
        writeln!(out, "\nThe authorizer's answer: {}.", answered.about)?;
        if arn.text().starts_with(EXAMPLE_API) {
            writeln!(out, "Its API is made up; name yours with `--method-arn`.")?;
        }
        writeln!(out, "{}", render::pretty(&answered.outcome)?)?;
    }
    out.flush()?;
    Ok(())
}

fn run_batch(args: &SimulateArgs, path: &str) -> Result<Exit, Failure> {
    input::check_stdin([Some(args.policy.as_str()), Some(path)])?;
    let policy = params::bind(load::program(&args.policy)?.program, &args.params)?;
    let issuers = IssuerChoice::new(&policy, args.token.issuer.as_deref())?;
    // Written once, and not for every line.
    let ids: Vec<String> =
        policy.program().parts().rules.iter().map(|rule| Value::from(rule.id.as_str()).to_string()).collect();
    let answer = |caller: &Caller<'_>, line: &Line<'_>, context: &RequestContext, out: &mut Vec<u8>| {
        let (verb, path) = line.verb_and_path()?;
        let decision = caller.decide(&Request { verb, path, context });
        write_decision(out, &decision, &ids);
        Ok(())
    };
    let now = args.token.now.unwrap_or_else(present);
    batch::run(path, &Lines { policy: &policy, issuers: &issuers, now, answer })
}

fn write_decision(out: &mut Vec<u8>, decision: &Decision, ids: &[String]) {
    let reason = decision.reason.name();
    // Writing to memory cannot fail.
    let _ = write!(out, r#"{{"decision":"{}","reason":"{reason}","rules":["#, word(decision.allowed));
    let rules = decision.rules.iter().filter_map(|id| ids.get(id.0 as usize));
    for (number, id) in rules.enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(id.as_bytes());
    }
    out.extend_from_slice(b"]}");
}
