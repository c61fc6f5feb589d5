//! How large the policies of a policy's test personas are, and what they are right for.

use std::fmt::Write as _;

use policy_engine::iam::{MethodArn, Mode};
use policy_engine::{Policy, RequestContext};
use serde::Serialize;

use crate::answer;
use crate::exit::Failure;
use crate::explain::printable;
use crate::matrix::persona::{Persona, Personas};
use crate::render::Paint;
use crate::render::human::thousands;

/// Stands for an API of ordinary length, up to the stage.
const API: &str = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5";

/// The stage, where a test names none.
const STAGE: &str = "prod";

/// Every persona's policy. As JSON, it has the shape that `iam --all --format json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Sizes {
    personas: Vec<Size>,
}

/// A persona's policy.
#[derive(Debug, Serialize)]
struct Size {
    persona: String,
    /// The tests whose caller it is.
    tests: Vec<String>,
    mode: &'static str,
    /// The policy for the whole API, in bytes of JSON; `null` where there is none.
    bytes: Option<usize>,
    max_bytes: u32,
    /// How many resources it names.
    resources: Option<usize>,
    /// Why there is no policy for the whole API.
    why: Option<String>,
    hostile_claim: Option<String>,
}

impl Sizes {
    /// Asks the authorizer's emitter for each persona.
    pub(crate) fn new(personas: &Personas) -> Result<Self, Failure> {
        let sizes = personas.iter().map(|(policy, persona)| Size::new(policy, persona));
        Ok(Self { personas: sizes.collect::<Result<_, _>>()? })
    }

    /// As a table.
    pub(crate) fn table(&self, paint: Paint) -> String {
        let names: Vec<String> = self.personas.iter().map(|size| printable(&size.persona)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().max(7);
        let mut out =
            format!("{:width$}  {:11}  {:>9}  {:>7}  budget\n", "persona", "answer", "resources", "bytes");
        for (name, size) in names.iter().zip(&self.personas) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:width$}  {}", size.row(paint));
        }
        out
    }
}

impl Size {
    fn new(policy: &Policy, persona: &Persona) -> Result<Self, Failure> {
        let stage = persona.context.stage.as_deref().unwrap_or(STAGE);
        let arn: MethodArn = answer::parse_arn(&format!("{API}/{stage}/GET/"))?;
        let caller = policy.caller(persona.token.as_ref());
        let emission = caller.emit(&arn, &RequestContext::default());
        let (mode, why) = match &emission.mode {
            Mode::WholeApi => ("whole_api", None),
            Mode::PerRequest(inexact) => ("per_request", Some(answer::obstacle(policy, inexact))),
        };
        let is_whole = why.is_none();
        Ok(Self {
            persona: persona.name.clone(),
            tests: persona.tests.clone(),
            mode,
            bytes: is_whole.then(|| emission.document.size()),
            max_bytes: policy.settings().max_policy_bytes,
            resources: is_whole.then(|| caller.trace(&arn, &emission.document).len()),
            why,
            hostile_claim: caller.hostile_claim(),
        })
    }

    fn row(&self, paint: Paint) -> String {
        let (Some(bytes), Some(resources)) = (self.bytes, self.resources) else {
            let why = self.why.as_deref().unwrap_or_default();
            return format!("{}  {}", paint.error("one request"), printable(why));
        };
        let most = usize::try_from(self.max_bytes).unwrap_or(usize::MAX).max(1);
        let share = bytes.saturating_mul(100).div_ceil(most);
        let hostile = self.hostile_claim.as_ref().map_or_else(String::new, |claim| {
            format!("  nothing is allowed: `{}` is hostile", printable(claim))
        });
        let (answer, resources, bytes) = (paint.good("whole API  "), thousands(resources), thousands(bytes));
        format!("{answer}  {resources:>9}  {bytes:>7}  {share:>4} %{hostile}")
    }
}
