//! What stands on lines of its own: statements, and what is in their blocks.

use super::INDENT;
use super::comment::Comment;
use super::doc::Doc;
use super::page::Page;
use super::table::{Row, Table};

/// Items, and the comments behind the last one.
#[derive(Debug)]
pub(super) struct Items<'t> {
    /// The items.
    pub(super) items: Vec<Item<'t>>,
    /// The comments behind the last one, up to what ends the items.
    pub(super) end: Vec<Comment<'t>>,
}

/// A statement, or something in a block.
#[derive(Debug)]
pub(super) struct Item<'t> {
    /// The comments since the item before it. The first may stand behind that one.
    pub(super) comments: Vec<Comment<'t>>,
    /// Whether a blank line is right above it.
    pub(super) is_apart: bool,
    /// What it is.
    pub(super) body: Body<'t>,
}

/// What an item is.
#[derive(Debug)]
pub(super) enum Body<'t> {
    /// Aligned with those beside it.
    Row(Row<'t>),
    /// On a line, or broken.
    Plain(Doc<'t>),
    /// Always broken.
    Block {
        /// Up to its opening brace.
        head: Doc<'t>,
        /// What is in it.
        items: Items<'t>,
        /// Its closing brace.
        close: Doc<'t>,
    },
}

impl Item<'_> {
    /// Whether it goes on with the table of the item above it: a blank line ends a table, save above a rule with
    /// a doc comment, which has one for its own sake.
    fn continues(&self, above: &Self) -> bool {
        let (Body::Row(above), Body::Row(row)) = (&above.body, &self.body) else { return false };
        above.kind == row.kind && (self.is_documented_only() || !self.has_blank_line())
    }

    fn has_blank_line(&self) -> bool {
        self.is_apart || self.comments.iter().any(|comment| comment.is_apart)
    }

    /// Whether it has a doc comment, and no other comment, such as a heading, stands apart above that.
    fn is_documented_only(&self) -> bool {
        let below = self.comments.iter().skip(1).map(|comment| comment.is_apart).chain([self.is_apart]);
        let is_heading =
            |(comment, is_apart): (&Comment<'_>, bool)| comment.is_alone && !comment.is_doc && is_apart;
        self.comments.iter().any(|comment| comment.is_doc) && !self.comments.iter().zip(below).any(is_heading)
    }
}

/// Prints items, so far in.
pub(super) fn print_items<'t>(page: &mut Page<'t>, Items { items, end }: Items<'t>, indent: usize) {
    let mut is_first = true;
    for run in runs(items) {
        let mut rows = Vec::new();
        let mut others = Vec::new();
        let mut places = Vec::with_capacity(run.len());
        for Item { comments, is_apart, body } in run {
            places.push((comments, is_apart));
            match body {
                Body::Row(row) => rows.push(row),
                other => others.push(other),
            }
        }
        let mut others = others.into_iter();
        let mut table = Table::new(rows, indent);
        for (comments, is_apart) in places {
            print_comments(page, comments, indent, &mut is_first);
            if is_apart && !is_first {
                page.blank();
            }
            is_first = false;
            page.end_line();
            match others.next() {
                Some(other) => print_body(page, other, indent),
                None => table.print_next(page),
            }
        }
    }
    print_comments(page, end, indent, &mut is_first);
}

/// The items in pieces: the rows of one table, or anything else alone.
fn runs(items: Vec<Item<'_>>) -> Vec<Vec<Item<'_>>> {
    let mut runs: Vec<Vec<Item<'_>>> = Vec::new();
    for item in items {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|above| item.continues(above)) => run.push(item),
            _ => runs.push(vec![item]),
        }
    }
    runs
}

/// A blank line goes above a comment as it does above an item: not above the first of a block.
fn print_comments<'t>(page: &mut Page<'t>, comments: Vec<Comment<'t>>, indent: usize, is_first: &mut bool) {
    for comment in comments {
        if comment.is_alone {
            if comment.is_apart && !*is_first {
                page.blank();
            }
            *is_first = false;
        }
        page.comment(comment, indent);
    }
}

fn print_body<'t>(page: &mut Page<'t>, body: Body<'t>, indent: usize) {
    match body {
        Body::Row(row) => Table::new(vec![row], indent).print_next(page),
        Body::Plain(doc) => page.print(&doc, indent, false),
        Body::Block { head, items, close } => {
            page.print(&head, indent, false);
            print_items(page, items, indent + INDENT);
            page.end_line();
            page.print(&close, indent, false);
        }
    }
}
