//! A decision with all that explains it: what `simulate` and failed tests show.

mod shown;
mod words;

use policy_dsl::RuleOrigin;
use policy_dsl::source::Sources;
use policy_engine::{Caller, Explanation, Policy, Reason, Request, malformed_at};
use serde::Serialize;

pub(crate) use shown::{AtomShown, Hostile, Malformed, MissShown, RuleShown, SourceText};
pub(crate) use words::printable;

/// The most rules about what lies below a path that are named.
const MAX_BELOW: usize = 4;

/// A decision, explained. As JSON, it has the shape that `simulate` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    /// `allow` or `deny`.
    pub(crate) decision: &'static str,
    /// What made it so, in a word.
    pub(crate) reason: &'static str,
    /// The rules that made it so.
    pub(crate) rules: Vec<RuleShown>,
    /// For a default deny: the rules that nearly allowed it, the nearest first.
    pub(crate) near_misses: Vec<MissShown>,
    /// What is wrong with the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) malformed_path: Option<Malformed>,
    /// What is wrong with a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostile_claim: Option<Hostile>,
    /// What made it so, in a sentence, where no rule did.
    #[serde(skip)]
    pub(crate) detail: Option<String>,
}

impl Explained {
    /// Decides a request and explains the decision.
    pub(crate) fn of(caller: &Caller<'_>, request: &Request<'_>) -> Self {
        let explanation = caller.explain(request);
        let policy = caller.policy();
        let malformed_path = match explanation.decision.reason {
            Reason::MalformedPath(why) => Some(Malformed::new(request.path, why)),
            _ => None,
        };
        Self {
            decision: word(explanation.decision.allowed),
            reason: explanation.decision.reason.name(),
            rules: explanation.rules.iter().filter_map(|seen| RuleShown::new(policy, seen)).collect(),
            near_misses: explanation
                .near_misses
                .iter()
                .filter_map(|miss| MissShown::new(policy, miss))
                .collect(),
            malformed_path,
            hostile_claim: explanation.hostile.as_ref().map(Hostile::new),
            detail: detail(policy, &explanation, request),
        }
    }

    /// A token that was not accepted.
    pub(crate) fn invalid_token(why: &str) -> Self {
        Self {
            decision: word(false),
            reason: "invalid_token",
            rules: Vec::new(),
            near_misses: Vec::new(),
            malformed_path: None,
            hostile_claim: None,
            detail: Some(format!("the token is not accepted: {why}")),
        }
    }

    /// With the rules' text and doc comments, which a bundle does not have.
    pub(crate) fn with_text(mut self, origins: &[RuleOrigin], sources: &Sources) -> Self {
        for rule in &mut self.rules {
            rule.add_text(origins, sources);
        }
        self
    }

    /// Whether the request may pass.
    pub(crate) fn is_allowed(&self) -> bool {
        self.decision == word(true)
    }
}

/// The decision as programs read it.
pub(crate) const fn word(allowed: bool) -> &'static str {
    if allowed { "allow" } else { "deny" }
}

fn detail(policy: &Policy, explanation: &Explanation, request: &Request<'_>) -> Option<String> {
    match explanation.decision.reason {
        Reason::Rule => None,
        Reason::Default if explanation.near_misses.is_empty() => Some(no_rule(policy, explanation, request)),
        Reason::Default => {
            Some("no rule allows it; the nearest, and what would have to be different:".to_owned())
        }
        Reason::MalformedPath(why) => Some(format!("the path is malformed: {why}")),
        Reason::HostileClaim => Some(explanation.hostile.as_ref().map_or_else(
            || "a claim that a rule compares to the path is hostile".to_owned(),
            |hostile| {
                let (claim, value) = (&hostile.claim, printable(&hostile.value));
                let why = hostile.why;
                format!("`{claim}` is hostile: a rule compares it to the path, and it is `{value}`: {why}")
            },
        )),
    }
}

fn no_rule(policy: &Policy, explanation: &Explanation, request: &Request<'_>) -> String {
    let Request { verb, path, .. } = request;
    let mut text = format!("no rule that allows anything is about `{verb} {}`", printable(path));
    let verbs: Vec<_> = explanation.other_verbs.iter().map(|verb| format!("`{verb}`")).collect();
    if !verbs.is_empty() {
        text.extend(["; for this path, there are such rules about ", &verbs.join(", ")]);
    }
    let below = explanation.below.iter().filter_map(|rule| policy.rule(*rule));
    let mut below: Vec<_> = below.take(MAX_BELOW).map(|rule| format!("`{}`", rule.id)).collect();
    if explanation.below.len() > MAX_BELOW {
        below.push("…".to_owned());
    }
    if !below.is_empty() {
        text.extend(["; only about what lies below it: ", &below.join(", ")]);
    }
    text
}

impl Malformed {
    fn new(path: &str, why: policy_engine::path::Malformed) -> Self {
        let place = malformed_at(path);
        let part = place.clone().and_then(|place| path.get(place)).map(str::to_owned);
        Self { why: why.to_string(), part, at: place.map(|place| place.start), path: path.to_owned() }
    }
}
