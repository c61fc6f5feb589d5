//! Claims that the log may hold.

use policy_engine::condition::{Root, Selector};
use policy_engine::{Policy, Token};
use serde_json::{Map, Value};

use crate::log::clip;

/// The most claims that a line holds.
const MAX_CLAIMS: usize = 16;
/// The most items of a claim that is a list.
const MAX_ITEMS: usize = 16;

/// All claims of a line together are at most this long, as JSON.
const MAX_CLAIM_BYTES: usize = 4 * 1024;

/// The claims that are logged: asked for by the environment, and named in the policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoggedClaims(Vec<(String, Selector)>);

impl LoggedClaims {
    /// Of the names that were asked for, those that the policy names somewhere, and the rest of the names.
    pub(crate) fn new(policy: &Policy, asked: &[String]) -> (Self, Vec<String>) {
        let selectors = &policy.program().parts().conditions.selectors;
        let (mut claims, mut unknown) = (Vec::new(), Vec::new());
        for name in asked.iter().take(MAX_CLAIMS) {
            match selectors.iter().find(|selector| name_of(selector) == *name) {
                Some(selector) => claims.push((name.clone(), selector.clone())),
                None => unknown.push(name.clone()),
            }
        }
        unknown.extend(asked.iter().skip(MAX_CLAIMS).cloned());
        (Self(claims), unknown)
    }

    /// What the token says, cut to what a line should repeat. What is missing, and objects, are left out, and so is
    /// what would make the line too long to be written.
    pub(crate) fn of(&self, token: &Token) -> Map<String, Value> {
        let mut left = MAX_CLAIM_BYTES;
        let mut claims = Map::new();
        for (name, selector) in &self.0 {
            let Some(value) = select(selector, token).and_then(shown) else { continue };
            let Some(rest) = left.checked_sub(value.to_string().len()) else { continue };
            left = rest;
            claims.insert(name.clone(), value);
        }
        claims
    }
}

/// The names with dots between them; `userinfo.` before what is not of the token.
fn name_of(selector: &Selector) -> String {
    let names = selector.names.join(".");
    match selector.root {
        Root::Token => names,
        Root::Userinfo => format!("userinfo.{names}"),
    }
}

fn select<'a>(selector: &Selector, token: &'a Token) -> Option<&'a Value> {
    let root = match selector.root {
        Root::Token => token.claims(),
        Root::Userinfo => token.userinfo()?,
    };
    let (first, rest) = selector.names.split_first()?;
    rest.iter().try_fold(root.get(first)?, |value, name| value.get(name))
}

fn shown(value: &Value) -> Option<Value> {
    match value {
        Value::Array(items) => Some(items.iter().take(MAX_ITEMS).filter_map(scalar).collect()),
        one => scalar(one),
    }
}

fn scalar(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(clip(text).into()),
        Value::Number(_) | Value::Bool(_) => Some(value.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
