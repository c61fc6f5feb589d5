//! `policyctl token mint`: a signed development token.

use std::io::Write;

use policy_authorizer::dev::DevKey;
use policy_engine::Algorithm;
use policy_engine::issuer::IssuerConfig;

use crate::args::MintArgs;
use crate::exit::{Exit, Failure};
use crate::input::{self, Object};
use crate::scene::present;
use crate::{issuer, load, mint, params, render};

pub(in crate::command) fn run(args: &MintArgs) -> Result<Exit, Failure> {
    input::check_stdin([Some(args.claims.as_str()), Some(args.key.as_str()), args.policy.as_deref()])?;
    if args.policy.is_none() && !args.params.given.is_empty() {
        return Err(
            Failure::usage("a `--param` is a policy's, and there is none").help("give `--policy POLICY`")
        );
    }
    let mut claims = input::object(&args.claims, "claims")?;
    let issuer = args.policy.as_deref().map(|policy| config(args, policy, &claims)).transpose()?;
    mint::fill(&mut claims, issuer.as_ref(), args.now.unwrap_or_else(present), args.expires_in);
    let key = key(args, issuer.as_ref())?;
    let token = mint::sign(&key, claims, issuer.as_ref())?;
    let mut out = render::stdout();
    writeln!(out, "{token}")?;
    out.flush()?;
    Ok(Exit::Fine)
}

/// The issuer of the policy that the token is made for.
fn config(args: &MintArgs, policy: &str, claims: &Object) -> Result<IssuerConfig, Failure> {
    let policy = params::bind(load::program(policy)?.program, &args.params)?;
    issuer::config(&policy, args.issuer.as_deref(), claims)
}

/// The key, for the first of the issuer's algorithms that it fits.
fn key(args: &MintArgs, issuer: Option<&IssuerConfig>) -> Result<DevKey, Failure> {
    let text = input::text(&args.key)?;
    let read = |algorithm: Option<Algorithm>| DevKey::from_pem(&text, algorithm);
    let accepted = issuer.map_or(&[][..], |issuer| &issuer.algorithms);
    let key = match accepted.iter().find_map(|algorithm| read(Some(*algorithm)).ok()) {
        Some(key) => key,
        None => read(None)
            .map_err(|error| Failure::invalid(format!("{} cannot sign: {error}", input::name(&args.key))))?,
    };
    if let Some(issuer) = issuer.filter(|issuer| !issuer.algorithms.contains(&key.algorithm())) {
        let names: Vec<_> = issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect();
        let message = format!(
            "the key is for {}, and the issuer `{}` accepts {}",
            key.algorithm().name(),
            issuer.name,
            names.join(", ")
        );
        return Err(Failure::invalid(message).help("make one with `policyctl token keys --algorithm NAME`"));
    }
    Ok(match &args.kid {
        Some(kid) => key.with_kid(kid),
        None => key,
    })
}
