//! A value of a template, with the place of the key that names it.

use crate::document::tree::{Tree, Value, ValueId};
use crate::source::Span;

/// A value of a template.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    tree: &'t Tree,
    id: ValueId,
    /// Its key, or the key of what it stands in.
    pub(super) at: Span,
}

impl<'t> Node<'t> {
    pub(super) const fn root(tree: &'t Tree, start: Span) -> Self {
        Self { tree, id: tree.root(), at: start }
    }

    /// The entry of that name. Where there are two, readers disagree which one counts: the last one here, as in
    /// those of AWS.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let entry = self.tree.entries(self.id)?.iter().rfind(|entry| entry.key == key)?;
        Some(Self { tree: self.tree, id: entry.value, at: entry.span })
    }

    /// The entry that the names lead to.
    pub(super) fn path(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(*self, |node, key| node.get(key))
    }

    /// The entries; none of what is no object.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'t str, Self)> {
        let tree = self.tree;
        let entries = tree.entries(self.id).unwrap_or_default();
        entries.iter().map(move |entry| (entry.key.as_str(), Self { tree, id: entry.value, at: entry.span }))
    }

    /// The items, if it is a list.
    pub(super) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let Value::List(items) = self.tree.value(self.id) else { return None };
        let (tree, at) = (self.tree, self.at);
        Some(items.iter().map(move |id| Self { tree, id: *id, at }))
    }

    /// The text, number, true or false, if nothing in it is filled in later (`${…}`).
    pub(super) fn text(&self) -> Option<&'t str> {
        let text = match self.tree.value(self.id) {
            Value::Text(text) | Value::Plain(text, _) => text.as_str(),
            _ => return None,
        };
        (!text.contains("${")).then_some(text)
    }

    pub(super) fn is_object(&self) -> bool {
        self.tree.entries(self.id).is_some()
    }

    /// Whether nothing is given.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.tree.value(self.id), Value::Other(_))
    }

    /// What CloudFormation fills in: the function's name without `Fn::`, and what it is given.
    pub(super) fn function(&self) -> Option<(&'t str, Self)> {
        match self.tree.value(self.id) {
            Value::Tagged(tag, value) => Some((tag.as_str(), Self { id: *value, ..*self })),
            Value::Object(entries) => match entries.as_slice() {
                [only] if only.key == "Ref" || only.key.starts_with("Fn::") => {
                    let name = only.key.trim_start_matches("Fn::");
                    Some((name, Self { tree: self.tree, id: only.value, at: only.span }))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The resource that `Ref` or `GetAtt` names; behind a dot the attribute.
    pub(super) fn reference(&self) -> Option<String> {
        match self.function()? {
            ("Ref", name) => name.text().map(str::to_owned),
            ("GetAtt", given) => given.text().map(str::to_owned).or_else(|| {
                let parts: Option<Vec<&str>> = given.items()?.map(|item| item.text()).collect();
                parts.map(|parts| parts.join("."))
            }),
            _ => None,
        }
    }
}
