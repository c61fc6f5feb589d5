//! The values of a policy's params: from the command line, the environment, or made up for development.

use std::env::VarError;

use policy_dsl::suggest::did_you_mean;
use policy_engine::condition::IssuerId;
use policy_engine::text::{Param, ParamValues, Part, Text};
use policy_engine::{BindError, KeySource, Policy, Program};

use crate::args::ParamArgs;
use crate::exit::Failure;

/// The policy with the params' values filled in.
pub(crate) fn bind(program: Program, given: &ParamArgs) -> Result<Policy, Failure> {
    check_names(&program.parts().params, given)?;
    bind_with(program, given, &More::default())
}

/// Values besides those that are given from outside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct More<'a> {
    /// These go before all others.
    pub(crate) first: &'a [(String, String)],
    /// These stand in where there is no other, not even a default.
    pub(crate) last: &'a [(String, String)],
}

/// As [`bind`], with more values; a name that the policy does not know is no error.
pub(crate) fn bind_with(program: Program, given: &ParamArgs, more: &More<'_>) -> Result<Policy, Failure> {
    let params = &program.parts().params;
    check_environment(params)?;
    let lookup = |name: &str| {
        let default = params.iter().find(|param| param.name == name).and_then(|param| param.default.clone());
        last(more.first, name)
            .or_else(|| last(&given.given, name))
            .or_else(|| std::env::var(variable(name)).ok())
            .or(default)
            .or_else(|| last(more.last, name))
    };
    let values = ParamValues::new(params, lookup);
    Policy::bind(program, values).map_err(|error| unbound(&error))
}

fn last(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.clone())
}

/// As [`bind`], but params that only an issuer needs and that have no value get one made up; those are
/// told, too.
pub(crate) fn bind_for_development(
    program: Program,
    given: &ParamArgs,
) -> Result<(Policy, Vec<(String, String)>), Failure> {
    let mut policy = bind(program, given)?;
    let mut made_up = Vec::new();
    while let Some(name) = missing_for_issuers(&policy) {
        let program = policy.program().clone();
        let value = development_value(&program, &name);
        made_up.push((name, value));
        policy = bind_with(program, given, &More { last: &made_up, ..More::default() })?;
    }
    Ok((policy, made_up))
}

fn check_environment(params: &[Param]) -> Result<(), Failure> {
    let unreadable = |name: &String| matches!(std::env::var(name), Err(VarError::NotUnicode(_)));
    match params.iter().map(|param| variable(&param.name)).find(unreadable) {
        Some(name) => Err(Failure::invalid(format!("`{name}` in the environment is not UTF-8 text"))),
        None => Ok(()),
    }
}

/// What to tell where a policy cannot be used for want of a param's value, or with a wrong one.
pub(crate) fn unbound(error: &BindError) -> Failure {
    let failure = Failure::invalid(error.to_string());
    match error {
        BindError::Param(missing) => failure.help(give(&missing.name)),
        _ => failure,
    }
}

/// How a missing param is given.
pub(crate) fn give(name: &str) -> String {
    format!("give `--param {name}=…`, or set `{}`", variable(name))
}

/// Refuses values of params that there are none of.
pub(crate) fn check_names(params: &[Param], given: &ParamArgs) -> Result<(), Failure> {
    let names = || params.iter().map(|param| param.name.as_str());
    match ParamValues::unknown(params, given.given.iter().map(|(name, _)| name.as_str())).first() {
        None => Ok(()),
        Some(name) => {
            let failure = Failure::usage(format!("the policy has no param `{name}`"));
            let known = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Err(failure.help(did_you_mean(name, names()).unwrap_or_else(|| match params {
                [] => "it has none at all".to_owned(),
                _ => format!("it has {known}"),
            })))
        }
    }
}

fn variable(name: &str) -> String {
    format!("POLICY_PARAM_{}", name.to_ascii_uppercase())
}

fn missing_for_issuers(policy: &Policy) -> Option<String> {
    let ids = (0_u32..).map(IssuerId).take(policy.issuer_count());
    ids.filter_map(|id| policy.issuer_config(id)?.err()).map(|missing| missing.name).next()
}

/// Something that is plainly no real value; an address where the param stands for a whole one.
fn development_value(program: &Program, name: &str) -> String {
    let parts = program.parts();
    let is_whole_url = |text: &Text| match text {
        Text::Template(pieces) => matches!(
            pieces.first(),
            Some(Part::Param(id)) if parts.params.get(id.0 as usize).is_some_and(|param| param.name == name)
        ),
        Text::Fixed(_) => false,
    };
    let starts_url = parts.issuers.iter().any(|issuer| {
        let keys = match &issuer.keys {
            KeySource::Jwks(url) => Some(url),
            KeySource::Discovery | KeySource::Pem(_) => None,
        };
        std::iter::once(&issuer.url).chain(keys).chain(&issuer.userinfo).any(is_whole_url)
    });
    let word = name.replace('_', "-");
    if starts_url { format!("https://{word}.development.invalid") } else { format!("development-{word}") }
}
