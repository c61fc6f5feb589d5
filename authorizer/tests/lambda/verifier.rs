//! The verifier as the command line uses it, and over more time than a test can wait for.

use std::sync::Arc;

use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::keys::{KID_COOL_DOWN, KID_FETCHES, REFRESH_AFTER, STALE_LIMIT};
use policy_authorizer::log::Log;
use policy_authorizer::token::{IssuerFault, KeysFrom, Refusal, Verifier, VerifierError};
use policy_engine::Policy;
use policy_engine::text::ParamValues;
use serde_json::json;

use crate::issuer::{Issuer, Mood, now};
use crate::policy::Source;
use crate::support::{key, other_key};

fn policy(issuer: &str) -> Policy {
    let program = Source::users().program();
    let values = ParamValues::new(&program.parts().params, |name| match name {
        "issuer_url" => Some(issuer.to_owned()),
        "client_id" => Some("users-app".to_owned()),
        _ => None,
    });
    Policy::bind(program, values).unwrap()
}

fn verifier(issuer: &Issuer) -> Arc<Verifier> {
    Arc::new(Verifier::new(&policy(&issuer.url()), KeysFrom::Issuers, &Arc::new(Log::off())).unwrap())
}

/// A token that outlives every test here.
fn lasting(issuer: &Issuer, key: &DevKey) -> String {
    key.sign(&issuer.claims_with("ana", json!({ "exp": now() + 10 * STALE_LIMIT }))).unwrap()
}

const JWKS: &str = "/jwks.json";

#[tokio::test]
async fn keys_are_refreshed_when_old_and_outlast_the_issuer_up_to_a_limit() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    let count = || issuer.requests(JWKS);

    verifier.prefetch(start).await;
    assert!(verifier.verify(&token, start + REFRESH_AFTER - 1).await.is_ok());
    assert_eq!(count(), 1);
    let refreshed = start + REFRESH_AFTER;
    assert!(verifier.verify(&token, refreshed).await.is_ok());
    assert_eq!(count(), 2);

    issuer.is(Mood::Answers(500, String::new()));
    assert!(verifier.verify(&token, refreshed + STALE_LIMIT - 1).await.is_ok(), "stale keys serve on");
    let refusal = verifier.verify(&token, refreshed + STALE_LIMIT).await;
    assert_eq!(refusal, Err(Refusal::NoKeys("cognito".to_owned())), "but not for ever");

    issuer.is(Mood::Well);
    issuer.has_keys(&[other_key()]);
    let back = refreshed + STALE_LIMIT + 120;
    assert!(matches!(verifier.verify(&token, back).await, Err(Refusal::UnknownKey(_))), "it was withdrawn");
    assert!(verifier.verify(&lasting(&issuer, other_key()), back).await.is_ok());
}

#[tokio::test]
async fn made_up_key_names_at_once_cost_one_fetch_and_lock_nobody_out() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, start) = (verifier(&issuer), now());
    verifier.prefetch(start).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let header = json!({ "alg": "RS256", "kid": format!("made-up-{n}") }).to_string();
        let token = other_key().sign_parts(&header, &json!(issuer.claims("ana")).to_string()).unwrap();
        let verifier = Arc::clone(&verifier);
        tasks.spawn(async move { verifier.verify(&token, start).await });
    }
    while let Some(refusal) = tasks.join_next().await {
        assert!(matches!(refusal.unwrap(), Err(Refusal::UnknownKey(_))));
    }
    assert_eq!(issuer.requests(JWKS), 2);
    issuer.has_keys(&[key(), other_key()]);
    assert!(verifier.verify(&lasting(&issuer, other_key()), start).await.is_ok(), "the rotated key is found");
}

#[tokio::test]
async fn the_cool_down_ends() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, rotated, start) = (verifier(&issuer), lasting(&issuer, other_key()), now());
    verifier.prefetch(start).await;
    for _ in 0..=KID_FETCHES {
        assert!(matches!(verifier.verify(&rotated, start).await, Err(Refusal::UnknownKey(_))));
    }
    issuer.has_keys(&[other_key()]);
    assert!(verifier.verify(&rotated, start + KID_COOL_DOWN - 1).await.is_err());
    assert!(verifier.verify(&rotated, start + KID_COOL_DOWN).await.is_ok());
}

#[tokio::test]
async fn one_fetch_is_in_flight() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (verifier, token) = (Arc::clone(&verifier), token.clone());
        tasks.spawn(async move { verifier.verify(&token, start).await });
    }
    while let Some(verified) = tasks.join_next().await {
        assert!(verified.unwrap().is_ok());
    }
    assert_eq!(issuer.requests(JWKS), 1);
}

#[tokio::test]
async fn keys_can_be_given_in_place_of_the_issuers_own() {
    let url = "https://issuer.example/pool";
    let issuer = Issuer::start(&[other_key()]);
    let (policy, log) = (policy(url), Arc::new(Log::off()));
    let token = |key: &DevKey| key.sign(&issuer.claims_with("ana", json!({ "iss": url }))).unwrap();

    let text = jwks([key()]).to_string();
    let verifier = Verifier::new(&policy, KeysFrom::Jwks(text.as_bytes()), &log).unwrap();
    let token_of_ana = verifier.verify(&token(key()), now()).await.unwrap();
    assert_eq!(token_of_ana.claims().get("sub"), Some(&json!("ana")));
    assert!(matches!(verifier.verify(&token(other_key()), now()).await, Err(Refusal::UnknownKey(_))));
    assert!(matches!(verifier.verify(&token(key()), now() + 3600).await, Err(Refusal::Expired(0))));

    let jwks_url = format!("{}{JWKS}", issuer.url());
    let verifier = Verifier::new(&policy, KeysFrom::Url(&jwks_url), &log).unwrap();
    assert!(verifier.verify(&token(other_key()), now()).await.is_ok());

    for keys in [KeysFrom::Jwks(b"{}"), KeysFrom::Url("http://issuer.example/jwks.json")] {
        let error = Verifier::new(&policy, keys, &log).unwrap_err();
        let VerifierError { name, fault } = error;
        assert_eq!(name, "cognito");
        assert!(matches!(fault, IssuerFault::Jwks(_) | IssuerFault::JwksUrl(_)), "{fault}");
    }
}
