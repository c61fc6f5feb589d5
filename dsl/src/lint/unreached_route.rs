//! W0402: a declared route that nothing allows.
//!
//! **What it does.** Looks for verbs of declared routes that no `allow` or `public` rule matches, and that no
//! `deny` without a condition closes on purpose. Of a route for `ANY` verb, one that is allowed is enough.
//!
//! **Why is this bad?** Every request to such a route is denied, whoever asks: a rule was forgotten, its path
//! or verb is misspelt, or the route need not be there.
//!
//! **Example.**
//!
//! ```text
//! api { GET POST /users }
//! allow GET /users when group "staff"
//! ```
//!
//! Nobody can `POST /users`. Add a rule for it, drop the verb from the route, or say that it is closed:
//! `deny POST /users because "not yet"`.

use std::ops::ControlFlow;

use policy_engine::pattern::{PathPattern, Tail};
use policy_engine::{Effect, VerbSet};

use super::covered_rule::Clauses;
use super::policy::{Clause, Policy, Route};
use super::trie::{Entry, Search, Trie};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(policy: &Policy<'_>, clauses: &Clauses<'_>, out: &mut Vec<Diagnostic>) {
    let rules = Tries::new(policy, clauses);
    for route in &policy.routes {
        let closed = rules.left(route);
        // `ANY` is one method of the API, and need not be open for every verb.
        let is_partly_open = route.verbs == VerbSet::ANY && closed != VerbSet::ANY;
        if closed.is_empty() || is_partly_open {
            continue;
        }
        let message = format!("nothing allows `{closed} {}`: every such request is denied", route.pattern);
        let below = rules.only_below(policy, route, closed);
        let help = match below {
            Some(clause) => help_with_tail(clause.pattern),
            None => "add an `allow` or `public` rule, or take the route out of `api`".to_owned(),
        };
        out.push(Diagnostic::new(Code::UnreachedRoute, message).at(route.span).help(help));
    }
}

/// What to write where a rule has this pattern for what lies below the route, and was meant for both.
fn help_with_tail(below: &PathPattern) -> String {
    let itself = PathPattern { segments: below.segments.clone(), tail: Tail::None };
    format!(
        "`{below}` is only what lies below: write `{itself}  {below}` for both, or take the route out of `api`"
    )
}

/// The rules by what they do.
struct Tries<'c, 'p> {
    allowing: [&'c Trie<'p>; 2],
    /// Those that deny whatever they match.
    closing: Trie<'p>,
}

impl<'c, 'p> Tries<'c, 'p> {
    fn new(policy: &Policy<'p>, clauses: &'c Clauses<'p>) -> Self {
        let closes = |clause: &Clause<'_>| {
            policy.effect(clause) == Some(Effect::Deny) && policy.logic.always(clause.condition)
        };
        let closing = policy.clauses.iter().enumerate().filter(|(_, clause)| closes(clause));
        let closing =
            Trie::new(closing.map(|(index, clause)| {
                (clause.pattern, Entry { key: 0, index, verbs: policy.verbs(clause) })
            }));
        Self { allowing: [&clauses.allow, &clauses.public], closing }
    }

    /// The verbs of the route that no rule reaches, as far as can be seen.
    fn left(&self, route: &Route<'_>) -> VerbSet {
        let mut left = route.verbs;
        let mut take = |entries: &[Entry]| {
            left = entries.iter().fold(left, |left, entry| left.without(entry.verbs));
            if left.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let is_known = self
            .allowing
            .iter()
            .map(|allowing| allowing.meeting(route.pattern, route.verbs, &mut take))
            .all(|search| search == Search::Complete)
            && self.closing.covering(route.pattern, &mut take) == Search::Complete;
        if is_known { left } else { VerbSet::EMPTY }
    }

    /// A path of a rule that allows one of the verbs for all that lies right below the route.
    fn only_below<'a>(
        &self,
        policy: &'a Policy<'p>,
        route: &Route<'_>,
        verbs: VerbSet,
    ) -> Option<&'a Clause<'p>> {
        let depth = route.pattern.segments.len();
        let all_below = PathPattern { segments: route.pattern.segments.clone(), tail: Tail::Below(None) };
        let mut below = None;
        for allowing in self.allowing {
            // Where the search ends early, there is less to say.
            let _ = allowing.meeting(&all_below, verbs, |entries| {
                let clauses = entries.iter().filter(|entry| !entry.verbs.intersection(verbs).is_empty());
                let mut clauses = clauses.filter_map(|entry| policy.clauses.get(entry.index));
                let is_right_below = |clause: &&Clause<'_>| {
                    clause.pattern.has_tail() && clause.pattern.segments.len() == depth
                };
                below = clauses.find(is_right_below).or(below);
                if below.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        }
        below
    }
}
