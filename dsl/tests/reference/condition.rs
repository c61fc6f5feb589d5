//! When a condition holds.

use std::cmp::Ordering;

use policy_dsl::syntax::{
    Condition, ConditionKind, Issuer, Operator, Relation, RequestPart, Value, ValueKind,
};

use super::address::lies_in;
use super::glob::glob_matches;
use super::value::{Known, claim, equal, order};
use super::{Reference, World};

impl World<'_> {
    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        match &condition.kind {
            ConditionKind::Or(conditions) => conditions.iter().any(|each| self.holds(each)),
            ConditionKind::And(conditions) => conditions.iter().all(|each| self.holds(each)),
            ConditionKind::Not(condition) => !self.holds(condition),
            ConditionKind::Group(value) => self.is_among(value, &self.groups()),
            ConditionKind::Scope(value) => self.is_among(value, &self.scopes()),
            ConditionKind::Issuer(name) => self.issuer().is_some_and(|issuer| issuer.name.node == name.node),
            ConditionKind::Has(value) => self.value(value).is_some(),
            ConditionKind::Relation(relation) => self.relation_holds(relation),
            ConditionKind::Value(value) => match &value.kind {
                ValueKind::Name(name) => self.holds(&self.policy.lets[name]),
                _ => matches!(self.value(value), Some(Known::Bool(true))),
            },
        }
    }

    fn relation_holds(&self, relation: &Relation) -> bool {
        let Relation { left, operator, right } = relation;
        let operator = operator.node;
        if is_request(left, &RequestPart::Ip) {
            return self.address_holds(operator, right);
        }
        if operator == Operator::NotEqual {
            return !self.pair_holds(left, Operator::Equal, right);
        }
        self.pair_holds(left, operator, right)
    }

    fn pair_holds(&self, left: &Value, operator: Operator, right: &Value) -> bool {
        let (Some(a), Some(b)) = (self.beside(left, right), self.beside(right, left)) else {
            return false;
        };
        match operator {
            Operator::Equal => equal(&a, &b),
            Operator::NotEqual => panic!("`!=` is `not ==`"),
            Operator::Less => order(&a, &b) == Some(Ordering::Less),
            Operator::LessOrEqual => matches!(order(&a, &b), Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => order(&a, &b) == Some(Ordering::Greater),
            Operator::GreaterOrEqual => {
                matches!(order(&a, &b), Some(Ordering::Greater | Ordering::Equal))
            }
            Operator::In => is_item(&a, &b),
            Operator::Contains => is_item(&b, &a),
            Operator::Like => match (&a, &b) {
                (Known::Text(text) | Known::Path(text), Known::Text(glob)) => glob_matches(glob, text),
                _ => false,
            },
        }
    }

    /// A value; one that the policy writes beside `request.time` is a point in time.
    fn beside(&self, value: &Value, other: &Value) -> Option<Known> {
        let known = self.value(value)?;
        match known {
            Known::Text(text)
                if is_request(other, &RequestPart::Time)
                    && matches!(value.kind, ValueKind::Text(_) | ValueKind::Name(_)) =>
            {
                let instant: jiff::Timestamp = text.parse().expect("a point in time");
                Some(Known::Integer(i128::from(instant.as_second())))
            }
            known => Some(known),
        }
    }

    fn address_holds(&self, operator: Operator, right: &Value) -> bool {
        let Some(address) = self.context.ip else { return operator == Operator::NotEqual };
        let found = match self.value(right) {
            Some(Known::Text(block)) => lies_in(address, &block),
            Some(Known::List(blocks)) => {
                blocks.iter().any(|block| matches!(block, Known::Text(block) if lies_in(address, block)))
            }
            other => panic!("an address is not compared with {other:?}"),
        };
        match operator {
            Operator::In | Operator::Equal => found,
            Operator::NotEqual => !found,
            other => panic!("`{}` does not relate addresses", other.as_str()),
        }
    }

    fn is_among(&self, value: &Value, list: &[Known]) -> bool {
        self.value(value).is_some_and(|value| list.iter().any(|item| equal(&value, item)))
    }

    fn issuer(&self) -> Option<&Issuer> {
        let index = usize::try_from(self.token?.issuer().0).expect("an index");
        self.policy.issuers.get(index)
    }

    /// The token's groups: read where its issuer says; a string is one group.
    pub(crate) fn groups(&self) -> Vec<Known> {
        let Some(member) = self.issuer().and_then(|issuer| issuer.groups.as_ref()) else {
            return Vec::new();
        };
        match self.member(member) {
            Some(Known::List(items)) => strings(items),
            Some(one @ Known::Text(_)) => vec![one],
            _ => Vec::new(),
        }
    }

    /// The token's scopes: the first claim of them that is there; a string holds them with spaces between.
    /// A scope is a string (RFC 6749, section 3.3), as a group is.
    pub(crate) fn scopes(&self) -> Vec<Known> {
        let (Some(token), Some(issuer)) = (self.token, self.issuer()) else { return Vec::new() };
        let found = if issuer.scopes.is_empty() {
            ["scope", "scp", "permissions"].iter().find_map(|name| claim(token.claims(), &[name]))
        } else {
            issuer.scopes.iter().find_map(|member| self.member(member))
        };
        match found {
            Some(Known::List(items)) => strings(items),
            Some(Known::Text(text)) => {
                text.split_ascii_whitespace().map(|scope| Known::Text(scope.to_owned())).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn strings(items: Vec<Known>) -> Vec<Known> {
    items.into_iter().filter(|item| matches!(item, Known::Text(_))).collect()
}

impl Reference {
    /// Whether a condition always holds, or never, by its `true` and `false`.
    pub(crate) fn constant(&self, condition: &Condition) -> Option<bool> {
        let known = |conditions: &[Condition], value| {
            conditions.iter().any(|each| self.constant(each) == Some(value)).then_some(value).or_else(|| {
                conditions.iter().all(|each| self.constant(each) == Some(!value)).then_some(!value)
            })
        };
        match &condition.kind {
            ConditionKind::Or(conditions) => known(conditions, true),
            ConditionKind::And(conditions) => known(conditions, false),
            ConditionKind::Not(condition) => self.constant(condition).map(|value| !value),
            ConditionKind::Value(value) => match &value.kind {
                ValueKind::Bool(value) => Some(*value),
                ValueKind::Name(name) => self.constant(&self.lets[name]),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_request(value: &Value, part: &RequestPart) -> bool {
    matches!(&value.kind, ValueKind::Request(found) if found == part)
}

fn is_item(item: &Known, list: &Known) -> bool {
    match list {
        Known::List(items) => items.iter().any(|each| equal(item, each)),
        _ => false,
    }
}
