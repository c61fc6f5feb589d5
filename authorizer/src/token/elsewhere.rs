//! Claims that did not fit into a token.
//!
//! Instead of a claim, a token may say where it is kept (OpenID Connect Core 1.0 section 5.6.2, `_claim_names`).
//! Entra ID does so with `groups` from about 200 groups on, or sets `hasgroups` ("Groups overage claim" on the page
//! "Access token claims reference"). To such a token, nobody is in any group: `deny … when group "suspended"` would be
//! lost. Nothing is fetched from where a token says, so a token is refused that lacks what the policy reads.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt};
use policy_engine::Policy;
use policy_engine::condition::Root;
use serde_json::{Map, Value};

use super::{Part, Refusal};

/// The names of the claims that a policy reads, at the outermost level of a token.
#[derive(Debug, Clone)]
pub struct ClaimsRead(BTreeSet<String>);

impl ClaimsRead {
    /// Those of a policy.
    pub fn of(policy: &Policy) -> Self {
        let selectors = policy.program().parts().conditions.selectors.iter();
        let read = selectors.filter(|selector| selector.root == Root::Token);
        Self(read.filter_map(|selector| selector.names.first().cloned()).collect())
    }

    /// Refuses claims of which one that is read is kept elsewhere.
    pub fn check(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let elsewhere = match claims.get("_claim_names") {
            None | Some(Value::Null) => None,
            Some(Value::Object(names)) => names.keys().find(|name| self.0.contains(*name)),
            Some(_) => return Err(Refusal::Member(Part::Claims, "_claim_names")),
        };
        if let Some(name) = elsewhere {
            return Err(Refusal::ClaimElsewhere(name.clone()));
        }
        let has_groups = !matches!(claims.get("hasgroups"), None | Some(Value::Null | Value::Bool(false)));
        if has_groups && !claims.contains_key(GROUPS) && self.0.contains(GROUPS) {
            return Err(Refusal::ClaimElsewhere(GROUPS.to_owned()));
        }
        Ok(())
    }
}

const GROUPS: &str = "groups";

/// The claims that are looked at whatever a policy reads: those that say whether a token is accepted.
const REGISTERED: [&str; 11] =
    ["iss", "sub", "aud", "client_id", "token_use", "exp", "nbf", "iat", "_claim_names", "hasgroups", GROUPS];

/// The claims that are kept of a token, at its outermost level.
#[derive(Debug, Clone)]
pub(crate) enum KeptClaims {
    All,
    /// These, and no others.
    Only(HashSet<Box<[u8]>>),
}

impl KeptClaims {
    /// Those that somebody may look at where one policy alone is asked.
    pub(crate) fn by(read: &ClaimsRead) -> Self {
        let mut names = HashSet::with_capacity(read.0.len() + REGISTERED.len());
        names.extend(read.0.iter().map(|name| name.as_bytes().into()));
        names.extend(REGISTERED.map(|name| name.as_bytes().into()));
        Self::Only(names)
    }

    /// Those that one or the other keeps.
    pub(crate) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Only(one), Self::Only(two)) => Self::Only(one.union(two).cloned().collect()),
            _ => Self::All,
        }
    }

    /// Whether the claim of that name is kept.
    pub(crate) fn holds(&self, name: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_what_is_read_or_registered() {
        let read = |names: &[&str]| ClaimsRead(names.iter().map(|&name| name.to_owned()).collect());
        let (one, two) = (KeptClaims::by(&read(&["plan"])), KeptClaims::by(&read(&["realm_access"])));
        for (name, by_one, by_two) in
            [("plan", true, false), ("realm_access", false, true), ("exp", true, true), ("x", false, false)]
        {
            let text = name.as_bytes();
            assert_eq!((one.holds(text), two.holds(text)), (by_one, by_two), "{name}");
            assert_eq!(one.or(&two).holds(text), by_one || by_two, "{name}");
            assert!(one.or(&KeptClaims::All).holds(text) && KeptClaims::All.holds(text), "{name}");
        }
    }

    #[test]
    fn what_is_read_and_kept_elsewhere() {
        let read = ClaimsRead(["groups", "sub"].map(str::to_owned).into());
        let elsewhere = |name: &str| Err(Refusal::ClaimElsewhere(name.to_owned()));
        for (claims, expected) in [
            (json!({ "groups": ["a"] }), Ok(())),
            (json!({ "_claim_names": null }), Ok(())),
            (json!({ "_claim_names": {} }), Ok(())),
            (json!({ "_claim_names": { "address": "src1" } }), Ok(())),
            (json!({ "_claim_names": { "groups": "src1" } }), elsewhere("groups")),
            (json!({ "_claim_names": { "groups": "src1" }, "groups": [] }), elsewhere("groups")),
            (json!({ "_claim_names": { "address": "src1", "sub": "src2" } }), elsewhere("sub")),
            (json!({ "_claim_names": "groups" }), Err(Refusal::Member(Part::Claims, "_claim_names"))),
            (json!({ "hasgroups": true }), elsewhere("groups")),
            (json!({ "hasgroups": "true" }), elsewhere("groups")),
            (json!({ "hasgroups": false }), Ok(())),
            (json!({ "hasgroups": true, "groups": ["a"] }), Ok(())),
        ] {
            assert_eq!(read.check(claims.as_object().unwrap()), expected, "{claims}");
        }
        let other = ClaimsRead(["roles".to_owned()].into());
        for claims in [json!({ "hasgroups": true }), json!({ "_claim_names": { "groups": "src1" } })] {
            assert_eq!(other.check(claims.as_object().unwrap()), Ok(()), "nobody reads them: {claims}");
        }
    }
}
