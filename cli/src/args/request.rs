//! The options that say who asks, and what.

use std::net::IpAddr;

use clap::Args;

use super::value;

/// Who asks: exactly one of these.
#[derive(Debug, Args)]
#[group(id = "who", multiple = false)]
#[command(next_help_heading = "Who asks")]
pub(crate) struct WhoArgs {
    /// Claims that are taken as verified: a JSON object, or a file that holds one
    #[arg(long, value_name = "FILE|JSON")]
    pub(crate) claims: Option<String>,
    /// A signed token, which is verified; or a file that holds it
    #[arg(long, value_name = "FILE|JWT")]
    pub(crate) token: Option<String>,
    /// Claims to make a token of on the spot, signed with a fresh development key and then verified
    #[arg(long, value_name = "FILE|JSON")]
    pub(crate) mint: Option<String>,
    /// Nobody known: a request without a token
    #[arg(long)]
    pub(crate) anonymous: bool,
}

/// How the token is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who asks")]
pub(crate) struct TokenArgs {
    /// Whose token it is, where the policy has several issuers
    #[arg(long, value_name = "NAME")]
    pub(crate) issuer: Option<String>,
    /// The keys to verify --token with; those of the policy's issuer unless given
    #[arg(long, value_name = "FILE|URL", conflicts_with_all = ["claims", "mint", "anonymous", "batch"])]
    pub(crate) jwks: Option<String>,
    /// What the issuer's userinfo endpoint answers: a JSON object, or a file that holds one
    #[arg(long, value_name = "FILE|JSON", conflicts_with_all = ["anonymous", "batch"])]
    pub(crate) userinfo: Option<String>,
    /// The time of the request; the present unless given
    #[arg(long, value_name = "RFC3339", value_parser = value::now)]
    pub(crate) now: Option<i64>,
}

/// The rest of the request.
#[derive(Debug, Args)]
#[group(id = "request", multiple = true)]
#[command(next_help_heading = "The rest of the request")]
pub(crate) struct RequestArgs {
    /// A header, such as 'X-Tenant: a'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = value::header, conflicts_with = "event")]
    pub(crate) headers: Vec<(String, String)>,
    /// A query parameter, such as 'page=2'
    #[arg(long = "query", value_name = "NAME=VALUE", value_parser = value::query, conflicts_with = "event")]
    pub(crate) query: Vec<(String, String)>,
    /// The caller's address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "event")]
    pub(crate) ip: Option<IpAddr>,
    /// The API's stage
    #[arg(long, value_name = "NAME", conflicts_with = "event")]
    pub(crate) stage: Option<String>,
    /// The whole request, and the token unless it is given otherwise: a Lambda authorizer's event
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<String>,
}

/// The policy's deploy-time values.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The policy's params")]
pub(crate) struct ParamArgs {
    /// A param's value; also read from `POLICY_PARAM_NAME` in the environment
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = value::param)]
    pub(crate) given: Vec<(String, String)>,
}
