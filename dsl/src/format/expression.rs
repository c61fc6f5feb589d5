//! What stands inside a line: conditions, values, JSON, and words in a row.

use super::comment::Comments;
use super::doc::Doc;
use super::statement::Pair;
use crate::parse::Rule;

/// Whatever the pair holds, with every token and every comment in it.
pub(super) fn doc<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Doc<'t> {
    match pair.as_rule() {
        Rule::condition | Rule::conjunct => chain(comments, pair),
        Rule::parens | Rule::list | Rule::array => bracketed(comments, pair, 0),
        Rule::object => bracketed(comments, pair, 1),
        Rule::pair | Rule::json_of => tight(comments, pair),
        Rule::dotted => token(comments, &pair),
        _ => words(comments, &pair),
    }
}

/// A token, with the comments before it.
pub(super) fn token<'t>(comments: &mut Comments<'t>, pair: &Pair<'t>) -> Doc<'t> {
    let text = Doc::Text(pair.as_str());
    let before = comments.before(pair.as_span().start());
    comments.pass(pair.as_span().end());
    if before.is_empty() {
        return text;
    }
    Doc::Many(before.into_iter().map(Doc::Comment).chain([text]).collect())
}

/// Parts with a space between them; a pair without parts is a token.
fn words<'t>(comments: &mut Comments<'t>, pair: &Pair<'t>) -> Doc<'t> {
    let mut parts: Vec<_> = pair.clone().into_inner().map(|part| doc(comments, part)).collect();
    match parts.pop() {
        None => token(comments, pair),
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Doc::joined(parts, 1)
        }
    }
}

/// `a or b or c`: where it is broken, each operator but the first stands on a line, further in.
fn chain<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Doc<'t> {
    let mut parts = pair.into_inner();
    let Some(first) = parts.next().map(|part| doc(comments, part)) else { return Doc::Many(Vec::new()) };
    let mut rest = Vec::new();
    while let Some(operator) = parts.next() {
        rest.extend([Doc::Line(1), doc(comments, operator), Doc::Space(1)]);
        rest.extend(parts.next().map(|part| doc(comments, part)));
    }
    if rest.is_empty() { first } else { Doc::group(vec![first, Doc::Indent(rest)]) }
}

/// Something in brackets: where it is broken, each item stands on a line. A comma stands behind its item.
fn bracketed<'t>(comments: &mut Comments<'t>, pair: Pair<'t>, padding: usize) -> Doc<'t> {
    let mut parts = pair.into_inner();
    let open = parts.next().map(|open| token(comments, &open));
    let close = parts.next_back();
    let mut inner = Vec::new();
    for part in parts {
        let is_comma = part.as_rule() == Rule::item_comma;
        if inner.is_empty() {
            inner.push(Doc::Line(padding));
        }
        inner.push(doc(comments, part));
        if is_comma {
            inner.push(Doc::Line(1));
        }
    }
    let last = close.iter().flat_map(|close| comments.before(close.as_span().start()));
    inner.extend(last.map(Doc::Comment));
    let close = close.map(|close| token(comments, &close));
    let padding = (!inner.is_empty()).then_some(Doc::Line(padding));
    Doc::group(open.into_iter().chain([Doc::Indent(inner)]).chain(padding).chain(close).collect())
}

/// `"key": value`, `json(value)`
fn tight<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Doc<'t> {
    let mut docs = Vec::new();
    for part in pair.into_inner() {
        let is_colon = part.as_rule() == Rule::colon;
        docs.push(doc(comments, part));
        if is_colon {
            docs.push(Doc::Space(1));
        }
    }
    Doc::Many(docs)
}
