//! An authorizer's policy for people: by route, with the rules behind each statement.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policy_engine::iam::{Condition, IamEffect, Purpose, Traced};
use policy_engine::{Policy, RuleId};

use super::Paint;
use super::human::count;
use crate::explain::printable;

/// As many rules are named behind one statement.
const MAX_RULES: usize = 4;

/// What is said of one path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    effect: IamEffect,
    what: String,
}

/// The policy's resources by their paths, a line end behind each.
pub(crate) fn listing(policy: &Policy, traced: &[Traced], paint: Paint) -> String {
    // In the order of the paths; under each, lines that differ in their verbs alone are one.
    let mut routes: BTreeMap<String, BTreeMap<Line, Vec<String>>> = BTreeMap::new();
    let mut malformed = 0;
    let mut rest: Vec<String> = Vec::new();
    for one in traced {
        match one.purpose {
            Purpose::Malformed => malformed += 1,
            Purpose::Rest => {
                let line = format!("{}{}", everything(one), when(one.condition.as_ref()));
                if !rest.contains(&line) {
                    rest.push(line);
                }
            }
            Purpose::Rule | Purpose::Guard => {
                let (verb, path) = split(&one.resource);
                let line = Line { effect: one.effect, what: what(policy, one) };
                routes.entry(path).or_default().entry(line).or_default().push(verb);
            }
        }
    }
    let mut out = String::new();
    for (path, lines) in routes {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}", printable(&path));
        for (Line { effect, what }, verbs) in lines {
            let _ = writeln!(out, "    {}  {}  {}", word(effect, paint), verbs.join(" "), paint.faint(&what));
        }
    }
    if malformed > 0 {
        let deny = word(IamEffect::Deny, paint);
        let _ = writeln!(out, "  malformed paths\n    {deny}  {}", count(malformed, "resource"));
    }
    for line in rest {
        let _ = writeln!(out, "  {line}\n    {}", word(IamEffect::Deny, paint));
    }
    out
}

fn word(effect: IamEffect, paint: Paint) -> String {
    match effect {
        IamEffect::Allow => paint.good("allow"),
        IamEffect::Deny => paint.error("deny "),
    }
}

const fn everything(traced: &Traced) -> &'static str {
    if traced.all_but { "everything else" } else { "everything" }
}

/// The verb and the path of a resource, which stand behind the API and its stage; a connection has no verb.
fn split(resource: &str) -> (String, String) {
    let below = resource.splitn(3, '/').nth(2).unwrap_or(resource);
    match below.split_once('/') {
        Some((verb, path)) => (verb.to_owned(), format!("/{path}")),
        None => (String::new(), below.to_owned()),
    }
}

/// The rules behind it, and when it holds.
fn what(policy: &Policy, traced: &Traced) -> String {
    let rules: Vec<String> = traced.rules.iter().take(MAX_RULES).map(|id| rule(policy, *id)).collect();
    let more = traced.rules.len().saturating_sub(MAX_RULES);
    let more = if more > 0 { format!(" and {}", count(more, "rule")) } else { String::new() };
    let rules = format!("{}{more}", rules.join(", "));
    let when = when(traced.condition.as_ref());
    if traced.purpose == Purpose::Guard {
        return format!("guard: a `*` of {rules} reaches it{when}");
    }
    format!("by {rules}{when}")
}

fn rule(policy: &Policy, id: RuleId) -> String {
    let Some(rule) = policy.rule(id) else { return String::new() };
    let place = format!("{}:{}", policy.program().file_of(rule), rule.line);
    if rule.id == place { format!("`{place}`") } else { format!("`{}` ({place})", rule.id) }
}

fn when(condition: Option<&Condition>) -> String {
    let Some(condition) = condition else { return String::new() };
    let mut parts = Vec::new();
    if let Some(time) = &condition.date_greater_than_equals {
        parts.push(format!("from {}", time.time));
    }
    if let Some(time) = &condition.date_less_than {
        parts.push(format!("before {}", time.time));
    }
    for addresses in [&condition.ip_address, &condition.ip_address_if_exists].into_iter().flatten() {
        parts.push(format!("for addresses in {}", addresses.blocks.join(", ")));
    }
    if let Some(addresses) = &condition.not_ip_address {
        parts.push(format!("for addresses not in {}", addresses.blocks.join(", ")));
    }
    let known = condition.null.as_ref().map(|null| null.source_ip == "false");
    match known {
        Some(true) if parts.is_empty() => parts.push("for known addresses".to_owned()),
        Some(false) => parts.push("for unknown addresses".to_owned()),
        _ => {}
    }
    format!(", {}", parts.join(", "))
}
