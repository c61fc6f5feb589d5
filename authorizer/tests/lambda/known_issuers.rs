//! The policies of `docs/issuers.md`, each with a token of the shape that its issuer documents.
//!
//! `fixtures/issuers/HEADING.json` has the params of the policy under that heading, a header and claims, what a token of
//! them may do and what not; what `weaker` claims may not do any more, and with which reason others are `refused`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::log::Log;
use policy_authorizer::token::{KeysFrom, Refusal, Verifier};
use policy_engine::{Algorithm, Policy, Request, RequestContext, Token, Verb};
use serde_json::{Map, Value, json};

use crate::desk::{self, NOW};

/// The policy under each heading, by the heading's anchor.
fn policies() -> BTreeMap<String, String> {
    let page = desk::read("../docs/issuers.md");
    let (mut policies, mut heading, mut lines) = (BTreeMap::new(), String::new(), page.lines());
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("## ") {
            let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
            heading = kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
        }
        if line == "```policy" {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let twice = policies.insert(heading.clone(), text.join("\n"));
            assert_eq!(twice, None, "two policies under `{heading}`");
        }
    }
    policies
}

fn fixtures() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/issuers");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: &Path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(&path))).collect()
}

/// An object with members changed, or removed where they are null.
fn changed(object: &Value, changes: &Value) -> Map<String, Value> {
    let mut object = object.as_object().unwrap().clone();
    for (name, value) in changes.as_object().into_iter().flatten() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
    object
}

fn key() -> &'static DevKey {
    static KEY: OnceLock<DevKey> = OnceLock::new();
    KEY.get_or_init(|| DevKey::generate(Algorithm::RS256).unwrap())
}

/// Signs, and verifies through the policy's issuer; only the keys are the test's.
fn verified(policy: &Policy, fixture: &Value, changes: &Value) -> Result<Token, Refusal> {
    let header = Value::Object(changed(&fixture["header"], &changes["header"]));
    let claims = Value::Object(changed(&fixture["claims"], &changes["claims"]));
    let token = key().sign_parts(&header.to_string(), &claims.to_string()).unwrap();
    let mut document = jwks([key()]);
    document["keys"][0]["kid"] = fixture["header"]["kid"].clone();
    let document = document.to_string();
    let verifier = Verifier::new(policy, KeysFrom::Jwks(document.as_bytes()), &Arc::new(Log::off())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(verifier.verify(&token, NOW))
}

fn may(policy: &Policy, token: &Token, request: &str) -> bool {
    let (verb, path) = request.split_once(' ').unwrap();
    let request = Request { verb: Verb::parse(verb).unwrap(), path, context: &RequestContext::default() };
    policy.caller(Some(token)).decide(&request).allowed
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap())
}

#[test]
fn a_token_of_each_issuer_through_the_block_that_the_page_shows() {
    let (policies, fixtures) = (policies(), fixtures());
    assert!(policies.keys().eq(fixtures.keys()), "{:?}\n{:?}", policies.keys(), fixtures.keys());
    assert!(policies.len() >= 8);
    for (name, fixture) in &fixtures {
        let policy = desk::policy(&policies[name], &fixture["params"]);
        // The keys are where the block says, and not where the test has them from.
        let own = Verifier::new(&policy, KeysFrom::Issuers, &Arc::new(Log::off()));
        assert!(own.is_ok(), "{name}: {own:?}");
        let token =
            verified(&policy, fixture, &Value::Null).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        for request in texts(&fixture["allowed"]) {
            assert!(may(&policy, &token, request), "{name}: {request}");
        }
        for request in texts(&fixture["denied"]) {
            assert!(!may(&policy, &token, request), "{name}: {request}");
        }
        for weaker in fixture["weaker"].as_array().unwrap() {
            let token =
                verified(&policy, fixture, weaker).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            for request in texts(&weaker["denied"]) {
                assert!(
                    texts(&fixture["allowed"]).any(|allowed| allowed == request),
                    "{name}: {request} shows nothing"
                );
                assert!(!may(&policy, &token, request), "{name}: {request} with {weaker}");
            }
        }
        let expired = json!({ "claims": { "exp": NOW }, "reason": "expired" });
        for refused in fixture["refused"].as_array().unwrap().iter().chain([&expired]) {
            let refusal = verified(&policy, fixture, refused).expect_err(name);
            assert_eq!(refusal.code(), refused["reason"], "{name}: {refused}");
        }
    }
}
