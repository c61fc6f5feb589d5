//! Rules and invariants.

use policy_engine::Effect;

use super::ids::Placed;
use super::model::{Condition, Rule};
use super::paths::pattern;
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_POLICY_NODES, MAX_RULE_PATHS};
use crate::syntax::{self, InvariantKind, StatementKind};

/// What all rules together come to.
#[derive(Default)]
struct Totals {
    paths: usize,
    nodes: usize,
}

impl Checker<'_> {
    pub(super) fn rules(&mut self) -> Checked<Vec<Rule>> {
        let placed = self.place_rules()?;
        self.warn_of_no_issuer(&placed);
        let mut totals = Totals::default();
        let mut rules = Vec::with_capacity(placed.len());
        for placed in placed {
            let rule = self.rule(placed, &mut totals);
            if totals.paths > MAX_RULE_PATHS || totals.nodes > MAX_POLICY_NODES {
                return Err(Reported);
            }
            rules.push(rule);
        }
        rules.into_iter().collect()
    }

    fn rule(&mut self, placed: Placed<'_>, totals: &mut Totals) -> Checked<Rule> {
        let Placed { rule, statement, file, line, id } = placed;
        let patterns = rule.paths.iter().map(pattern).collect();
        let because = match &rule.because {
            Some(text) => self.text(text).map(Some),
            None => Ok(None),
        };
        let condition = self.rule_condition(rule.when.as_ref(), rule.unless.as_ref());
        if let Ok(condition) = &condition {
            self.count(condition, rule, totals)?;
            self.check_path_names(condition, &rule.paths);
        }
        Ok(Rule {
            id,
            effect: rule.effect.node,
            because: because?,
            file,
            line,
            verbs: rule.verbs.set(),
            patterns,
            condition: condition?,
            span: statement.span,
            doc: statement.doc.clone(),
        })
    }

    /// Adds the rule to the totals. One that is, or makes the policy, too large is not looked at.
    fn count(&mut self, condition: &Condition, rule: &syntax::Rule, totals: &mut Totals) -> Checked<()> {
        let span = rule.effect.span;
        let extent = self.extent(condition);
        self.expect_within_bounds(extent, span)?;
        totals.paths = totals.paths.saturating_add(rule.paths.len());
        let copies = if extent.reads_path { rule.paths.len() } else { 1 };
        totals.nodes = totals.nodes.saturating_add(extent.nodes.saturating_mul(copies));
        let (code, message) = if totals.paths > MAX_RULE_PATHS {
            (Code::TooManyPaths, format!("the rules have more than {MAX_RULE_PATHS} paths together"))
        } else if totals.nodes > MAX_POLICY_NODES {
            let what = "tests and operators, every `let` written out for each path";
            (Code::PolicyTooLarge, format!("the rules have more than {MAX_POLICY_NODES} {what}"))
        } else {
            return Ok(());
        };
        let help = "make several policies of it, one for each API, or say with `**` what several paths say";
        Err(self.report(Diagnostic::new(code, message).at(span).help(help)))
    }

    /// `when C` and not `unless C`; always, where neither is there.
    fn rule_condition(
        &mut self,
        when: Option<&syntax::Condition>,
        unless: Option<&syntax::Condition>,
    ) -> Checked<Condition> {
        let when = when.map(|condition| self.condition(condition));
        let unless = unless.map(|condition| self.condition(condition).map(Condition::negated));
        match (when, unless) {
            (None, None) => Ok(Condition::Constant(true)),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(when), Some(unless)) => Ok(Condition::All(vec![when?, unless?])),
        }
    }

    /// `never allow` and `always allow`: names and types, and that they are not proved.
    pub(super) fn check_invariants(&mut self) {
        for statement in self.unit.statements() {
            let StatementKind::Invariant(invariant) = &statement.kind else { continue };
            if let Ok(condition) = self.rule_condition(invariant.when.as_ref(), invariant.unless.as_ref())
                && self.expect_within_bounds(self.extent(&condition), invariant.kind.span).is_ok()
            {
                self.check_path_names(&condition, &invariant.paths);
            }
            let keyword = match invariant.kind.node {
                InvariantKind::Never => "never",
                InvariantKind::Always => "always",
            };
            let message =
                format!("this `{keyword}` is not proved: this version checks its names and types only");
            let help = "write a `test` for what must not happen";
            self.report(Diagnostic::new(Code::NotProved, message).at(invariant.kind.span).help(help));
        }
    }

    fn warn_of_no_issuer(&mut self, rules: &[Placed<'_>]) {
        if self.declared.unread_issuer || !self.declared.issuers.is_empty() {
            return;
        }
        let Some(first) = rules.iter().find(|placed| placed.rule.effect.node == Effect::Allow) else {
            return;
        };
        let message = "no token is ever accepted, and so no `allow` matches: the policy names no issuer";
        let help = "add `issuer NAME { url \"https://…\" audience \"…\" }`";
        self.report(Diagnostic::new(Code::NoIssuer, message).at(first.rule.effect.span).help(help));
    }
}
