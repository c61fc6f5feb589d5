//! Which clauses a request meets, and what they look at: for test coverage, and for asking with values that
//! matter.

use super::seen::{View, collect};
use super::text::Writer;
use crate::caller::Caller;
use crate::condition::{Atom, AtomId, Comparison, Operand};
use crate::path::RequestPath;
use crate::pattern::PathRef;
use crate::program::{ClauseId, Effect, Program, RuleId};
use crate::request::Request;

/// A clause whose verbs and path a request matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consulted {
    /// The clause.
    pub clause: ClauseId,
    /// Its rule.
    pub rule: RuleId,
    /// Each atom of its condition, with its truth.
    pub atoms: Vec<(AtomId, bool)>,
}

/// Something that a rule compares with a part of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathComparison {
    /// The part.
    pub part: PathRef,
    /// What it is compared with, written as in a rule.
    pub with: String,
    /// It stands in the policy, and is the same for everybody.
    pub is_constant: bool,
    /// The strings that it is for this caller.
    pub values: Vec<String>,
}

impl Caller<'_> {
    /// The clauses that the request's verb and path match, and whose conditions therefore count, in the order of
    /// the text. None for a malformed path or a hostile claim; those of `allow` only with a token.
    pub fn consulted(&self, request: &Request<'_>) -> Vec<Consulted> {
        let Ok(path) = RequestPath::parse(request.path) else { return Vec::new() };
        if self.is_hostile() {
            return Vec::new();
        }
        let mut consulted = Vec::new();
        self.each_clause(request, &path, |id, clause, view| {
            let is_allow = self.policy.rule(clause.rule).is_some_and(|rule| rule.effect == Effect::Allow);
            if is_allow && self.token().is_none() {
                return;
            }
            let mut atoms = Vec::new();
            collect(&self.policy.parts().conditions.nodes, clause.condition, &mut atoms);
            let atoms = atoms.into_iter().map(|atom| (atom, view.atom_holds(atom))).collect();
            consulted.push(Consulted { clause: id, rule: clause.rule, atoms });
        });
        consulted
    }

    /// What the rules that the request's verb and path match compare with parts of the path, each once.
    pub fn path_comparisons(&self, request: &Request<'_>) -> Vec<PathComparison> {
        let Ok(path) = RequestPath::parse(request.path) else { return Vec::new() };
        let mut found: Vec<PathComparison> = Vec::new();
        self.each_clause(request, &path, |_, clause, view| {
            let conditions = &self.policy.parts().conditions;
            let mut atoms = Vec::new();
            collect(&conditions.nodes, clause.condition, &mut atoms);
            for atom in atoms.into_iter().filter_map(|atom| conditions.atom(atom)) {
                if let Some((part, other)) = path_and_other(atom) {
                    let comparison = view.comparison(part, other);
                    if !found.contains(&comparison) {
                        found.push(comparison);
                    }
                }
            }
        });
        found
    }
}

impl View<'_> {
    fn comparison(self, part: PathRef, other: &Operand) -> PathComparison {
        let side = self.side(other);
        let values = match side.value {
            Some(serde_json::Value::String(text)) => vec![text],
            Some(serde_json::Value::Array(items)) => {
                items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        PathComparison { part, with: side.name, is_constant: side.is_constant, values }
    }
}

fn path_and_other(atom: &Atom) -> Option<(PathRef, &Operand)> {
    match atom {
        Atom::Compare(Operand::Path(part), Comparison::Equal, other)
        | Atom::Compare(other, Comparison::Equal, Operand::Path(part))
        | Atom::Member { item: Operand::Path(part), list: other } => Some((*part, other)),
        _ => None,
    }
}

impl Program {
    /// The atoms of a clause's condition, each once.
    pub fn atoms_of(&self, clause: ClauseId) -> Vec<AtomId> {
        let mut found = Vec::new();
        if let Some(clause) = self.parts.clauses.get(clause.0 as usize) {
            collect(&self.parts.conditions.nodes, clause.condition, &mut found);
        }
        found
    }

    /// An atom of a clause's condition, written as in a rule, with the params' names.
    pub fn atom_text(&self, clause: ClauseId, atom: AtomId) -> String {
        let clause = self.parts.clauses.get(clause.0 as usize);
        clause.map_or_else(String::new, |clause| Writer::unbound(&self.parts, &clause.pattern).atom(atom))
    }
}
