//! OpenAPI in a template, with API Gateway's extensions ("OpenAPI extensions for API Gateway", AWS's
//! documentation).

use std::collections::BTreeMap;

use super::model::Guard;
use super::node::Node;
use super::reader::{Fields, Reader};

/// The keys of a path item that are methods.
const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"];

/// Takes in the routes and authorizers of an API description; `guards` are the authorizers that the template
/// itself gives the API, and `default` is who is asked where an operation does not say.
pub(super) fn read(
    reader: &mut Reader,
    api: &str,
    body: Node<'_>,
    is_rest: bool,
    guards: &BTreeMap<String, Guard>,
    default: &Guard,
) {
    let Some(paths) = body.get("paths").filter(Node::is_object) else {
        return reader.unread_routes("the API description", body.at);
    };
    let mut guards = guards.clone();
    let schemes = body.path(&["components", "securitySchemes"]).or_else(|| body.get("securityDefinitions"));
    for (name, scheme) in schemes.into_iter().flat_map(Node::entries) {
        let guard = self::scheme(reader, api, name, scheme, is_rest);
        guards.insert(name.to_owned(), guard);
    }
    let default = body.get("security").map_or_else(|| default.clone(), |found| security(found, &guards));
    for (path, item) in paths.entries() {
        if !item.is_object() || item.function().is_some() || item.get("$ref").is_some() {
            reader.unread_routes(&format!("the path `{path}`"), item.at);
            continue;
        }
        for (method, operation) in item.entries().filter(|(key, _)| METHODS.contains(key)) {
            if !reader.step(operation.at) {
                return;
            }
            let guard =
                operation.get("security").map_or_else(|| default.clone(), |found| security(found, &guards));
            // Preflight requests are not what a description's default is for, and yet it holds for them.
            reader.route(Some(method), Some(path), operation.at, guard);
        }
    }
}

fn scheme(reader: &mut Reader, api: &str, name: &str, scheme: Node<'_>, is_rest: bool) -> Guard {
    let Some(extension) = scheme.get("x-amazon-apigateway-authorizer") else {
        let kind = scheme.get("x-amazon-apigateway-authtype").or_else(|| scheme.get("type"));
        return Guard::Other(kind.and_then(|kind| kind.text()).unwrap_or(name).to_owned());
    };
    match extension.get("type").and_then(|kind| kind.text()) {
        Some(kind) if kind.eq_ignore_ascii_case("token") || kind.eq_ignore_ascii_case("request") => {}
        Some(kind) => return Guard::Other(kind.to_owned()),
        None => return Guard::Unknown,
    }
    let key = format!("{api}/{name}");
    let fields = Fields {
        ttl: extension.get("authorizerResultTtlInSeconds"),
        identity: extension.get("identitySource"),
        simple: extension.get("enableSimpleResponses"),
        is_rest,
    };
    reader.authorizer(key.clone(), name, scheme.at, &fields);
    Guard::Lambda(key)
}

/// Who a list of requirements asks; an empty one is for nobody.
fn security(requirements: Node<'_>, guards: &BTreeMap<String, Guard>) -> Guard {
    let Some(mut items) = requirements.items() else { return Guard::Unknown };
    let Some(first) = items.next() else { return Guard::Open };
    match first.entries().next() {
        Some((name, _)) => guards.get(name).cloned().unwrap_or(Guard::Unknown),
        None => Guard::Open,
    }
}
