//! Tests.

use super::{Name, Plain, Spanned, Verbs};
use crate::source::Span;

/// `test "NAME" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The name.
    pub name: Plain,
    /// Who asks.
    pub caller: Caller,
    /// `issuer NAME`: whose token it is, where the policy has several issuers.
    pub issuer: Option<Name>,
    /// `userinfo { … }`: what the issuer's userinfo endpoint answers.
    pub userinfo: Option<Spanned<Claims>>,
    /// `header NAME "VALUE"`
    pub headers: Vec<(Name, Plain)>,
    /// `query NAME "VALUE"`
    pub query: Vec<(Name, Plain)>,
    /// `ip "ADDRESS"`
    pub ip: Option<Plain>,
    /// `now "RFC 3339"`
    pub now: Option<Plain>,
    /// `stage "NAME"`
    pub stage: Option<Plain>,
    /// `param NAME = "VALUE"`
    pub params: Vec<(Name, Plain)>,
    /// What is expected; at least one line.
    pub expectations: Vec<Expectation>,
}

/// Claims of a token, or an answer of a userinfo endpoint.
pub type Claims = serde_json::Map<String, serde_json::Value>;

/// Who asks in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// `anonymous`: nobody known.
    Anonymous(Span),
    /// `token { … }`: the claims of a verified token.
    Token(Spanned<Claims>),
    /// `token "file.json"`: a file that holds the claims, relative to the policy.
    TokenFile(Plain),
}

/// One line of a test: each of the verbs on each of the paths is so decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Whether the request is let through: `allow` or `deny`, at that word.
    pub allowed: Spanned<bool>,
    /// The verbs; at least one.
    pub verbs: Verbs,
    /// The request paths as sent, percent-encoding and all; at least one.
    pub paths: Vec<Plain>,
    /// `by ID`: the rule that decides.
    pub by: Option<Name>,
    /// Where it is written.
    pub span: Span,
}
