//! JSON texts with holes in them.

use crate::iam::document::{CurrentTime, push_escaped};
use crate::iam::holes::{Holes, MARK};

/// A document whose holes are still open.
#[derive(Debug)]
pub(crate) struct Template {
    text: String,
    ops: Vec<Op>,
}

/// A piece of a document.
#[derive(Debug)]
enum Op {
    /// That range of the template's text.
    Text(usize, usize),
    /// The string of that hole.
    Hole(usize),
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
            } else {
                ops.push(Op::Hole(piece.parse().unwrap_or(usize::MAX)));
            }
            at = end + MARK.len_utf8();
        }
        Self { text, ops }
    }

    /// The document for a token; `None` where it depends on the token's end and there is none.
    pub(crate) fn fill(&self, holes: &Holes<'_>, end: Option<&CurrentTime>) -> Option<String> {
        let mut out = String::with_capacity(self.text.len() + 24 * self.ops.len());
        for op in &self.ops {
            match op {
                Op::Text(start, end) => out.push_str(self.text.get(*start..*end)?),
                Op::Hole(number) => push_escaped(&mut out, holes.texts().get(*number)?),
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

/// What stands in a template for the token's end, where nothing holds after `limit` anyway.
pub(crate) fn end_mark(limit: Option<CurrentTime>) -> CurrentTime {
    let limit = limit.map_or_else(String::new, |limit| limit.time);
    CurrentTime { time: format!("{MARK}{END}{limit}{MARK}") }
}
