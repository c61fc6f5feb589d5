//! W0304: an answer is kept for requests that it is not right for.
//!
//! **What it does.** Where the `authorizer` block turns the cache on, looks for headers, query parameters and
//! addresses that rules, `principal`, `context` or `usage_key` read and that are not among its `identity`
//! sources; and whether the token itself is among them.
//!
//! **Why is this bad?** API Gateway keeps an answer for all requests with the same identity sources ("API
//! Gateway Lambda authorizers", AWS's documentation). What it depends on beyond them is that of the first
//! caller: others get the first one's rights.
//!
//! **Example.**
//!
//! ```text
//! authorizer { cache 300  identity header.Authorization }
//! allow GET /reports when request.header."x-tenant" == token.tenant
//! ```
//!
//! Add `header."x-tenant"` to `identity`, or turn the cache off: `cache 0`.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use policy_engine::{IdentitySource, TokenSource};

use super::policy::Policy;
use super::visit::{self, Found};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{RequestPart, Statement, StatementKind};

/// API Gateway's name of the caller's address.
const ADDRESS: &str = "identity.sourceIp";

/// The first place where each is read.
type Reads = BTreeMap<IdentitySource, Read>;

#[derive(Debug, Clone, Copy)]
struct Read {
    at: Span,
    /// In a `let` that is named there.
    inside: Option<Span>,
}

pub(super) fn check(policy: &Policy<'_>, out: &mut Vec<Diagnostic>) {
    let settings = &policy.parts.authorizer;
    let Some(seconds) = settings.cache.filter(|seconds| *seconds > 0) else { return };
    let token = match &settings.token {
        TokenSource::Header(name) => IdentitySource::Header(name.clone()),
        TokenSource::Query(name) => IdentitySource::Query(name.clone()),
    };
    let key = if settings.identity.is_empty() { std::slice::from_ref(&token) } else { &settings.identity };
    if !key.contains(&token) {
        out.extend(token_outside(policy, &token, seconds));
    }
    let mut lets = HashMap::new();
    for statement in
        policy.unit.statements().filter(|statement| !matches!(statement.kind, StatementKind::Let(_)))
    {
        for (source, read) in reads(policy, statement, &mut lets) {
            if key.contains(&source) {
                continue;
            }
            let at = policy.sources.slice(read.at);
            let what = match read.inside {
                None => format!("`{at}` is read, and"),
                Some(inside) => format!("`{at}` reads `{}`, which", policy.sources.slice(inside)),
            };
            let message = format!("{what} is no part of the cache key: {}", consequence(seconds));
            let help = format!("add `{}` to `identity`, or write `cache 0`", written(&source));
            let diagnostic = Diagnostic::new(Code::OutsideCacheKey, message).at(read.at).help(help);
            out.push(match read.inside {
                Some(span) => diagnostic.related("read here", span),
                None => diagnostic,
            });
        }
    }
}

fn token_outside(policy: &Policy<'_>, token: &IdentitySource, seconds: u32) -> Option<Diagnostic> {
    let span = policy.unit.statements().find_map(|statement| match &statement.kind {
        StatementKind::Authorizer(written) => {
            let (first, last) = (written.identity.first()?, written.identity.last()?);
            Some(first.span.to(last.span))
        }
        _ => None,
    })?;
    let (token, consequence) = (written(token), consequence(seconds));
    let message = format!("the token (`{token}`) is no part of the cache key: {consequence}");
    let help = format!("add `{token}`, or write `cache 0`");
    Some(Diagnostic::new(Code::OutsideCacheKey, message).at(span).help(help))
}

fn consequence(seconds: u32) -> String {
    format!("for {seconds} seconds, one caller's answer is given to others")
}

fn reads<'p>(policy: &Policy<'p>, statement: &'p Statement, lets: &mut HashMap<&'p str, Rc<Reads>>) -> Reads {
    let mut reads = Reads::new();
    visit::statement(statement, &mut |found| collect(policy, found, lets, &mut reads));
    reads
}

fn collect<'p>(
    policy: &Policy<'p>,
    found: Found<'p>,
    lets: &mut HashMap<&'p str, Rc<Reads>>,
    out: &mut Reads,
) {
    match found {
        Found::Request(part, at) => {
            if let Some(source) = source(part) {
                out.entry(source).or_insert(Read { at, inside: None });
            }
        }
        Found::Name(name, at) => {
            for (source, read) in reads_of_let(policy, name, lets).iter() {
                let inside = Some(read.inside.unwrap_or(read.at));
                out.entry(source.clone()).or_insert(Read { at, inside });
            }
        }
        Found::Member(_) => {}
    }
}

/// Each `let` is looked at once. They do not go round in circles, and the checker bounds their depth.
fn reads_of_let<'p>(policy: &Policy<'p>, name: &'p str, lets: &mut HashMap<&'p str, Rc<Reads>>) -> Rc<Reads> {
    if let Some(known) = lets.get(name) {
        return Rc::clone(known);
    }
    let mut reads = Reads::new();
    if let Some(definition) = policy.lets.get(name) {
        visit::condition(&definition.condition, &mut |found| collect(policy, found, lets, &mut reads));
    }
    let reads = Rc::new(reads);
    lets.insert(name, Rc::clone(&reads));
    reads
}

fn source(part: &RequestPart) -> Option<IdentitySource> {
    match part {
        RequestPart::Header(name) => Some(IdentitySource::Header(name.node.to_ascii_lowercase())),
        RequestPart::Query(name) => Some(IdentitySource::Query(name.node.clone())),
        RequestPart::Ip => Some(IdentitySource::Context(ADDRESS.to_owned())),
        // A stage has a cache of its own; no identity source tells the time.
        RequestPart::Stage | RequestPart::Time => None,
    }
}

/// As the `authorizer` block has it.
fn written(source: &IdentitySource) -> String {
    let (root, name) = match source {
        IdentitySource::Header(name) => ("header", name),
        IdentitySource::Query(name) => ("query", name),
        IdentitySource::Context(name) => return format!("context.{name}"),
        IdentitySource::Stage(name) => ("stage", name),
    };
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word { format!("{root}.{name}") } else { format!("{root}.\"{name}\"") }
}
