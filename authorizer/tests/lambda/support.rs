//! What the tests share: keys, events, and a running Users system.

use std::sync::OnceLock;

use policy_authorizer::dev::DevKey;
use policy_engine::Algorithm;
use serde_json::{Value, json};

use crate::function::{Function, Outcome};
use crate::iam::STAGE;
use crate::issuer::Issuer;
use crate::policy::{Bundle, Source};

/// The issuer's key.
pub(crate) fn key() -> &'static DevKey {
    static KEY: OnceLock<DevKey> = OnceLock::new();
    KEY.get_or_init(|| DevKey::generate(Algorithm::RS256).unwrap())
}

/// A key that the issuer does not have, unless a test gives it to it.
pub(crate) fn other_key() -> &'static DevKey {
    static KEY: OnceLock<DevKey> = OnceLock::new();
    KEY.get_or_init(|| DevKey::generate(Algorithm::RS256).unwrap())
}

/// The Users system: an issuer, and the function that accepts its tokens.
pub(crate) struct System {
    pub(crate) issuer: Issuer,
    pub(crate) function: Function,
    _bundle: Bundle,
}

impl System {
    pub(crate) fn start() -> Self {
        Self::start_with(|_, _| {})
    }

    /// Changes the policy, and the issuer, before the function starts.
    pub(crate) fn start_with(change: impl FnOnce(&mut Source, &Issuer)) -> Self {
        Self::start_in(&[], change)
    }

    /// The same with these environment variables.
    pub(crate) fn start_in(environment: &[(&str, &str)], change: impl FnOnce(&mut Source, &Issuer)) -> Self {
        let issuer = Issuer::start(&[key()]);
        let mut source = Source::users();
        change(&mut source, &issuer);
        Self::start_of(environment, Bundle::of(source), issuer)
    }

    /// The same of a bundle that is there already.
    pub(crate) fn start_of(environment: &[(&str, &str)], bundle: Bundle, issuer: Issuer) -> Self {
        let params = [("issuer_url", issuer.url()), ("client_id", "users-app".to_owned())];
        let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let function = Function::start_in(environment, &bundle.path(), &params);
        Self { issuer, function, _bundle: bundle }
    }

    /// A token of the person that is in order.
    pub(crate) fn token(&self, sub: &str) -> String {
        key().sign(&self.issuer.claims(sub)).unwrap()
    }

    /// The same, with claims added, changed or, where null, removed.
    pub(crate) fn token_with(&self, sub: &str, claims: impl Into<Value>) -> String {
        key().sign(&self.issuer.claims_with(sub, claims)).unwrap()
    }

    #[track_caller]
    pub(crate) fn ask(&self, token: &str) -> Outcome {
        self.function.invoke(&token_event(token, "GET/users/ana"))
    }
}

pub(crate) fn token_event(token: &str, request: &str) -> Value {
    json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": format!("{STAGE}/{request}") })
}

/// What API Gateway makes a 401 of.
pub(crate) fn unauthorized() -> Outcome {
    Outcome::Error(json!({ "errorType": "Unauthorized", "errorMessage": "Unauthorized" }))
}
