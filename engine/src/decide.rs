//! The decision for one request.

use smallvec::SmallVec;

use crate::caller::Caller;
use crate::condition::AtomId;
use crate::index::Guide;
use crate::path::{Malformed, RequestPath};
use crate::program::{ClauseHead, ClauseId, Effect, RuleId};
use crate::request::{Request, RequestContext};

/// Whether a request may pass, and what made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may pass.
    pub allowed: bool,
    /// What made it so.
    pub reason: Reason,
    /// For [`Reason::Rule`]: the rules, in the order of the text. Those that deny, where any does.
    pub rules: SmallVec<[RuleId; 4]>,
}

/// What made a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// One rule or several.
    Rule,
    /// No rule allows it.
    Default,
    /// The path is malformed.
    MalformedPath(Malformed),
    /// A claim that some rule compares to the path is hostile (see [`Caller::hostile_claim`]).
    HostileClaim,
}

impl Reason {
    /// The name that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Default => "default",
            Self::MalformedPath(_) => "malformed_path",
            Self::HostileClaim => "hostile_claim",
        }
    }
}

impl Decision {
    pub(crate) fn deny(reason: Reason) -> Self {
        Self { allowed: false, reason, rules: SmallVec::new() }
    }
}

impl Caller<'_> {
    /// Decides a request.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let parsed = RequestPath::parse(request.path);
        let path = match &parsed {
            Ok(path) => path,
            Err(why) => return Decision::deny(Reason::MalformedPath(*why)),
        };
        if self.is_hostile() {
            return Decision::deny(Reason::HostileClaim);
        }
        let mut matched = Matched {
            caller: self,
            path,
            context: request.context,
            is_denied: false,
            rules: SmallVec::new(),
        };
        self.policy.program.index.walk(request.verb, path, &mut matched);
        let Matched { is_denied, mut rules, .. } = matched;
        match rules.len() {
            0 => return Decision::deny(Reason::Default),
            1 => {}
            _ => rules.sort_unstable(),
        }
        Decision { allowed: !is_denied, reason: Reason::Rule, rules }
    }
}

impl Caller<'_> {
    /// The head of a clause that counts for this caller, and whether its rule allows: without a token, what needs one
    /// does not.
    pub(crate) fn counting(&self, clause: ClauseId) -> Option<(ClauseHead, bool)> {
        let head = *self.policy.program.heads.get(clause.0 as usize)?;
        match head.effect {
            Effect::Allow if self.token().is_none() => None,
            Effect::Allow | Effect::Public => Some((head, true)),
            Effect::Deny => Some((head, false)),
        }
    }

    /// Whether the glob of the index's steps with that number matches the segment.
    pub(crate) fn step_matches(&self, glob: usize, segment: &str) -> bool {
        self.policy.path_globs.get(glob).is_some_and(|glob| glob.is_match(segment))
    }
}

/// Collects the rules that match while the index is walked: those that allow, and once one denies only those that do.
struct Matched<'a> {
    caller: &'a Caller<'a>,
    path: &'a RequestPath<'a>,
    context: &'a RequestContext,
    is_denied: bool,
    rules: SmallVec<[RuleId; 4]>,
}

impl Guide for Matched<'_> {
    fn facts(&self) -> Option<&[AtomId]> {
        Some(&self.caller.facts)
    }

    fn glob_matches(&self, glob: usize, segment: &str) -> bool {
        self.caller.step_matches(glob, segment)
    }

    #[inline]
    fn visit(&mut self, clause: ClauseId) {
        let Some((head, allows)) = self.caller.counting(clause) else { return };
        if allows && self.is_denied
            || !self.caller.holds(head.condition, Some((self.path, self.context)))
        {
            return;
        }
        if !allows && !self.is_denied {
            self.is_denied = true;
            self.rules.clear();
        }
        if !self.rules.contains(&head.rule) {
            self.rules.push(head.rule);
        }
    }
}
