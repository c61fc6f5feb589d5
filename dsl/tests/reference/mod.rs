//! The reference interpreter: the plainest reading of the rules language, straight over the syntax tree.
//!
//! It is slow and obvious on purpose: no index, no interning, nothing shared with the engine but the types
//! that requests and tokens come in. The engine is held to it.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the checker refuses what would panic here, and a panic is a failed test"
)]

mod address;
mod condition;
mod forms;
mod glob;
mod hostile;
mod named;
mod path;
mod regular;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use policy_dsl::source::Sources;
use policy_dsl::syntax::{Api, Condition, File, Issuer, Route, Rule, StatementKind, Text, TextPart};
use policy_engine::{Effect, RequestContext, Token, Verb};

pub(crate) use forms::forms;
pub(crate) use glob::glob_matches;
pub(crate) use named::Named;
pub(crate) use path::{Bindings, bind, is_malformed};
pub(crate) use regular::{NotRegular, Regular, escaped, known_verbs, malformed};

/// A policy as it is written, with its parameters' values.
pub(crate) struct Reference {
    issuers: Vec<Issuer>,
    params: BTreeMap<String, String>,
    lets: BTreeMap<String, Condition>,
    rules: Vec<NamedRule>,
    routes: Vec<Route>,
}

struct NamedRule {
    id: String,
    rule: Rule,
}

/// What is decided, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) allowed: bool,
    /// As `policyctl simulate` names it.
    pub(crate) reason: &'static str,
    /// The rules that decided, in the order of the text.
    pub(crate) rules: Vec<String>,
}

/// Everything that a condition can look at.
pub(crate) struct World<'a> {
    policy: &'a Reference,
    token: Option<&'a Token>,
    context: &'a RequestContext,
    path: &'a Bindings,
}

impl Reference {
    /// The policy that these files hold together; `given` are the parameters given at deploy time.
    pub(crate) fn new(sources: &Sources, files: &[File], given: &BTreeMap<String, String>) -> Self {
        let mut policy = Self {
            issuers: Vec::new(),
            params: BTreeMap::new(),
            lets: BTreeMap::new(),
            rules: Vec::new(),
            routes: Vec::new(),
        };
        for statement in files.iter().flat_map(|file| &file.statements) {
            match &statement.kind {
                StatementKind::Issuer(issuer) => policy.issuers.push(issuer.clone()),
                StatementKind::Param(param) => {
                    let default = param.default.as_ref().map(|text| text.node.clone());
                    if let Some(value) = given.get(&param.name.node).cloned().or(default) {
                        policy.params.insert(param.name.node.clone(), value);
                    }
                }
                StatementKind::Let(named) => {
                    policy.lets.insert(named.name.node.clone(), named.condition.clone());
                }
                StatementKind::Rule(rule) => {
                    let place = format!(
                        "{}:{}",
                        sources.name(statement.span.source),
                        sources.start(statement.span).line
                    );
                    let id = rule.id.as_ref().map_or(place, |id| id.node.clone());
                    policy.rules.push(NamedRule { id, rule: rule.clone() });
                }
                StatementKind::Api(Api::Routes(routes)) => policy.routes.extend(routes.iter().cloned()),
                _ => {}
            }
        }
        policy
    }

    /// The decision on one request.
    pub(crate) fn decide(
        &self,
        token: Option<&Token>,
        verb: Verb,
        path: &str,
        context: &RequestContext,
    ) -> Outcome {
        if is_malformed(path) {
            return deny("malformed_path");
        }
        if token.is_some_and(|token| self.compares_a_hostile_claim(token)) {
            return deny("hostile_claim");
        }
        let matching = |effects: &[Effect]| -> Vec<String> {
            self.rules
                .iter()
                .filter(|named| effects.contains(&named.rule.effect.node))
                .filter(|named| self.rule_matches(&named.rule, token, verb, path, context))
                .map(|named| named.id.clone())
                .collect()
        };
        let denying = matching(&[Effect::Deny]);
        if !denying.is_empty() {
            return Outcome { allowed: false, reason: "rule", rules: denying };
        }
        // An `allow` is for a verified token; a `public` rule for everybody.
        let allowing = match token {
            Some(_) => matching(&[Effect::Allow, Effect::Public]),
            None => matching(&[Effect::Public]),
        };
        if !allowing.is_empty() {
            return Outcome { allowed: true, reason: "rule", rules: allowing };
        }
        deny("default")
    }

    /// The rules that could have allowed this, had their conditions held, or a token been there: those whose
    /// verb and path match. Without those that can never allow anything.
    pub(crate) fn within_reach(&self, verb: Verb, path: &str) -> Vec<String> {
        self.rules
            .iter()
            .filter(|named| named.rule.effect.node != Effect::Deny)
            .filter(|named| named.rule.verbs.named.iter().any(|named| named.node.contains(verb)))
            .filter(|named| named.rule.paths.iter().any(|pattern| bind(pattern, path).is_some()))
            .filter(|named| {
                let known = |condition: &Option<_>| condition.as_ref().and_then(|one| self.constant(one));
                known(&named.rule.when) != Some(false) && known(&named.rule.unless) != Some(true)
            })
            .map(|named| named.id.clone())
            .collect()
    }

    /// Whether the API has such a route; every request has one where no route is declared.
    pub(crate) fn is_declared(&self, verb: Verb, path: &str) -> bool {
        self.routes.is_empty()
            || self.routes.iter().any(|route| {
                route.verbs.named.iter().any(|named| named.node.contains(verb))
                    && route.paths.iter().any(|pattern| bind(pattern, path).is_some())
            })
    }

    fn rule_matches(
        &self,
        rule: &Rule,
        token: Option<&Token>,
        verb: Verb,
        path: &str,
        context: &RequestContext,
    ) -> bool {
        if !rule.verbs.named.iter().any(|named| named.node.contains(verb)) {
            return false;
        }
        rule.paths.iter().any(|pattern| {
            let Some(bound) = bind(pattern, path) else { return false };
            let world = World { policy: self, token, context, path: &bound };
            let when = rule.when.as_ref().is_none_or(|condition| world.holds(condition));
            let unless = rule.unless.as_ref().is_some_and(|condition| world.holds(condition));
            when && !unless
        })
    }

    /// A string with its parameters filled in.
    fn text(&self, text: &Text) -> String {
        text.parts
            .iter()
            .map(|part| match part {
                TextPart::Fixed(fixed) => fixed.clone(),
                TextPart::Param(name) => self.param(&name.node),
            })
            .collect()
    }

    fn param(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_else(|| panic!("the param `{name}` has no value")).clone()
    }
}

fn deny(reason: &'static str) -> Outcome {
    Outcome { allowed: false, reason, rules: Vec::new() }
}
