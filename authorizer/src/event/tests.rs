//! Events as API Gateway documents them, and as they are met.

use serde_json::{Map, Value, json};

use super::*;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
const NOW: i64 = 1_800_000_000;

fn parse(event: &Value) -> Result<Event<'static>, EventFault> {
    parse_with(event, &TokenSource::Header("authorization".to_owned()))
}

fn parse_with(event: &Value, token: &TokenSource) -> Result<Event<'static>, EventFault> {
    parse_bytes(event.to_string().into_bytes().leak(), token)
}

/// Whoever wants no fields gets the same without them, or the same fault.
fn parse_bytes<'a>(bytes: &'a [u8], token: &TokenSource) -> Result<Event<'a>, EventFault> {
    let wanted = |fields| Wanted { token: token.clone(), fields };
    let (whole, bare) = (Event::parse(bytes, &wanted(true), NOW), Event::parse(bytes, &wanted(false), NOW));
    let without_fields = |event: Event<'a>| {
        let context = RequestContext { headers: Vec::new(), query: Vec::new(), ..event.context };
        Event { context, ..event }
    };
    let text = bytes.escape_ascii();
    assert_eq!(whole.clone().map(without_fields), bare.map(without_fields), "{text}");
    whole
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
    let bare = json!({ "type": "REQUEST", "version": null, "methodArn": ARN, "headers": null, "requestContext": { "identity": null } });
    let event = parse(&bare).unwrap();
    assert_eq!((event.shape, event.context.ip), (Shape::RestRequest, None));
    assert!(event.credentials.is_empty() && !event.carries_fields);
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
    for headers in [
        json!({ "Authorization": ["a", "b"] }),
        json!({ "Authorization": ["a"], "authorization": ["b", "a", "", " "] }),
    ] {
        let event = changed(without(request_event(), "headers"), "multiValueHeaders", headers);
        assert_eq!(parse(&event).unwrap().credentials, ["a", "b"]);
    }
}

#[test]
fn odd_headers_do_not_spoil_the_event() {
    let headers =
        json!({ "Authorization": "a", "": "x", "X\n": "\u{0}\u{7f}é", "N": 7, "L": ["x"], "O": null });
    let event = without(changed(request_event(), "headers", headers), "multiValueHeaders");
    assert_eq!(parse(&event).unwrap().credentials, ["a"]);
}

/// What AWS shows on "Control access to HTTP APIs with AWS Lambda authorizers", made to be of one request.
fn http_event() -> Value {
    json!({
        "version": "2.0", "type": "REQUEST", "routeArn": ARN, "identitySource": ["Bearer a.b.c"],
        "routeKey": "$default", "rawPath": "/prod/users/ana", "rawQueryString": "page=1&page=2%2C3&q=a+b",
        "cookies": ["a=1", "b=2"],
        "headers": { "authorization": "Bearer a.b.c", "x-tenant": "a,b" },
        "queryStringParameters": { "page": "1,2,3", "q": "a b", "more": "x" },
        "requestContext": {
            "http": { "method": "GET", "path": "/prod/users/ana", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7" },
            "routeKey": "$default", "stage": "prod"
        },
        "pathParameters": null
    })
}

fn connect_event() -> Value {
    json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:1:abc/prod/$connect",
        "headers": { "Authorization": "Bearer a.b.c" }, "multiValueHeaders": { "Authorization": ["Bearer a.b.c"] },
        "queryStringParameters": {}, "multiValueQueryStringParameters": {}, "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c=",
            "identity": { "sourceIp": "192.0.2.7" }
        }
    })
}

#[test]
fn http_api_events() {
    let event = parse(&http_event()).unwrap();
    assert_eq!((event.shape, event.method_arn.text()), (Shape::HttpApi2, ARN));
    assert_eq!(event.credentials, ["Bearer a.b.c"]);
    assert_eq!(event.context.ip, Some("192.0.2.7".parse().unwrap()));
    assert_eq!(event.context.header("x-tenant"), Some("a,b"));
    assert_eq!(event.context.header("Cookie"), Some("a=1; b=2"));
    for (name, value) in [("page", "2,3"), ("q", "a b"), ("more", "x")] {
        assert_eq!(event.context.query_parameter(name), Some(value));
    }
    let older = changed(request_event(), "version", json!("1.0"));
    let event = parse(&changed(older, "authorizationToken", json!("Bearer a.b.c,x"))).unwrap();
    assert_eq!((event.shape, event.credentials), (Shape::HttpApi1, vec!["Bearer a.b.c".into()]));
}

#[test]
fn http_api_events_without_what_may_be_missing() {
    for name in [
        "identitySource",
        "cookies",
        "queryStringParameters",
        "rawQueryString",
        "rawPath",
        "requestContext",
        "routeKey",
    ] {
        for event in [without(http_event(), name), changed(http_event(), name, Value::Null)] {
            assert_eq!(parse(&event).unwrap().credentials, ["Bearer a.b.c"], "{event}");
        }
    }
    let event = parse(&without(http_event(), "rawQueryString")).unwrap();
    assert_eq!(event.context.query_parameter("page"), Some("1,2,3"));
}

#[test]
fn headers_that_an_http_api_has_joined_are_several_tokens() {
    for (value, credentials) in [
        ("Bearer a,Bearer b", &["Bearer a", "Bearer b"][..]),
        ("Bearer a, Bearer a", &["Bearer a"]),
        (",Bearer a,", &["Bearer a"]),
        (",", &[]),
    ] {
        let event = changed(http_event(), "headers", json!({ "Authorization": value }));
        assert_eq!(parse(&event).unwrap().credentials, credentials, "{value}");
    }
}

#[test]
fn web_socket_events() {
    let event = parse(&connect_event()).unwrap();
    assert_eq!(
        (event.shape, event.method_arn.verb_text(), event.method_arn.path()),
        (Shape::WebSocket, "GET", "/$connect")
    );
    assert_eq!(event.credentials, ["Bearer a.b.c"]);
    assert_eq!(event.context.ip, Some("192.0.2.7".parse().unwrap()));
    let path = "arn:aws:execute-api:eu-west-1:1:abc/prod/GET/users/$connect";
    let event = without(without(request_event(), "path"), "requestContext");
    let event = parse(&changed(event, "methodArn", json!(path))).unwrap();
    assert_eq!((event.shape, event.method_arn.path()), (Shape::RestRequest, "/users/$connect"));
}

#[test]
fn what_is_in_one_of_two_maps_is_not_lost() {
    let headers = json!({ "Authorization": ["Bearer a.b.c"] });
    let event = changed(request_event(), "multiValueHeaders", headers);
    let event = changed(event, "headers", json!({ "X-Blocked": "1", "authorization": "Bearer x.y.z" }));
    let event = parse(&event).unwrap();
    assert_eq!(event.context.header("x-blocked"), Some("1"));
    assert_eq!(event.credentials, ["Bearer a.b.c", "Bearer x.y.z"]);
    // Some write lists where AWS has strings.
    let event = changed(
        without(request_event(), "multiValueQueryStringParameters"),
        "queryStringParameters",
        json!({ "page": ["1", "7"] }),
    );
    assert_eq!(parse(&event).unwrap().context.query_parameter("page"), Some("7"));
}

#[test]
fn events_that_contradict_themselves_are_refused() {
    let context = |member: &str, value: Value| {
        let mut event = request_event();
        event["requestContext"][member] = value;
        event
    };
    let http = |member: &str, value: Value| {
        let mut event = http_event();
        event["requestContext"]["http"][member] = value;
        event
    };
    let connect = json!("arn:aws:execute-api:eu-west-1:1:abc/prod/$connect");
    for (event, member) in [
        (changed(request_event(), "httpMethod", json!("DELETE")), "httpMethod"),
        (changed(request_event(), "httpMethod", json!("get")), "httpMethod"),
        (changed(request_event(), "path", json!("/users/ben")), "path"),
        (context("httpMethod", json!("POST")), "requestContext.httpMethod"),
        (context("path", json!("/prod/users")), "requestContext.path"),
        (context("connectionId", json!("c")), "methodArn"),
        (http("method", json!("POST")), "requestContext.http.method"),
        (http("path", json!("/prod/users/ben")), "requestContext.http.path"),
        (changed(http_event(), "rawPath", json!("/prod/users/ana/..")), "rawPath"),
        (changed(http_event(), "routeArn", connect.clone()), "routeArn"),
        (changed(token_event(), "methodArn", connect), "methodArn"),
        (changed(connect_event(), "methodArn", json!(ARN)), "methodArn"),
    ] {
        assert_eq!(parse(&event), Err(EventFault::Disagrees(member)), "{event}");
    }
}

#[test]
fn other_shapes_are_named() {
    let appsync =
        json!({ "authorizationToken": "t", "requestContext": { "apiId": "a", "queryString": "query {}" } });
    for (event, shape) in [
        (appsync, Shape::AppSync),
        (json!({}), Shape::Unknown),
        (without(http_event(), "type"), Shape::Unknown),
        (changed(http_event(), "type", json!("TOKEN")), Shape::Unknown),
        (changed(http_event(), "version", json!("2")), Shape::Unknown),
        (changed(http_event(), "version", json!(2.0)), Shape::Unknown),
        (without(token_event(), "type"), Shape::Unknown),
        (changed(token_event(), "type", json!("token")), Shape::Unknown),
        (changed(token_event(), "type", json!(["TOKEN"])), Shape::Unknown),
        (changed(token_event(), "version", json!("1.0")), Shape::Unknown),
        (changed(request_event(), "version", json!("3.0")), Shape::Unknown),
        (changed(request_event(), "version", json!(1)), Shape::Unknown),
    ] {
        assert_eq!(parse(&event), Err(EventFault::Shape(shape)), "{event}");
    }
    // A payload of the other format lacks the ARN that it is named by.
    assert_eq!(parse(&without(http_event(), "version")), Err(EventFault::Member("methodArn")));
    let swapped = changed(request_event(), "version", json!("2.0"));
    assert_eq!(parse(&swapped), Err(EventFault::Member("routeArn")));
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
        assert_eq!(Event::parse(bytes, &Wanted { token: token.clone(), fields: true }, NOW), Err(fault));
    }
    for arn in [json!(null), json!(7)] {
        assert_eq!(parse(&changed(token_event(), "methodArn", arn)), Err(EventFault::Member("methodArn")));
    }
    for arn in ["", "x", "arn:aws:s3:::bucket"] {
        let fault = parse(&changed(token_event(), "methodArn", json!(arn))).unwrap_err();
        assert!(matches!(fault, EventFault::Arn("methodArn", _)), "{arn}");
    }
    let many: Map<String, Value> = (0..=MAX_FIELDS).map(|n| (format!("h{n}"), json!("x"))).collect();
    let event = without(changed(request_event(), "headers", Value::Object(many)), "multiValueHeaders");
    assert_eq!(parse(&event), Err(EventFault::TooManyFields));
    let event = changed(http_event(), "rawQueryString", json!("a&".repeat(MAX_FIELDS + 1)));
    assert_eq!(parse(&event), Err(EventFault::TooManyFields));
    let event = changed(http_event(), "cookies", json!(vec!["a"; MAX_FIELDS + 1]));
    assert_eq!(parse(&event), Err(EventFault::TooManyFields));
}

/// Events with members twice, bytes changed and parts missing: with fields and without, they say the same.
#[test]
fn spoilt_events_say_the_same_without_fields() {
    let tokens = [TokenSource::Header("Authorization".to_owned()), TokenSource::Query("token".to_owned())];
    let seeds =
        [token_event(), request_event(), http_event(), connect_event()].map(|event| event.to_string());
    let alphabet = b"{}[]\",:\\nul1 ";
    let mut random = crate::token::tests::random();
    let (mut read, mut twice) = (0, 0);
    for _ in 0..40_000 {
        let mut text = seeds[random(seeds.len())].clone().into_bytes();
        for _ in 0..random(3) {
            let commas: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b',').collect();
            let [one, other] = [(); 2].map(|()| commas[random(commas.len())]);
            let part = text[one.min(other)..one.max(other)].to_vec();
            let anywhere = random(text.len());
            match random(5) {
                0 => text[anywhere] = alphabet[random(alphabet.len())],
                1 => text.insert(one, alphabet[random(alphabet.len())]),
                2 => drop(text.drain(one.min(other)..one.max(other))),
                _ => drop(text.splice(one..one, part)),
            }
            if !text.contains(&b',') {
                break;
            }
        }
        let parsed = parse_bytes(&text, &tokens[random(tokens.len())]);
        read += usize::from(parsed.is_ok());
        twice += usize::from(parsed == Err(EventFault::DuplicateMember));
    }
    assert!(read > 10_000 && twice > 5_000, "{read}, {twice}");
}
