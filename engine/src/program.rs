//! The compiled policy: what a bundle holds.

use serde::{Deserialize, Serialize};

use crate::condition::{ConditionBuilder, ConditionTable, NodeId, Operand, SelectorId};
use crate::index::Index;
use crate::list::List;
use crate::pattern::PathPattern;
use crate::text::{Param, Text};
use crate::verb::VerbSet;

/// Index of a rule in [`ProgramParts::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u32);

/// Index of a clause in [`ProgramParts::clauses`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClauseId(pub u32);

/// A compiled, immutable policy whose parameters have no values yet.
///
/// It comes out of the compiler (`policy-dsl`) or out of a checked bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub(crate) parts: ProgramParts,
    pub(crate) index: Index,
    /// In the order of the clauses.
    pub(crate) heads: Vec<ClauseHead>,
    /// The rules whose reason needs parameters, in order.
    pub(crate) templated: Vec<RuleId>,
}

/// What a program is made of. [`ProgramParts::into_program`] makes it ready to be looked up in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramParts {
    /// SHA-256 of the source text, all files included.
    pub source_digest: [u8; 32],
    /// The source files' names, the first one given first.
    pub files: Vec<String>,
    /// The parameters, in the order of the text.
    pub params: Vec<Param>,
    /// Whose tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// The rules, in the order of the text.
    #[serde(skip)]
    pub rules: List<Rule>,
    /// A clause for each path of each rule, in the order of the rules.
    #[serde(skip)]
    pub clauses: List<Clause>,
    /// The routes that exist; empty where the policy declares none.
    pub routes: Vec<Route>,
    /// Every condition.
    pub conditions: ConditionTable,
    /// The response's principal, where there is a token.
    pub principal: Operand,
    /// What the backend gets, in the order of the text.
    pub context: Vec<ContextEntry>,
    /// The response's usage identifier key.
    pub usage_key: Option<Operand>,
    /// How the authorizer is attached.
    pub authorizer: AuthorizerSettings,
}

/// What a rule does where it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Lets a request with a token through.
    Allow,
    /// Lets a request through, with or without a token.
    Public,
    /// Refuses a request, with or without a token, whatever else allows it.
    Deny,
}

impl Effect {
    /// The statement's keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Public => "public",
            Self::Deny => "deny",
        }
    }
}

/// A rule as it is named in explanations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its `as ID`, or its file and line (`users.policy:26`).
    pub id: String,
    /// What it does.
    pub effect: Effect,
    /// Its reason.
    pub because: Option<Text>,
    /// Index into [`ProgramParts::files`].
    pub file: u32,
    /// The line it starts on, counted from 1.
    pub line: u32,
}

/// One path of a rule, with the rule's verbs and its condition as it reads for that path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Whose clause it is.
    pub rule: RuleId,
    /// The verbs it is for.
    pub verbs: VerbSet,
    /// The paths it is for.
    pub pattern: PathPattern,
    /// When it holds.
    pub condition: NodeId,
}

/// What a decision needs of a clause that the request's verb and path match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClauseHead {
    pub(crate) rule: RuleId,
    /// Its rule's.
    pub(crate) effect: Effect,
    pub(crate) condition: NodeId,
}

/// A declared route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its verbs.
    pub verbs: VerbSet,
    /// Its path, without globs.
    pub pattern: PathPattern,
}

/// Whose tokens are accepted, and how they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// Its name in the policy.
    pub name: String,
    /// The `iss` claim, compared exactly.
    pub url: Text,
    /// Where the keys come from.
    pub keys: KeySource,
    /// One of these must be in `aud`, or be `client_id` where a token has no `aud`; empty: not checked.
    pub audiences: Vec<Text>,
    /// The accepted signature algorithms, by their names in RFC 7518 and RFC 8037.
    pub algorithms: Vec<Algorithm>,
    /// What `token_use` must be.
    pub token_use: Option<Text>,
    /// What the header's `typ` must be, compared without regard to case.
    pub token_type: Option<Text>,
    /// Where groups are read: a string is one group, an array is a list of them.
    pub groups: Option<SelectorId>,
    /// Where scopes are read: the first that is there. A string is a list separated by spaces.
    pub scopes: Vec<SelectorId>,
    /// How far the clocks may be apart, in seconds.
    pub leeway: u64,
    /// The longest time between `iat` and `exp`, in seconds.
    pub max_lifetime: Option<u64>,
    /// The endpoint that answers with `userinfo.x`.
    pub userinfo: Option<Text>,
}

/// Where an issuer's keys come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeySource {
    /// The JWKS that the issuer's OpenID configuration names.
    Discovery,
    /// The JWKS at this URL.
    Jwks(Text),
    /// A fixed public key, as PEM text.
    Pem(String),
}

/// A signature algorithm of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of RFC 7518 and RFC 8037")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl Algorithm {
    /// Every algorithm that a policy can name.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The name, as in a token's `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// The algorithm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// One entry of the response's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextEntry {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: ContextValue,
}

/// The value of a [`ContextEntry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextValue {
    /// A string, number or boolean; left out where it is missing or of another type.
    Operand(Operand),
    /// Whether the condition holds.
    Condition(NodeId),
    /// The value written as JSON text; left out where it is missing.
    Json(Operand),
}

/// How the authorizer is attached to the API: the `authorizer` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerSettings {
    /// How long API Gateway keeps an answer, in seconds, where the policy says.
    pub cache: Option<u32>,
    /// The cache key, where the policy says.
    pub identity: Vec<IdentitySource>,
    /// Where the token is.
    pub token: TokenSource,
    /// What stands before it.
    pub scheme: Scheme,
    /// What an invalid token is answered with.
    pub invalid_token: InvalidToken,
    /// What an answer is made of.
    pub response: ResponseFormat,
    /// The API has a resource policy: deny explicitly all that is not allowed.
    pub resource_policy: bool,
    /// Every Allow ends with the token.
    pub expire_with_token: bool,
    /// The largest policy document, in bytes of JSON.
    pub max_policy_bytes: u32,
}

impl Default for AuthorizerSettings {
    fn default() -> Self {
        Self {
            cache: None,
            identity: Vec::new(),
            token: TokenSource::Header("authorization".to_owned()),
            scheme: Scheme::Bearer,
            invalid_token: InvalidToken::Unauthorized,
            response: ResponseFormat::Iam,
            resource_policy: false,
            expire_with_token: false,
            max_policy_bytes: 8_192,
        }
    }
}

/// A part of the request that API Gateway keys its cache on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IdentitySource {
    /// A header; the name in lower case.
    Header(String),
    /// A query parameter.
    Query(String),
    /// A context variable, without `$context.`.
    Context(String),
    /// A stage variable.
    Stage(String),
}

/// Where a request's token is. A TOKEN authorizer's event holds it in a field of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenSource {
    /// A header; the name in lower case.
    Header(String),
    /// A query parameter.
    Query(String),
}

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// `Bearer` in any case, and spaces.
    Bearer,
    /// Nothing.
    Raw,
    /// Either.
    Any,
}

/// What an invalid token is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvalidToken {
    /// 401: the function fails with `Unauthorized`.
    Unauthorized,
    /// 403: a policy that denies everything.
    Forbidden,
}

/// What an answer is made of ("Control access to HTTP APIs with AWS Lambda authorizers", AWS's documentation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseFormat {
    /// An IAM policy.
    Iam,
    /// Whether the request at hand is let through: `isAuthorized`. HTTP APIs with payload format 2.0 take it, and
    /// keep it for every request with the same identity sources, whatever its route.
    Simple,
}

impl ProgramParts {
    /// A policy without any statement: everything is denied.
    pub fn empty() -> Self {
        let mut conditions = ConditionBuilder::default();
        let sub = conditions.selector(crate::condition::Selector {
            root: crate::condition::Root::Token,
            names: vec!["sub".to_owned()],
        });
        Self {
            source_digest: [0; 32],
            files: Vec::new(),
            params: Vec::new(),
            issuers: Vec::new(),
            rules: List::default(),
            clauses: List::default(),
            routes: Vec::new(),
            conditions: conditions.finish(),
            principal: Operand::Claim(sub),
            context: Vec::new(),
            usage_key: None,
            authorizer: AuthorizerSettings::default(),
        }
    }

    /// Builds the index over verbs and path segments. Deterministic: the same parts, the same program.
    pub fn into_program(self) -> Program {
        let index = Index::build(&self.clauses, &self.conditions);
        let is_template = |rule: &Rule| matches!(rule.because, Some(Text::Template(_)));
        let numbered = (0u32..).map(RuleId).zip(&self.rules);
        let templated = numbered.filter(|(_, rule)| is_template(rule)).map(|(id, _)| id).collect();
        // A clause of no rule, which nothing compiles to, denies.
        let effect = |id: RuleId| self.rules.get(id.0 as usize).map_or(Effect::Deny, |rule| rule.effect);
        let head = |clause: &Clause| {
            let (rule, condition) = (clause.rule, clause.condition);
            ClauseHead { rule, effect: effect(rule), condition }
        };
        let heads = self.clauses.iter().map(head).collect();
        Program { parts: self, index, heads, templated }
    }
}

impl Program {
    /// What the program is made of.
    pub const fn parts(&self) -> &ProgramParts {
        &self.parts
    }

    /// Whether the conditions that were read can be walked: no circles, no depth without end.
    pub(crate) fn is_sound(&self) -> bool {
        self.parts.conditions.is_sound()
    }

    /// The file that a rule stands in.
    pub fn file_of(&self, rule: &Rule) -> &str {
        self.parts.files.get(rule.file as usize).map_or("", String::as_str)
    }
}
