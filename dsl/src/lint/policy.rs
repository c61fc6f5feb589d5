//! A policy without errors, with the places of its parts.

use std::collections::HashMap;

use policy_engine::condition::NodeId;
use policy_engine::pattern::PathPattern;
use policy_engine::{Effect, ProgramParts, VerbSet};

use super::logic::Logic;
use crate::compile::CompiledPolicy;
use crate::load::Unit;
use crate::source::{Sources, Span};
use crate::syntax::{self, Authorizer, Let, Statement, StatementKind};

/// What lints look at.
pub(super) struct Policy<'p> {
    pub(super) unit: &'p Unit,
    pub(super) sources: &'p Sources,
    pub(super) parts: &'p ProgramParts,
    pub(super) logic: Logic<'p>,
    pub(super) rules: Vec<Rule<'p>>,
    /// Those of a rule stand together, in the order of its paths.
    pub(super) clauses: Vec<Clause<'p>>,
    pub(super) routes: Vec<Route<'p>>,
    pub(super) lets: HashMap<&'p str, &'p Let>,
}

pub(super) struct Rule<'p> {
    pub(super) id: &'p str,
    pub(super) effect: Effect,
    pub(super) written: &'p syntax::Rule,
    pub(super) verbs: VerbSet,
}

/// A path of a rule.
pub(super) struct Clause<'p> {
    /// Index of its rule.
    pub(super) rule: usize,
    pub(super) pattern: &'p PathPattern,
    pub(super) condition: NodeId,
    pub(super) path: &'p syntax::Path,
}

pub(super) struct Route<'p> {
    pub(super) verbs: VerbSet,
    pub(super) pattern: &'p PathPattern,
    /// Where it is declared.
    pub(super) span: Span,
}

impl<'p> Policy<'p> {
    pub(super) fn new(unit: &'p Unit, sources: &'p Sources, compiled: &'p CompiledPolicy) -> Self {
        let parts = compiled.program.parts();
        let written = unit.statements().filter_map(|statement| match &statement.kind {
            StatementKind::Rule(rule) => Some(rule),
            _ => None,
        });
        let rules: Vec<Rule<'p>> = parts
            .rules
            .iter()
            .zip(written)
            .map(|(rule, written)| Rule {
                id: &rule.id,
                effect: rule.effect,
                written,
                verbs: written.verbs.set(),
            })
            .collect();
        let paths = rules
            .iter()
            .enumerate()
            .flat_map(|(index, rule)| rule.written.paths.iter().map(move |path| (index, path)));
        let clauses = parts
            .clauses
            .iter()
            .zip(paths)
            .map(|(clause, (rule, path))| Clause {
                rule,
                pattern: &clause.pattern,
                condition: clause.condition,
                path,
            })
            .collect();
        let lets = unit.statements().filter_map(|statement| match &statement.kind {
            StatementKind::Let(found) => Some((found.name.node.as_str(), found)),
            _ => None,
        });
        Self {
            unit,
            sources,
            parts,
            logic: Logic::new(&parts.conditions),
            rules,
            clauses,
            routes: routes(compiled),
            lets: lets.collect(),
        }
    }

    /// Whether the rule of the clause lets requests through.
    pub(super) fn allows(&self, clause: &Clause<'_>) -> bool {
        self.effect(clause).is_some_and(|effect| effect != Effect::Deny)
    }

    pub(super) fn effect(&self, clause: &Clause<'_>) -> Option<Effect> {
        self.rules.get(clause.rule).map(|rule| rule.effect)
    }

    pub(super) fn verbs(&self, clause: &Clause<'_>) -> VerbSet {
        self.rules.get(clause.rule).map_or(VerbSet::EMPTY, |rule| rule.verbs)
    }

    /// Every rule with its clauses.
    pub(super) fn rules_with_clauses(&self) -> impl Iterator<Item = (&Rule<'p>, &[Clause<'p>])> {
        let clauses = self.clauses.chunk_by(|a, b| a.rule == b.rule);
        clauses.filter_map(|clauses| Some((self.rules.get(clauses.first()?.rule)?, clauses)))
    }

    /// The `authorizer` block.
    pub(super) fn authorizer(&self) -> Option<&'p Authorizer> {
        self.unit.statements().find_map(|statement| match &statement.kind {
            StatementKind::Authorizer(written) => Some(written),
            _ => None,
        })
    }

    /// The statements of the file that is checked. Those of files that it uses may be there for other
    /// policies.
    pub(super) fn own_statements(&self) -> impl Iterator<Item = &'p Statement> {
        self.unit.files.first().into_iter().flat_map(|file| &file.syntax.statements)
    }
}

fn routes(compiled: &CompiledPolicy) -> Vec<Route<'_>> {
    let routes = compiled.program.parts().routes.iter().zip(&compiled.routes);
    routes.map(|(route, span)| Route { verbs: route.verbs, pattern: &route.pattern, span: *span }).collect()
}
