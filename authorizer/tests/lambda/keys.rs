//! Issuers on their bad days, and clocks that jump: the verifier with the time handed in.

use std::sync::Arc;
use std::time::Duration;

use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::fetch::FETCH_TIMEOUT;
use policy_authorizer::keys::{
    KID_FETCHES, KeyTally, MAX_REFRESH_AFTER, MIN_REFRESH_AFTER, REFRESH_AFTER, STALE_LIMIT,
};
use policy_authorizer::log::Log;
use policy_authorizer::token::{KeysFrom, Refusal, Verifier};
use policy_authorizer::userinfo::USERINFO_SECONDS;
use policy_engine::Policy;
use policy_engine::bundle::ShippedKeys;
use policy_engine::text::ParamValues;
use serde_json::json;

use crate::issuer::{Issuer, Mood, now};
use crate::policy::Source;
use crate::support::{key, other_key};

const JWKS: &str = "/jwks.json";

pub(crate) fn policy(source: Source, issuer: &str) -> Policy {
    let program = source.program();
    let values = ParamValues::new(&program.parts().params, |name| match name {
        "issuer_url" => Some(issuer.to_owned()),
        "client_id" => Some("users-app".to_owned()),
        _ => None,
    });
    Policy::bind(program, values).unwrap()
}

fn verifier(issuer: &Issuer) -> Arc<Verifier> {
    let policy = policy(Source::users(), &issuer.url());
    let verifier = Verifier::new(&policy, KeysFrom::Issuers, &Arc::new(Log::off())).unwrap();
    Arc::new(verifier.remembering(100))
}

/// A token that outlives every test here.
pub(crate) fn lasting(issuer: &Issuer, key: &DevKey) -> String {
    key.sign(&issuer.claims_with("ana", json!({ "exp": now() + 10 * STALE_LIMIT }))).unwrap()
}

fn no_keys<T>() -> Result<T, Refusal> {
    Err(Refusal::NoKeys("cognito".to_owned()))
}

fn down() -> Mood {
    Mood::Answers(500, String::new())
}

#[tokio::test]
async fn the_issuer_says_how_long_its_keys_are_good_within_bounds() {
    for (cache_control, refresh_after) in [
        ("public, max-age=1800", 1_800),
        ("max-age=15", MIN_REFRESH_AFTER),
        ("no-store", MIN_REFRESH_AFTER),
        ("max-age=2592000", MAX_REFRESH_AFTER),
        ("private", REFRESH_AFTER),
    ] {
        let issuer = Issuer::start(&[key()]);
        issuer.caches(cache_control);
        let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
        verifier.prefetch(start).await;
        assert!(verifier.verify(&token, start + refresh_after - 1).await.is_ok());
        assert_eq!(issuer.requests(JWKS), 1, "{cache_control}");
        assert!(verifier.verify(&token, start + refresh_after).await.is_ok());
        assert_eq!(issuer.requests(JWKS), 2, "{cache_control}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_asked_ever_more_rarely_and_then_found() {
    let issuer = Issuer::start(&[key()]);
    issuer.is(down());
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    verifier.prefetch(start).await;
    for second in 0..120 {
        assert_eq!(verifier.verify(&token, start + second).await, no_keys());
    }
    // At 0, 1, 3, 7, 15, 31 and 63 seconds.
    assert_eq!(issuer.requests("openid-configuration"), 7);
    issuer.is(Mood::Well);
    assert!(verifier.verify(&token, start + 123).await.is_ok());
    let tally = verifier.take_tally().keys;
    assert_eq!((tally.fetches, tally.failures, tally.stale_uses), (8, 7, 0));
    assert_eq!(verifier.take_tally().keys, KeyTally::default(), "it is taken once");
}

/// The runtime's clock stands still but for its timers, so that nobody waits.
#[tokio::test(start_paused = true)]
async fn a_slow_issuer_is_given_up() {
    let issuer = Issuer::start(&[key()]);
    issuer.is(Mood::Slow(Duration::from_secs(2)));
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    let before = tokio::time::Instant::now();
    assert_eq!(verifier.verify(&token, start).await, no_keys());
    assert_eq!(before.elapsed().as_secs(), FETCH_TIMEOUT.as_secs());
    assert_eq!(verifier.verify(&token, start).await, no_keys(), "and not asked again at once");
    assert_eq!(verifier.take_tally().keys.fetches, 1);
}

#[tokio::test]
async fn a_thousand_made_up_key_names_at_once_cost_one_fetch_and_lock_nobody_out() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, start) = (verifier(&issuer), now());
    verifier.prefetch(start).await;
    let claims = json!(issuer.claims("ana")).to_string();
    let signed = other_key().sign_parts(r#"{"alg":"RS256"}"#, &claims).unwrap();
    let (_, rest) = signed.split_once('.').unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let header = json!({ "alg": "RS256", "kid": format!("made-up-{n}") }).to_string();
        let header = other_key().sign_parts(&header, "{}").unwrap();
        let token = format!("{}.{rest}", header.split_once('.').unwrap().0);
        let verifier = Arc::clone(&verifier);
        tasks.spawn(async move { verifier.verify(&token, start).await });
    }
    while let Some(refusal) = tasks.join_next().await {
        assert!(matches!(refusal.unwrap(), Err(Refusal::UnknownKey(_))));
    }
    let fetches = issuer.requests(JWKS);
    assert!((2..=1 + usize::try_from(KID_FETCHES).unwrap()).contains(&fetches), "{fetches}");
    assert!(verifier.verify(&lasting(&issuer, key()), start).await.is_ok());
    issuer.has_keys(&[key(), other_key()]);
    let rotated = lasting(&issuer, other_key());
    assert!(verifier.verify(&rotated, start + 30).await.is_ok(), "a rotated key is found in 30 s");
}

#[tokio::test]
async fn a_removed_key_ends_its_tokens_also_those_that_were_verified() {
    let issuer = Issuer::start(&[key(), other_key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    for _ in 0..3 {
        assert!(verifier.verify(&token, start).await.is_ok());
    }
    assert_eq!(verifier.take_tally().remembered, 2);
    issuer.has_keys(&[other_key()]);
    assert!(verifier.verify(&token, start + REFRESH_AFTER - 1).await.is_ok(), "nobody has said so yet");
    let refusal = verifier.verify(&token, start + REFRESH_AFTER).await;
    assert!(matches!(refusal, Err(Refusal::UnknownKey(_))), "{refusal:?}");
}

#[tokio::test]
async fn a_key_that_was_replaced_under_its_name_ends_its_tokens() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    assert!(verifier.verify(&token, start).await.is_ok());
    let same_name = DevKey::generate(key().algorithm()).unwrap().with_kid(key().kid());
    issuer.has_keys(&[&same_name]);
    assert_eq!(verifier.verify(&token, start + REFRESH_AFTER).await, Err(Refusal::Signature));
    assert!(verifier.verify(&lasting(&issuer, &same_name), start + REFRESH_AFTER).await.is_ok());
}

#[tokio::test]
async fn a_remembered_token_expires_like_any_other() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, start) = (verifier(&issuer), now());
    let token = key().sign(&issuer.claims_with("ana", json!({ "exp": start + 100 }))).unwrap();
    assert!(verifier.verify(&token, start).await.is_ok());
    assert!(verifier.verify(&token, start + 99).await.is_ok());
    assert_eq!(verifier.verify(&token, start + 100).await, Err(Refusal::Expired(0)));
    let (input, _) = token.rsplit_once('.').unwrap();
    let (_, other) =
        lasting(&issuer, key()).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(verifier.verify(&format!("{input}.{other}"), start).await, Err(Refusal::Signature));
    assert_eq!(verifier.take_tally().remembered, 1);
}

#[tokio::test]
async fn tokens_are_remembered_only_where_it_is_asked_for() {
    let issuer = Issuer::start(&[key()]);
    let policy = policy(Source::users(), &issuer.url());
    let verifier = Verifier::new(&policy, KeysFrom::Issuers, &Arc::new(Log::off())).unwrap();
    let verifier = Arc::new(verifier.remembering(0));
    for _ in 0..3 {
        assert!(verifier.verify(&lasting(&issuer, key()), now()).await.is_ok());
    }
    assert_eq!(verifier.take_tally().remembered, 0);
}

/// Lambda freezes processes, and `SnapStart` restores them weeks later: only the clock on the wall has moved.
#[tokio::test]
async fn a_process_that_was_frozen_sees_that_its_keys_are_old() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    verifier.prefetch(start).await;
    assert!(verifier.verify(&token, start).await.is_ok());
    let thawed = start + STALE_LIMIT + 1;
    issuer.is(down());
    assert_eq!(verifier.verify(&token, thawed).await, no_keys(), "old keys do not come back to life");
    issuer.is(Mood::Well);
    assert!(verifier.verify(&token, thawed + 1).await.is_ok());
    issuer.has_keys(&[other_key()]);
    let thawed = thawed + 7 * 24 * 60 * 60;
    verifier.prefetch(thawed).await;
    let refusal = verifier.verify(&token, thawed).await;
    assert!(
        matches!(refusal, Err(Refusal::UnknownKey(_))),
        "what was withdrawn meanwhile is gone: {refusal:?}"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out_and_keeps_nothing_for_longer() {
    let issuer = Issuer::start(&[key()]);
    let (verifier, token, start) = (verifier(&issuer), lasting(&issuer, key()), now());
    verifier.prefetch(start).await;
    issuer.is(down());
    let back = start - 5 * STALE_LIMIT;
    assert!(verifier.verify(&token, back).await.is_ok());
    assert_eq!(verifier.take_tally().keys.failures, 1, "they were due");
    assert!(verifier.verify(&token, back + STALE_LIMIT - REFRESH_AFTER - 1).await.is_ok());
    assert_eq!(verifier.verify(&token, back + STALE_LIMIT - REFRESH_AFTER).await, no_keys());
}

#[tokio::test]
async fn shipped_keys_serve_until_the_issuer_answers_or_their_end() {
    let issuer = Issuer::start(&[other_key()]);
    issuer.is(down());
    let (verifier, start) = (verifier(&issuer), now());
    let shipped =
        |until| ShippedKeys { issuer: "cognito".to_owned(), jwks: jwks([key()]).to_string(), until };
    verifier.start_with(&[shipped(start + 1_000)]).unwrap();
    let (old, new) = (lasting(&issuer, key()), lasting(&issuer, other_key()));
    verifier.prefetch(start).await;
    assert!(verifier.verify(&old, start).await.is_ok());
    let tally = verifier.take_tally().keys;
    assert_eq!((tally.failures, tally.stale_uses), (1, 1));
    assert!(verifier.verify(&old, start + 999).await.is_ok());
    assert_eq!(verifier.verify(&old, start + 1_000).await, no_keys(), "their end has come");

    verifier.start_with(&[shipped(start + 10_000)]).unwrap();
    assert!(verifier.verify(&old, start).await.is_ok());
    issuer.is(Mood::Well);
    assert!(verifier.verify(&new, start + 100).await.is_ok());
    assert!(
        matches!(verifier.verify(&old, start + 100).await, Err(Refusal::UnknownKey(_))),
        "it was replaced"
    );
    issuer.is(down());
    assert_eq!(verifier.verify(&old, start + 2 * STALE_LIMIT).await, no_keys(), "and does not come back");
    let other = ShippedKeys { issuer: "nobody".to_owned(), ..shipped(0) };
    assert!(verifier.start_with(&[other]).is_ok(), "keys of nobody are nobody's");
    assert!(verifier.start_with(&[ShippedKeys { jwks: "{}".to_owned(), ..shipped(0) }]).is_err());
}

#[tokio::test]
async fn userinfo_is_kept_for_a_while_and_never_longer_than_the_token() {
    let issuer = Issuer::start(&[key()]);
    issuer.says_userinfo(json!({ "sub": "ana", "email_verified": true }));
    let mut source = Source::users();
    source.issuer_field(&format!("userinfo \"{}/userinfo\"", issuer.url()));
    source.add("deny ANY /users/** unless userinfo.email_verified as verify_first");
    let policy = policy(source, &issuer.url());
    let verifier = Verifier::new(&policy, KeysFrom::Issuers, &Arc::new(Log::off())).unwrap();
    let (asked, start) = (|| issuer.requests("/userinfo"), now());

    let long = lasting(&issuer, key());
    for (second, times) in [(0, 1), (USERINFO_SECONDS - 1, 1), (USERINFO_SECONDS, 2)] {
        let token = verifier.verify(&long, start + second).await.unwrap();
        assert!(token.userinfo().is_some_and(|userinfo| userinfo["email_verified"] == json!(true)));
        assert_eq!(asked(), times, "{second}");
    }
    let short = key().sign(&issuer.claims_with("ana", json!({ "exp": start + 10 }))).unwrap();
    assert!(verifier.verify(&short, start).await.is_ok());
    assert!(verifier.verify(&short, start + 9).await.is_ok());
    assert_eq!(asked(), 3, "another token is another question");
    assert!(verifier.verify(&short, start + 10).await.is_err());
    assert_eq!(verifier.take_tally().userinfo_fetches, 3);
}
