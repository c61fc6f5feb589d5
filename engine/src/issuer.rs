//! An issuer with its parameters filled in: what verifying a token needs.

use crate::program::{Algorithm, Issuer, KeySource};
use crate::text::{MissingParam, Param, ParamValues, Text};

/// Whose tokens are accepted, and how they are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerConfig {
    /// Its name in the policy.
    pub name: String,
    /// The `iss` claim, compared exactly.
    pub url: String,
    /// Where the keys come from.
    pub keys: Keys,
    /// One of these must be in `aud`, or be `client_id` where a token has no `aud`; empty: not checked.
    pub audiences: Vec<String>,
    /// The accepted signature algorithms.
    pub algorithms: Vec<Algorithm>,
    /// What `token_use` must be.
    pub token_use: Option<String>,
    /// What the header's `typ` must be, compared without regard to case.
    pub token_type: Option<String>,
    /// How far the clocks may be apart, in seconds.
    pub leeway: u64,
    /// The longest time between `iat` and `exp`, in seconds.
    pub max_lifetime: Option<u64>,
    /// The endpoint that answers with `userinfo.x`.
    pub userinfo: Option<String>,
}

/// Where an issuer's keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// The JWKS that the issuer's OpenID configuration names.
    Discovery,
    /// The JWKS at this URL.
    Jwks(String),
    /// A fixed public key, as PEM text.
    Pem(String),
}

impl IssuerConfig {
    pub(crate) fn new(issuer: &Issuer, params: &[Param], values: &ParamValues) -> Result<Self, MissingParam> {
        let text = |text: &Text| resolve(text, params, values);
        let optional = |value: &Option<Text>| value.as_ref().map(text).transpose();
        Ok(Self {
            name: issuer.name.clone(),
            url: text(&issuer.url)?,
            keys: match &issuer.keys {
                KeySource::Discovery => Keys::Discovery,
                KeySource::Jwks(url) => Keys::Jwks(text(url)?),
                KeySource::Pem(pem) => Keys::Pem(pem.clone()),
            },
            audiences: issuer.audiences.iter().map(text).collect::<Result<_, _>>()?,
            algorithms: issuer.algorithms.clone(),
            token_use: optional(&issuer.token_use)?,
            token_type: optional(&issuer.token_type)?,
            leeway: issuer.leeway,
            max_lifetime: issuer.max_lifetime,
            userinfo: optional(&issuer.userinfo)?,
        })
    }
}

/// The text with the parameters' values in it.
pub(crate) fn resolve(text: &Text, params: &[Param], values: &ParamValues) -> Result<String, MissingParam> {
    text.resolve(values).map(std::borrow::Cow::into_owned).map_err(|id| MissingParam {
        name: params.get(id.0 as usize).map_or_else(String::new, |param| param.name.clone()),
    })
}
