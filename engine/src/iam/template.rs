//! JSON texts with holes in them.

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use crate::iam::document::{CurrentTime, push_escaped};
use crate::iam::holes::{Holes, MARK};

/// A document whose holes are still open.
#[derive(Debug)]
pub(crate) struct Template {
    text: String,
    ops: Vec<Op>,
}

/// A piece of a document.
#[derive(Debug, Clone)]
enum Op {
    /// That range of the template's text.
    Text(usize, usize),
    /// The string of that hole.
    Hole(usize),
    /// The stage's ARN.
    Stage,
    /// The time at which the token ends, or this one, whichever is earlier.
    End(Option<String>),
}

impl Template {
    /// A text without holes.
    pub(crate) fn fixed(text: String) -> Self {
        let ops = vec![Op::Text(0, text.len())];
        Self { text, ops }
    }

    /// A text in which stand-ins, and marks made by [`end_mark`], stand for what is open.
    pub(crate) fn of(text: String) -> Self {
        let mut ops = Vec::new();
        let mut at = 0;
        for (number, piece) in text.split(MARK).enumerate() {
            let end = at + piece.len();
            if number % 2 == 0 {
                ops.push(Op::Text(at, end));
            } else if let Some(limit) = piece.strip_prefix(END) {
                ops.push(Op::End((!limit.is_empty()).then(|| limit.to_owned())));
            } else if piece == STAGE {
                ops.push(Op::Stage);
            } else {
                ops.push(Op::Hole(piece.parse().unwrap_or(usize::MAX)));
            }
            at = end + MARK.len_utf8();
        }
        Self { text, ops }
    }

    /// The same with a stage's ARN in place of its mark. An ARN needs no escapes.
    pub(crate) fn at(&self, stage: &str) -> Self {
        let mut at = Self { text: String::with_capacity(2 * self.text.len()), ops: Vec::new() };
        let mut start = 0;
        for op in &self.ops {
            match op {
                Op::Text(from, to) => at.text.push_str(self.text.get(*from..*to).unwrap_or_default()),
                Op::Stage => at.text.push_str(stage),
                Op::Hole(_) | Op::End(_) => {
                    at.ops.extend([Op::Text(start, at.text.len()), op.clone()]);
                    start = at.text.len();
                }
            }
        }
        at.ops.push(Op::Text(start, at.text.len()));
        at
    }

    /// The document for a token; `None` where it depends on the token's end and there is none.
    pub(crate) fn fill(&self, holes: &Holes<'_>, end: Option<&CurrentTime>) -> Option<String> {
        let mut out = String::with_capacity(self.text.len() + 24 * self.ops.len());
        // Where each hole's string stands: the next time, it is copied from there.
        let mut written: SmallVec<[Range<usize>; 4]> = smallvec![0..0; holes.texts().len()];
        for op in &self.ops {
            match op {
                Op::Text(start, end) => out.push_str(self.text.get(*start..*end)?),
                // A template for any stage says nothing for one.
                Op::Stage => return None,
                Op::Hole(number) => {
                    let range = written.get_mut(*number)?;
                    if range.start < range.end {
                        out.extend_from_within(range.clone());
                    } else {
                        range.start = out.len();
                        push_escaped(&mut out, holes.texts().get(*number)?);
                        range.end = out.len();
                    }
                }
                Op::End(limit) => {
                    let end = end?.time.as_str();
                    out.push_str(limit.as_deref().map_or(end, |limit| limit.min(end)));
                }
            }
        }
        Some(out)
    }

    /// A rough size in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + 32 * self.ops.len()
    }
}

const END: char = 't';

/// What stands between the marks of the stage's ARN.
pub(crate) const STAGE: &str = "s";

/// What stands in a template for the token's end, where nothing holds after `limit` anyway.
pub(crate) fn end_mark(limit: Option<CurrentTime>) -> CurrentTime {
    let limit = limit.map_or_else(String::new, |limit| limit.time);
    CurrentTime { time: format!("{MARK}{END}{limit}{MARK}") }
}
