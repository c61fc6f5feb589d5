//! Whose token it is, where only its claims are given.

use policy_dsl::suggest::did_you_mean;
use policy_engine::Policy;
use policy_engine::condition::IssuerId;
use policy_engine::issuer::IssuerConfig;
use serde_json::Value;

use crate::exit::Failure;
use crate::input::Object;
use crate::params;

/// How the issuer of claims is found.
#[derive(Debug)]
pub(crate) struct IssuerChoice {
    /// The one that was named, or the only one.
    fixed: Option<IssuerId>,
    /// The others, by what `iss` says; none where that needs a param without a value.
    urls: Vec<(String, Option<String>)>,
}

impl IssuerChoice {
    /// The policy's issuers, and the one that was named on the command line.
    pub(crate) fn new(policy: &Policy, named: Option<&str>) -> Result<Self, Failure> {
        let issuers = &policy.program().parts().issuers;
        let named = named.map(|name| find(policy, name)).transpose()?;
        let ids = (0_u32..).map(IssuerId).zip(issuers);
        let url = |id| Some(policy.issuer_config(id)?.ok()?.url);
        let urls: Vec<_> = ids.map(|(id, issuer)| (issuer.name.clone(), url(id))).collect();
        // With no issuer at all, claims are those of no issuer: no group and no scope is read from them.
        let only = (urls.len() <= 1).then_some(IssuerId(0));
        Ok(Self { fixed: named.or(only), urls })
    }

    /// Whose these claims are.
    pub(crate) fn of(&self, claims: &Object) -> Result<IssuerId, String> {
        if let Some(id) = self.fixed {
            return Ok(id);
        }
        let iss = claims.get("iss").and_then(Value::as_str);
        let ids = (0_u32..).map(IssuerId).zip(&self.urls);
        let mut fitting =
            ids.filter(|(_, (_, url))| iss.is_some() && url.as_deref() == iss).map(|(id, _)| id);
        match (fitting.next(), fitting.next()) {
            (Some(id), None) => Ok(id),
            _ => Err(self.undecided(iss)),
        }
    }

    fn undecided(&self, iss: Option<&str>) -> String {
        let names: Vec<_> = self.urls.iter().map(|(name, _)| format!("`{name}`")).collect();
        let names = names.join(", ");
        match iss {
            None => format!("the claims have no `iss`, and the policy has several issuers: {names}"),
            Some(iss) => {
                format!("the claims' `iss`, `{iss}`, does not tell one of the policy's issuers: {names}")
            }
        }
    }
}

/// What verifying tokens of the issuer of these claims needs.
pub(crate) fn config(policy: &Policy, named: Option<&str>, claims: &Object) -> Result<IssuerConfig, Failure> {
    let id = of_one(policy, named, claims)?;
    let none = || Failure::invalid("the policy names no issuer whose token could be made");
    policy.issuer_config(id).ok_or_else(none)?.map_err(|missing| params::unbound(&missing.into()))
}

/// Whose the claims are that were given on the command line.
pub(crate) fn of_one(policy: &Policy, named: Option<&str>, claims: &Object) -> Result<IssuerId, Failure> {
    let issuer = IssuerChoice::new(policy, named)?.of(claims);
    issuer.map_err(|error| Failure::usage(error).help("give `--issuer NAME`"))
}

/// The issuer of that name.
fn find(policy: &Policy, name: &str) -> Result<IssuerId, Failure> {
    let issuers = &policy.program().parts().issuers;
    let ids = (0_u32..).map(IssuerId).zip(issuers);
    let found = ids.into_iter().find(|(_, issuer)| issuer.name == name).map(|(id, _)| id);
    found.ok_or_else(|| {
        let names = || issuers.iter().map(|issuer| issuer.name.as_str());
        let known = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        Failure::usage(format!("the policy has no issuer `{name}`")).help(
            did_you_mean(name, names()).unwrap_or_else(|| match issuers.as_slice() {
                [] => "it has none at all".to_owned(),
                _ => format!("it has {known}"),
            }),
        )
    })
}
