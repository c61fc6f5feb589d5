//! AWS SAM: APIs with their authorizers, and the events of functions ("AWS SAM resources and properties", AWS's
//! documentation).

use std::collections::BTreeMap;

use policy_engine::IdentitySource;

use super::body;
use super::model::{Guard, Setting};
use super::node::Node;
use super::reader::{Fields, Reader, flag};

/// The APIs that SAM makes for events that name none.
const IMPLICIT: [(&str, bool); 2] = [("ServerlessRestApi", true), ("ServerlessHttpApi", false)];

/// A field of an authorizer's identity, and what its names are of.
type Kind = (&'static str, fn(&str) -> IdentitySource);

/// An API, and who is asked about its routes.
struct Api {
    guards: BTreeMap<String, Guard>,
    default: Guard,
}

/// Takes in what SAM makes of the resources.
pub(super) fn read(reader: &mut Reader, root: Node<'_>, resources: Node<'_>) {
    let mut apis = BTreeMap::new();
    for (name, is_rest) in IMPLICIT {
        let api = self::api(reader, name, None, globals(root, is_rest), is_rest);
        apis.insert(name, api);
    }
    for (name, resource) in resources.entries() {
        let is_rest = match resource.get("Type").and_then(|kind| kind.text()) {
            Some("AWS::Serverless::Api") => true,
            Some("AWS::Serverless::HttpApi") => false,
            _ => continue,
        };
        let properties = resource.get("Properties");
        let api = self::api(reader, name, properties, globals(root, is_rest), is_rest);
        if let Some(description) = properties.and_then(|found| found.get("DefinitionBody")) {
            body::read(reader, name, description, is_rest, &api.guards, &api.default);
        } else if let Some(elsewhere) = properties.and_then(|found| found.get("DefinitionUri")) {
            reader.unread_routes("the API description that `DefinitionUri` names", elsewhere.at);
        }
        apis.insert(name, api);
    }
    for (name, resource) in resources.entries() {
        if resource.get("Type").and_then(|kind| kind.text()) == Some("AWS::Serverless::Function") {
            function(reader, name, resource, &apis);
        }
    }
}

fn globals(root: Node<'_>, is_rest: bool) -> Option<Node<'_>> {
    root.path(&["Globals", if is_rest { "Api" } else { "HttpApi" }])
}

/// A property, or part of one, of the API; else that of all APIs.
fn property<'t>(own: Option<Node<'t>>, globals: Option<Node<'t>>, path: &[&str]) -> Option<Node<'t>> {
    own.and_then(|node| node.path(path)).or_else(|| globals?.path(path))
}

fn api(
    reader: &mut Reader,
    name: &str,
    own: Option<Node<'_>>,
    globals: Option<Node<'_>>,
    is_rest: bool,
) -> Api {
    let mut guards = BTreeMap::new();
    // Those of the API itself come later, and count.
    for from in [globals, own].into_iter().flatten() {
        let authorizers = from.path(&["Auth", "Authorizers"]);
        for (authorizer, given) in authorizers.into_iter().flat_map(Node::entries) {
            let guard = self::authorizer(reader, name, authorizer, given, is_rest);
            guards.insert(authorizer.to_owned(), guard);
        }
    }
    let default = property(own, globals, &["Auth", "DefaultAuthorizer"]);
    let guard = default.map_or(Guard::Open, |node| named(reader, node, &guards));
    let has_cors = property(own, globals, &["Cors"]).is_some();
    let is_told = property(own, globals, &["Auth", "AddDefaultAuthorizerToCorsPreflight"]);
    let guards_preflight = is_told.and_then(|node| node.text()).and_then(flag) != Some(false);
    if let (true, true, Guard::Lambda(key), Some(default)) =
        (is_rest && has_cors, guards_preflight, &guard, default)
    {
        let at = is_told.unwrap_or(default).at;
        reader.deployed.preflights.push((at, key.clone()));
    }
    Api { guards, default: guard }
}

fn authorizer(reader: &mut Reader, api: &str, name: &str, given: Node<'_>, is_rest: bool) -> Guard {
    if given.get("FunctionArn").is_none() {
        return Guard::Other(name.to_owned());
    }
    let key = format!("{api}/{name}");
    let identity = given.get("Identity");
    let fields = Fields {
        ttl: identity.and_then(|identity| identity.get("ReauthorizeEvery")),
        identity: None,
        simple: given.get("EnableSimpleResponses"),
        is_rest,
    };
    reader.authorizer(key.clone(), name, given.at, &fields);
    let sources = identity.and_then(|identity| sources(reader, identity));
    if let Some(authorizer) = reader.deployed.authorizers.get_mut(&key) {
        authorizer.identity = sources;
    }
    Guard::Lambda(key)
}

/// `Header` of a TOKEN authorizer, `Headers`, `QueryStrings`, `StageVariables` and `Context` of a REQUEST one.
fn sources(reader: &mut Reader, identity: Node<'_>) -> Option<Setting<Vec<IdentitySource>>> {
    let mut found = Vec::new();
    let mut at = None;
    if let Some(node) = identity.get("Header") {
        found.push(header(node.text()?));
        at = Some(node.at);
    }
    let kinds: [Kind; 4] = [
        ("Headers", header),
        ("QueryStrings", |name| IdentitySource::Query(name.to_owned())),
        ("StageVariables", |name| IdentitySource::Stage(name.to_owned())),
        ("Context", |name| IdentitySource::Context(name.to_owned())),
    ];
    for (kind, source) in kinds {
        let Some(node) = identity.get(kind) else { continue };
        let names: Option<Vec<&str>> = node.items().and_then(|items| items.map(|item| item.text()).collect());
        let Some(names) = names else {
            reader.unread(&format!("`{kind}` of the identity sources"), node.at);
            return None;
        };
        found.extend(names.into_iter().map(source));
        at = at.or(Some(node.at));
    }
    Some(Setting { value: found, at: at? })
}

fn header(name: &str) -> IdentitySource {
    IdentitySource::Header(name.to_ascii_lowercase())
}

/// An authorizer that is named, or `NONE`.
fn named(reader: &mut Reader, node: Node<'_>, guards: &BTreeMap<String, Guard>) -> Guard {
    match node.text() {
        Some("NONE") => Guard::Open,
        Some(name) => guards.get(name).cloned().unwrap_or_else(|| Guard::Other(name.to_owned())),
        None => {
            reader.unread("the name of this authorizer", node.at);
            Guard::Unknown
        }
    }
}

fn function(reader: &mut Reader, name: &str, resource: Node<'_>, apis: &BTreeMap<&str, Api>) {
    let Some(events) = resource.path(&["Properties", "Events"]) else { return };
    if !events.is_object() || events.function().is_some() {
        return reader.unread_routes(&format!("the events of `{name}`"), events.at);
    }
    for (_, event) in events.entries() {
        if !reader.step(event.at) {
            return;
        }
        let is_rest = match event.get("Type").and_then(|kind| kind.text()) {
            Some("Api") => true,
            Some("HttpApi") => false,
            _ => continue,
        };
        let Some(properties) = event.get("Properties") else {
            reader.route_key("$default", event.at, Guard::Unknown);
            continue;
        };
        let guard = event_guard(reader, properties, is_rest, apis);
        let of = |key: &str| properties.get(key);
        if !is_rest && of("Path").is_none() {
            reader.route_key("$default", event.at, guard);
            continue;
        }
        let at = of("Path").map_or(event.at, |path| path.at);
        let text = |key: &str| of(key).and_then(|node| node.text());
        reader.route(text("Method"), text("Path"), at, guard);
    }
}

/// Who is asked about an event's route: who it names, else its API's default.
fn event_guard(
    reader: &mut Reader,
    properties: Node<'_>,
    is_rest: bool,
    apis: &BTreeMap<&str, Api>,
) -> Guard {
    let given = properties.get(if is_rest { "RestApiId" } else { "ApiId" });
    let implicit = if is_rest { "ServerlessRestApi" } else { "ServerlessHttpApi" };
    let id = given.map_or(Some(implicit.to_owned()), |node| node.reference());
    let api = id.and_then(|id| apis.get(id.as_str()));
    let named = properties.path(&["Auth", "Authorizer"]);
    match (api, named) {
        (Some(api), Some(node)) => self::named(reader, node, &api.guards),
        (Some(api), None) => api.default.clone(),
        (None, Some(node)) if node.text() == Some("NONE") => Guard::Open,
        (None, _) => {
            let at = given.unwrap_or(properties).at;
            reader.unread("the API of this route", at);
            Guard::Unknown
        }
    }
}
