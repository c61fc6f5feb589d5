//! Blocks of fields.

use policy_engine::{Algorithm, IdentitySource, InvalidToken, ResponseFormat, Scheme, TokenSource};

use super::{Member, Name, Plain, Spanned, Text};

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
    /// `response`
    pub response: Option<Spanned<ResponseFormat>>,
    /// `resource_policy`
    pub resource_policy: Option<Spanned<bool>>,
    /// `expire_with_token`
    pub expire_with_token: Option<Spanned<bool>>,
    /// `max_policy_bytes`
    pub max_policy_bytes: Option<Spanned<u32>>,
}
