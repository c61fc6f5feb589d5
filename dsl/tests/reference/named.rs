//! What the rules and routes name.

use std::collections::{BTreeMap, BTreeSet};

use policy_dsl::syntax::{Condition, ConditionKind, Path, Segment, Value, ValueKind};
use policy_engine::{RequestContext, Token};

use super::value::Known;
use super::{Bindings, Reference, World, forms};

/// For each depth of the path, the segments that a rule or a route names there, and the globs.
pub(crate) type Named = BTreeMap<usize, BTreeSet<String>>;

impl Reference {
    /// The segments that rules and routes name, for that token; globs as they are written.
    pub(crate) fn named(&self, token: Option<&Token>, context: &RequestContext) -> Named {
        let nowhere = Bindings::new();
        let world = World { policy: self, token, context, path: &nowhere };
        let mut named = Named::new();
        for path in self.routes.iter().flat_map(|route| &route.paths) {
            names_of(path, &mut named);
        }
        for rule in self.rules.iter().map(|named| &named.rule) {
            for path in &rule.paths {
                names_of(path, &mut named);
                for condition in rule.when.iter().chain(&rule.unless) {
                    world.named(condition, path, &mut named);
                }
            }
        }
        named
    }
}

impl World<'_> {
    fn named(&self, condition: &Condition, path: &Path, named: &mut Named) {
        let mut put = |name: &str, items: &[Known]| {
            let segment = |one: &_| matches!(one, Segment::Param(own) if own == name);
            let at = path.segments.iter().position(|one| segment(&one.node)).unwrap_or(path.segments.len());
            for item in items {
                let Known::Text(text) = item else { continue };
                for form in forms(text) {
                    for (further, segment) in form.split('/').enumerate() {
                        named.entry(at + further).or_default().insert(segment.to_owned());
                    }
                }
            }
        };
        match &condition.kind {
            ConditionKind::Or(all) | ConditionKind::And(all) => {
                for one in all {
                    self.named(one, path, named);
                }
            }
            ConditionKind::Not(inner) => self.named(inner, path, named),
            ConditionKind::Value(Value { kind: ValueKind::Name(name), .. }) => {
                self.named(&self.policy.lets[name], path, named);
            }
            ConditionKind::Group(Value { kind: ValueKind::Path(name), .. }) => {
                put(&name.node, &self.groups());
            }
            ConditionKind::Scope(Value { kind: ValueKind::Path(name), .. }) => {
                put(&name.node, &self.scopes());
            }
            ConditionKind::Relation(relation) => {
                let (name, other) = match (&relation.left.kind, &relation.right.kind) {
                    (ValueKind::Path(name), _) => (name, &relation.right),
                    (_, ValueKind::Path(name)) => (name, &relation.left),
                    _ => return,
                };
                if matches!(other.kind, ValueKind::Path(_)) {
                    return;
                }
                match self.value(other) {
                    Some(Known::List(items)) => put(&name.node, &items),
                    Some(one) => put(&name.node, &[one]),
                    None => {}
                }
            }
            _ => {}
        }
    }
}

fn names_of(path: &Path, named: &mut Named) {
    for (at, segment) in path.segments.iter().enumerate() {
        if let Segment::Literal(text) | Segment::Glob(text) = &segment.node {
            named.entry(at).or_default().insert(text.clone());
        }
    }
}
