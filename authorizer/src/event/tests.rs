//! Events as API Gateway documents them, and as they are met.

use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
const NOW: i64 = 1_800_000_000;

fn parse(event: &Value) -> Result<Event, EventFault> {
    parse_with(event, &TokenSource::Header("authorization".to_owned()))
}

fn parse_with(event: &Value, token: &TokenSource) -> Result<Event, EventFault> {
    Event::parse(event.to_string().as_bytes(), token, NOW)
}

fn token_event() -> Value {
    json!({ "type": "TOKEN", "authorizationToken": "Bearer a.b.c", "methodArn": ARN })
}

/// The example of the AWS page "Input to an API Gateway Lambda authorizer", shortened.
fn request_event() -> Value {
    json!({
        "type": "REQUEST",
        "methodArn": ARN,
        "resource": "/users/{userid}",
        "path": "/users/ana",
        "httpMethod": "GET",
        "headers": { "X-AMZ-Date": "20170718T062915Z", "Accept": "*/*", "Authorization": "Bearer a.b.c" },
        "multiValueHeaders": { "Accept": ["*/*"], "Authorization": ["Bearer a.b.c"], "X-Tenant": ["a", "b"] },
        "queryStringParameters": { "page": "2" },
        "multiValueQueryStringParameters": { "page": ["1", "2"] },
        "pathParameters": { "userid": "ana" },
        "stageVariables": null,
        "requestContext": {
            "path": "/prod/users/ana", "accountId": "123456789012", "stage": "prod", "requestId": "r",
            "identity": { "sourceIp": "192.0.2.7", "apiKey": null }, "apiId": "abc123"
        },
        "addedByAwsLater": [1, { "a": null }]
    })
}

fn changed(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}

fn without(mut event: Value, name: &str) -> Value {
    event.as_object_mut().unwrap().remove(name);
    event
}

#[test]
fn token_events() {
    let event = parse(&token_event()).unwrap();
    assert_eq!(event.credentials, ["Bearer a.b.c"]);
    assert_eq!(event.method_arn.path(), "/users/ana");
    assert_eq!(event.context.stage.as_deref(), Some("prod"));
    assert_eq!(event.context.time, Some(NOW));
    for token in [Value::Null, json!("")] {
        assert!(parse(&changed(token_event(), "authorizationToken", token)).unwrap().credentials.is_empty());
    }
    assert!(parse(&without(token_event(), "authorizationToken")).unwrap().credentials.is_empty());
    let fault = parse(&changed(token_event(), "authorizationToken", json!(7))).unwrap_err();
    assert_eq!(fault, EventFault::Member("authorizationToken"));
}

#[test]
fn request_events() {
    let event = parse(&request_event()).unwrap();
    assert_eq!(event.credentials, ["Bearer a.b.c"]);
    assert_eq!(event.context.ip, Some("192.0.2.7".parse().unwrap()));
    assert_eq!(event.context.stage.as_deref(), Some("prod"));
    assert_eq!(event.context.header("x-tenant"), Some("b"));
    assert_eq!(event.context.query_parameter("page"), Some("2"));
}

#[test]
fn what_may_be_missing_may_be_null() {
    for name in [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "requestContext",
    ] {
        for event in [without(request_event(), name), changed(request_event(), name, Value::Null)] {
            assert_eq!(parse(&event).unwrap().credentials, ["Bearer a.b.c"], "{event}");
        }
    }
    let bare = json!({ "type": "REQUEST", "methodArn": ARN, "headers": null, "requestContext": { "identity": null } });
    let event = parse(&bare).unwrap();
    assert!(event.credentials.is_empty());
    assert_eq!(event.context.ip, None);
}

#[test]
fn the_token_is_where_the_policy_says() {
    let header = TokenSource::Header("x-token".to_owned());
    let query = TokenSource::Query("token".to_owned());
    let event = json!({
        "type": "REQUEST", "methodArn": ARN,
        "headers": { "X-TOKEN": "h", "Authorization": "x" }, "queryStringParameters": { "token": "q", "Token": "x" }
    });
    assert_eq!(parse_with(&event, &header).unwrap().credentials, ["h"]);
    assert_eq!(parse_with(&event, &query).unwrap().credentials, ["q"]);
}

#[test]
fn two_tokens_are_two() {
    let two = json!({ "Authorization": ["a", "b"] });
    assert_eq!(parse(&changed(request_event(), "multiValueHeaders", two)).unwrap().credentials, ["a", "b"]);
    let cases = json!({ "Authorization": ["a"], "authorization": ["b", "a", ""] });
    assert_eq!(parse(&changed(request_event(), "multiValueHeaders", cases)).unwrap().credentials, ["a", "b"]);
}

#[test]
fn odd_headers_do_not_spoil_the_event() {
    let headers =
        json!({ "Authorization": "a", "": "x", "X\n": "\u{0}\u{7f}é", "N": 7, "L": ["x"], "O": null });
    let event = without(changed(request_event(), "headers", headers), "multiValueHeaders");
    assert_eq!(parse(&event).unwrap().credentials, ["a"]);
}

#[test]
fn other_shapes_are_named() {
    let http = changed(request_event(), "version", json!("1.0"));
    let http2 = json!({ "version": "2.0", "type": "REQUEST", "routeArn": ARN, "identitySource": null });
    let connect = changed(request_event(), "methodArn", json!("arn:aws:execute-api:r:1:abc/prod/$connect"));
    let socket =
        changed(request_event(), "requestContext", json!({ "connectionId": "c", "eventType": "CONNECT" }));
    let appsync =
        json!({ "authorizationToken": "t", "requestContext": { "apiId": "a", "queryString": "query {}" } });
    for (event, shape) in [
        (http, Shape::HttpApi1),
        (http2, Shape::HttpApi2),
        (connect, Shape::WebSocket),
        (socket, Shape::WebSocket),
        (appsync, Shape::AppSync),
        (json!({}), Shape::Unknown),
        (without(token_event(), "type"), Shape::Unknown),
        (changed(token_event(), "type", json!("token")), Shape::Unknown),
        (changed(token_event(), "version", json!("1.0")), Shape::Unknown),
        (changed(request_event(), "version", json!("3.0")), Shape::Unknown),
        (changed(request_event(), "version", json!(1)), Shape::Unknown),
        (changed(request_event(), "version", Value::Null), Shape::Unknown),
    ] {
        assert_eq!(parse(&event), Err(EventFault::Shape(shape)), "{event}");
    }
}

#[test]
fn garbage_is_refused() {
    let token = TokenSource::Header("authorization".to_owned());
    let huge = format!("{{\"a\": \"{}\"}}", "x".repeat(MAX_EVENT_BYTES));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (bytes, fault) in [
        (&b""[..], EventFault::NotAnObject),
        (b"null", EventFault::NotAnObject),
        (b"[]", EventFault::NotAnObject),
        (b"\"x\"", EventFault::NotAnObject),
        (b"{", EventFault::NotAnObject),
        (b"\xff\xfe", EventFault::NotAnObject),
        (deep.as_bytes(), EventFault::NotAnObject),
        (huge.as_bytes(), EventFault::TooLarge),
    ] {
        assert_eq!(Event::parse(bytes, &token, NOW), Err(fault));
    }
    for arn in [json!(null), json!(7)] {
        assert_eq!(parse(&changed(token_event(), "methodArn", arn)), Err(EventFault::Member("methodArn")));
    }
    for arn in ["", "x", "arn:aws:s3:::bucket"] {
        let fault = parse(&changed(token_event(), "methodArn", json!(arn))).unwrap_err();
        assert!(matches!(fault, EventFault::Arn(_)), "{arn}");
    }
    let many: Map<String, Value> = (0..=MAX_FIELDS).map(|n| (format!("h{n}"), json!("x"))).collect();
    let event = without(changed(request_event(), "headers", Value::Object(many)), "multiValueHeaders");
    assert_eq!(parse(&event), Err(EventFault::TooManyFields));
}

/// A deny on a header must not be lost because the event has no headers.
#[test]
fn an_event_without_what_the_policy_reads_is_told() {
    let none = RequestReads::default();
    let fields = RequestReads { fields: true, ..none };
    let address = RequestReads { address: true, ..none };
    let mut without_address = request_event();
    without_address["requestContext"]["identity"]["sourceIp"] = json!("test-invoke-source-ip");
    for (event, reads, lacks) in [
        (token_event(), none, None),
        (token_event(), fields, Some("headers and query parameters")),
        (token_event(), address, Some("the caller's address")),
        (request_event(), fields, None),
        (request_event(), address, None),
        (without_address.clone(), fields, None),
        (without_address, address, Some("the caller's address")),
    ] {
        assert_eq!(parse(&event).unwrap().lacks(reads), lacks, "{event} {reads:?}");
    }
}
