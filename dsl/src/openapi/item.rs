//! Path items: the methods of a path, followed through references.

use std::collections::BTreeMap;

use policy_engine::{Verb, VerbSet};

use super::Reader;
use super::pointer::{self, Target};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::document::tree::{Entry, Fields, ValueId};
use crate::limits::MAX_API_REFERENCES;
use crate::source::Span;
use crate::suggest::did_you_mean;

/// AWS's extension: a method that stands for all of them.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// What else a path item can have ("Path Item Object" of the OpenAPI specification, 3.0 and 3.1).
const NO_METHODS: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A path item that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// Its references are being followed.
    Open,
    Read(VerbSet),
    /// What is wrong has been reported.
    Reported,
}

/// Every path item that was looked at, and every object that a reference led through.
#[derive(Debug, Default)]
pub(super) struct Items<'t> {
    read: BTreeMap<ValueId, Item>,
    pub(super) fields: BTreeMap<ValueId, Fields<'t>>,
}

impl<'t> Reader<'t, '_> {
    /// The methods of a path, if all that leads to them can be read. An item that several paths share is
    /// reported once.
    pub(super) fn methods(&mut self, path: &'t Entry) -> Option<VerbSet> {
        match self.item(path, path.value, path.span, 0) {
            Item::Read(verbs) => Some(verbs),
            Item::Open | Item::Reported => None,
        }
    }

    fn item(&mut self, path: &'t Entry, id: ValueId, at: Span, references: usize) -> Item {
        if let Some(known) = self.items.read.get(&id) {
            return *known;
        }
        self.items.read.insert(id, Item::Open);
        let item = self.read_item(path, id, at, references).map_or(Item::Reported, Item::Read);
        self.items.read.insert(id, item);
        item
    }

    fn read_item(&mut self, path: &'t Entry, id: ValueId, at: Span, references: usize) -> Option<VerbSet> {
        let tree = self.tree;
        let Some(entries) = tree.entries(id) else {
            let message = format!("`{}` is {}, and no object of methods", path.key, tree.describe(id));
            self.report(Diagnostic::new(Code::ApiShape, message).at(at));
            return None;
        };
        let (entries, has_all) = self.distinct(entries);
        let mut verbs = has_all.then_some(VerbSet::EMPTY);
        for entry in entries {
            let more = if entry.key == "$ref" {
                self.referenced(path, entry, references)
            } else {
                self.method(path, entry)
            };
            verbs = verbs.zip(more).map(|(verbs, more)| verbs.union(more));
        }
        verbs
    }

    /// The verbs that one entry of a path item stands for: none where it is about something else.
    fn method(&mut self, path: &Entry, entry: &Entry) -> Option<VerbSet> {
        let key = entry.key.as_str();
        let verbs = if key == ANY_METHOD {
            VerbSet::ANY
        } else if METHODS.contains(&key) {
            Verb::parse(&key.to_ascii_uppercase()).map_or(VerbSet::EMPTY, VerbSet::from)
        } else {
            if !NO_METHODS.contains(&key) && !key.starts_with("x-") {
                self.report_unknown(path, entry);
            }
            return Some(VerbSet::EMPTY);
        };
        if self.tree.entries(entry.value).is_none() {
            let what = self.tree.describe(entry.value);
            let message = format!("`{key}` of `{}` is {what}, and no operation", path.key);
            let help = format!("write `{key}: {{}}` for one of which nothing more is said");
            self.report(Diagnostic::new(Code::ApiShape, message).at(entry.span).help(help));
            return None;
        }
        if verbs.is_empty() {
            let message = format!("`{key}` of `{}` is left out: no rule can allow it", path.key);
            let help = "API Gateway has no such method";
            self.report(Diagnostic::new(Code::ApiMethodLeftOut, message).at(entry.span).help(help));
        }
        Some(verbs)
    }

    fn report_unknown(&mut self, path: &Entry, entry: &Entry) {
        let key = &entry.key;
        let message = format!("`{key}` of `{}` is left out: it is no method", path.key);
        let lower = key.to_ascii_lowercase();
        let help = if METHODS.contains(&lower.as_str()) {
            Some(format!("write `{lower}`: methods are in lower case here"))
        } else {
            did_you_mean(key, METHODS.into_iter().chain([ANY_METHOD]).chain(NO_METHODS))
        };
        self.report(Diagnostic::new(Code::ApiMethodLeftOut, message).at(entry.span).maybe_help(help));
    }

    fn referenced(&mut self, path: &'t Entry, entry: &'t Entry, references: usize) -> Option<VerbSet> {
        let fail = |reader: &mut Self, message: String, help: &str| {
            reader.report(Diagnostic::new(Code::ApiReference, message).at(entry.span).help(help));
            None
        };
        let Some(reference) = self.tree.text(entry.value) else {
            let message = format!("`$ref` of `{}` is {}", path.key, self.tree.describe(entry.value));
            return fail(self, message, "write `$ref: '#/components/pathItems/…'`");
        };
        if references >= MAX_API_REFERENCES {
            let message = format!("`{}` leads through more than {MAX_API_REFERENCES} references", path.key);
            return fail(self, message, "name the path item itself");
        }
        match pointer::resolve(self.tree, reference, &mut self.items.fields) {
            Target::Found(id) => match self.item(path, id, entry.span, references + 1) {
                Item::Read(verbs) => Some(verbs),
                Item::Reported => None,
                Item::Open => {
                    let message = format!("`$ref: {reference}` of `{}` leads back to itself", path.key);
                    fail(self, message, "name a path item that has methods")
                }
            },
            Target::Elsewhere => {
                let message = format!("`{reference}`, which `{}` stands for, is not in this file", path.key);
                fail(
                    self,
                    message,
                    "bundle the description into one file first, such as with `redocly bundle`",
                )
            }
            Target::NoPointer => {
                let message =
                    format!("`{reference}`, which `{}` stands for, is no place in this file", path.key);
                fail(self, message, "write the way to it, such as `#/components/pathItems/…`")
            }
            Target::Missing(step) => {
                let message = format!("`{reference}`, which `{}` stands for, is not there", path.key);
                fail(self, message, &format!("there is no `{step}`"))
            }
            Target::Ambiguous(step) => {
                let message = format!("`{reference}`, which `{}` stands for, may be two things", path.key);
                fail(self, message, &format!("`{step}` is there twice: drop one of them"))
            }
        }
    }
}
