//! What each rule is called.

use std::collections::BTreeMap;

use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_RULES;
use crate::syntax::{self, Statement, StatementKind};

/// A rule with its id and its place.
pub(super) struct Placed<'a> {
    pub(super) rule: &'a syntax::Rule,
    pub(super) statement: &'a Statement,
    /// Index of its file in the unit.
    pub(super) file: usize,
    /// The line it starts on, counted from 1.
    pub(super) line: usize,
    /// Its `as ID`, or its file and line.
    pub(super) id: String,
}

impl<'a> Checker<'a> {
    /// Every rule with its id.
    pub(super) fn place_rules(&mut self) -> Checked<Vec<Placed<'a>>> {
        let unit = self.unit;
        let mut placed = Vec::new();
        for (file, policy) in unit.files.iter().enumerate() {
            for statement in &policy.syntax.statements {
                let StatementKind::Rule(rule) = &statement.kind else { continue };
                if placed.len() >= MAX_RULES {
                    let message = format!("the policy has more than {MAX_RULES} rules");
                    let diagnostic = Diagnostic::new(Code::TooManyRules, message).at(rule.effect.span);
                    return Err(self.report(diagnostic.help("make several policies of it, one for each API")));
                }
                let line = self.sources.start(statement.span).line;
                let id = self.written_id(rule).unwrap_or_default();
                placed.push(Placed { rule, statement, file, line, id });
            }
        }
        self.name_the_rest(&mut placed);
        Ok(placed)
    }

    fn written_id(&mut self, rule: &syntax::Rule) -> Option<String> {
        let id = rule.id.as_ref()?;
        if let Some(first) = self.rule_ids.get(&id.node).copied() {
            let message = format!("two rules are called `{}`", id.node);
            let diagnostic = Diagnostic::new(Code::DuplicateRule, message).at(id.span);
            let help = "give one of them another id, or none: it is then called by its file and line";
            self.report(diagnostic.related("the first is here", first).help(help));
        } else {
            self.rule_ids.insert(id.node.clone(), id.span);
        }
        Some(id.node.clone())
    }

    /// `users.policy:26`, and `users.policy:26:2` for a second one of that name.
    fn name_the_rest(&mut self, placed: &mut [Placed<'a>]) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for rule in placed.iter_mut().filter(|placed| placed.rule.id.is_none()) {
            let name = self.unit.files.get(rule.file).map_or("", |file| file.name.as_str());
            let file = name.rsplit('/').next().unwrap_or(name);
            let base = format!("{file}:{}", rule.line);
            let count = counts.entry(base.clone()).or_default();
            rule.id = loop {
                *count += 1;
                let id = if *count == 1 { base.clone() } else { format!("{base}:{count}") };
                if !self.rule_ids.contains_key(&id) {
                    break id;
                }
            };
            self.rule_ids.insert(rule.id.clone(), rule.rule.effect.span);
        }
    }
}
