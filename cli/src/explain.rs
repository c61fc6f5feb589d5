//! A decision with all that explains it: what `simulate` and failed tests show.

use policy_dsl::RuleOrigin;
use policy_engine::{Caller, Decision, Reason, Request, RuleId};
use serde::Serialize;

/// A decision, explained. As JSON, it has the shape that `simulate` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    /// `allow` or `deny`.
    pub(crate) decision: &'static str,
    /// What made it so, in a word.
    pub(crate) reason: &'static str,
    /// The rules that made it so.
    pub(crate) rules: Vec<RuleShown>,
    /// For a default deny: the rules that nearly allowed it.
    pub(crate) near_misses: Vec<MissShown>,
    /// What made it so, in a sentence, where no rule did.
    #[serde(skip)]
    pub(crate) detail: Option<String>,
}

/// A rule, as it is named.
#[derive(Debug, Serialize)]
pub(crate) struct RuleShown {
    pub(crate) id: String,
    pub(crate) effect: &'static str,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) because: Option<String>,
    /// The doc comment above it: for people.
    #[serde(skip)]
    pub(crate) doc: Option<String>,
    #[serde(skip)]
    number: u32,
}

/// A rule that nearly allowed the request.
#[derive(Debug, Serialize)]
pub(crate) struct MissShown {
    pub(crate) id: String,
    pub(crate) failed: String,
    /// Where it stands: for people.
    #[serde(skip)]
    pub(crate) place: String,
}

impl Explained {
    /// Decides a request and explains the decision.
    pub(crate) fn of(caller: &Caller<'_>, request: &Request<'_>) -> Self {
        Self::new(caller, request, &caller.decide(request))
    }

    /// Explains a decision.
    pub(crate) fn new(caller: &Caller<'_>, request: &Request<'_>, decision: &Decision) -> Self {
        let misses = match decision.reason {
            Reason::Default => caller.near_misses(request),
            _ => Vec::new(),
        };
        let place = |rule: &RuleShown| format!("{}:{}", rule.file, rule.line);
        Self {
            decision: word(decision.allowed),
            reason: decision.reason.name(),
            rules: decision.rules.iter().filter_map(|id| shown(caller, *id)).collect(),
            near_misses: misses
                .into_iter()
                .filter_map(|miss| {
                    let rule = shown(caller, miss.rule)?;
                    Some(MissShown { place: place(&rule), id: rule.id, failed: miss.failed })
                })
                .collect(),
            detail: detail(caller, decision.reason),
        }
    }

    /// A token that was not accepted.
    pub(crate) fn invalid_token(why: &str) -> Self {
        Self {
            decision: word(false),
            reason: "invalid_token",
            rules: Vec::new(),
            near_misses: Vec::new(),
            detail: Some(format!("the token is not accepted: {why}")),
        }
    }

    /// With the rules' doc comments, which only a text has.
    pub(crate) fn with_docs(mut self, origins: &[RuleOrigin]) -> Self {
        for rule in &mut self.rules {
            rule.doc = origins.get(rule.number as usize).and_then(|origin| origin.doc.clone());
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

fn shown(caller: &Caller<'_>, id: RuleId) -> Option<RuleShown> {
    let policy = caller.policy();
    let rule = policy.rule(id)?;
    Some(RuleShown {
        id: rule.id.clone(),
        effect: rule.effect.keyword(),
        file: policy.program().file_of(rule).to_owned(),
        line: rule.line,
        because: policy.because(id).map(str::to_owned),
        doc: None,
        number: id.0,
    })
}

fn detail(caller: &Caller<'_>, reason: Reason) -> Option<String> {
    match reason {
        Reason::Rule => None,
        Reason::Default => Some("no rule allows it".to_owned()),
        Reason::MalformedPath(why) => Some(format!("the path is malformed: {why}")),
        Reason::HostileClaim => {
            let claim = caller.hostile_claim().unwrap_or_else(|| "a claim".to_owned());
            Some(format!(
                "`{claim}` is hostile: a rule compares it to the path, and it is empty or holds `*`, `?`, `$`, `/`, `\\`, `%` or a control character"
            ))
        }
    }
}
