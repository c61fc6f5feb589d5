//! Why a decision came out as it did: the nearest misses of a denial, and conditions as text.

use std::fmt::Write as _;

use crate::caller::Caller;
use crate::condition::{AtomId, Comparison, Node, NodeId, Number, Root, Selector, SelectorId};
use crate::index::Guide;
use crate::path::RequestPath;
use crate::pattern::{PathPattern, PathRef};
use crate::policy::Policy;
use crate::program::{ClauseId, Effect, RuleId};
use crate::request::{Request, RequestContext};
use crate::test::{Arg, Test};

/// A rule that would have allowed the request if its condition had held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleId,
    /// What did not hold, written as in a rule.
    pub failed: String,
}

impl Caller<'_> {
    /// The rules that match the request's verb and path and could have allowed it, each with the part of
    /// its condition that did not hold; in the order of the text. Empty for a malformed path.
    pub fn near_misses(&self, request: &Request<'_>) -> Vec<NearMiss> {
        let Ok(path) = RequestPath::parse(request.path) else { return Vec::new() };
        let mut search = Search { caller: self, path: &path, context: request.context, misses: Vec::new() };
        self.policy.program.index.walk(request.verb, &path, &mut search);
        let mut misses = search.misses;
        misses.sort_by_key(|(clause, miss)| (miss.rule, *clause));
        misses.dedup_by_key(|(_, miss)| miss.rule);
        misses.into_iter().map(|(_, miss)| miss).collect()
    }
}

struct Search<'a> {
    caller: &'a Caller<'a>,
    path: &'a RequestPath<'a>,
    context: &'a RequestContext,
    misses: Vec<(ClauseId, NearMiss)>,
}

impl Guide for Search<'_> {
    fn facts(&self) -> Option<&[AtomId]> {
        None
    }

    fn glob_matches(&self, glob: usize, segment: &str) -> bool {
        self.caller.policy.path_globs.get(glob).is_some_and(|glob| glob.is_match(segment))
    }

    fn visit(&mut self, id: ClauseId) {
        let policy = self.caller.policy;
        let Some(clause) = policy.parts().clauses.get(id.0 as usize) else { return };
        let Some(rule) = policy.rule(clause.rule) else { return };
        let no_token = rule.effect == Effect::Allow && self.caller.token().is_none();
        let failed = if rule.effect == Effect::Deny {
            return;
        } else if no_token {
            "a token".to_owned()
        } else if let Some(failed) = self.failing(clause.condition) {
            let mut text = String::new();
            write_node(policy, &clause.pattern, failed, Strength::Or, &mut text);
            text
        } else {
            return;
        };
        self.misses.push((id, NearMiss { rule: clause.rule, failed }));
    }
}

impl Search<'_> {
    fn holds(&self, node: NodeId) -> bool {
        self.caller.holds(node, Some((self.path, self.context)))
    }

    /// The smallest part of the condition that explains why it does not hold.
    fn failing(&self, node: NodeId) -> Option<NodeId> {
        if self.holds(node) {
            return None;
        }
        match self.caller.policy.parts().conditions.node(node)? {
            Node::All(children) => children.iter().find_map(|child| self.failing(*child)),
            _ => Some(node),
        }
    }
}

/// How tightly an operator binds; what binds less tightly stands in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
}

fn write_node(policy: &Policy, pattern: &PathPattern, node: NodeId, around: Strength, out: &mut String) {
    let conditions = &policy.parts().conditions;
    match conditions.node(node) {
        None => {}
        Some(Node::Constant(value)) => out.push_str(if *value { "true" } else { "false" }),
        Some(Node::Atom(atom)) => write_atom(policy, pattern, *atom, out),
        Some(Node::Not(child)) => {
            out.push_str("not ");
            write_node(policy, pattern, *child, Strength::Not, out);
        }
        Some(Node::All(children)) => write_list(policy, pattern, (children, Strength::And), around, out),
        Some(Node::Any(children)) => write_list(policy, pattern, (children, Strength::Or), around, out),
    }
}

fn write_list(
    policy: &Policy,
    pattern: &PathPattern,
    (children, own): (&[NodeId], Strength),
    around: Strength,
    out: &mut String,
) {
    let parentheses = own < around;
    if parentheses {
        out.push('(');
    }
    for (number, child) in children.iter().enumerate() {
        if number > 0 {
            out.push_str(if own == Strength::And { " and " } else { " or " });
        }
        write_node(policy, pattern, *child, own, out);
    }
    if parentheses {
        out.push(')');
    }
}

fn write_atom(policy: &Policy, pattern: &PathPattern, atom: AtomId, out: &mut String) {
    let arg = |arg: &Arg| arg_text(policy, pattern, arg);
    let selector = |id: &SelectorId| claim_text(policy, *id);
    let text = match policy.test(atom) {
        None => return,
        Some(Test::Compare(left, comparison, right)) => {
            format!("{} {} {}", arg(left), symbol(*comparison), arg(right))
        }
        Some(Test::Member { item, list: Arg::Groups }) => format!("group {}", arg(item)),
        Some(Test::Member { item, list: Arg::Scopes }) => format!("scope {}", arg(item)),
        Some(Test::Member { item, list }) => format!("{} in {}", arg(item), arg(list)),
        Some(Test::Like(subject, glob)) => format!("{} like {}", arg(subject), quoted(glob.pattern())),
        Some(Test::AddressIn(block)) => format!("request.ip in \"{block}\""),
        Some(Test::Present(id)) => format!("has {}", selector(id)),
        Some(Test::True(id)) => selector(id),
        Some(Test::Issuer(id)) => {
            let issuer = policy.parts().issuers.get(id.0 as usize);
            format!("issuer {}", issuer.map_or("", |issuer| issuer.name.as_str()))
        }
    };
    out.push_str(&text);
}

const fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn arg_text(policy: &Policy, pattern: &PathPattern, arg: &Arg) -> String {
    match arg {
        Arg::Bool(value) => value.to_string(),
        Arg::Number(Number::Integer(value)) => value.to_string(),
        Arg::Number(Number::Float(value)) => value.to_string(),
        Arg::Text(text) => quoted(text),
        Arg::List(items) => {
            let items: Vec<_> = items.iter().map(|item| arg_text(policy, pattern, item)).collect();
            format!("[{}]", items.join(", "))
        }
        Arg::Claim(id) => claim_text(policy, *id),
        Arg::Groups => "groups".to_owned(),
        Arg::Scopes => "scopes".to_owned(),
        Arg::Path(part) => path_text(pattern, *part),
        Arg::Header(name) => format!("request.header.{}", name_text(name)),
        Arg::Query(name) => format!("request.query.{}", name_text(name)),
        Arg::Time => "request.time".to_owned(),
        Arg::Stage => "request.stage".to_owned(),
    }
}

fn path_text(pattern: &PathPattern, part: PathRef) -> String {
    format!("path.{}", pattern.name_of(part).unwrap_or("?"))
}

fn claim_text(policy: &Policy, id: SelectorId) -> String {
    policy.parts().conditions.selector(id).map_or_else(String::new, selector_text)
}

/// The claim as a rule names it: `token.sub`, `token."cognito:groups"`.
pub(crate) fn selector_text(selector: &Selector) -> String {
    let mut out = match selector.root {
        Root::Token => "token".to_owned(),
        Root::Userinfo => "userinfo".to_owned(),
    };
    for name in &selector.names {
        // Writing to a string cannot fail.
        let _ = write!(out, ".{}", name_text(name));
    }
    out
}

fn name_text(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
