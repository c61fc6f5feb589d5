//! `policyctl iam`: the authorizer's answer for a token.

use std::io::Write;

use policy_engine::{Caller, RequestContext};

use crate::args::{Format, IamArgs};
use crate::batch::{self, Line, Lines};
use crate::exit::{Exit, Failure};
use crate::issuer::IssuerChoice;
use crate::matrix::persona::Personas;
use crate::render::json::versioned;
use crate::render::{self, Paint, note};
use crate::scene::{Given, present};
use crate::sizes::Sizes;
use crate::{answer, input, load, params};

pub(super) fn run(args: &IamArgs) -> Result<Exit, Failure> {
    if args.all {
        return run_all(args);
    }
    match &args.batch {
        Some(path) => run_batch(args, path),
        None => run_one(args),
    }
}

fn run_one(args: &IamArgs) -> Result<Exit, Failure> {
    let IamArgs { policy, who, token, request, params, .. } = args;
    let given_arn = args.method_arn.as_deref().map(answer::parse_arn).transpose()?;
    let scene = Given { policy, who, token, request, params }.scene()?;
    let needed = || Failure::usage("a method is needed").help("give `--method-arn ARN` or `--event FILE`");
    let arn = scene.method_arn.as_ref().or(given_arn.as_ref()).ok_or_else(needed)?;
    answer::check_stage(arn, request.stage.as_deref())?;
    let answered = answer::of(&scene, arn);
    let listing = |paint| render::policy::listing(&scene.policy, &answered.traced, paint);
    let mut out = render::stdout();
    if args.format == Some(Format::Human) {
        write!(out, "{}\n{}", answered.about, listing(Paint::stdout()))?;
    } else {
        note(&answered.about);
        if args.format.is_none() && !answered.traced.is_empty() {
            note(listing(Paint::stderr()).trim_end());
        }
        serde_json::to_writer(&mut out, &answered.outcome).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(Exit::Fine)
}

/// One line for each caller of the policy's tests.
fn run_all(args: &IamArgs) -> Result<Exit, Failure> {
    let personas = Personas::of_tests(&args.policy, &args.params)?;
    let sizes = Sizes::new(&personas)?;
    if args.format == Some(Format::Json) {
        render::print_json(&versioned(sizes))?;
    } else {
        let mut out = render::stdout();
        out.write_all(sizes.table(Paint::stdout()).as_bytes())?;
        out.flush()?;
    }
    Ok(Exit::Fine)
}

fn run_batch(args: &IamArgs, path: &str) -> Result<Exit, Failure> {
    input::check_stdin([Some(args.policy.as_str()), Some(path)])?;
    let policy = params::bind(load::program(&args.policy)?.program, &args.params)?;
    let issuers = IssuerChoice::new(&policy, args.token.issuer.as_deref())?;
    let answer = |caller: &Caller<'_>, line: &Line<'_>, context: &RequestContext, out: &mut Vec<u8>| {
        let arn = line.method_arn()?;
        let outcome = answer::bare(caller.policy(), caller.token(), &arn, context);
        serde_json::to_writer(out, &outcome).map_err(|error| error.to_string())
    };
    let now = args.token.now.unwrap_or_else(present);
    batch::run(path, &Lines { policy: &policy, issuers: &issuers, now, answer })
}
