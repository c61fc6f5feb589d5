//! Token authorizers of REST APIs, which are not told the caller's address, and policies that read it.

use std::net::IpAddr;

use policy_engine::{Policy, Request, RequestContext, Token, Verb};
use serde_json::{Value, json};

use crate::desk::{Asked, Desk, NOW, key, policy};
use crate::events::token;

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod";
const REQUESTS: [(Verb, &str); 8] = [
    (Verb::Get, "/beta"),
    (Verb::Get, "/office"),
    (Verb::Get, "/reports"),
    (Verb::Get, "/users/ana"),
    (Verb::Get, "/users/ben"),
    (Verb::Get, "/home"),
    (Verb::Get, "/admin"),
    (Verb::Put, "/office"),
];
const ADDRESSES: [&str; 7] =
    ["192.0.2.0", "192.0.2.255", "192.0.3.0", "203.0.113.9", "198.51.100.7", "2001:db8::1", "2001:db9::1"];

fn event(token: &str, verb: Verb, path: &str) -> Value {
    let credentials = if token.is_empty() { Value::Null } else { json!(format!("Bearer {token}")) };
    json!({ "type": "TOKEN", "authorizationToken": credentials, "methodArn": format!("{STAGE}/{verb}{path}") })
}

fn ask(desk: &Desk, token: &str, verb: Verb, path: &str) -> Asked {
    desk.ask(event(token, verb, path).to_string().as_bytes())
}

/// What IAM makes of a document for a request from that address, as its documentation has it.
fn allows(document: &Value, verb: Verb, path: &str, address: IpAddr) -> bool {
    let arn = format!("{STAGE}/{verb}{path}");
    let any = |effect: &str| {
        let statements = document["Statement"].as_array().unwrap().iter();
        statements.filter(|statement| statement["Effect"] == effect).any(|statement| {
            let resources = statement["Resource"].as_array().unwrap();
            resources
                .iter()
                .any(|resource| crate::iam::matches(resource.as_str().unwrap().as_bytes(), arn.as_bytes()))
                && statement.get("Condition").is_none_or(|condition| is_met(condition, address))
        })
    };
    any("Allow") && !any("Deny")
}

fn is_met(condition: &Value, address: IpAddr) -> bool {
    condition.as_object().unwrap().iter().all(|(operator, keys)| {
        let value = &keys["aws:SourceIp"];
        let inside = || {
            let blocks = value.as_array().unwrap().iter();
            blocks.map(|block| block.as_str().unwrap()).any(|block| contains(block, address))
        };
        match operator.as_str() {
            "IpAddress" | "IpAddressIfExists" => inside(),
            "NotIpAddress" => !inside(),
            // API Gateway knows the address.
            "Null" => value == "false",
            other => panic!("no condition here is `{other}`"),
        }
    })
}

fn contains(block: &str, address: IpAddr) -> bool {
    let (network, length) = block.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (network.parse().unwrap(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
        }
        _ => false,
    }
}

fn fixture() -> String {
    crate::desk::read("tests/fixtures/events/address/it.policy")
}

fn decides(policy: &Policy, claims: Option<&Value>, request: (Verb, &str), address: IpAddr) -> bool {
    let issuer = policy_engine::condition::IssuerId(0);
    let token = claims.map(|claims| Token::new(issuer, claims.as_object().unwrap().clone()));
    let context = RequestContext { ip: Some(address), time: Some(NOW), ..RequestContext::default() };
    let (verb, path) = request;
    policy.caller(token.as_ref()).decide(&Request { verb, path, context: &context }).allowed
}

/// For each caller, request and address: the answer that a TOKEN event gets allows what the rules allow with the address
/// known, and what the log says was decided is so, wherever the caller is.
#[test]
fn the_answer_is_right_for_every_address() {
    let (desk, rules) = (Desk::of(policy(&fixture(), &Value::Null)), policy(&fixture(), &Value::Null));
    let people = [
        json!({ "sub": "ana" }),
        json!({ "sub": "ana", "groups": ["staff"] }),
        json!({ "groups": "blocked" }),
    ];
    let mut said = std::collections::BTreeMap::<String, usize>::new();
    for claims in people.iter().map(Some).chain([None]) {
        let text = claims.map(token).unwrap_or_default();
        for asked_for in REQUESTS {
            let asked = ask(&desk, &text, asked_for.0, asked_for.1);
            let decision = asked.line["decision"].as_str().unwrap().to_owned();
            let mut seen = Vec::new();
            for address in ADDRESSES.map(|address| address.parse().unwrap()) {
                let right = decides(&rules, claims, asked_for, address);
                seen.push(right);
                let who = format!("{claims:?} {asked_for:?} from {address}");
                match decision.as_str() {
                    "conditional" => assert!(asked.answer.is_ok(), "{who}"),
                    "allow" => assert!(right, "{who}"),
                    _ => assert!(!right, "{who}: {asked:?}"),
                }
                let Ok(answer) = &asked.answer else { continue };
                for request in REQUESTS {
                    assert_eq!(
                        allows(&answer["policyDocument"], request.0, request.1, address),
                        decides(&rules, claims, request, address),
                        "{who}: {request:?}\n{answer:#}"
                    );
                }
            }
            if decision == "conditional" {
                assert!(seen.contains(&true) && seen.contains(&false), "{claims:?} {asked_for:?}");
                assert_eq!(asked.reason(), "address");
                assert!(asked.line["rules"].as_array().is_some_and(|rules| !rules.is_empty()), "{asked:?}");
            }
            *said.entry(decision).or_default() += 1;
        }
    }
    let kinds: Vec<&str> = said.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["allow", "conditional", "deny", "unauthorized"], "{said:?}");
}

/// Where a policy for the whole API cannot be had, or something else depends on the address, the event is refused.
#[test]
fn what_would_need_the_address_is_refused() {
    let with = |statements: &str| format!("{}\n{statements}\n", fixture());
    for (text, named) in [
        (with("allow GET /{a}/{b} when path.a == path.b as twins"), "the rule `twins`"),
        (with("context { inside = request.ip in \"192.0.2.0/24\" }"), "on which `context` depends"),
        (with("context { outside = not request.ip in \"192.0.2.0/24\" }"), "on which `context` depends"),
        (with("deny GET /x when request.header.x == \"1\""), "headers and query parameters"),
    ] {
        let desk = Desk::of(policy(&text, &Value::Null));
        for path in ["/office", "/reports", "/users/ana", "/beta"] {
            let asked = ask(&desk, &token(&json!({ "sub": "ana" })), Verb::Get, path);
            assert_eq!(asked.answer, Err("Unauthorized".to_owned()), "{text}");
            assert_eq!((asked.reason(), &asked.line["level"]), ("event", &json!("ERROR")));
            assert!(asked.line["detail"].as_str().unwrap().contains(named), "{asked:?}");
        }
    }
}

/// A token is refused for its own reason first, also with `invalid_token 403`.
#[test]
fn a_bad_token_is_a_bad_token() {
    let text = fixture().replace("    cache     300\n", "    cache     300\n    invalid_token  403\n");
    let desk = Desk::of(policy(&text, &Value::Null));
    let expired = key().sign(&serde_json::Map::from_iter([
        ("iss".to_owned(), json!("https://issuer.example/")),
        ("aud".to_owned(), json!("app")),
        ("exp".to_owned(), json!(NOW)),
    ]));
    let asked = ask(&desk, &expired.unwrap(), Verb::Get, "/office");
    assert_eq!((asked.reason(), &asked.line["decision"]), ("expired", &json!("deny")));
    assert_eq!(asked.answer.unwrap()["policyDocument"]["Statement"][0]["Effect"], "Deny");
}
