//! Serverless Framework ("API Gateway" and "HTTP API", its documentation).

use super::model::Guard;
use super::node::Node;
use super::reader::{Fields, Reader};

pub(super) fn read(reader: &mut Reader, root: Node<'_>) {
    let authorizers = root.path(&["provider", "httpApi", "authorizers"]);
    for (name, given) in authorizers.into_iter().flat_map(Node::entries) {
        if is_lambda(given) {
            let fields = Fields {
                ttl: given.get("resultTtlInSeconds"),
                identity: given.get("identitySource"),
                simple: given.get("enableSimpleResponses"),
                is_rest: false,
            };
            reader.authorizer(format!("httpApi/{name}"), name, given.at, &fields);
        }
    }
    let Some(functions) = root.get("functions").filter(Node::is_object) else {
        return reader.unread_routes("`functions`", root.get("functions").unwrap_or(root).at);
    };
    for (name, function) in functions.entries() {
        if !function.is_object() {
            reader.unread_routes(&format!("the function `{name}`"), function.at);
            continue;
        }
        let Some(events) = function.get("events").filter(|events| !events.is_nothing()) else { continue };
        let Some(items) = events.items() else {
            reader.unread_routes(&format!("the events of `{name}`"), events.at);
            continue;
        };
        for event in items {
            if !reader.step(event.at) {
                return;
            }
            if let Some(http) = event.get("http") {
                rest_event(reader, http);
            } else if let Some(http) = event.get("httpApi") {
                http_event(reader, http);
            }
        }
    }
}

fn is_lambda(authorizer: Node<'_>) -> bool {
    authorizer
        .get("type")
        .and_then(|kind| kind.text())
        .is_some_and(|kind| kind.eq_ignore_ascii_case("request"))
}

/// `http: GET users/{id}`, or an object.
fn rest_event(reader: &mut Reader, event: Node<'_>) {
    if let Some(text) = event.text() {
        let (method, path) =
            text.split_once(' ').map_or((None, None), |(a, b)| (Some(a), Some(b.trim_start())));
        return reader.route(method, path, event.at, Guard::Open);
    }
    let guard = event.get("authorizer").map_or(Guard::Open, |given| rest_guard(reader, given));
    let of = |key: &str| event.get(key).and_then(|node| node.text());
    let at = event.get("path").map_or(event.at, |path| path.at);
    reader.route(of("method"), of("path"), at, guard);
}

fn rest_guard(reader: &mut Reader, given: Node<'_>) -> Guard {
    if let Some(name) = given.text() {
        if name.eq_ignore_ascii_case("aws_iam") {
            return Guard::Other(name.to_owned());
        }
        let key = format!("http/{name}");
        let fields = Fields { ttl: None, identity: None, simple: None, is_rest: true };
        reader.authorizer(key.clone(), name, given.at, &fields);
        return Guard::Lambda(key);
    }
    let of = |key: &str| given.get(key).and_then(|node| node.text());
    match of("type") {
        Some(kind)
            if !["token", "request", "custom"].iter().any(|known| kind.eq_ignore_ascii_case(known)) =>
        {
            return Guard::Other(kind.to_owned());
        }
        _ => {}
    }
    let Some(name) = of("name").or_else(|| of("arn")) else {
        return if given.get("arn").or_else(|| given.get("authorizerId")).is_some() {
            let key = "http/its authorizer".to_owned();
            let fields = rest_fields(given);
            reader.authorizer(key.clone(), "its authorizer", given.at, &fields);
            Guard::Lambda(key)
        } else {
            reader.unread("the authorizer of this route", given.at);
            Guard::Unknown
        };
    };
    let key = format!("http/{name}");
    reader.authorizer(key.clone(), name, given.at, &rest_fields(given));
    Guard::Lambda(key)
}

fn rest_fields(given: Node<'_>) -> Fields<'_> {
    Fields {
        ttl: given.get("resultTtlInSeconds"),
        identity: given.get("identitySource"),
        simple: None,
        is_rest: true,
    }
}

/// `httpApi: GET /users`, `httpApi: '*'`, or an object.
fn http_event(reader: &mut Reader, event: Node<'_>) {
    if let Some(key) = event.text() {
        return reader.route_key(key, event.at, Guard::Open);
    }
    let guard = event.get("authorizer").map_or(Guard::Open, |given| http_guard(reader, given));
    let of = |key: &str| event.get(key).and_then(|node| node.text());
    if of("path") == Some("*") {
        return reader.route_key("$default", event.at, guard);
    }
    let at = event.get("path").map_or(event.at, |path| path.at);
    reader.route(of("method"), of("path"), at, guard);
}

fn http_guard(reader: &mut Reader, given: Node<'_>) -> Guard {
    let Some(name) = given.text().or_else(|| given.get("name")?.text()) else {
        reader.unread("the authorizer of this route", given.at);
        return Guard::Unknown;
    };
    let key = format!("httpApi/{name}");
    if reader.deployed.authorizers.contains_key(&key) {
        Guard::Lambda(key)
    } else {
        Guard::Other(name.to_owned())
    }
}
