//! Claims that could change the meaning of a path.

use policy_dsl::syntax::{Condition, ConditionKind, Operator, Relation, Value, ValueKind};
use policy_engine::{RequestContext, Token};

use super::value::Known;
use super::{Bindings, Reference, World};

impl Reference {
    /// Whether some rule compares a claim of this token with a part of the path, and the claim is hostile.
    pub(crate) fn compares_a_hostile_claim(&self, token: &Token) -> bool {
        let context = RequestContext::default();
        let nothing = Bindings::new();
        let world = World { policy: self, token: Some(token), context: &context, path: &nothing };
        self.rules
            .iter()
            .flat_map(|named| [&named.rule.when, &named.rule.unless])
            .flatten()
            .any(|condition| world.meets_hostile(condition))
    }
}

impl World<'_> {
    fn meets_hostile(&self, condition: &Condition) -> bool {
        match &condition.kind {
            ConditionKind::Or(conditions) | ConditionKind::And(conditions) => {
                conditions.iter().any(|each| self.meets_hostile(each))
            }
            ConditionKind::Not(condition) => self.meets_hostile(condition),
            ConditionKind::Group(value) => is_path(value) && any_hostile(&self.groups()),
            ConditionKind::Scope(value) => is_path(value) && any_hostile(&self.scopes()),
            ConditionKind::Issuer(_) | ConditionKind::Has(_) => false,
            ConditionKind::Relation(relation) => self.relates_hostile(relation),
            ConditionKind::Value(value) => match &value.kind {
                ValueKind::Name(name) => self.meets_hostile(&self.policy.lets[name]),
                _ => false,
            },
        }
    }

    fn relates_hostile(&self, relation: &Relation) -> bool {
        let Relation { left, operator, right } = relation;
        match operator.node {
            Operator::In => is_path(left) && self.holds_hostile_item(right),
            Operator::Contains => is_path(right) && self.holds_hostile_item(left),
            Operator::Like => false,
            _ => {
                (is_path(left) && self.is_hostile_claim(right))
                    || (is_path(right) && self.is_hostile_claim(left))
            }
        }
    }

    fn is_hostile_claim(&self, value: &Value) -> bool {
        match &value.kind {
            ValueKind::Member(member) => {
                matches!(self.member(member), Some(Known::Text(text)) if is_hostile(&text))
            }
            _ => false,
        }
    }

    fn holds_hostile_item(&self, list: &Value) -> bool {
        match &list.kind {
            ValueKind::Member(member) => {
                matches!(self.member(member), Some(Known::List(items)) if any_hostile(&items))
            }
            _ => false,
        }
    }
}

fn any_hostile(items: &[Known]) -> bool {
    items.iter().any(|item| matches!(item, Known::Text(text) if is_hostile(text)))
}

fn is_path(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Path(_))
}

/// Empty, or holding a character that means something in an IAM policy, in a path, or to nobody.
pub(crate) fn is_hostile(text: &str) -> bool {
    text.is_empty()
        || text.contains(['*', '?', '$', '/', '\\', '%'])
        || text.contains(|c: char| c.is_ascii_control())
}
