//! The decision for a request whose caller's address is not known: a REST API's token authorizer is not told it.

use smallvec::SmallVec;

use crate::caller::Caller;
use crate::condition::{Atom, AtomId, Node, NodeId};
use crate::decide::{Decision, Reason};
use crate::index::Found;
use crate::path::RequestPath;
use crate::policy::Policy;
use crate::program::{ContextValue, RuleId};
use crate::request::{Request, RequestContext};

/// What can be said about a request without the caller's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    /// So it is decided, wherever the request comes from.
    Settled(Decision),
    /// The address decides, in the conditions of these rules, which are in the order of the text.
    Open(SmallVec<[RuleId; 4]>),
}

/// Rules that match, whatever the address, and rules that match for some address at most.
#[derive(Default)]
struct Matches {
    surely: SmallVec<[RuleId; 4]>,
    perhaps: SmallVec<[RuleId; 4]>,
}

impl Policy {
    /// Whether what the backend is told depends on the caller's address.
    pub fn context_reads_address(&self) -> bool {
        self.parts().context.iter().any(|entry| match entry.value {
            ContextValue::Condition(node) => self.reads_address(node),
            ContextValue::Operand(_) | ContextValue::Json(_) => false,
        })
    }

    fn reads_address(&self, node: NodeId) -> bool {
        match self.parts().conditions.node(node) {
            None | Some(Node::Constant(_)) => false,
            Some(Node::Atom(atom)) => self.asks_for_address(*atom),
            Some(Node::Not(child)) => self.reads_address(*child),
            Some(Node::All(children) | Node::Any(children)) => {
                children.iter().any(|child| self.reads_address(*child))
            }
        }
    }

    fn asks_for_address(&self, atom: AtomId) -> bool {
        matches!(self.parts().conditions.atom(atom), Some(Atom::AddressIn(_)))
    }
}

impl Caller<'_> {
    /// Decides a request as far as that can be done without the caller's address; `request.context.ip` is not looked
    /// at. Each condition on the address is taken to be able to hold and to be able not to.
    pub fn decide_without_address(&self, request: &Request<'_>) -> Outlook {
        let path = match RequestPath::parse(request.path) {
            Ok(path) => path,
            Err(why) => return Outlook::Settled(Decision::deny(Reason::MalformedPath(why))),
        };
        if self.is_hostile() {
            return Outlook::Settled(Decision::deny(Reason::HostileClaim));
        }
        let (mut allowing, mut denying) = (Matches::default(), Matches::default());
        let mut found = Found::new();
        self.policy.find(request.verb, &path, Some(&self.facts), &mut found);
        for clause in found {
            let Some((head, allows)) = self.counting(clause) else { continue };
            let matches = if allows { &mut allowing } else { &mut denying };
            // The clauses come in the order of the rules.
            if matches.surely.last() == Some(&head.rule) {
                continue;
            }
            let list = match self.settled(head.condition, (&path, request.context)) {
                Some(true) => &mut matches.surely,
                Some(false) => continue,
                None => &mut matches.perhaps,
            };
            if list.last() != Some(&head.rule) {
                list.push(head.rule);
            }
        }
        outlook(allowing, denying)
    }

    /// The truth of a condition, if it does not depend on the address.
    fn settled(&self, node: NodeId, request: (&RequestPath<'_>, &RequestContext)) -> Option<bool> {
        match self.policy.parts().conditions.node(node) {
            None => Some(false),
            Some(Node::Constant(value)) => Some(*value),
            Some(Node::Atom(atom)) if self.policy.asks_for_address(*atom) => None,
            Some(Node::Atom(atom)) => Some(self.atom_holds(*atom, Some(request))),
            Some(Node::Not(child)) => self.settled(*child, request).map(|value| !value),
            Some(Node::All(children)) => self.settled_list(children, request, false),
            Some(Node::Any(children)) => self.settled_list(children, request, true),
        }
    }

    /// One `decisive` child settles the list, and so does the opposite of all.
    fn settled_list(
        &self,
        children: &[NodeId],
        request: (&RequestPath<'_>, &RequestContext),
        decisive: bool,
    ) -> Option<bool> {
        let mut is_open = false;
        for child in children {
            match self.settled(*child, request) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => is_open = true,
            }
        }
        (!is_open).then_some(!decisive)
    }
}

/// A rule that denies counts for more than all that allow.
fn outlook(allowing: Matches, denying: Matches) -> Outlook {
    let decided = |allowed, rules| Outlook::Settled(Decision { allowed, reason: Reason::Rule, rules });
    if !denying.surely.is_empty() {
        return decided(false, denying.surely);
    }
    if allowing.surely.is_empty() && allowing.perhaps.is_empty() {
        return Outlook::Settled(Decision::deny(Reason::Default));
    }
    if denying.perhaps.is_empty() && !allowing.surely.is_empty() {
        return decided(true, allowing.surely);
    }
    let mut open = denying.perhaps;
    // Where one rule allows it in any case, those that allow it somewhere decide nothing.
    if allowing.surely.is_empty() {
        open.extend(allowing.perhaps);
    }
    open.sort_unstable();
    Outlook::Open(open)
}
