use policy_engine::{Effect, Reason, Request, RequestContext, Token, Verb};
use serde_json::json;

use crate::support::{Draft, ana, no_claims, token};

/// One policy with every kind of step in its paths, and rules that overlap.
fn draft() -> Draft {
    let mut draft = Draft::new();
    let owner = draft.owner("/users/{id}/**", "id", "sub");
    let always = draft.always();
    let (staff, ops) = (draft.group("staff"), draft.group("ops"));
    let either = draft.conditions.any(vec![staff, ops]);
    draft.rule(Effect::Allow, "GET PUT", "/users/{id}/**", owner); // rule1
    draft.rule(Effect::Allow, "ANY", "/users/*/photos", staff); // rule2
    draft.rule(Effect::Public, "GET", "/", always); // rule3
    draft.rule(Effect::Allow, "GET", "/files/report-*.pdf", either); // rule4
    draft.rule(Effect::Deny, "PUT", "/users/**", ops); // rule5
    draft
}

fn decide(token: Option<&Token>, verb: Verb, path: &str) -> (bool, &'static str, Vec<u32>) {
    let policy = draft().policy();
    let context = RequestContext::default();
    let decision = policy.caller(token).decide(&Request { verb, path, context: &context });
    (decision.allowed, decision.reason.name(), decision.rules.iter().map(|rule| rule.0 + 1).collect())
}

#[test]
fn the_decision_names_the_rules_that_made_it() {
    let staff = token(json!({"sub": "ana", "groups": ["x", "staff"]}));
    let ops = token(json!({"sub": "ana", "groups": "ops"}));
    let table: [(_, _, _, (_, _, &[u32])); 13] = [
        (Some(&ana()), Verb::Get, "/users/ana/photos", (true, "rule", &[1])),
        (Some(&staff), Verb::Get, "/users/ana/photos", (true, "rule", &[1, 2])),
        (Some(&staff), Verb::Get, "/users/ben/photos", (true, "rule", &[2])),
        (Some(&staff), Verb::Get, "/users/ben/photos/1", (false, "default", &[])),
        (Some(&ops), Verb::Put, "/users/ana/x", (false, "rule", &[5])),
        (Some(&ana()), Verb::Get, "/users/ana", (false, "default", &[])),
        (Some(&ops), Verb::Get, "/files/report-7.pdf", (true, "rule", &[4])),
        (Some(&ops), Verb::Get, "/files/report-7.doc", (false, "default", &[])),
        (None, Verb::Get, "/", (true, "rule", &[3])),
        (None, Verb::Get, "/users/ana/photos", (false, "default", &[])),
        (Some(&no_claims()), Verb::Get, "/users/ana/photos", (false, "default", &[])),
        (Some(&ana()), Verb::Get, "/users/ana/../x", (false, "malformed_path", &[])),
        (Some(&token(json!({"sub": "*"}))), Verb::Get, "/", (false, "hostile_claim", &[])),
    ];
    for (token, verb, path, expected) in table {
        let (allowed, reason, rules) = decide(token, verb, path);
        assert_eq!((allowed, reason, rules.as_slice()), expected, "{verb} {path} {token:?}");
    }
}

#[test]
fn a_hostile_claim_is_named() {
    let policy = draft().policy();
    let hostile = token(json!({"sub": "a/b"}));
    assert_eq!(policy.caller(Some(&hostile)).hostile_claim().as_deref(), Some("token.sub"));
    assert_eq!(policy.caller(Some(&ana())).hostile_claim(), None);
}

#[test]
fn near_misses_say_what_failed() {
    let policy = draft().policy();
    let context = RequestContext::default();
    let misses = |token: Option<&Token>, path| -> Vec<(u32, String)> {
        let request = Request { verb: Verb::Get, path, context: &context };
        let caller = policy.caller(token);
        assert_eq!(caller.decide(&request).reason, Reason::Default);
        caller.near_misses(&request).into_iter().map(|miss| (miss.rule.0 + 1, miss.failed)).collect()
    };
    assert_eq!(
        misses(Some(&ana()), "/users/ben/photos"),
        [(1, "path.id == token.sub".to_owned()), (2, "group \"staff\"".to_owned())]
    );
    assert_eq!(
        misses(Some(&ana()), "/files/report-.pdf"),
        [(4, "group \"staff\" or group \"ops\"".to_owned())]
    );
    assert_eq!(misses(None, "/files/report-.pdf"), [(4, "a token".to_owned())]);
}

/// Ten thousand rules on one path that differ in their group alone, and as many paths under one prefix.
#[test]
fn many_rules_are_told_apart() {
    let mut draft = Draft::new();
    for number in 0..10_000 {
        let group = draft.group(&format!("g{number}"));
        draft.rule(Effect::Allow, "GET", "/shared", group);
        draft.rule(Effect::Allow, "GET", &format!("/svc/{number}"), group);
    }
    let policy = draft.policy();
    let context = RequestContext::default();
    let token = token(json!({"groups": ["g9999", "g10000"]}));
    let caller = policy.caller(Some(&token));
    let decide = |path| caller.decide(&Request { verb: Verb::Get, path, context: &context });
    assert_eq!(decide("/shared").rules.as_slice(), [policy_engine::RuleId(19_998)]);
    assert_eq!(decide("/svc/9999").rules.as_slice(), [policy_engine::RuleId(19_999)]);
    assert!(!decide("/svc/9998").allowed);
}
