//! What statements read of the request, also through the `let`s that they name.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use policy_engine::IdentitySource;

use super::policy::Policy;
use super::visit::{self, Found};
use crate::source::Span;
use crate::syntax::{RequestPart, Statement};

/// API Gateway's name of the caller's address.
const ADDRESS: &str = "identity.sourceIp";

/// A part of the request that an answer may depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// What can be a part of the cache key.
    Keyed(IdentitySource),
    /// The time, of which nothing in the cache key tells.
    Time,
    /// A parameter of the path.
    Path,
}

/// How a part is read: in a comparison that an IAM policy can ask for itself, or in any other way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    pub(super) part: Part,
    pub(super) is_circumstance: bool,
}

/// The first place where each is read.
pub(super) type Reads = BTreeMap<Reading, Place>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) at: Span,
    /// In a `let` that is named there.
    pub(super) inside: Option<Span>,
}

/// A search over all statements. Each `let` is looked at once.
pub(super) struct Search<'p> {
    policy: &'p Policy<'p>,
    lets: HashMap<&'p str, Rc<Reads>>,
}

impl<'p> Search<'p> {
    pub(super) fn new(policy: &'p Policy<'p>) -> Self {
        Self { policy, lets: HashMap::new() }
    }

    pub(super) fn of_statement(&mut self, statement: &'p Statement) -> Reads {
        let mut reads = Reads::new();
        visit::statement(statement, &mut |found| self.collect(found, &mut reads));
        reads
    }

    fn collect(&mut self, found: Found<'p>, out: &mut Reads) {
        let (part, at, is_circumstance) = match found {
            Found::Request(part, at) => (part_of(part), at, false),
            Found::Circumstance(part, at) => (part_of(part), at, true),
            Found::Path(at) => (Some(Part::Path), at, false),
            Found::Name(name, at) => {
                for (reading, place) in self.of_let(name).iter() {
                    let inside = Some(place.inside.unwrap_or(place.at));
                    out.entry(reading.clone()).or_insert(Place { at, inside });
                }
                return;
            }
            Found::Member(_) => return,
        };
        if let Some(part) = part {
            out.entry(Reading { part, is_circumstance }).or_insert(Place { at, inside: None });
        }
    }

    /// They do not go round in circles, and the checker bounds their depth.
    fn of_let(&mut self, name: &'p str) -> Rc<Reads> {
        if let Some(known) = self.lets.get(name) {
            return Rc::clone(known);
        }
        let mut reads = Reads::new();
        if let Some(definition) = self.policy.lets.get(name).copied() {
            visit::condition(&definition.condition, &mut |found| self.collect(found, &mut reads));
        }
        let reads = Rc::new(reads);
        self.lets.insert(name, Rc::clone(&reads));
        reads
    }
}

fn part_of(part: &RequestPart) -> Option<Part> {
    Some(match part {
        RequestPart::Header(name) => Part::Keyed(IdentitySource::Header(name.node.to_ascii_lowercase())),
        RequestPart::Query(name) => Part::Keyed(IdentitySource::Query(name.node.clone())),
        RequestPart::Ip => Part::Keyed(IdentitySource::Context(ADDRESS.to_owned())),
        RequestPart::Time => Part::Time,
        // A stage has a cache of its own.
        RequestPart::Stage => return None,
    })
}

/// As the `authorizer` block has it.
pub(super) fn written(source: &IdentitySource) -> String {
    let (root, name) = match source {
        IdentitySource::Header(name) => ("header", name),
        IdentitySource::Query(name) => ("query", name),
        IdentitySource::Context(name) => return format!("context.{name}"),
        IdentitySource::Stage(name) => ("stage", name),
    };
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word { format!("{root}.{name}") } else { format!("{root}.\"{name}\"") }
}

/// What is said of a place: `x` itself, or a `let` and what is read in it.
pub(super) fn described(policy: &Policy<'_>, place: &Place) -> String {
    let at = policy.sources.slice(place.at);
    match place.inside {
        None => format!("`{at}` is read, and"),
        Some(inside) => format!("`{at}` reads `{}`, which", policy.sources.slice(inside)),
    }
}
