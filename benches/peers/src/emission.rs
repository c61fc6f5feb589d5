//! The policy for the whole API, of 14 resources, from parsed claims.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerPolicy;
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use cedar_policy::Entities;
use policy_benches::RECORDS;
use policy_engine::iam::MethodArn;
use policy_engine::{Policy, RequestContext, Token, Verb};
use serde_json::{Value, json};

use crate::cedar::Cedar;
use crate::claims::Claims;

/// The stage's part of a method's ARN.
pub const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod";

/// The policy that all of them, and the authorizers in Node.js and Python, answer with.
pub const EXPECTED: &str = include_str!("../authorizers/expected.json");

const PROFILE: &str = "/profile";

/// What the rules are about: a verb, a path up to the user, and whether the user stands behind it. In the order in
/// which policyctl writes resources.
const ROUTES: [(Verb, &str, bool); 14] = [
    (Verb::Delete, "/albums/", true),
    (Verb::Delete, "/drafts/", true),
    (Verb::Delete, "/feeds/", true),
    (Verb::Delete, "/keys/", true),
    (Verb::Delete, "/notes/", true),
    (Verb::Delete, "/users/", true),
    (Verb::Get, "/albums/", true),
    (Verb::Get, "/drafts/", true),
    (Verb::Get, "/feeds/", true),
    (Verb::Get, "/keys/", true),
    (Verb::Get, "/notes/", true),
    (Verb::Get, PROFILE, false),
    (Verb::Get, "/status", false),
    (Verb::Get, "/users/", true),
];

/// The token: the user's own records and, by the scope, the profile.
pub fn token() -> Token {
    policy_benches::token(&json!({"sub": "ana", "scope": "get:profile"}))
}

fn sub(token: &Token) -> &str {
    token.claims().get("sub").and_then(Value::as_str).unwrap_or_default()
}

fn has_profile(token: &Token) -> bool {
    let scopes = token.claims().get("scope").and_then(Value::as_str).unwrap_or_default();
    scopes.split(' ').any(|scope| scope == "get:profile")
}

/// The bytes, written without a rule looked at.
pub fn direct(token: &Token) -> String {
    let (user, profile) = (sub(token), has_profile(token));
    write(ROUTES.iter().filter(|route| route.1 != PROFILE || profile), user)
}

fn write<'a>(routes: impl Iterator<Item = &'a (Verb, &'static str, bool)>, user: &str) -> String {
    let mut out = String::with_capacity(1_536);
    out.push_str(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["#);
    let mut comma = "";
    for (verb, below, own) in routes {
        for part in [comma, "\"", STAGE, "/", verb.name(), below, if *own { user } else { "" }, "\""] {
            out.push_str(part);
        }
        comma = ",";
    }
    out.push_str("]}]}");
    out
}

/// AWS's types for Lambda events, written with serde.
pub fn lambda_events(token: &Token) -> String {
    let (user, profile) = (sub(token), has_profile(token));
    let resources = ROUTES.iter().filter(|route| route.1 != PROFILE || profile);
    let mut statement = IamPolicyStatement::default();
    statement.action = vec!["execute-api:Invoke".to_owned()];
    statement.effect = IamPolicyEffect::Allow;
    statement.resource = resources
        .map(|(verb, below, own)| format!("{STAGE}/{verb}{below}{}", if *own { user } else { "" }))
        .collect();
    let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
    policy.version = Some("2012-10-17".to_owned());
    policy.statement = vec![statement];
    serde_json::to_string(&policy).expect("a policy is JSON")
}

/// Cedar, asked about each route; what it allows is written directly.
pub fn by_route(cedar: &Cedar, token: &Token) -> String {
    let user = sub(token);
    let (principal, entity) = cedar.user(&Claims::of(token, "cognito:groups"));
    let mut entities = vec![entity];
    let mut paths = Vec::with_capacity(ROUTES.len());
    for (number, (_, below, own)) in ROUTES.iter().enumerate() {
        let (name, entity) = cedar.path(&format!("{below}{}", if *own { user } else { "" }));
        // The six records stand in the list twice, first to be deleted.
        if number < 6 || !*own {
            entities.push(entity);
        }
        paths.push(name);
    }
    let entities = Entities::from_entities(entities, None).expect("no entity stands twice");
    let allowed = ROUTES.iter().zip(paths).filter(|((verb, _, _), path)| {
        cedar.allows(&cedar.request(principal.clone(), *verb, path.clone()), &entities)
    });
    write(allowed.map(|(route, _)| route), user)
}

/// policyctl's.
pub struct Ours {
    policy: Policy,
    arn: MethodArn,
    context: RequestContext,
}

impl Ours {
    /// The rules, compiled.
    pub fn new() -> Self {
        let arn = format!("{STAGE}/GET/users/ana");
        Self {
            policy: policy_benches::policy(RECORDS).expect("the policy compiles"),
            arn: MethodArn::parse(&arn).expect("the method's ARN is one"),
            context: RequestContext::default(),
        }
    }

    /// The policy of a token.
    pub fn emit(&self, token: &Token) -> String {
        self.policy.caller(Some(token)).emit(&self.arn, &self.context).document.as_json().to_owned()
    }
}

impl Default for Ours {
    fn default() -> Self {
        Self::new()
    }
}
