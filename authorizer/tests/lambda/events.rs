//! A corpus of events, each with its expected answer beside it; and what can be taken out of them.
//!
//! `fixtures/events/POLICY/NAME.event.json` (or `.txt` where it is no JSON) is answered as `NAME.answer.json` says, by
//! `fixtures/events/POLICY/it.policy`. `@ana@` in an event stands for a token. `UPDATE_FIXTURES=1` writes the answers;
//! read the difference before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest,
    ApiGatewayCustomAuthorizerResponse, ApiGatewayV2CustomAuthorizerIamPolicyResponse,
    ApiGatewayV2CustomAuthorizerSimpleResponse, ApiGatewayV2CustomAuthorizerV1Request,
    ApiGatewayV2CustomAuthorizerV2Request,
};
use policy_authorizer::dev::DevKey;
use policy_engine::Algorithm;
use serde_json::{Map, Value, json};

use crate::desk::{Asked, Desk, NOW, key, policy};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events")
}

pub(crate) fn token(claims: &Value) -> String {
    let mut all =
        json!({ "iss": "https://issuer.example/", "aud": "app", "iat": NOW - 60, "exp": NOW + 3600 });
    let all = all.as_object_mut().unwrap();
    all.extend(claims.as_object().unwrap().clone());
    key().sign(all).unwrap()
}

/// The tokens that events name.
fn tokens() -> BTreeMap<&'static str, String> {
    let full = json!({
        "sub": "ana", "groups": ["staff", "admins"], "plan": "gold", "level": 7, "name": "Ana \"Ñ\" \u{1f600}"
    });
    let stranger = DevKey::generate(Algorithm::ES256).unwrap();
    let forged = json!({ "iss": "https://issuer.example/", "aud": "app", "sub": "ana", "exp": NOW + 3600 });
    BTreeMap::from([
        ("ana", token(&json!({ "sub": "ana" }))),
        ("ben", token(&json!({ "sub": "ben" }))),
        ("root", token(&json!({ "sub": "root", "groups": "admins" }))),
        ("auth0", token(&json!({ "sub": "auth0|ana" }))),
        ("tenant", token(&json!({ "sub": "ana", "tenant": "acme" }))),
        ("staff", token(&json!({ "sub": "ana", "groups": ["staff"] }))),
        ("blocked", token(&json!({ "sub": "ana", "groups": ["blocked"] }))),
        ("expired", token(&json!({ "sub": "ana", "exp": NOW }))),
        ("large", token(&json!({ "sub": "ana", "name": "x".repeat(8_000) }))),
        ("full", token(&full)),
        ("forged", stranger.sign(forged.as_object().unwrap()).unwrap()),
    ])
}

struct Case {
    /// `POLICY/NAME`.
    name: String,
    event: Vec<u8>,
    answer: PathBuf,
}

fn desks() -> BTreeMap<String, Desk> {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    folders
        .map(|folder| {
            let text = fs::read_to_string(folder.join("it.policy")).unwrap();
            (file_name(&folder), Desk::of(policy(&text, &Value::Null)))
        })
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn cases() -> Vec<Case> {
    let tokens = tokens();
    let mut cases = Vec::new();
    for group in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        for path in fs::read_dir(&group).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file_name(&path);
            let Some((name, _)) = name.split_once(".event.") else {
                let known = name == "it.policy" || name.ends_with(".answer.json");
                assert!(known, "{} is neither an event nor an answer", path.display());
                continue;
            };
            let event = tokens.iter().fold(fs::read(&path).unwrap(), |event, (name, token)| {
                replaced(&event, format!("@{name}@").as_bytes(), token.as_bytes())
            });
            let answer = group.join(format!("{name}.answer.json"));
            cases.push(Case { name: format!("{}/{name}", file_name(&group)), event, answer });
        }
    }
    cases.sort_by(|one, two| one.name.cmp(&two.name));
    cases
}

fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        if rest.starts_with(what) {
            out.extend_from_slice(with);
            rest = &rest[what.len()..];
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

#[test]
fn every_event_has_its_expected_answer() {
    let (desks, update) = (desks(), std::env::var_os("UPDATE_FIXTURES").is_some());
    let (cases, mut wrong) = (cases(), Vec::new());
    assert!(cases.len() > 100, "only {} events are found", cases.len());
    for case in &cases {
        let (group, _) = case.name.split_once('/').unwrap();
        let asked = desks[group].ask(&case.event);
        check_form(&case.name, &asked);
        let got = asked.to_json();
        if update {
            fs::write(&case.answer, format!("{got:#}\n")).unwrap();
        }
        match fs::read_to_string(&case.answer) {
            Err(_) => wrong.push(format!("{}: no expected answer; it is\n{got:#}", case.name)),
            Ok(text) if serde_json::from_str::<Value>(&text).ok().as_ref() != Some(&got) => {
                wrong.push(format!("{}: expected\n{text}got\n{got:#}", case.name));
            }
            Ok(_) => {}
        }
    }
    let answers = desks.keys().flat_map(|group| fs::read_dir(folder().join(group)).unwrap());
    let answers =
        answers.filter(|entry| file_name(&entry.as_ref().unwrap().path()).ends_with(".answer.json"));
    assert_eq!(answers.count(), cases.len(), "an answer without an event");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Exactly the documented members, no null anywhere, and what `aws_lambda_events` reads it as.
#[track_caller]
fn check_form(name: &str, asked: &Asked) {
    let answer = match &asked.answer {
        Err(message) => return assert_eq!(message, "Unauthorized", "{name}"),
        Ok(answer) => answer,
    };
    assert!(!has_null(answer), "{name}: {answer:#}");
    let members: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    if let Some(yes) = answer.get("isAuthorized") {
        assert!(
            members.iter().all(|member| ["isAuthorized", "context"].contains(member)),
            "{name}: {members:?}"
        );
        let mut whole = answer.clone();
        whole.as_object_mut().unwrap().entry("context").or_insert(Value::Null);
        let read: ApiGatewayV2CustomAuthorizerSimpleResponse<Value> = serde_json::from_value(whole).unwrap();
        assert_eq!(yes, read.is_authorized, "{name}");
        return;
    }
    let known = ["principalId", "policyDocument", "context", "usageIdentifierKey"];
    assert!(members.iter().all(|member| known.contains(member)), "{name}: {members:?}");
    for statement in answer["policyDocument"]["Statement"].as_array().unwrap() {
        let members: Vec<&str> = statement.as_object().unwrap().keys().map(String::as_str).collect();
        let known = ["Action", "Condition", "Effect", "NotResource", "Resource"];
        assert!(members.iter().all(|member| known.contains(member)), "{name}: {members:?}");
    }
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap().len();
    let rest: ApiGatewayCustomAuthorizerResponse<Value> = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(rest.principal_id.as_deref(), answer["principalId"].as_str(), "{name}");
    assert_eq!(
        rest.usage_identifier_key.as_deref(),
        answer.get("usageIdentifierKey").and_then(Value::as_str),
        "{name}"
    );
    let http: ApiGatewayV2CustomAuthorizerIamPolicyResponse<Value> =
        serde_json::from_value(answer.clone()).unwrap();
    for document in [rest.policy_document, http.policy_document] {
        assert_eq!(document.statement.len(), statements, "{name}");
    }
    let context = answer.get("context").and_then(Value::as_object);
    let flat =
        context.is_none_or(|context| context.values().all(|value| !value.is_object() && !value.is_array()));
    assert!(flat, "{name}: {answer:#}");
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// What `aws_lambda_events` makes of an event and writes again, nulls and empty maps and all, is answered like the
/// event. (It drops members that it does not know, so that only events are tried that API Gateway sends.)
#[test]
fn events_that_aws_lambda_events_writes_are_understood() {
    let (desks, mut written) = (desks(), BTreeMap::<&str, usize>::new());
    for case in cases() {
        let (group, name) = case.name.split_once('/').unwrap();
        let is_genuine = serde_json::from_slice(&case.event).is_ok_and(|event| is_genuine(&event, name));
        let (Some((shape, event)), true) = (rewritten(name, &case.event), is_genuine) else { continue };
        let (before, after) = (desks[group].ask(&case.event), desks[group].ask(event.to_string().as_bytes()));
        if before.answer.is_ok() {
            assert_eq!(before.to_json(), after.to_json(), "{}: {event:#}", case.name);
            *written.entry(shape).or_default() += 1;
        } else {
            assert!(after.answer.is_err(), "{}: {event:#}", case.name);
        }
    }
    let shapes: Vec<&str> = written.keys().copied().collect();
    assert_eq!(shapes, ["http1", "http2", "rest", "token"], "{written:?}");
    assert!(written.values().all(|count| *count >= 2), "{written:?}");
}

fn rewritten(name: &str, event: &[u8]) -> Option<(&'static str, Value)> {
    fn through<T: serde::de::DeserializeOwned + serde::Serialize>(event: &[u8]) -> Option<Value> {
        let read: T = serde_json::from_slice(event).ok()?;
        Some(serde_json::to_value(read).unwrap())
    }
    let shape = name.split('-').next().unwrap();
    match (shape, name) {
        (_, name) if name.starts_with("rest-token") => {
            Some(("token", through::<ApiGatewayCustomAuthorizerRequest>(event)?))
        }
        ("rest" | "websocket", _) => {
            let event = through::<ApiGatewayCustomAuthorizerRequestTypeRequest>(event)?;
            Some(("rest", event))
        }
        ("http1", _) => Some(("http1", through::<ApiGatewayV2CustomAuthorizerV1Request>(event)?)),
        ("http2", _) => Some(("http2", through::<ApiGatewayV2CustomAuthorizerV2Request>(event)?)),
        _ => None,
    }
}

/// Requests that an answer may be applied to.
const REQUESTS: [&str; 9] = [
    "GET/",
    "GET/health",
    "GET/users/ana",
    "PUT/users/ana",
    "GET/users/ben",
    "POST/admin",
    "GET/office",
    "GET/reports/1",
    "GET/beta",
];

/// Whether an answer allows each of these requests, and the event's own; by the plainest reading of IAM.
fn allowed(answer: &Value, own: &str) -> Vec<bool> {
    if let Some(yes) = answer.get("isAuthorized") {
        return REQUESTS.iter().map(|_| false).chain([yes == true]).collect();
    }
    let prefix = own.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
    let matches = |statement: &Value, arn: &str| {
        let any = |resources: &Value| {
            let resources = resources.as_array().unwrap();
            resources
                .iter()
                .any(|pattern| crate::iam::matches(pattern.as_str().unwrap().as_bytes(), arn.as_bytes()))
        };
        match statement.get("Resource") {
            Some(resources) => any(resources),
            None => !any(&statement["NotResource"]),
        }
    };
    let requests = REQUESTS.iter().map(|request| format!("{prefix}/{request}")).chain([own.to_owned()]);
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    let any = |effect: &str, arn: &str| {
        // A Condition can only take away from an Allow here, where no policy needs one.
        statements.iter().any(|statement| statement["Effect"] == effect && matches(statement, arn))
    };
    requests.map(|arn| any("Allow", &arn) && !any("Deny", &arn)).collect()
}

/// Every event that API Gateway sends, with every one of its members left out or null: the answer allows nothing that
/// the whole event's does not, or that nobody's does, who has no token.
///
/// Left alone is what the caller may leave out: a single header of an HTTP API, which has them once only. (A REST API
/// has them twice, and taking one out of one map is tried, too.)
#[test]
fn an_event_that_lacks_something_never_gets_more() {
    let desks = desks();
    let (mut tried, mut same, mut less) = (0, 0, 0);
    for case in cases() {
        let (group, name) = case.name.split_once('/').unwrap();
        let Ok(event @ Value::Object(_)) = serde_json::from_slice::<Value>(&case.event) else { continue };
        let own = ["routeArn", "methodArn"].iter().find_map(|name| event.get(name)?.as_str());
        let (Some(own), true) = (own, is_genuine(&event, name)) else { continue };
        let desk = &desks[group];
        let nothing = vec![false; REQUESTS.len() + 1];
        let rights = |event: &Value| match desk.ask(event.to_string().as_bytes()).answer {
            Ok(answer) => allowed(&answer, own),
            Err(_) => nothing.clone(),
        };
        let (whole, nobody) = (rights(&event), rights(&without_token(&event)));
        for changed in lacking(&event) {
            let rights = rights(&changed);
            tried += 1;
            if rights == whole {
                same += 1;
            } else {
                less += 1;
            }
            let fits = rights
                .iter()
                .zip(whole.iter().zip(&nobody))
                .all(|(right, (whole, nobody))| !right || *whole || *nobody);
            assert!(fits, "{}: {rights:?}, whole {whole:?}\n{changed:#}", case.name);
        }
    }
    assert!(tried > 2_000 && same > 500 && less > 100, "{tried} tried, {same} the same, {less} less");
}

/// Contradictions can be taken out of an event, and then it is another, that does not contradict itself.
fn is_genuine(event: &Value, name: &str) -> bool {
    let contradicts = [
        "other-",
        "override",
        "two-",
        "twice",
        "hidden",
        "traversal",
        "aws-sample",
        "in-one-map",
        "last",
        "joined",
        "odd",
        "version-",
        "with-a-verb",
        "method-arn",
    ];
    event.get("type").is_some() && !contradicts.iter().any(|part| name.contains(part))
}

fn without_token(event: &Value) -> Value {
    let mut event = event.clone();
    for (map, wanted) in [
        ("headers", "authorization"),
        ("multiValueHeaders", "authorization"),
        ("queryStringParameters", "token"),
        ("multiValueQueryStringParameters", "token"),
    ] {
        if let Some(Value::Object(members)) = event.get_mut(map) {
            members.retain(|name, _| !name.eq_ignore_ascii_case(wanted));
        }
    }
    if event
        .get("rawQueryString")
        .is_some_and(|raw| raw.as_str().is_some_and(|raw| raw.starts_with("token=")))
    {
        event["rawQueryString"] = json!("");
    }
    if event.get("authorizationToken").is_some() {
        event["authorizationToken"] = Value::Null;
    }
    event
}

/// The event without each of its members, and with null in the place of each.
fn lacking(event: &Value) -> Vec<Value> {
    let is_http = event.get("version").is_some();
    let mut pointers = Vec::new();
    collect(event, "", &mut pointers);
    let callers = |pointer: &str| {
        is_http
            && ["/headers/", "/queryStringParameters/", "/cookies/"]
                .iter()
                .any(|map| pointer.starts_with(map))
    };
    let mut lacking = Vec::new();
    for pointer in pointers.iter().filter(|pointer| !callers(pointer)) {
        let mut null = event.clone();
        *null.pointer_mut(pointer).unwrap() = Value::Null;
        lacking.push(null);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut without = event.clone();
        if let Some(Value::Object(members)) = without.pointer_mut(parent) {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
            lacking.push(without);
        }
    }
    lacking
}

fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, child) in children {
        let pointer = format!("{at}/{name}");
        collect(child, &pointer, pointers);
        pointers.push(pointer);
    }
}

/// An empty object of every one of that crate's types is no event that is answered, and no panic.
#[test]
fn events_of_nothing_are_refused() {
    let desk = &desks()["plain"];
    let empty = [
        serde_json::to_value(ApiGatewayCustomAuthorizerRequest::default()).unwrap(),
        serde_json::to_value(ApiGatewayCustomAuthorizerRequestTypeRequest::default()).unwrap(),
        serde_json::to_value(ApiGatewayV2CustomAuthorizerV1Request::default()).unwrap(),
        serde_json::to_value(ApiGatewayV2CustomAuthorizerV2Request::default()).unwrap(),
        Value::Object(Map::new()),
    ];
    for event in empty {
        let asked = desk.ask(event.to_string().as_bytes());
        assert!(asked.answer.is_err() && asked.reason() == "event", "{event:#}: {asked:?}");
    }
}
