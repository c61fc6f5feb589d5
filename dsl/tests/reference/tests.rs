//! The reference itself, against decisions that a person made.

use std::collections::BTreeMap;

use policy_dsl::source::Sources;
use policy_engine::condition::IssuerId;
use policy_engine::{RequestContext, Token, Verb};
use serde_json::{Value as Json, json};

use super::{Outcome, Reference, forms, glob_matches, is_malformed};

const POLICY: &str = r#"
param admin_group = "apiAdmins"

issuer cognito { url "https://a.example" audience "api" groups token."cognito:groups" }
issuer other   { url "https://b.example" audience "api" scopes token.perms }

let admin = group admin_group
let owner = path.userid == token.sub

allow GET PUT DELETE  /users/{userid}  /users/{userid}/**   when owner   as own_record
allow GET POST        /users      when admin   as admin_list
allow GET PUT DELETE  /users/**   when admin   as admin_records
deny DELETE /users/**  unless token.email_verified  as verified
never allow ANY /secret/{userid}  when path.userid == token.unused
public GET /docs /docs/*.html
allow GET /scoped/{x}  when scope path.x or scope "all"  as scoped
allow GET /early  when request.time < "2026-01-01T00:00:00Z" and request.ip in "10.0.0.0/8"  as early
"#;

fn reference() -> Reference {
    let mut sources = Sources::default();
    let id = sources.add("p.policy", POLICY);
    let (file, diagnostics) = policy_dsl::parse(id, POLICY);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Reference::new(&sources, &[file], &BTreeMap::new())
}

fn token(issuer: u32, claims: Json) -> Token {
    let Json::Object(claims) = claims else { panic!("claims are an object") };
    Token::new(IssuerId(issuer), claims)
}

fn outcome(token: Option<&Token>, request: &str) -> Outcome {
    let (verb, path) = request.split_once(' ').unwrap();
    let context = RequestContext {
        time: Some(1_767_225_599),
        ip: "::ffff:10.0.0.1".parse().ok(),
        ..RequestContext::default()
    };
    reference().decide(token, Verb::parse(verb).unwrap(), path, &context)
}

#[test]
fn decisions_are_as_the_language_says() {
    let ana = json!({ "sub": "ana", "email_verified": true });
    let admin = json!({ "sub": "adam", "cognito:groups": ["x", "apiAdmins"], "email_verified": true });
    let one_group = json!({ "sub": "adam", "cognito:groups": "apiAdmins" });
    for (issuer, claims, request, decision) in [
        (0, &ana, "GET /users/ana", "own_record"),
        (0, &ana, "GET /users/ana/photos/1", "own_record"),
        (0, &ana, "GET /users/ben", "-default"),
        (0, &ana, "GET /users", "-default"),
        (0, &ana, "DELETE /users/ana", "own_record"),
        (0, &ana, "POST /users/ana", "-default"),
        (0, &ana, "GET /users/ana/", "-malformed_path"),
        (0, &ana, "GET /early", "early"),
        (0, &json!({ "sub": "ana" }), "DELETE /users/ana", "-verified"),
        (0, &json!({ "sub": "ana", "email_verified": "true" }), "DELETE /users/ana", "-verified"),
        (0, &json!({ "sub": "auth0|abc" }), "GET /users/auth0%7Cabc", "own_record"),
        (0, &json!({ "sub": "auth0|abc" }), "GET /users/auth0%7cabc", "-default"),
        (0, &json!({ "sub": "*" }), "GET /docs", "-hostile_claim"),
        (0, &json!({ "sub": "*" }), "GET /docs/", "-malformed_path"),
        (0, &json!({ "sub": ["*"] }), "GET /docs", "p.policy:15"),
        (0, &json!({ "unused": "*" }), "GET /docs", "p.policy:15"),
        (0, &admin, "GET /users", "admin_list"),
        (0, &admin, "GET /users/adam", "own_record admin_records"),
        (0, &one_group, "GET /users", "admin_list"),
        (1, &one_group, "GET /users", "-default"),
        (1, &json!({ "perms": "a all" }), "GET /scoped/b", "scoped"),
        (1, &json!({ "perms": "a b" }), "GET /scoped/b", "scoped"),
        (1, &json!({ "perms": ["a b"] }), "GET /scoped/a%20b", "scoped"),
        (1, &json!({ "perms": ["a", "%"] }), "GET /scoped/a", "-hostile_claim"),
        (0, &json!({ "scope": null, "scp": "b", "permissions": ["c"] }), "GET /scoped/c", "-default"),
    ] {
        let outcome = outcome(Some(&token(issuer, claims.clone())), request);
        let said = match outcome.rules.join(" ") {
            rules if outcome.allowed => rules,
            rules if rules.is_empty() => format!("-{}", outcome.reason),
            rules => format!("-{rules}"),
        };
        assert_eq!(said, decision, "{request} {claims}");
    }
    assert!(outcome(None, "GET /docs/a.html").allowed);
    assert!(!outcome(None, "GET /early").allowed);
    assert_eq!(outcome(None, "DELETE /users/a").rules, ["verified"]);
}

#[test]
fn paths_are_malformed_as_the_language_says() {
    for path in [
        "", "a", "//", "/a/", "/a//b", "/./a", "/a/..", "/a\\b", "/a\u{7f}", "/a%2Fb", "/%5c", "/%2E", "/%00",
    ] {
        assert!(is_malformed(path), "{path:?}");
    }
    for path in ["/", "/a", "/a/...", "/a%20b", "/ü", "/100%", "/a:b"] {
        assert!(!is_malformed(path), "{path:?}");
    }
}

#[test]
fn strings_have_three_forms_in_a_path() {
    assert_eq!(forms("a@b|ü"), ["a@b|ü", "a@b%7C%C3%BC", "a%40b%7C%C3%BC"]);
}

#[test]
fn globs_match_as_the_language_says() {
    for (glob, text, matched) in [
        ("a*c", "abbc", true),
        ("a**c", "ac", true),
        ("a*c", "a/b/c", true),
        ("a?c", "ac", false),
        ("[a-c][!x]", "bz", true),
        ("[a-c]", "d", false),
        ("{a,b{c,d}}e", "bde", true),
        ("{a,b{c,d}}e", "be", false),
        ("x{,y}", "x", true),
        ("\\*", "*", true),
        ("\\*", "a", false),
        ("", "", true),
        ("?", "ü", false),
    ] {
        assert_eq!(glob_matches(glob, text), matched, "{glob} {text}");
    }
}
