//! What the Users service's people see.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::iam::{STAGE, allows};
use crate::issuer::now;
use crate::support::{System, key, other_key, token_event, unauthorized};

const OWN: [(&str, &str); 5] = [
    ("GET", "/users/ana"),
    ("PUT", "/users/ana"),
    ("DELETE", "/users/ana"),
    ("GET", "/users/ana/photos/1"),
    ("DELETE", "/users/ana/photos/1"),
];
const OF_OTHERS: [(&str, &str); 5] = [
    ("GET", "/users/ben"),
    ("PUT", "/users/ben"),
    ("DELETE", "/users/ben"),
    ("GET", "/users/ana2"),
    ("GET", "/users/ben/photos/1"),
];
const LIST: [(&str, &str); 2] = [("GET", "/users"), ("POST", "/users")];
const NOBODYS: [(&str, &str); 9] = [
    ("PATCH", "/users/ana"),
    ("DELETE", "/users"),
    ("GET", "/"),
    ("GET", "/users/"),
    ("GET", "/users//ana"),
    ("GET", "/users/ana/"),
    ("GET", "/users/ana/../ben"),
    ("GET", "/users/ana/%2e%2e/ben"),
    ("GET", "/a/users/ana"),
];

#[track_caller]
fn check_document(answer: &Value, allowed: &[&[(&str, &str)]]) {
    let document = &answer["policyDocument"];
    for group in [&OWN[..], &OF_OTHERS, &LIST, &NOBODYS] {
        for (verb, path) in group {
            let expected = allowed.iter().any(|group| group.contains(&(verb, path)));
            assert_eq!(allows(document, verb, path), expected, "{verb} {path}: {document:#}");
        }
    }
    let read: ApiGatewayCustomAuthorizerResponse<Value> = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(read.principal_id.as_deref(), answer["principalId"].as_str());
}

/// The answer but for its policy document.
fn rest(answer: &Value) -> Value {
    let mut rest = answer.clone();
    rest.as_object_mut().unwrap().remove("policyDocument").unwrap();
    rest
}

#[test]
fn people_keep_their_own_record_whichever_route_asks_first() {
    let system = System::start();
    for request in ["GET/users/ana", "PUT/users/ana", "GET/users/ben", "GET/users"] {
        let answer = system.function.invoke(&token_event(&system.token("ana"), request)).answer();
        check_document(&answer, &[&OWN]);
        let expected = json!({ "principalId": "ana", "context": { "user_id": "ana", "admin": false } });
        assert_eq!(rest(&answer), expected);
    }
    assert_eq!(system.issuer.requests("/jwks.json"), 1, "the keys are fetched once");
}

#[test]
fn administrators_keep_all_records_wherever_their_group_stands() {
    let system = System::start();
    for groups in [json!(["apiAdmins"]), json!(["staff", "apiAdmins"])] {
        let token = system.token_with("root", json!({ "cognito:groups": groups }));
        let answer = system.ask(&token).answer();
        check_document(&answer, &[&OWN, &OF_OTHERS, &LIST]);
        let expected = json!({ "principalId": "root", "context": { "user_id": "root", "admin": true } });
        assert_eq!(rest(&answer), expected);
    }
    let token = system.token_with("ana", json!({ "cognito:groups": ["apiAdminsReadOnly"] }));
    check_document(&system.ask(&token).answer(), &[&OWN]);
}

#[test]
fn a_hostile_name_is_denied_everything() {
    let system = System::start();
    for sub in ["*", "a*", "..", "a/b", "${aws:username}", "?", ""] {
        let answer = system.ask(&system.token(sub)).answer();
        let expected = json!({ "Version": "2012-10-17", "Statement": [
            { "Action": "execute-api:Invoke", "Effect": "Deny", "Resource": [format!("{STAGE}/*")] }
        ] });
        if sub == ".." {
            check_document(&answer, &[]);
        } else {
            assert_eq!(answer["policyDocument"], expected, "{sub}");
        }
    }
    assert!(system.function.log().contains("`token.sub` is hostile"));
}

#[test]
fn tokens_that_are_not_in_order_are_unauthorized() {
    let system = System::start();
    let now = now();
    let good = system.token("ana");
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    let foreign = URL_SAFE_NO_PAD.encode(json!(system.issuer.claims("ben")).to_string());
    let unnamed = json!({ "alg": "RS256" }).to_string();
    let claims = json!(system.issuer.claims("ana")).to_string();
    let refused = [
        ("expired", system.token_with("ana", json!({ "exp": now - 60 }))),
        ("expired", system.token_with("ana", json!({ "exp": now }))),
        ("not_yet_valid", system.token_with("ana", json!({ "nbf": now + 600 }))),
        ("audience", system.token_with("ana", json!({ "aud": "another-app" }))),
        ("audience", system.token_with("ana", json!({ "aud": null }))),
        ("issuer", system.token_with("ana", json!({ "iss": "https://issuer.example" }))),
        ("issuer", system.token_with("ana", json!({ "iss": format!("{}/", system.issuer.url()) }))),
        ("token_use", system.token_with("ana", json!({ "token_use": "access" }))),
        ("member", system.token_with("ana", json!({ "exp": null }))),
        ("member", system.token_with("ana", json!({ "iss": null }))),
        ("signature", format!("{header}.{foreign}.{signature}")),
        ("signature", format!("{input}.{}", URL_SAFE_NO_PAD.encode([7; 256]))),
        ("signature", format!("{input}.")),
        ("signature", other_signature(&system)),
        ("key", other_key().sign(&system.issuer.claims("ana")).unwrap()),
        ("unsigned", unsigned(&claims)),
        ("shared_secret", hmac(&claims)),
        ("scheme", format!("Bearer {good}")),
        ("scheme", format!("{} {}", &good[..good.len() - 9], &good[good.len() - 9..])),
        ("scheme", format!("{good}\t{good}")),
        ("scheme", format!("{good} {}", "x".repeat(16 * 1024))),
        ("parts", "none".to_owned()),
        ("parts", format!("{good}.{signature}")),
        ("critical_extension", key().sign_parts(r#"{"alg":"RS256","crit":["exp"]}"#, &claims).unwrap()),
        (
            "duplicate_member",
            key().sign_parts(&unnamed, &format!("{{\"sub\":\"x\",{}", &claims[1..])).unwrap(),
        ),
        ("too_long", "a".repeat(20_000)),
    ];
    for (reason, token) in &refused {
        assert_eq!(system.ask(token), unauthorized(), "{reason}");
        let last = system.function.last_line();
        assert!(last.contains(&format!("\"reason\":\"{reason}\"")), "{reason}: {last}");
    }
    assert_eq!(system.ask(""), unauthorized());
    assert!(system.ask(&good) != unauthorized(), "and a good one still passes");
    nothing_to_replay(
        &system.function.log(),
        refused.iter().map(|(_, token)| token.as_str()).chain([&*good]),
    );
}

/// No part of a token of any length is in the log.
#[track_caller]
fn nothing_to_replay<'a>(log: &str, tokens: impl Iterator<Item = &'a str>) {
    for part in tokens.flat_map(|token| token.split(['.', ' '])).filter(|part| part.len() > 12) {
        assert!(!log.contains(&part[..12]), "{part}");
    }
}

fn other_signature(system: &System) -> String {
    let header = json!({ "alg": "RS256", "kid": key().kid() });
    other_key().sign_parts(&header.to_string(), &json!(system.issuer.claims("ana")).to_string()).unwrap()
}

fn unsigned(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims))
}

/// Signed with HMAC, the secret being the public key, as a verifier that trusts the token's `alg` accepts it.
fn hmac(claims: &str) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT", "kid": key().kid() }).to_string();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let secret = key().to_public_pem().unwrap();
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let signature =
        jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{input}.{signature}")
}

#[test]
fn the_only_key_needs_no_name() {
    let system = System::start();
    let claims = json!(system.issuer.claims("ana")).to_string();
    let token = key().sign_parts(r#"{"alg":"RS256"}"#, &claims).unwrap();
    check_document(&system.ask(&token).answer(), &[&OWN]);
    // PS256 fits the key, but the key is for RS256, and so is the policy.
    let header = json!({ "alg": "PS256", "kid": key().kid() }).to_string();
    assert_eq!(system.ask(&key().sign_parts(&header, &claims).unwrap()), unauthorized());
}

#[test]
fn where_the_policy_wants_403_an_invalid_token_is_denied_everything() {
    let system =
        System::start_with(|policy, _| policy.replace("scheme    raw", "scheme raw invalid_token 403"));
    let answer = system.ask("none").answer();
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Action": "execute-api:Invoke", "Effect": "Deny", "Resource": [format!("{STAGE}/*")] }
    ] });
    assert_eq!(answer, json!({ "principalId": "anonymous", "policyDocument": document }));
    assert_eq!(system.ask(""), unauthorized(), "no token is not an invalid one");
}

#[test]
fn request_events_carry_the_token_in_a_header() {
    let system = System::start_with(|policy, _| policy.replace("scheme    raw", "scheme bearer"));
    let event = |headers: Value| {
        json!({
            "type": "REQUEST", "methodArn": format!("{STAGE}/GET/users/ana"), "resource": "/users/{userid}",
            "path": "/users/ana", "httpMethod": "GET", "headers": headers, "multiValueHeaders": null,
            "queryStringParameters": null, "pathParameters": { "userid": "ana" }, "stageVariables": null,
            "requestContext": { "identity": { "sourceIp": "192.0.2.1" } }
        })
    };
    let token = system.token("ana");
    for value in [format!("Bearer {token}"), format!("bearer  {token}")] {
        let answer = system.function.invoke(&event(json!({ "authorization": value, "x": null }))).answer();
        check_document(&answer, &[&OWN]);
    }
    for headers in [json!({ "Authorization": token }), json!({ "X": "y" }), json!({}), Value::Null] {
        assert_eq!(system.function.invoke(&event(headers)), unauthorized());
    }
    let mut two = event(json!({ "Authorization": format!("Bearer {token}") }));
    two["multiValueHeaders"] = json!({ "Authorization": [format!("Bearer {token}"), "Bearer x"] });
    assert_eq!(system.function.invoke(&two), unauthorized());
}

#[test]
fn one_issuer_may_have_two_kinds_of_tokens() {
    let system = System::start_with(|policy, _| {
        policy.add(r#"issuer access { url "${issuer_url}" audience client_id token_use "access" }"#);
    });
    let changes = json!({ "token_use": "access", "client_id": "users-app", "aud": null });
    check_document(&system.ask(&system.token_with("ana", changes)).answer(), &[&OWN]);
    check_document(&system.ask(&system.token("ana")).answer(), &[&OWN]);
    assert_eq!(system.ask(&system.token_with("ana", json!({ "token_use": "refresh" }))), unauthorized());
}

#[test]
fn a_token_that_fits_two_issuers_is_no_ones() {
    let system = System::start_with(|policy, _| {
        policy.add(r#"issuer second { url "${issuer_url}" audience client_id token_use "id" }"#);
    });
    assert_eq!(system.ask(&system.token("ana")), unauthorized());
    assert!(system.function.last_line().contains("\"reason\":\"ambiguous_issuer\""));
}

#[test]
fn what_is_public_needs_no_token_but_no_bad_one_either() {
    let system = System::start_with(|policy, _| {
        policy.replace("    GET POST        /users\n", "    GET POST /users  GET /health\n");
        policy.add("public GET /health as health");
    });
    for token in ["", " "] {
        let answer = system.function.invoke(&token_event(token, "GET/health")).answer();
        assert!(allows(&answer["policyDocument"], "GET", "/health"));
        check_document(&answer, &[]);
        assert_eq!(answer["principalId"], "anonymous");
        assert_eq!(system.function.invoke(&token_event(token, "GET/users/ana")), unauthorized());
        assert!(system.function.last_line().contains("\"reason\":\"no_token\""));
    }
    assert_eq!(system.function.invoke(&token_event("none", "GET/health")), unauthorized());
    let answer = system.function.invoke(&token_event(&system.token("ana"), "GET/health")).answer();
    check_document(&answer, &[&OWN]);
    assert!(allows(&answer["policyDocument"], "GET", "/health"));
}
