//! Named conditions: none may be defined by itself, and written out they stay within bounds.

use super::model::{Condition, Extent, LetId, LetModel};
use super::names::Bare;
use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_CONDITION_DEPTH, MAX_CONDITION_NODES};
use crate::source::Span;
use crate::syntax::{self, ConditionKind, ValueKind};

/// How many names of a circle are shown.
const SHOWN: usize = 8;

impl Checker<'_> {
    /// Checks every `let`, those that others are made of first.
    pub(super) fn check_lets(&mut self) {
        let order = self.order_lets();
        self.lets = std::iter::repeat_with(|| None).take(self.declared.lets.len()).collect();
        for (id, in_circle) in order {
            let Some(definition) = self.declared.lets.get(id.0).copied() else { continue };
            let Ok(condition) = self.condition(&definition.condition) else { continue };
            if in_circle {
                continue;
            }
            let extent = self.extent(&condition);
            if !extent.is_partial
                && self.expect_within_bounds(extent, definition.name.span).is_ok()
                && let Some(slot) = self.lets.get_mut(id.0)
            {
                *slot = Some(LetModel { condition, extent });
            }
        }
    }

    /// What the condition is with every `let` written out; one with an error counts as nothing.
    pub(super) fn extent(&self, condition: &Condition) -> Extent {
        condition.extent(|id| self.lets.get(id.0)?.as_ref().map(|found| found.extent))
    }

    pub(super) fn expect_within_bounds(&mut self, extent: Extent, span: Span) -> Checked<()> {
        let (code, message) = if extent.nodes > MAX_CONDITION_NODES {
            let what = "tests and operators, every `let` written out";
            (Code::ConditionTooLarge, format!("a condition of more than {MAX_CONDITION_NODES} {what}"))
        } else if extent.depth > MAX_CONDITION_DEPTH {
            let what = "conditions in one another, every `let` written out";
            (Code::ConditionTooDeep, format!("more than {MAX_CONDITION_DEPTH} {what}"))
        } else {
            return Ok(());
        };
        let help = "make several rules of it, or compare with a list: `token.x in […]`";
        Err(self.report(Diagnostic::new(code, message).at(span).help(help)))
    }

    /// Every `let` behind those it is made of, and whether it is part of a circle.
    fn order_lets(&mut self) -> Vec<(LetId, bool)> {
        let uses: Vec<Vec<(LetId, Span)>> = self
            .declared
            .lets
            .iter()
            .map(|definition| {
                let mut found = Vec::new();
                self.collect_uses(&definition.condition, &mut found);
                found
            })
            .collect();
        let (order, circles) = depth_first(&uses);
        let mut in_circle = vec![false; uses.len()];
        for circle in circles {
            let is_new = circle.iter().any(|(id, _)| !in_circle.get(id.0).copied().unwrap_or(true));
            for (id, _) in &circle {
                if let Some(flag) = in_circle.get_mut(id.0) {
                    *flag = true;
                }
            }
            if is_new {
                self.report_circle(&circle);
            }
        }
        order.into_iter().map(|id| (id, in_circle.get(id.0).copied().unwrap_or(true))).collect()
    }

    fn collect_uses(&self, condition: &syntax::Condition, out: &mut Vec<(LetId, Span)>) {
        match &condition.kind {
            ConditionKind::Or(parts) | ConditionKind::And(parts) => {
                for part in parts {
                    self.collect_uses(part, out);
                }
            }
            ConditionKind::Not(inner) => self.collect_uses(inner, out),
            ConditionKind::Value(value) => {
                if let ValueKind::Name(name) = &value.kind
                    && let Some(Bare::Let(id)) = self.names.bare(name)
                {
                    out.push((id, value.span));
                }
            }
            _ => {}
        }
    }

    /// `circle`: each `let` with the place where it names the next.
    fn report_circle(&mut self, circle: &[(LetId, Span)]) {
        let name = |id: LetId| self.declared.lets.get(id.0).map_or("", |found| found.name.node.as_str());
        let Some((first, named_at)) = circle.first().copied() else { return };
        let mut chain: Vec<String> =
            circle.iter().take(SHOWN).map(|(id, _)| format!("`{}`", name(*id))).collect();
        if circle.len() > SHOWN {
            chain.push("…".to_owned());
        }
        chain.push(format!("`{}`", name(first)));
        let message = format!("`{}` is defined by itself: {}", name(first), chain.join(" → "));
        let mut diagnostic = Diagnostic::new(Code::LetCycle, message).at(named_at);
        for (id, span) in circle.iter().skip(1).take(SHOWN) {
            diagnostic = diagnostic.related(format!("`{}` is made of this", name(*id)), *span);
        }
        self.report(diagnostic.help("write out one of them"));
    }
}

type Circle = Vec<(LetId, Span)>;

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    No,
    Open,
    Done,
}

/// A `let` on the way from where the search started, and how many of its uses were followed.
struct Step {
    id: LetId,
    followed: usize,
}

/// What is used comes first. Without recursion: a chain of `let`s can be as long as the policy.
fn depth_first(uses: &[Vec<(LetId, Span)>]) -> (Vec<LetId>, Vec<Circle>) {
    let mut seen = vec![Seen::No; uses.len()];
    let (mut order, mut circles) = (Vec::with_capacity(uses.len()), Vec::new());
    for start in (0..uses.len()).map(LetId) {
        let mut path = vec![Step { id: start, followed: 0 }];
        while let Some(step) = path.last_mut() {
            let id = step.id;
            let Some(state) = seen.get_mut(id.0).filter(|state| **state != Seen::Done) else {
                path.pop();
                continue;
            };
            *state = Seen::Open;
            let Some((next, _)) = uses.get(id.0).and_then(|all| all.get(step.followed)).copied() else {
                *state = Seen::Done;
                order.push(id);
                path.pop();
                continue;
            };
            step.followed += 1;
            match seen.get(next.0) {
                Some(Seen::No) => path.push(Step { id: next, followed: 0 }),
                Some(Seen::Open) => circles.push(circle(&path, next, uses)),
                Some(Seen::Done) | None => {}
            }
        }
    }
    (order, circles)
}

/// The end of the path, from that `let` on: each with the place of the use that was followed last.
fn circle(path: &[Step], from: LetId, uses: &[Vec<(LetId, Span)>]) -> Circle {
    let named_at = |step: &Step| {
        let (_, span) = uses.get(step.id.0)?.get(step.followed.checked_sub(1)?)?;
        Some((step.id, *span))
    };
    path.iter().skip_while(|step| step.id != from).filter_map(named_at).collect()
}
