//! Values.

use policy_engine::condition::{Number, Root};

use super::Name;
use crate::source::Span;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it is written.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueKind {
    /// A string.
    Text(Text),
    /// A number.
    Number(Number),
    /// `true`, `false`
    Bool(bool),
    /// `[…]`
    List(Vec<Value>),
    /// `token.x`, `userinfo.x`
    Member(Member),
    /// `path.x`
    Path(Name),
    /// `request.x`
    Request(RequestPart),
    /// A name: of a `param`, or, where a condition may stand, of a `let`.
    Name(String),
}

/// `token.a."b c".d`, `userinfo.x`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What the names start from.
    pub root: Root,
    /// The names from there on; at least one.
    pub names: Vec<Name>,
    /// Where it is written.
    pub span: Span,
}

/// A part of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestPart {
    /// `request.header.x`: the name as it is written.
    Header(Name),
    /// `request.query.x`
    Query(Name),
    /// `request.ip`
    Ip,
    /// `request.time`
    Time,
    /// `request.stage`
    Stage,
}

/// A string that may hold `${param}`. A bare parameter where only a string can stand (`audience client_id`)
/// is the same as `"${client_id}"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The pieces, in order. No two fixed ones follow each other, and none is empty.
    pub parts: Vec<TextPart>,
    /// Where it is written.
    pub span: Span,
}

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    /// Taken as it is, escapes resolved.
    Fixed(String),
    /// `${param}`; the span is the name's.
    Param(Name),
}

impl Text {
    /// The string, where it holds no parameter.
    pub fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Fixed(text)] => Some(text),
            _ => None,
        }
    }
}
