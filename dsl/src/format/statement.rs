//! Statements, from what the grammar matched to what stands on lines and in columns.

use super::comment::Comments;
use super::doc::Doc;
use super::expression::{doc, token};
use super::item::{Body, Item, Items};
use super::table::{Cell, Kind, Role, Row};
use crate::parse::Rule;

/// A piece of text that a grammar rule matched.
pub(super) type Pair<'t> = pest::iterators::Pair<'t, Rule>;
/// Several of them.
pub(super) type Pairs<'t> = pest::iterators::Pairs<'t, Rule>;

/// A file's statements, and the comments at its end; `None` where a piece of the text could not be read. Each
/// piece comes with the place in the text that its positions count from.
pub(super) fn file<'t>(
    comments: &mut Comments<'t>,
    pieces: impl Iterator<Item = Option<(usize, Pairs<'t>)>>,
) -> Option<Items<'t>> {
    let mut items = Vec::new();
    for piece in pieces {
        let (offset, piece) = piece?;
        comments.count_from(offset);
        let statements = piece.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::statement);
        items.extend(statements.flat_map(Pair::into_inner).map(|part| item(comments, part, statement)));
    }
    Some(Items { items, end: comments.at_end() })
}

fn item<'t>(
    comments: &mut Comments<'t>,
    pair: Pair<'t>,
    body: impl Fn(&mut Comments<'t>, Pair<'t>) -> Body<'t>,
) -> Item<'t> {
    let start = pair.as_span().start();
    let above = comments.before(start);
    let is_apart = comments.is_apart(start);
    Item { comments: above, is_apart, body: body(comments, pair) }
}

fn statement<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Body<'t> {
    match pair.as_rule() {
        Rule::policy_rule => row(comments, pair, Kind::Rule),
        Rule::invariant => row(comments, pair, Kind::Invariant),
        Rule::api | Rule::context | Rule::issuer | Rule::authorizer | Rule::test => block(comments, pair),
        _ => Body::Plain(doc(comments, pair)),
    }
}

/// A block, or `api "openapi.yaml"`.
fn block<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Body<'t> {
    let mut parts = pair.into_inner();
    let mut head = Vec::new();
    for part in parts.by_ref() {
        let is_open = part.as_rule() == Rule::open_brace;
        head.push(doc(comments, part));
        if is_open {
            break;
        }
    }
    let head = Doc::joined(head, 1);
    let Some(close) = parts.next_back() else { return Body::Plain(head) };
    let items: Vec<_> = parts.map(|part| item(comments, part, in_block)).collect();
    let end = comments.before(close.as_span().start());
    let close = token(comments, &close);
    if items.is_empty() && end.is_empty() {
        return Body::Plain(Doc::Many(vec![head, close]));
    }
    Body::Block { head, items: Items { items, end }, close }
}

fn in_block<'t>(comments: &mut Comments<'t>, pair: Pair<'t>) -> Body<'t> {
    match pair.as_rule() {
        Rule::route => row(comments, pair, Kind::Route),
        Rule::issuer_field | Rule::authorizer_field => row(comments, pair, Kind::Field),
        Rule::entry => row(comments, pair, Kind::Entry),
        Rule::expectation => row(comments, pair, Kind::Expectation),
        Rule::test_item => match pair.clone().into_inner().next() {
            Some(part) if part.as_rule() == Rule::expectation => in_block(comments, part),
            _ => Body::Plain(doc(comments, pair)),
        },
        _ => Body::Plain(doc(comments, pair)),
    }
}

/// A row of a table: its parts are put into the cells that they belong in.
fn row<'t>(comments: &mut Comments<'t>, pair: Pair<'t>, kind: Kind) -> Body<'t> {
    let mut cells: Vec<Cell<'t>> = Vec::new();
    for part in pair.into_inner() {
        let role = role(kind, part.as_rule(), cells.last());
        let parts = match part.as_rule() {
            Rule::verbs => vec![verbs(comments, part, cells.is_empty())],
            Rule::paths | Rule::request_paths => part.into_inner().map(|path| doc(comments, path)).collect(),
            _ => vec![doc(comments, part)],
        };
        match cells.last_mut() {
            Some(cell) if cell.role == role => cell.parts.extend(parts),
            _ => cells.push(Cell { role, parts }),
        }
    }
    Body::Row(Row { kind, cells })
}

fn role(kind: Kind, part: Rule, above: Option<&Cell<'_>>) -> Role {
    match part {
        Rule::verbs => Role::Verbs,
        Rule::paths | Rule::request_paths => Role::Paths,
        // The clauses of a rule may stand in any order, and stay in it.
        Rule::when | Rule::unless if above.is_none_or(|above| above.role != Role::Tail) => Role::Conditions,
        Rule::when | Rule::unless | Rule::as_id | Rule::because | Rule::by_id => Role::Tail,
        _ if kind == Kind::Field && above.is_some() => Role::Values,
        _ if kind == Kind::Entry && above.is_some() => Role::Entry,
        _ => Role::Lead,
    }
}

/// On one line, save where a comment, or their number, forbids it.
fn verbs<'t>(comments: &mut Comments<'t>, pair: Pair<'t>, is_first: bool) -> Doc<'t> {
    let mut verbs = pair.into_inner();
    let first = verbs.next().map(|verb| token(comments, &verb));
    let rest: Vec<_> = verbs.flat_map(|verb| [Doc::Line(1), token(comments, &verb)]).collect();
    let rest = if is_first { Doc::Indent(rest) } else { Doc::Many(rest) };
    Doc::group(first.into_iter().chain([rest]).collect())
}
