//! CloudFormation: the resources of API Gateway ("Amazon API Gateway resource type reference" and "Amazon API Gateway
//! V2 resource type reference", AWS's documentation).

use std::collections::BTreeMap;

use super::body;
use super::model::Guard;
use super::node::Node;
use super::reader::{Fields, Reader};
use crate::limits::MAX_SEGMENTS;

/// Takes in the routes and authorizers among the resources.
pub(super) fn read(reader: &mut Reader, resources: Node<'_>) {
    let found: Vec<Resource<'_>> =
        resources.entries().filter_map(|(name, node)| Resource::new(name, node)).collect();
    let mut guards = BTreeMap::new();
    for resource in &found {
        if let Some(guard) = authorizer(reader, resource) {
            guards.insert(resource.name.to_owned(), guard);
        }
    }
    let paths = paths(&found);
    for resource in &found {
        if !reader.step(resource.at.at) {
            return;
        }
        match resource.kind {
            "AWS::ApiGateway::Method" => method(reader, resource, &paths, &guards),
            "AWS::ApiGatewayV2::Route" => route(reader, resource, &guards),
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => api(reader, resource),
            _ => {}
        }
    }
}

struct Resource<'t> {
    name: &'t str,
    kind: &'t str,
    at: Node<'t>,
    properties: Option<Node<'t>>,
}

impl<'t> Resource<'t> {
    fn new(name: &'t str, node: Node<'t>) -> Option<Self> {
        let kind = node.get("Type")?.text()?;
        Some(Self { name, kind, at: node, properties: node.get("Properties") })
    }

    fn get(&self, key: &str) -> Option<Node<'t>> {
        self.properties?.get(key)
    }

    fn text(&self, key: &str) -> Option<&'t str> {
        self.get(key)?.text()
    }
}

fn authorizer(reader: &mut Reader, resource: &Resource<'_>) -> Option<Guard> {
    let (kind, is_rest) = match resource.kind {
        "AWS::ApiGateway::Authorizer" => (resource.text("Type"), true),
        "AWS::ApiGatewayV2::Authorizer" => (resource.text("AuthorizerType"), false),
        _ => return None,
    };
    match kind {
        Some("TOKEN" | "REQUEST") => {}
        Some(kind) => return Some(Guard::Other(kind.to_owned())),
        None => return Some(Guard::Unknown),
    }
    let fields = Fields {
        ttl: resource.get("AuthorizerResultTtlInSeconds"),
        identity: resource.get("IdentitySource"),
        simple: resource.get("EnableSimpleResponses"),
        is_rest,
    };
    reader.authorizer(resource.name.to_owned(), resource.name, resource.at.at, &fields);
    Some(Guard::Lambda(resource.name.to_owned()))
}

/// The parent and the last segment of each path resource.
type Paths<'t> = BTreeMap<&'t str, (Option<String>, Option<&'t str>)>;

fn paths<'t>(resources: &[Resource<'t>]) -> Paths<'t> {
    let paths = resources.iter().filter(|resource| resource.kind == "AWS::ApiGateway::Resource");
    paths
        .map(|resource| {
            let parent = resource.get("ParentId").and_then(|parent| parent.reference());
            (resource.name, (parent, resource.text("PathPart")))
        })
        .collect()
}

/// The path that a reference to a path resource, or to the root, stands for.
fn path(reference: &str, paths: &Paths<'_>) -> Option<String> {
    let mut segments = Vec::new();
    let mut at = reference.to_owned();
    while !at.ends_with(".RootResourceId") {
        let name = at.strip_suffix(".ResourceId").unwrap_or(&at);
        let (parent, segment) = paths.get(name)?;
        segments.push((*segment)?);
        // They may lead in a circle.
        if segments.len() > MAX_SEGMENTS {
            return None;
        }
        at.clone_from(parent.as_ref()?);
    }
    segments.reverse();
    Some(format!("/{}", segments.join("/")))
}

fn method(reader: &mut Reader, resource: &Resource<'_>, paths: &Paths<'_>, guards: &BTreeMap<String, Guard>) {
    let path = resource.get("ResourceId").and_then(|id| id.reference()).and_then(|id| path(&id, paths));
    let guard = guard(reader, resource, guards);
    reader.route(resource.text("HttpMethod"), path.as_deref(), resource.at.at, guard);
}

fn route(reader: &mut Reader, resource: &Resource<'_>, guards: &BTreeMap<String, Guard>) {
    let guard = guard(reader, resource, guards);
    match resource.text("RouteKey") {
        Some(key) => reader.route_key(key, resource.get("RouteKey").unwrap_or(resource.at).at, guard),
        None => reader.unread_routes("the route key", resource.at.at),
    }
}

/// Whoever `AuthorizationType` and `AuthorizerId` say; nobody where neither does.
fn guard(reader: &mut Reader, resource: &Resource<'_>, guards: &BTreeMap<String, Guard>) -> Guard {
    let Some(kind) = resource.get("AuthorizationType") else { return Guard::Open };
    match kind.text() {
        Some("NONE") => Guard::Open,
        Some("CUSTOM") => {
            let id = resource.get("AuthorizerId").and_then(|id| id.reference());
            let id = id.as_deref().map(|id| id.strip_suffix(".AuthorizerId").unwrap_or(id));
            id.and_then(|id| guards.get(id)).cloned().unwrap_or_else(|| {
                reader.unread("the authorizer of this route", kind.at);
                Guard::Unknown
            })
        }
        Some(other) => Guard::Other(other.to_owned()),
        None => {
            reader.unread("the authorization of this route", kind.at);
            Guard::Unknown
        }
    }
}

fn api(reader: &mut Reader, resource: &Resource<'_>) {
    if let Some(description) = resource.get("Body") {
        let is_rest = resource.kind == "AWS::ApiGateway::RestApi";
        body::read(reader, resource.name, description, is_rest, &BTreeMap::new(), &Guard::Open);
    } else if let Some(elsewhere) = resource.get("BodyS3Location") {
        reader.unread_routes("the API description that `BodyS3Location` names", elsewhere.at);
    }
}
