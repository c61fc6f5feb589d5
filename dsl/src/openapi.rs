//! API descriptions: OpenAPI 3.0 and 3.1, in YAML or JSON.
//!
//! The routes are the entries of `paths` with their methods; a parameter is one segment, `{proxy+}` one or
//! more, and `x-amazon-apigateway-any-method` all verbs. The base paths of `servers` are no part of them:
//! the path of a method's ARN comes behind the stage, where neither a domain name's mapping nor a host is
//! seen. An API that was imported with `basepath=prepend` has its paths to be written out.
//!
//! What cannot be read is reported, at its place in the file. Where a route may exist that could not be
//! declared, that is an error: an IAM policy may be exact over the declared routes only. What no rule can
//! allow is left out with a warning.

mod item;
mod pointer;
pub(crate) mod template;

use std::collections::BTreeMap;

use policy_engine::Route;
use policy_engine::pattern::{PathPattern, Segment, Tail};

use self::item::Items;
use self::template::Template;
use crate::check::model::DeclaredRoute;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::document;
use crate::document::tree::{Entry, Fields, Tree};
use crate::limits::MAX_REPORTED;
use crate::source::{SourceId, Sources, Span};

/// What an API description declares, in the order of its text, and what is wrong with it.
pub(crate) fn read(source: SourceId, sources: &Sources) -> (Vec<DeclaredRoute>, Vec<Diagnostic>) {
    let tree = match document::read(source, sources) {
        Ok(tree) => tree,
        Err(unread) => return (Vec::new(), vec![*unread]),
    };
    let mut diagnostics = Vec::new();
    let mut reader = Reader {
        tree: &tree,
        name: sources.name(source),
        start: Span::new(source, 0, 0),
        items: Items::default(),
        reported: BTreeMap::new(),
        diagnostics: &mut diagnostics,
    };
    let routes = reader.routes();
    reader.report_more();
    (routes, diagnostics)
}

struct Reader<'t, 'd> {
    tree: &'t Tree,
    name: &'t str,
    /// The start of the file, for what is about all of it.
    start: Span,
    items: Items<'t>,
    /// How many findings there are of each code.
    reported: BTreeMap<Code, usize>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'t> Reader<'t, '_> {
    fn routes(&mut self) -> Vec<DeclaredRoute> {
        let tree = self.tree;
        let Some(root) = tree.entries(tree.root()) else {
            let message =
                format!("`{}` is {}, and no OpenAPI document", self.name, tree.describe(tree.root()));
            self.report(Diagnostic::new(Code::ApiShape, message).at(self.start));
            return Vec::new();
        };
        self.distinct(root);
        let fields = Fields::of(root);
        if !self.is_known_version(&fields) {
            return Vec::new();
        }
        let Some((paths, _)) = fields.get("paths") else {
            let message = format!("`{}` has no `paths`, and so declares no route", self.name);
            self.report(Diagnostic::new(Code::ApiNoRoutes, message).at(self.start));
            return Vec::new();
        };
        let Some(entries) = tree.entries(paths.value) else {
            let message = format!("`paths` is {}, and no object of paths", tree.describe(paths.value));
            self.report(Diagnostic::new(Code::ApiShape, message).at(paths.span));
            return Vec::new();
        };
        let before = self.diagnostics.len();
        let routes = self.paths(entries);
        if routes.is_empty() && !self.diagnostics.iter().skip(before).any(Diagnostic::is_error) {
            // No route at all would mean that every path may exist.
            let message = format!("`{}` declares no route", self.name);
            let help = "leave the `api` statement out where the routes are not known";
            self.report(Diagnostic::new(Code::ApiNoRoutes, message).at(paths.span).help(help));
        }
        routes
    }

    fn is_known_version(&mut self, fields: &Fields<'t>) -> bool {
        const HELP: &str = "OpenAPI 3.0 and 3.1 are read";
        let (message, span) = match (fields.get("openapi"), fields.get("swagger")) {
            (Some((version, _)), _) => {
                let text = self.tree.text(version.value);
                if text.is_some_and(is_known) {
                    return true;
                }
                let what = self.tree.describe(version.value);
                let message = match text {
                    Some(text) => format!("`{}` is OpenAPI `{text}`, which is not known here", self.name),
                    None => format!("`openapi` is {what}, and no version such as \"3.0.3\""),
                };
                (message, version.span)
            }
            (None, Some((version, _))) => {
                let text = self.tree.text(version.value).unwrap_or("2.0");
                (format!("`{}` is Swagger {text}, and not OpenAPI 3", self.name), version.span)
            }
            (None, None) => (format!("`{}` does not say which OpenAPI version it is", self.name), self.start),
        };
        let help = match fields.get("swagger") {
            Some(_) => {
                format!("{HELP}; convert it, or export it from API Gateway with `--export-type oas30`")
            }
            None => format!("{HELP}: the description says so, with `openapi: 3.0.3` or the like"),
        };
        self.report(Diagnostic::new(Code::ApiVersion, message).at(span).help(help));
        false
    }

    fn paths(&mut self, entries: &'t [Entry]) -> Vec<DeclaredRoute> {
        let mut routes = Vec::new();
        let mut seen: BTreeMap<PathPattern, &Entry> = BTreeMap::new();
        for path in self.distinct(entries).0 {
            // Extensions are not about paths.
            if path.key.starts_with("x-") {
                continue;
            }
            let template = self.template(path);
            let verbs = self.methods(path);
            let (Some(Template { pattern, .. }), Some(verbs)) = (template, verbs) else { continue };
            if let Some(first) = seen.get(&nameless(&pattern)) {
                let message = format!("`{}` and `{}` are the same path", path.key, first.key);
                let help = "write their methods under one of them: API Gateway takes only one";
                self.report(
                    Diagnostic::new(Code::ApiSamePath, message)
                        .at(path.span)
                        .related("first declared here", first.span)
                        .help(help),
                );
            } else {
                seen.insert(nameless(&pattern), path);
            }
            if verbs.is_empty() {
                let message = format!("`{}` is left out: it has no method that a rule can allow", path.key);
                self.report(Diagnostic::new(Code::ApiMethodLeftOut, message).at(path.span));
            } else {
                routes.push(DeclaredRoute { route: Route { verbs, pattern }, span: path.span });
            }
        }
        routes
    }

    fn template(&mut self, path: &Entry) -> Option<Template> {
        match template::read(&path.key) {
            Ok(template) => {
                if template.ends_in_slash {
                    let message = format!("`{}` is taken as `{}`", path.key, template.pattern);
                    let help = "requests with a slash at the end are denied whatever the rules say";
                    self.report(Diagnostic::new(Code::ApiSlash, message).at(path.span).help(help));
                }
                Some(template)
            }
            Err(problem) => {
                let message = format!("the path `{}` {}", path.key, problem.message);
                self.report(Diagnostic::new(Code::ApiPath, message).at(path.span).help(problem.help));
                None
            }
        }
    }

    /// The entries without those that say nothing certain, which are reported: a key that was there before,
    /// YAML's merge key, and what CloudFormation fills in. And whether these are all.
    fn distinct(&mut self, entries: &'t [Entry]) -> (Vec<&'t Entry>, bool) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Some((message, help)) = filled_in(&entry.key) {
                self.report(Diagnostic::new(Code::ApiShape, message).at(entry.span).help(help));
                continue;
            }
            if let Some(first) = seen.get(entry.key.as_str()) {
                self.report(
                    Diagnostic::new(Code::ApiRepeated, format!("`{}` is there twice", entry.key))
                        .at(entry.span)
                        .related("first here", *first)
                        .help("drop one of them, or put what they hold together"),
                );
                continue;
            }
            seen.insert(&entry.key, entry.span);
            kept.push(entry);
        }
        let has_all = kept.len() == entries.len();
        (kept, has_all)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let reported = self.reported.entry(diagnostic.code).or_default();
        *reported += 1;
        if *reported <= MAX_REPORTED {
            self.diagnostics.push(diagnostic);
        }
    }

    /// What was found more often than it is shown.
    fn report_more(&mut self) {
        for (code, reported) in &self.reported {
            let more = reported.saturating_sub(MAX_REPORTED);
            if more > 0 {
                let message = format!("`{}` has {more} more findings like these", self.name);
                self.diagnostics.push(Diagnostic::new(*code, message).at(self.start));
            }
        }
    }
}

/// What is said of a key that stands for entries which are written elsewhere.
fn filled_in(key: &str) -> Option<(String, &'static str)> {
    if key == "<<" {
        // Neither YAML 1.2 nor OpenAPI knows it, but some readers of YAML do.
        let help = "write out what it merges, or name a path item with `$ref: '#/components/pathItems/…'`";
        return Some(("OpenAPI has no YAML merge keys".to_owned(), help));
    }
    key.starts_with("Fn::").then(|| {
        (
            format!("what `{key}` stands for is not known here"),
            "name the description that CloudFormation makes of it",
        )
    })
}

/// Whether it is a 3.0 or 3.1, of whatever patch.
fn is_known(version: &str) -> bool {
    ["3.0", "3.1"].into_iter().filter_map(|known| version.strip_prefix(known)).any(|patch| {
        let digits = patch.strip_prefix('.').map(|rest| rest.split('-').next().unwrap_or_default());
        patch.is_empty()
            || digits
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The pattern without the names of its parameters.
fn nameless(pattern: &PathPattern) -> PathPattern {
    let segments = pattern.segments.iter().map(|segment| match segment {
        Segment::Any(_) => Segment::Any(None),
        other => other.clone(),
    });
    let tail = if pattern.has_tail() { Tail::Below(None) } else { Tail::None };
    PathPattern { segments: segments.collect(), tail }
}
