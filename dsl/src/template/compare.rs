//! A template held against a policy.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use policy_engine::pattern::PathPattern;
use policy_engine::{Clause, Effect, IdentitySource, ResponseFormat, Verb, VerbSet};

use super::model::{Authorizer, Deployed, Guard, Route};
use crate::codes::Code;
use crate::compile::CompiledPolicy;
use crate::diagnostic::Diagnostic;
use crate::lint::logic::Logic;
use crate::lint::trie::{Entry, Trie};
use crate::source::Span;

/// Adds what does not fit; `start` is the template's.
pub(super) fn compare(policy: &CompiledPolicy, deployed: &Deployed, start: Span, out: &mut Vec<Diagnostic>) {
    let rules = Rules::new(policy);
    undeclared(policy, &rules, deployed, out);
    undeployed(policy, deployed, start, out);
    for route in &deployed.routes {
        out.extend(attachment(&rules, deployed, route));
    }
    for (at, key) in &deployed.preflights {
        out.push(preflight(*at, &name(deployed, key), "set `AddDefaultAuthorizerToCorsPreflight: false`"));
    }
    let attached: BTreeSet<&str> = deployed
        .routes
        .iter()
        .filter_map(|route| match &route.guard {
            Guard::Lambda(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    for authorizer in attached.iter().filter_map(|key| deployed.authorizers.get(*key)) {
        settings(policy, authorizer, out);
    }
}

/// The policy's rules, and the routes that it declares.
struct Rules<'p> {
    allowing: Trie<'p>,
    /// Those that allow whoever asks.
    open: Trie<'p>,
    /// Those that may deny.
    denying: Trie<'p>,
    /// Those that need a token.
    closed: Trie<'p>,
    declared: Trie<'p>,
}

impl<'p> Rules<'p> {
    fn new(policy: &'p CompiledPolicy) -> Self {
        let parts = policy.program.parts();
        let logic = Logic::new(&parts.conditions);
        let clauses = |takes: &dyn Fn(Effect, &Clause) -> bool| {
            let clauses = parts.clauses.iter().enumerate();
            let effect = |clause: &Clause| parts.rules.get(clause.rule.0 as usize).map(|rule| rule.effect);
            let taken =
                clauses.filter(|(_, clause)| effect(clause).is_some_and(|effect| takes(effect, clause)));
            Trie::new(
                taken.map(|(index, clause)| (&clause.pattern, Entry { key: 0, index, verbs: clause.verbs })),
            )
        };
        let declared = parts
            .routes
            .iter()
            .enumerate()
            .map(|(index, route)| (&route.pattern, Entry { key: 0, index, verbs: route.verbs }));
        Self {
            allowing: clauses(&|effect, _| effect != Effect::Deny),
            open: clauses(&|effect, clause| effect == Effect::Public && logic.always(clause.condition)),
            denying: clauses(&|effect, _| effect == Effect::Deny),
            closed: clauses(&|effect, _| effect == Effect::Allow),
            declared: Trie::new(declared),
        }
    }
}

/// The verbs of patterns that match whatever this one does.
fn covering(trie: &Trie<'_>, pattern: &PathPattern) -> VerbSet {
    let mut verbs = VerbSet::EMPTY;
    trie.covering(pattern, |entries| {
        verbs = entries.iter().fold(verbs, |verbs, entry| verbs.union(entry.verbs));
        ControlFlow::Continue(())
    });
    verbs
}

/// The verbs of patterns that have a path in common with this one.
fn meeting(trie: &Trie<'_>, pattern: &PathPattern, wanted: VerbSet) -> VerbSet {
    let mut verbs = VerbSet::EMPTY;
    trie.meeting(pattern, wanted, |entries| {
        verbs = entries.iter().fold(verbs, |verbs, entry| verbs.union(entry.verbs));
        if wanted.without(verbs).is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    verbs.intersection(wanted)
}

/// What is left of a route's verbs. `ANY` is one method, of which each verb need not be there.
fn left(route: VerbSet, found: VerbSet) -> VerbSet {
    let left = route.without(found);
    if route == VerbSet::ANY && left != VerbSet::ANY { VerbSet::EMPTY } else { left }
}

/// Routes of the template that the policy does not know.
fn undeclared(policy: &CompiledPolicy, rules: &Rules<'_>, deployed: &Deployed, out: &mut Vec<Diagnostic>) {
    let has_routes = !policy.program.parts().routes.is_empty();
    for route in &deployed.routes {
        let wanted = requested(route);
        let found = match has_routes {
            false => meeting(&rules.allowing, &route.pattern, wanted),
            true if route.pattern.has_tail() => meeting(&rules.declared, &route.pattern, wanted),
            true => covering(&rules.declared, &route.pattern),
        };
        let left = left(wanted, found);
        if left.is_empty() {
            continue;
        }
        let (message, help) = if has_routes {
            let message = format!("the policy's `api` does not have the route `{left} {}`", route.pattern);
            (message, "add it to `api`, with a rule for it; or take it out of the template")
        } else {
            let message = format!("no rule of the policy allows `{left} {}`", route.pattern);
            (message, "add a rule for it, or take it out of the template")
        };
        out.push(Diagnostic::new(Code::TemplateRoute, message).at(route.at).help(help));
    }
}

/// The verbs that a policy should know; preflight requests are none of its business.
fn requested(route: &Route) -> VerbSet {
    if route.verbs == VerbSet::ANY { VerbSet::ANY } else { route.verbs.without(VerbSet::from(Verb::Options)) }
}

/// Routes of the policy that the template does not have.
fn undeployed(policy: &CompiledPolicy, deployed: &Deployed, start: Span, out: &mut Vec<Diagnostic>) {
    if deployed.is_partial {
        return;
    }
    let routes = deployed.routes.iter().enumerate();
    let routes =
        Trie::new(routes.map(|(index, route)| (&route.pattern, Entry { key: 0, index, verbs: route.verbs })));
    for (route, span) in policy.program.parts().routes.iter().zip(&policy.routes) {
        let found = if route.pattern.has_tail() {
            meeting(&routes, &route.pattern, route.verbs)
        } else {
            covering(&routes, &route.pattern)
        };
        let left = left(route.verbs, found);
        if !left.is_empty() {
            let message = format!("the template does not have the route `{left} {}`", route.pattern);
            let help = "add it to the template, or take it out of `api`";
            out.push(
                Diagnostic::new(Code::TemplateNoRoute, message)
                    .at(*span)
                    .related("this template", start)
                    .help(help),
            );
        }
    }
}

/// Whether the route asks the authorizer, and should.
fn attachment(rules: &Rules<'_>, deployed: &Deployed, route: &Route) -> Option<Diagnostic> {
    let (verbs, path) = (route.verbs, &route.pattern);
    let is_preflight = verbs == VerbSet::from(Verb::Options);
    match &route.guard {
        Guard::Unknown => None,
        Guard::Lambda(key) if is_preflight => {
            let help = "attach no authorizer to `OPTIONS`";
            Some(preflight(route.at, &name(deployed, key), help))
        }
        Guard::Lambda(key) => {
            let is_open_only =
                !open(rules, route).is_empty() && meeting(&rules.closed, path, verbs).is_empty();
            let asks_token = deployed.authorizers.get(key).is_some_and(|authorizer| {
                authorizer.identity.as_ref().is_none_or(|identity| !identity.value.is_empty())
            });
            (is_open_only && asks_token).then(|| {
                let message = format!("`{verbs} {path}` is public, and callers without a token do not get to the rules");
                let help = "API Gateway refuses them by itself where an identity source is missing: attach no \
                            authorizer to this route";
                Diagnostic::new(Code::TemplatePublic, message).at(route.at).help(help)
            })
        }
        Guard::Open | Guard::Other(_) if is_preflight => None,
        Guard::Open => {
            let closed = verbs.without(open(rules, route));
            let closed = if verbs == VerbSet::ANY { verbs } else { closed };
            let is_open = verbs.without(open(rules, route)).is_empty();
            (!is_open).then(|| {
                let message =
                    format!("nobody asks the policy about `{closed} {path}`: the route has no authorizer");
                let help =
                    "attach the authorizer; or, where all may, write a `public` rule without a condition";
                Diagnostic::new(Code::TemplateNoAuthorizer, message).at(route.at).help(help)
            })
        }
        Guard::Other(other) => {
            let message =
                format!("nobody asks the policy about `{verbs} {path}`: `{other}` is no Lambda authorizer");
            let help = "attach the policy's authorizer";
            Some(Diagnostic::new(Code::TemplateNoAuthorizer, message).at(route.at).help(help))
        }
    }
}

/// The verbs of the route that all may use, whoever asks.
fn open(rules: &Rules<'_>, route: &Route) -> VerbSet {
    let denied = meeting(&rules.denying, &route.pattern, route.verbs);
    covering(&rules.open, &route.pattern).intersection(route.verbs).without(denied)
}

fn name(deployed: &Deployed, key: &str) -> String {
    deployed.authorizers.get(key).map_or_else(|| key.to_owned(), |authorizer| authorizer.name.clone())
}

fn preflight(at: Span, authorizer: &str, help: &str) -> Diagnostic {
    let message = format!("`{authorizer}` is asked about preflight requests, which never carry a token");
    Diagnostic::new(Code::TemplatePreflight, message).at(at).help(help)
}

/// What the `authorizer` block says of the cache and of answers, and what the template does.
fn settings(policy: &CompiledPolicy, authorizer: &Authorizer, out: &mut Vec<Diagnostic>) {
    let said = &policy.program.parts().authorizer;
    let mut report = |message: String, at: Span, help: String| {
        out.push(Diagnostic::new(Code::TemplateSetting, message).at(at).help(help));
    };
    let name = &authorizer.name;
    if let (Some(cache), Some(ttl)) = (said.cache, &authorizer.ttl)
        && cache != ttl.value
    {
        let is_said = if ttl.at == authorizer.at { " where the template does not say" } else { "" };
        let message = format!(
            "`{name}` keeps answers for {} seconds{is_said}, and the policy says `cache {cache}`",
            ttl.value
        );
        report(
            message,
            ttl.at,
            format!("set it to {cache} here, or write `cache {}` in `authorizer`", ttl.value),
        );
    }
    if let Some(identity) = authorizer.identity.as_ref().filter(|_| !said.identity.is_empty()) {
        let (here, there): (BTreeSet<_>, BTreeSet<_>) =
            (identity.value.iter().collect(), said.identity.iter().collect());
        for source in here.difference(&there) {
            let source = written(source);
            let message =
                format!("`{name}` has the identity source `{source}`, and the policy's `identity` has not");
            report(message, identity.at, format!("add `{source}` to `identity`, or take it out here"));
        }
        for source in there.difference(&here) {
            let source = written(source);
            let message = format!("`{name}` lacks the identity source `{source}` of the policy's `identity`");
            report(message, identity.at, "add it here, or take it out of `identity`".to_owned());
        }
    }
    if let Some(simple) = &authorizer.is_simple {
        let (is_simple, word) =
            (said.response == ResponseFormat::Simple, if simple.value { "simple" } else { "iam" });
        if is_simple != simple.value {
            let message =
                format!("`{name}` takes `{word}` responses, and the policy's authorizer gives others");
            report(message, simple.at, format!("write `response {word}` in `authorizer`, or change it here"));
        }
    }
}

fn written(source: &IdentitySource) -> String {
    match source {
        IdentitySource::Header(name) => format!("header.{name}"),
        IdentitySource::Query(name) => format!("query.{name}"),
        IdentitySource::Context(name) => format!("context.{name}"),
        IdentitySource::Stage(name) => format!("stage.{name}"),
    }
}
