//! Comments find the statement that they belong to.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{AllowedWarning, Comment, File, Name, Spanned, Statement};

/// Gives each statement its doc comment and the warnings that are turned off for it.
///
/// A comment on a line of its own between two statements belongs to the one below; any other belongs to the
/// statement that it stands in or behind. Only a comment of the first kind is a doc comment.
pub(super) fn attach(text: &str, file: &mut File, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners = Owners::new(&file.statements, file.broken.iter().map(|broken| broken.span));
    for comment in &file.comments {
        let body = text.get(comment.span.start..comment.span.end).unwrap_or_default();
        let owner = owners.owner(text, comment);
        if comment.is_doc {
            match owner {
                Owner::Below(Some(index)) => add_doc(file.statements.get_mut(index), body),
                Owner::Below(None) => {}
                Owner::Within(_) | Owner::Nothing => diagnostics.push(dangling(comment.span)),
            }
        } else if let Owner::Below(Some(index)) | Owner::Within(Some(index)) = owner
            && let Some(allowed) = allowed_warning(body, comment.span)
            && let Some(statement) = file.statements.get_mut(index)
        {
            statement.allowed.push(allowed);
        }
    }
}

/// Where a comment belongs; the index is missing where that statement could not be read.
enum Owner {
    Below(Option<usize>),
    Within(Option<usize>),
    Nothing,
}

/// The statements in the order of the text, each visited once.
struct Owners {
    spans: Vec<(Span, Option<usize>)>,
    next: usize,
}

impl Owners {
    fn new(statements: &[Statement], broken: impl Iterator<Item = Span>) -> Self {
        let read = statements.iter().enumerate().map(|(index, statement)| (statement.span, Some(index)));
        let mut spans: Vec<_> = read.chain(broken.map(|span| (span, None))).collect();
        spans.sort_by_key(|(span, _)| span.start);
        Self { spans, next: 0 }
    }

    /// Comments are asked for in the order of the text.
    fn owner(&mut self, text: &str, comment: &Comment) -> Owner {
        while self.spans.get(self.next).is_some_and(|(span, _)| span.end <= comment.span.start) {
            self.next += 1;
        }
        let at = self.spans.get(self.next);
        if let Some((span, index)) = at
            && span.start <= comment.span.start
        {
            return Owner::Within(*index);
        }
        let before = self.next.checked_sub(1).and_then(|at| self.spans.get(at));
        if let Some((span, index)) = before
            && text.get(span.end..comment.span.start).is_some_and(|between| !between.contains('\n'))
        {
            return Owner::Within(*index);
        }
        at.map_or(Owner::Nothing, |(_, index)| Owner::Below(*index))
    }
}

fn add_doc(statement: Option<&mut Statement>, body: &str) {
    let Some(statement) = statement else { return };
    let line = body.strip_prefix("##").unwrap_or(body);
    let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
    match &mut statement.doc {
        Some(doc) => {
            doc.push('\n');
            doc.push_str(line);
        }
        None => statement.doc = Some(line.to_owned()),
    }
}

fn dangling(span: Span) -> Diagnostic {
    Diagnostic::new(Code::DanglingDoc, "this doc comment belongs to no statement")
        .at(span)
        .help("put it above a statement, or start it with a single `#`")
}

/// `# allow(W0101): reason`
fn allowed_warning(body: &str, span: Span) -> Option<AllowedWarning> {
    let rest = body.strip_prefix('#')?.trim_start().strip_prefix("allow(")?;
    let (code, after) = rest.split_once(')')?;
    let start = span.start + (body.len() - rest.len());
    let code: Name = Spanned::new(code.trim().to_owned(), Span { start, end: start + code.len(), ..span });
    let reason = after.trim_start().strip_prefix(':').unwrap_or_default().trim();
    Some(AllowedWarning { code, reason: reason.to_owned() })
}
