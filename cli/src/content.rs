//! What is in a compiled policy: what `inspect` shows.

use jiff::Timestamp;
use policy_authorizer::keys::check_shipped;
use policy_engine::bundle::{FORMAT_VERSION, ShippedKeys};
use policy_engine::text::{Param, Part, Text};
use policy_engine::{
    AuthorizerSettings, Effect, IdentitySource, InvalidToken, Issuer, KeySource, ProgramParts,
    ResponseFormat, Scheme, TokenSource, VerbSet,
};
use serde::Serialize;

use crate::load::Loaded;
use crate::render::human::hex;

/// A compiled policy's content. As JSON, it has the shape that `inspect --format json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Content {
    /// Where it came from a bundle: the size of that, in bytes.
    pub(crate) bundle_bytes: Option<usize>,
    pub(crate) format_version: u32,
    /// SHA-256 of the source text.
    pub(crate) source_digest: String,
    pub(crate) files: Vec<String>,
    pub(crate) params: Vec<Param>,
    pub(crate) issuers: Vec<IssuerShown>,
    /// Keys to start from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) shipped_keys: Vec<KeysShown>,
    pub(crate) rule_counts: RuleCounts,
    pub(crate) rules: Vec<RuleShown>,
    pub(crate) routes: Vec<Pattern>,
    pub(crate) authorizer: Authorizer,
    pub(crate) worst_case_policy: WorstCase,
}

#[derive(Debug, Serialize)]
pub(crate) struct IssuerShown {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) keys: Keys,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<&'static str>,
    pub(crate) token_use: Option<String>,
    #[serde(rename = "type")]
    pub(crate) token_type: Option<String>,
    pub(crate) leeway: u64,
    pub(crate) max_lifetime: Option<u64>,
    pub(crate) userinfo: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub(crate) enum Keys {
    Discovery,
    Jwks { url: String },
    Pem { pem: String },
}

#[derive(Debug, Serialize)]
pub(crate) struct KeysShown {
    pub(crate) issuer: String,
    /// How many of them can be used.
    pub(crate) keys: usize,
    /// As RFC 3339.
    pub(crate) until: String,
}

impl KeysShown {
    fn new(keys: &ShippedKeys) -> Self {
        let until = Timestamp::from_second(keys.until);
        Self {
            issuer: keys.issuer.clone(),
            keys: check_shipped(keys.jwks.as_bytes()).unwrap_or(0),
            until: until.map_or_else(|_| keys.until.to_string(), |time| time.to_string()),
        }
    }
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct RuleCounts {
    pub(crate) allow: usize,
    pub(crate) public: usize,
    pub(crate) deny: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct RuleShown {
    pub(crate) id: String,
    pub(crate) effect: &'static str,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) because: Option<String>,
    pub(crate) matches: Vec<Pattern>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Pattern {
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) path: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Authorizer {
    pub(crate) cache: Option<u32>,
    pub(crate) identity: Vec<String>,
    pub(crate) token: String,
    pub(crate) scheme: &'static str,
    pub(crate) invalid_token: u16,
    pub(crate) response: &'static str,
    pub(crate) resource_policy: bool,
    pub(crate) expire_with_token: bool,
    pub(crate) max_policy_bytes: u32,
}

/// How large the policy for a token can be. Its resources hold the token's claims, so the text alone sets no
/// bound; `max_policy_bytes` does, since a larger one gives way to the policy for the request at hand.
#[derive(Debug, Serialize)]
pub(crate) struct WorstCase {
    pub(crate) bytes: u32,
    pub(crate) bounded_by: &'static str,
}

impl Content {
    /// The content of a compiled policy.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let parts = loaded.program.parts();
        let text = |text: &Text| shown(text, &parts.params);
        Self {
            bundle_bytes: loaded.bundle_bytes,
            format_version: FORMAT_VERSION,
            source_digest: hex(&parts.source_digest),
            files: parts.files.clone(),
            params: parts.params.clone(),
            issuers: parts.issuers.iter().map(|issuer| IssuerShown::new(issuer, &text)).collect(),
            shipped_keys: loaded.shipped_keys.iter().map(KeysShown::new).collect(),
            rule_counts: RuleCounts::of(parts),
            rules: rules(parts, &text),
            routes: parts.routes.iter().map(|route| Pattern::new(route.verbs, &route.pattern)).collect(),
            authorizer: Authorizer::new(&parts.authorizer),
            worst_case_policy: WorstCase {
                bytes: parts.authorizer.max_policy_bytes,
                bounded_by: "max_policy_bytes",
            },
        }
    }
}

/// The text as it is written, `${param}` and all.
fn shown(text: &Text, params: &[Param]) -> String {
    let piece = |piece: &Part| match piece {
        Part::Fixed(text) => text.clone(),
        Part::Param(id) => {
            format!("${{{}}}", params.get(id.0 as usize).map_or("", |param| param.name.as_str()))
        }
    };
    match text {
        Text::Fixed(text) => text.clone(),
        Text::Template(pieces) => pieces.iter().map(piece).collect(),
    }
}

fn rules(parts: &ProgramParts, text: &impl Fn(&Text) -> String) -> Vec<RuleShown> {
    let mut rules: Vec<RuleShown> = parts
        .rules
        .iter()
        .map(|rule| RuleShown {
            id: rule.id.clone(),
            effect: rule.effect.keyword(),
            file: parts.files.get(rule.file as usize).cloned().unwrap_or_default(),
            line: rule.line,
            because: rule.because.as_ref().map(text),
            matches: Vec::new(),
        })
        .collect();
    for clause in &parts.clauses {
        if let Some(rule) = rules.get_mut(clause.rule.0 as usize) {
            rule.matches.push(Pattern::new(clause.verbs, &clause.pattern));
        }
    }
    rules
}

impl IssuerShown {
    fn new(issuer: &Issuer, text: &impl Fn(&Text) -> String) -> Self {
        Self {
            name: issuer.name.clone(),
            url: text(&issuer.url),
            keys: match &issuer.keys {
                KeySource::Discovery => Keys::Discovery,
                KeySource::Jwks(url) => Keys::Jwks { url: text(url) },
                KeySource::Pem(pem) => Keys::Pem { pem: pem.clone() },
            },
            audiences: issuer.audiences.iter().map(text).collect(),
            algorithms: issuer.algorithms.iter().map(|algorithm| algorithm.name()).collect(),
            token_use: issuer.token_use.as_ref().map(text),
            token_type: issuer.token_type.as_ref().map(text),
            leeway: issuer.leeway,
            max_lifetime: issuer.max_lifetime,
            userinfo: issuer.userinfo.as_ref().map(text),
        }
    }
}

impl RuleCounts {
    fn of(parts: &ProgramParts) -> Self {
        let count = |effect| parts.rules.iter().filter(|rule| rule.effect == effect).count();
        Self { allow: count(Effect::Allow), public: count(Effect::Public), deny: count(Effect::Deny) }
    }
}

impl Pattern {
    fn new(verbs: VerbSet, path: &impl ToString) -> Self {
        Self { verbs: verbs.iter().map(policy_engine::Verb::name).collect(), path: path.to_string() }
    }
}

impl Authorizer {
    fn new(settings: &AuthorizerSettings) -> Self {
        Self {
            cache: settings.cache,
            identity: settings.identity.iter().map(identity).collect(),
            token: match &settings.token {
                TokenSource::Header(name) => format!("header.{name}"),
                TokenSource::Query(name) => format!("query.{name}"),
            },
            scheme: match settings.scheme {
                Scheme::Bearer => "bearer",
                Scheme::Raw => "raw",
                Scheme::Any => "any",
            },
            invalid_token: match settings.invalid_token {
                InvalidToken::Unauthorized => 401,
                InvalidToken::Forbidden => 403,
            },
            response: match settings.response {
                ResponseFormat::Iam => "iam",
                ResponseFormat::Simple => "simple",
            },
            resource_policy: settings.resource_policy,
            expire_with_token: settings.expire_with_token,
            max_policy_bytes: settings.max_policy_bytes,
        }
    }
}

fn identity(source: &IdentitySource) -> String {
    match source {
        IdentitySource::Header(name) => format!("header.{name}"),
        IdentitySource::Query(name) => format!("query.{name}"),
        IdentitySource::Context(name) => format!("context.{name}"),
        IdentitySource::Stage(name) => format!("stage.{name}"),
    }
}
