//! Path patterns, and what conditions read of the path.

use std::collections::BTreeMap;

use policy_engine::pattern::{PathPattern, Segment, Tail};

use super::model::{Condition, Operand};
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::suggest::did_you_mean;
use crate::syntax;

/// How many of the paths that lack a name are pointed to.
const SHOWN: usize = 4;

/// A `path.x` that a condition reads.
#[derive(Debug, Clone, Copy)]
struct PathUse {
    /// In the condition itself: `path.x`, or the `let` that reads it.
    at: Span,
    /// In the `let`.
    read_at: Option<Span>,
}

impl Checker<'_> {
    /// Checks that each of the paths binds every name that the condition reads.
    pub(super) fn check_path_names(&mut self, condition: &Condition, paths: &[syntax::Path]) {
        for (name, found) in self.path_uses(condition) {
            let without: Vec<&syntax::Path> =
                paths.iter().filter(|path| names(path).all(|(bound, _)| bound != name)).collect();
            let Some(first) = without.first() else { continue };
            let path = self.quoted(first.span);
            let message = match found.read_at {
                None => format!("{path} does not bind `{name}`"),
                Some(_) => {
                    format!("{} reads `path.{name}`, and {path} does not bind it", self.quoted(found.at))
                }
            };
            let help = did_you_mean(&name, names(first).map(|(bound, _)| bound))
                .unwrap_or_else(|| format!("write `{{{name}}}` for the segment that is meant"));
            let mut diagnostic = Diagnostic::new(Code::UnboundPathName, message).at(found.at).help(help);
            if let Some(span) = found.read_at {
                diagnostic = diagnostic.related("read here", span);
            }
            for path in without.into_iter().take(SHOWN) {
                diagnostic = diagnostic.related(format!("`{name}` is not bound here"), path.span);
            }
            self.report(diagnostic);
        }
    }

    /// Reports what a condition reads of the path where there is no path.
    pub(super) fn forbid_path_names(&mut self, condition: &Condition, place: &str) {
        for (name, found) in self.path_uses(condition) {
            self.report_path_outside(&name, found.at, found.read_at, place);
        }
    }

    /// The operand, unless it is a part of the path.
    pub(super) fn forbid_path(&mut self, operand: Operand, place: &str) -> Checked<Operand> {
        let Operand::Path(name) = &operand else { return Ok(operand) };
        Err(self.report_path_outside(&name.node, name.span, None, place))
    }

    fn report_path_outside(&mut self, name: &str, at: Span, read_at: Option<Span>, place: &str) -> Reported {
        let message = format!("`path.{name}` is read in {place}, which belongs to no path");
        let help = "an answer is kept for all routes: only rules read the path";
        let diagnostic = Diagnostic::new(Code::PathOutsideRule, message).at(at).help(help);
        self.report(match read_at {
            Some(span) => diagnostic.related("read here", span),
            None => diagnostic,
        })
    }

    /// The first use of each name. The condition is within bounds with every `let` written out.
    fn path_uses(&self, condition: &Condition) -> BTreeMap<String, PathUse> {
        let mut uses = BTreeMap::new();
        self.collect_path_uses(condition, None, &mut uses);
        uses
    }

    fn collect_path_uses(
        &self,
        condition: &Condition,
        through: Option<Span>,
        out: &mut BTreeMap<String, PathUse>,
    ) {
        match condition {
            Condition::Constant(_) => {}
            Condition::Atom(atom) => {
                for operand in atom.operands() {
                    if let Operand::Path(name) = operand {
                        let found =
                            PathUse { at: through.unwrap_or(name.span), read_at: through.map(|_| name.span) };
                        out.entry(name.node.clone()).or_insert(found);
                    }
                }
            }
            Condition::Not(inner) => self.collect_path_uses(inner, through, out),
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    self.collect_path_uses(part, through, out);
                }
            }
            Condition::Let(id, span) => {
                if let Some(Some(found)) = self.lets.get(id.0)
                    && found.extent.reads_path
                {
                    self.collect_path_uses(&found.condition, through.or(Some(*span)), out);
                }
            }
        }
    }
}

/// The path as the engine takes it.
pub(crate) fn pattern(path: &syntax::Path) -> PathPattern {
    let segments = path.segments.iter().map(|segment| match &segment.node {
        syntax::Segment::Literal(text) => Segment::Literal(text.clone()),
        syntax::Segment::Any => Segment::Any(None),
        syntax::Segment::Param(name) => Segment::Any(Some(name.clone())),
        syntax::Segment::Glob(glob) => Segment::Glob(glob.clone()),
    });
    let tail = match path.tail.as_ref().map(|tail| &tail.node) {
        None => Tail::None,
        Some(syntax::Tail::Any) => Tail::Below(None),
        Some(syntax::Tail::Param(name)) => Tail::Below(Some(name.clone())),
    };
    PathPattern { segments: segments.collect(), tail }
}

/// What the path binds, in order.
fn names(path: &syntax::Path) -> impl Iterator<Item = (&str, Span)> {
    let segments = path.segments.iter().filter_map(|segment| match &segment.node {
        syntax::Segment::Param(name) => Some((name.as_str(), segment.span)),
        _ => None,
    });
    let tail = path.tail.iter().filter_map(|tail| match &tail.node {
        syntax::Tail::Param(name) => Some((name.as_str(), tail.span)),
        syntax::Tail::Any => None,
    });
    segments.chain(tail)
}
