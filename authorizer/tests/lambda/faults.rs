//! Events that nobody understands, and issuers on their bad days.

use std::time::Duration;

use policy_authorizer::dev::DevKey;
use policy_engine::Algorithm;
use serde_json::{Value, json};

use crate::iam::allows;
use crate::issuer::{Issuer, Mood};
use crate::support::{System, key, other_key, token_event, unauthorized};

#[test]
fn events_of_other_shapes_are_unauthorized() {
    let system = System::start();
    let token = system.token("ana");
    let arn = &token_event(&token, "GET/users/ana")["methodArn"];
    for event in [
        json!({}),
        json!([]),
        json!("x"),
        Value::Null,
        json!({ "authorizationToken": token, "methodArn": arn }),
        json!({ "type": "REQUEST", "version": "1.0", "routeArn": arn, "headers": { "authorization": token } }),
        json!({ "type": "REQUEST", "version": "2.0", "methodArn": arn, "headers": { "authorization": token } }),
        json!({ "type": "TOKEN", "authorizationToken": token }),
        json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": "arn:aws:s3:::bucket" }),
        json!({ "type": "TOKEN", "authorizationToken": [token], "methodArn": arn }),
    ] {
        assert_eq!(system.function.invoke(&event), unauthorized(), "{event}");
        assert!(system.function.last_line().contains("\"reason\":\"event\""), "{event}");
    }
    for event in [&b""[..], b"{", b"not JSON", b"{\"type\":", "[".repeat(10_000).as_bytes()] {
        assert_eq!(system.function.invoke_bytes(event), unauthorized());
    }
    assert!(allows(&system.ask(&token).answer()["policyDocument"], "GET", "/users/ana"), "it still answers");
}

#[test]
fn a_rotated_key_is_found_and_the_old_one_dies() {
    let system = System::start();
    let rotated = other_key().sign(&system.issuer.claims("ana")).unwrap();
    assert_eq!(system.ask(&rotated), unauthorized());
    system.issuer.has_keys(&[key(), other_key()]);
    assert!(allows(&system.ask(&rotated).answer()["policyDocument"], "GET", "/users/ana"));
    assert!(allows(&system.ask(&system.token("ana")).answer()["policyDocument"], "GET", "/users/ana"));

    system.issuer.has_keys(&[other_key()]);
    let stranger = DevKey::generate(Algorithm::RS256).unwrap();
    assert_eq!(system.ask(&stranger.sign(&system.issuer.claims("ana")).unwrap()), unauthorized());
    assert_eq!(system.ask(&system.token("ana")), unauthorized(), "its key is not in the newest set");
}

#[test]
fn made_up_key_names_fetch_a_few_times_and_no_more() {
    let system = System::start();
    for _ in 0..20 {
        assert_eq!(system.ask(&other_key().sign(&system.issuer.claims("ana")).unwrap()), unauthorized());
    }
    let fetches = i64::try_from(system.issuer.requests("/jwks.json")).unwrap();
    assert!(fetches <= 1 + policy_authorizer::keys::KID_FETCHES, "{fetches}");
    // Whoever the policy does not know makes it fetch nothing.
    let asked = system.issuer.requests("");
    for claims in [json!({ "iss": "https://issuer.example" }), json!({ "aud": "x" }), json!({ "exp": 1 })] {
        let claims = system.issuer.claims_with("ana", claims);
        assert_eq!(system.ask(&other_key().sign(&claims).unwrap()), unauthorized());
    }
    assert_eq!(system.issuer.requests(""), asked);
}

#[test]
fn an_issuer_that_is_down_at_the_start_is_asked_again() {
    let issuer_moods = [
        (Mood::Answers(500, "broken".to_owned()), "answered with status 500"),
        (Mood::Answers(200, "<html>".to_owned()), "not an OpenID configuration"),
        (Mood::Answers(200, String::new()), "not an OpenID configuration"),
        (Mood::Answers(200, "x".repeat(50_000_000)), "more than 262144 bytes"),
        (
            Mood::Answers(
                200,
                json!({ "issuer": "https://x.example", "jwks_uri": "https://x.example" }).to_string(),
            ),
            "of another issuer",
        ),
    ];
    for (mood, reason) in issuer_moods {
        let system = System::start_with(|_, issuer| issuer.is(mood));
        assert_eq!(system.ask(&system.token("ana")), unauthorized(), "{reason}");
        let log = system.function.log();
        assert!(log.contains(reason), "{reason}: {log}");
        assert!(log.contains("\"reason\":\"no_keys\""), "{reason}: {log}");
        system.issuer.is(Mood::Well);
        eventually(|| system.ask(&system.token("ana")) != unauthorized());
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Issuer::start(&[key()]);
    let target = format!("{}/.well-known/openid-configuration", elsewhere.url());
    let system = System::start_with(|_, issuer| issuer.is(Mood::RedirectsTo(target)));
    assert_eq!(system.ask(&system.token("ana")), unauthorized());
    assert!(system.function.log().contains("redirects are not followed"));
    assert_eq!(elsewhere.requests(""), 0);
}

#[test]
fn keys_that_were_fetched_outlast_the_issuer() {
    let system = System::start();
    assert!(system.ask(&system.token("ana")) != unauthorized());
    system.issuer.is(Mood::Answers(503, String::new()));
    assert!(system.ask(&system.token("ana")) != unauthorized());
    assert_eq!(system.ask(&other_key().sign(&system.issuer.claims("ana")).unwrap()), unauthorized());
    assert!(system.ask(&system.token("ana")) != unauthorized(), "a failed fetch leaves the keys");
}

#[test]
fn a_jwks_at_an_address_of_its_own() {
    let system = System::start_with(|policy, issuer| {
        policy.issuer_field(&format!("jwks \"{}/jwks.json\"", issuer.url()));
    });
    assert!(system.ask(&system.token("ana")) != unauthorized());
    assert_eq!(system.issuer.requests("openid-configuration"), 0);

    for body in ["", "[]", "{\"keys\": []}", "{\"keys\": [{\"kty\": \"oct\", \"k\": \"AAAA\"}]}"] {
        let system = System::start_with(|policy, issuer| {
            issuer.is(Mood::Answers(200, body.to_owned()));
            policy.issuer_field(&format!("jwks \"{}/jwks.json\"", issuer.url()));
        });
        assert_eq!(system.ask(&system.token("ana")), unauthorized(), "{body}");
        assert!(system.function.log().contains("JWKS"), "{body}");
    }
}

#[test]
fn a_fixed_key_fetches_nothing() {
    let system = System::start_with(|policy, _| {
        policy.issuer_field("key \"public.pem\"");
        policy.file("public.pem", &key().to_public_pem().unwrap());
    });
    assert!(system.ask(&system.token("ana")) != unauthorized());
    let named = other_key().sign(&system.issuer.claims("ana")).unwrap();
    assert_eq!(system.ask(&named), unauthorized());
    assert_eq!(system.issuer.requests(""), 0);
}

#[test]
fn userinfo_is_asked_once_a_token_and_believed_about_its_subject_alone() {
    let system = System::start_with(|policy, issuer| {
        policy.issuer_field(&format!("userinfo \"{}/userinfo\"", issuer.url()));
        policy.add("deny ANY /users/** unless userinfo.email_verified as verify_first");
    });
    let may = |token: &str| allows(&system.ask(token).answer()["policyDocument"], "GET", "/users/ana");
    let token = |n: i64| system.token_with("ana", json!({ "jti": n }));
    // Made once: a second later, it is another one.
    let first = token(1);

    system.issuer.says_userinfo(json!({ "sub": "ana", "email_verified": true }));
    assert!(may(&first));
    assert!(may(&first));
    assert_eq!(system.issuer.requests("/userinfo"), 1);

    system.issuer.says_userinfo(json!({ "sub": "ana", "email_verified": false }));
    assert!(may(&first), "kept for that token");
    assert!(!may(&token(2)));

    system.issuer.says_userinfo(json!({ "sub": "ben", "email_verified": true }));
    assert_eq!(system.ask(&token(3)), unauthorized());
    for mood in [Mood::Answers(500, String::new()), Mood::Answers(200, "[]".to_owned())] {
        system.issuer.is(mood);
        assert_eq!(system.ask(&token(4)), unauthorized());
    }
    system.issuer.is(Mood::Well);
    system.issuer.says_userinfo(json!({ "sub": "ana", "email_verified": true }));
    assert!(may(&token(4)), "a failure is not kept");
    assert!(!system.function.log().contains(&token(4)[..20]));
}

#[track_caller]
fn eventually(holds: impl Fn() -> bool) {
    for _ in 0..100 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("not within ten seconds");
}
