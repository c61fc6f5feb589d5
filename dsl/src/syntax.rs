//! The syntax tree: what a policy's text says, with a span for every part of it.
//!
//! Names are not resolved here: [`ValueKind::Name`] may be a `let` or a `param`, or neither.

use std::fmt;

use policy_engine::condition::{Number, Root};
use policy_engine::{
    Algorithm, Effect, IdentitySource, InvalidToken, Scheme, TokenSource, VerbSet,
};

use crate::source::Span;

/// A part of the tree, and where it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The part.
    pub node: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// The part with its place.
    pub const fn new(node: T, span: Span) -> Self {
        Self { node, span }
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.node, self.span)
    }
}

/// A name as it is written; for a quoted one (`token."cognito:groups"`), what the string holds.
pub type Name = Spanned<String>;

/// A string without `${…}`.
pub type Plain = Spanned<String>;

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The statements that could be read, in the order of the text.
    pub statements: Vec<Statement>,
    /// The statements that could not be read; each has an error of its own.
    pub broken: Vec<Broken>,
    /// Every comment, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment, from its `#` to the end of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Whether it documents the statement below it: `##`, first on its line.
    pub is_doc: bool,
    /// Where it is written.
    pub span: Span,
}

/// A statement that could not be read. What it would have defined is not unknown, only not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name that it seems to define: of a `let`, `param` or `issuer`, or behind a rule's `as`.
    pub name: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it says.
    pub kind: StatementKind,
    /// The doc comment above it: its lines, without their `##`.
    pub doc: Option<String>,
    /// The warnings that are turned off for it: `# allow(W0101): reason`.
    pub allowed: Vec<AllowedWarning>,
    /// Where it is written, without its comments.
    pub span: Span,
}

/// A warning that is turned off for one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedWarning {
    /// The code as it is written; it may be no code at all.
    pub code: Name,
    /// Why; empty where nothing is said.
    pub reason: String,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `allow`, `public`, `deny`
    Rule(Rule),
    /// `never allow`, `always allow`
    Invariant(Invariant),
    /// `let NAME = C`
    Let(Let),
    /// `param NAME [= "default"]`
    Param(Param),
    /// `issuer NAME { … }`
    Issuer(Issuer),
    /// `api { … }`, `api "openapi.yaml"`
    Api(Api),
    /// `principal V`
    Principal(Value),
    /// `context { KEY = V … }`
    Context(Vec<ContextEntry>),
    /// `usage_key V`
    UsageKey(Value),
    /// `authorizer { … }`
    Authorizer(Authorizer),
    /// `use "other.policy"`
    Use(Plain),
    /// `test "NAME" { … }`
    Test(Test),
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it does where it matches, at its keyword.
    pub effect: Spanned<Effect>,
    /// Its verbs; at least one.
    pub verbs: Verbs,
    /// Its paths; at least one.
    pub paths: Vec<Path>,
    /// `when C`
    pub when: Option<Condition>,
    /// `unless C`
    pub unless: Option<Condition>,
    /// `as ID`
    pub id: Option<Name>,
    /// `because "TEXT"`
    pub because: Option<Text>,
}

/// An invariant over all tokens and requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// `never` or `always`, at its keyword.
    pub kind: Spanned<InvariantKind>,
    /// Its verbs; at least one.
    pub verbs: Verbs,
    /// Its paths; at least one.
    pub paths: Vec<Path>,
    /// `when C`: it is about the tokens and requests for which this holds.
    pub when: Option<Condition>,
    /// `unless C`: and for which this does not.
    pub unless: Option<Condition>,
}

/// What an invariant says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvariantKind {
    /// `never allow`
    Never,
    /// `always allow`
    Always,
}

/// The verbs of a rule or route, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verbs {
    /// Each verb as a set: of one, or of all for `ANY`.
    pub named: Vec<Spanned<VerbSet>>,
    /// From the first to the last.
    pub span: Span,
}

impl Verbs {
    /// All of them.
    pub fn set(&self) -> VerbSet {
        self.named.iter().fold(VerbSet::EMPTY, |set, verb| set.union(verb.node))
    }
}

/// A path pattern. `/` has neither segments nor a tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The segments, in order.
    pub segments: Vec<Spanned<Segment>>,
    /// `**` or `{name+}` at the end.
    pub tail: Option<Spanned<Tail>>,
    /// Where it is written.
    pub span: Span,
}

/// One segment of a path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// That segment, byte for byte.
    Literal(String),
    /// `*`
    Any,
    /// `{name}`: the name without its braces.
    Param(String),
    /// A glob that globset can read.
    Glob(String),
}

/// What follows the segments: one or more of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// `**`
    Any,
    /// `{name+}`: the name without braces and plus.
    Param(String),
}

/// `let NAME = C`
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// What it stands for.
    pub condition: Condition,
}

/// `param NAME [= "default"]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The name.
    pub name: Name,
    /// The value where none is given.
    pub default: Option<Plain>,
}

/// `issuer NAME { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Issuer {
    /// The name.
    pub name: Name,
    /// `url`: the `iss` claim.
    pub url: Text,
    /// `jwks`: where the keys are. Never together with `key`.
    pub jwks: Option<Text>,
    /// `key`: a PEM file's path, relative to the policy.
    pub key: Option<Plain>,
    /// `audience`: one or more; empty where the field is not there.
    pub audience: Vec<Text>,
    /// `algorithms`: one or more; empty where the field is not there.
    pub algorithms: Vec<Spanned<Algorithm>>,
    /// `token_use`
    pub token_use: Option<Text>,
    /// `type`
    pub token_type: Option<Text>,
    /// `groups`: where groups are read.
    pub groups: Option<Member>,
    /// `scopes`: where scopes are read, the first that is there; empty where the field is not there.
    pub scopes: Vec<Member>,
    /// `leeway`, in seconds.
    pub leeway: Option<Spanned<u64>>,
    /// `max_lifetime`, in seconds.
    pub max_lifetime: Option<Spanned<u64>>,
    /// `userinfo`: the endpoint's URL.
    pub userinfo: Option<Text>,
}

/// The routes that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// `api { VERB… PATH… }`
    Routes(Vec<Route>),
    /// `api "openapi.yaml"`
    File(Plain),
}

/// Declared routes: each of the verbs on each of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The verbs; at least one.
    pub verbs: Verbs,
    /// The paths; at least one.
    pub paths: Vec<Path>,
    /// Where it is written.
    pub span: Span,
}

/// One entry of `context`.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextEntry {
    /// The key.
    pub key: Name,
    /// What the backend gets.
    pub value: ContextValue,
    /// Where it is written.
    pub span: Span,
}

/// What the backend gets for a context key.
#[derive(Debug, Clone, PartialEq)]
pub enum ContextValue {
    /// A value; its name, where it is one, may be a condition's.
    Value(Value),
    /// A condition that is more than a value: whether it holds.
    Condition(Condition),
    /// `json(V)`
    Json(Value),
}

/// `authorizer { … }`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorizer {
    /// `cache`, in seconds.
    pub cache: Option<Spanned<u32>>,
    /// `identity`; empty where the field is not there. Header names are in lower case.
    pub identity: Vec<Spanned<IdentitySource>>,
    /// `token`; a header's name is in lower case.
    pub token: Option<Spanned<TokenSource>>,
    /// `scheme`
    pub scheme: Option<Spanned<Scheme>>,
    /// `invalid_token`
    pub invalid_token: Option<Spanned<InvalidToken>>,
    /// `resource_policy`
    pub resource_policy: Option<Spanned<bool>>,
    /// `expire_with_token`
    pub expire_with_token: Option<Spanned<bool>>,
    /// `max_policy_bytes`
    pub max_policy_bytes: Option<Spanned<u32>>,
}

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

/// A condition. At most [`MAX_DEPTH`](crate::limits::MAX_DEPTH) deep.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What it says.
    pub kind: ConditionKind,
    /// Where it is written, parentheses around it included.
    pub span: Span,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// `a or b …`: at least two.
    Or(Vec<Condition>),
    /// `a and b …`: at least two.
    And(Vec<Condition>),
    /// `not a`
    Not(Box<Condition>),
    /// `group V`
    Group(Value),
    /// `scope V`
    Scope(Value),
    /// `issuer NAME`
    Issuer(Name),
    /// `has V`
    Has(Value),
    /// `a == b`, `a in b`, …
    Relation(Box<Relation>),
    /// A value alone: a claim, a name, `true`.
    Value(Value),
}

/// Two values and what is between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// What stands left of the operator.
    pub left: Value,
    /// The operator.
    pub operator: Spanned<Operator>,
    /// What stands right of the operator.
    pub right: Value,
}

/// What can stand between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `contains`
    Contains,
    /// `like`
    Like,
}

impl Operator {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Like => "like",
        }
    }
}

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
