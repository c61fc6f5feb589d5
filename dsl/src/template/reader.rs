//! What all kinds of templates have in common.

use policy_engine::{IdentitySource, Verb, VerbSet};

use super::model::{Authorizer, Deployed, Guard, Route, Setting};
use super::node::Node;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_API_VALUES, MAX_REPORTED, MAX_ROUTES};
use crate::openapi::template as path_template;
use crate::source::Span;

/// For how long a REST API keeps answers unless told otherwise, in seconds ("`AuthorizerResultTtlInSeconds`",
/// `AWS::ApiGateway::Authorizer`, AWS CloudFormation's reference).
const REST_TTL: u32 = 300;

/// Reads one template.
pub(super) struct Reader {
    pub(super) deployed: Deployed,
    pub(super) findings: Vec<Diagnostic>,
    /// What was looked at. A YAML alias may stand for the same events in many functions.
    steps: usize,
}

/// The fields of an authorizer, as each kind of template calls them.
pub(super) struct Fields<'t> {
    pub(super) ttl: Option<Node<'t>>,
    pub(super) identity: Option<Node<'t>>,
    pub(super) simple: Option<Node<'t>>,
    pub(super) is_rest: bool,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { deployed: Deployed::default(), findings: Vec::new(), steps: 0 }
    }

    /// Counts something that is looked at; `false` where that is too much.
    pub(super) fn step(&mut self, at: Span) -> bool {
        self.steps += 1;
        let is_enough = self.steps > MAX_API_VALUES || self.deployed.routes.len() >= MAX_ROUTES;
        if is_enough && !self.deployed.is_partial {
            let message = format!("the template has more than {MAX_ROUTES} routes, or repeats too much");
            let help = "split it, and check the parts one by one";
            self.findings.push(Diagnostic::new(Code::TemplateTooLarge, message).at(at).help(help));
        }
        self.deployed.is_partial |= is_enough;
        !is_enough
    }

    /// Something that only the deployment, or another file, tells.
    pub(super) fn unread(&mut self, what: &str, at: Span) {
        if self.findings.len() <= MAX_REPORTED {
            let message = format!("{what} cannot be read here: nothing is concluded from this");
            let help = "it is filled in later, or stands elsewhere; check what the template is packaged to";
            self.findings.push(Diagnostic::new(Code::TemplateUnread, message).at(at).help(help));
        }
    }

    /// Some routes are not known.
    pub(super) fn unread_routes(&mut self, what: &str, at: Span) {
        self.deployed.is_partial = true;
        self.unread(what, at);
    }

    /// Takes in a route, if its method and path can be read.
    pub(super) fn route(&mut self, method: Option<&str>, path: Option<&str>, at: Span, guard: Guard) {
        let (Some(method), Some(path)) = (method, path) else {
            return self.unread_routes("the method or path of this route", at);
        };
        let Some(verbs) = verbs(method) else {
            return self.unread_routes(&format!("the method `{method}`"), at);
        };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        match path_template::read(&path) {
            Ok(template) => {
                self.deployed.routes.push(Route { verbs, pattern: template.pattern, at, guard });
            }
            Err(problem) => {
                self.deployed.is_partial = true;
                let message = format!("the path `{path}` {}", problem.message);
                self.findings.push(Diagnostic::new(Code::TemplateUnread, message).at(at).help(problem.help));
            }
        }
    }

    /// An HTTP API's route key: `GET /users`.
    pub(super) fn route_key(&mut self, key: &str, at: Span, guard: Guard) {
        if let Some((method, path)) = key.split_once(' ') {
            self.route(Some(method), Some(path.trim_start()), at, guard);
        } else if matches!(key, "$default" | "*") {
            // It serves whatever no other route does.
            self.route(Some("ANY"), Some("/{proxy+}"), at, guard);
            self.deployed.is_partial = true;
        }
        // What remains are the routes of WebSocket APIs, of which only `$connect` has an authorizer.
    }

    /// Takes in a Lambda authorizer.
    pub(super) fn authorizer(&mut self, key: String, name: &str, at: Span, fields: &Fields<'_>) {
        let unsaid = fields.is_rest.then_some(Setting { value: REST_TTL, at });
        let ttl = match fields.ttl {
            None => unsaid,
            Some(node) => match node.text().and_then(|text| text.parse().ok()) {
                Some(value) => Some(Setting { value, at: node.at }),
                None => self.unknown_setting("for how long answers are kept", node.at),
            },
        };
        let identity = fields.identity.and_then(|node| match sources(node) {
            Some(value) => Some(Setting { value, at: node.at }),
            None => self.unknown_setting("the identity sources", node.at),
        });
        let is_simple = fields.simple.and_then(|node| match node.text().and_then(flag) {
            Some(value) => Some(Setting { value, at: node.at }),
            None => self.unknown_setting("whether responses are simple", node.at),
        });
        let authorizer = Authorizer { name: name.to_owned(), at, ttl, identity, is_simple };
        self.deployed.authorizers.insert(key, authorizer);
    }

    fn unknown_setting<T>(&mut self, what: &str, at: Span) -> Option<Setting<T>> {
        self.unread(what, at);
        None
    }
}

/// True or false, in each of the ways that YAML readers know.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn verbs(method: &str) -> Option<VerbSet> {
    if matches!(method, "*")
        || method.eq_ignore_ascii_case("any")
        || method == "x-amazon-apigateway-any-method"
    {
        return Some(VerbSet::ANY);
    }
    Verb::parse(&method.to_ascii_uppercase()).map(VerbSet::from)
}

/// Identity sources: a list, or several with commas between them.
fn sources(node: Node<'_>) -> Option<Vec<IdentitySource>> {
    match node.items() {
        Some(items) => {
            let read: Option<Vec<_>> = items.map(|item| source(item.text()?)).collect();
            read.filter(|sources| !sources.is_empty())
        }
        None => node.text()?.split(',').map(|text| source(text.trim())).collect(),
    }
}

/// `method.request.header.Authorization` of REST APIs, `$request.header.Authorization` of HTTP APIs.
fn source(text: &str) -> Option<IdentitySource> {
    let text = text.strip_prefix('$').or_else(|| text.strip_prefix("method.")).unwrap_or(text);
    let text = text.strip_prefix("route.").unwrap_or(text);
    if let Some(name) = text.strip_prefix("request.header.") {
        return Some(IdentitySource::Header(name.to_ascii_lowercase()));
    }
    if let Some(name) = text.strip_prefix("request.querystring.") {
        return Some(IdentitySource::Query(name.to_owned()));
    }
    if let Some(name) = text.strip_prefix("stageVariables.") {
        return Some(IdentitySource::Stage(name.to_owned()));
    }
    text.strip_prefix("context.").map(|name| IdentitySource::Context(name.to_owned()))
}
