//! Why a token is not accepted.

use std::fmt;

use policy_engine::Algorithm;

use super::MAX_TOKEN_BYTES;
use super::json::MAX_DEPTH;
use crate::fetch::FetchError;
use crate::keys::KeyFault;
use crate::log::Quoted;

/// Why a token is not accepted. What it says is for the log: the caller only ever learns `Unauthorized`.
///
/// No variant holds a part of the token that could be replayed: of its text, only `alg`, `kid`, `typ` and
/// `iss` are repeated, cut and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request carries different tokens in one place.
    SeveralTokens,
    /// What stands before the token is not what the policy's `scheme` says.
    Scheme,
    /// It is longer than [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES).
    TooLong,
    /// It is not three parts separated by dots.
    Parts,
    /// A part is not base64url without padding, in its canonical form.
    Base64(Part),
    /// A part is not a JSON object.
    Json(Part),
    /// A part's object is nested too deeply.
    Nesting(Part),
    /// A member of a part's object comes twice.
    DuplicateMember(Part),
    /// A member that is needed is not there, or of another type.
    Member(Part, &'static str),
    /// The header names extensions that have to be understood (`crit`).
    Critical,
    /// The header holds a key or its address, in the member of that name.
    EmbeddedKey(&'static str),
    /// The header's `alg` is `none`.
    Unsigned,
    /// The header's `alg` is one of those whose secret both sides know (HMAC).
    SharedSecret(Quoted),
    /// The header's `alg` is none that any policy can name.
    UnknownAlgorithm(Quoted),
    /// The policy does not accept tokens of this `iss`.
    UnknownIssuer(Quoted),
    /// Two of the policy's issuers have this `iss`, and the token fits the settings of both.
    AmbiguousIssuer,
    /// The issuer's `algorithms` do not hold this one.
    Algorithm(Algorithm),
    /// The header's `typ` is another than the issuer's `type`, or, where it has none, than those of ID and access
    /// tokens.
    Type(Option<Quoted>),
    /// No audience of the policy is in `aud`, or is `client_id` where there is no `aud`.
    Audience,
    /// The `token_use` is another than the issuer's.
    TokenUse,
    /// It expired so many seconds ago.
    Expired(i64),
    /// It is valid only in so many seconds.
    NotYetValid(i64),
    /// It was issued in the future, by so many seconds.
    IssuedInFuture(i64),
    /// It lives longer than the issuer's `max_lifetime`, so many seconds in all.
    Lifetime(i64),
    /// The issuer's keys could not be fetched.
    NoKeys(String),
    /// The issuer has no such key for this algorithm; the `kid`, where the token has one.
    UnknownKey(Option<Quoted>),
    /// The issuer's key of that name cannot be used, and why.
    UnusableKey(Option<Quoted>, KeyFault),
    /// The issuer's key of that name is for another algorithm.
    KeyAlgorithm(Option<Quoted>),
    /// The token has no `kid`, and several keys fit.
    AmbiguousKey,
    /// The signature is not one of the key.
    Signature,
    /// A claim that the policy reads is kept elsewhere, and the token only says where (`_claim_names`).
    ClaimElsewhere(String),
    /// The userinfo endpoint did not answer as it should.
    Userinfo(FetchError),
    /// The userinfo endpoint answered about somebody else.
    UserinfoSubject,
}

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Header,
    /// The second.
    Claims,
    /// The third.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "payload",
            Self::Signature => "signature",
        })
    }
}

impl Refusal {
    /// A short name that does not change, to count and filter by.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SeveralTokens => "several_tokens",
            Self::AmbiguousIssuer => "ambiguous_issuer",
            Self::Scheme => "scheme",
            Self::TooLong => "too_long",
            Self::Parts => "parts",
            Self::Base64(_) => "base64",
            Self::Json(_) => "json",
            Self::Nesting(_) => "nesting",
            Self::Member(..) => "member",
            Self::DuplicateMember(_) => "duplicate_member",
            Self::Critical => "critical_extension",
            Self::EmbeddedKey(_) => "embedded_key",
            Self::Unsigned => "unsigned",
            Self::SharedSecret(_) => "shared_secret",
            Self::UnknownAlgorithm(_) => "unknown_algorithm",
            Self::Algorithm(_) => "algorithm",
            Self::UnknownIssuer(_) => "issuer",
            Self::Type(_) => "type",
            Self::Audience => "audience",
            Self::TokenUse => "token_use",
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not_yet_valid",
            Self::IssuedInFuture(_) => "issued_in_future",
            Self::Lifetime(_) => "lifetime",
            Self::NoKeys(_) => "no_keys",
            Self::UnknownKey(_) => "key",
            Self::UnusableKey(_, KeyFault::Weak) => "weak_key",
            Self::UnusableKey(..) => "unusable_key",
            Self::KeyAlgorithm(_) => "key_algorithm",
            Self::AmbiguousKey => "ambiguous_key",
            Self::Signature => "signature",
            Self::ClaimElsewhere(_) => "claim_elsewhere",
            Self::Userinfo(_) | Self::UserinfoSubject => "userinfo",
        }
    }

    /// Whether it says that something on this side or the issuer's is broken, rather than the token.
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::NoKeys(_) | Self::Userinfo(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeveralTokens => f.write_str("the request carries several different tokens"),
            Self::AmbiguousIssuer => f.write_str("it fits the settings of two issuers of the same `iss`"),
            Self::Scheme => {
                f.write_str("what stands before the token is not what the policy's `scheme` says")
            }
            Self::TooLong => write!(f, "the token is longer than {MAX_TOKEN_BYTES} bytes"),
            Self::Parts => f.write_str("the token is not three parts separated by dots"),
            Self::Base64(part) => write!(f, "the token's {part} is not canonical base64url"),
            Self::Json(part) => write!(f, "the token's {part} is not a JSON object"),
            Self::Nesting(part) => {
                write!(f, "the token's {part} is nested deeper than {MAX_DEPTH} levels")
            }
            Self::DuplicateMember(part) => write!(f, "a member of the token's {part} comes twice"),
            Self::Member(part, name) => {
                write!(f, "the token's {part} has no `{name}`, or one of a wrong type")
            }
            Self::Critical => {
                f.write_str("the token names critical extensions (`crit`), and none is understood")
            }
            Self::EmbeddedKey(name) => {
                write!(f, "the token brings its own key (`{name}`), and only the issuer's are used")
            }
            Self::Unsigned => f.write_str("the token is not signed: its `alg` is `none`"),
            Self::SharedSecret(name) => {
                write!(f, "the token's `alg` is {name}, and secrets that both sides know are never accepted")
            }
            Self::UnknownAlgorithm(name) => write!(f, "the token's `alg` is {name}, which is never accepted"),
            Self::UnknownIssuer(name) => {
                write!(f, "the token's `iss` is {name}, which is no issuer of the policy")
            }
            Self::Algorithm(algorithm) => {
                write!(f, "the issuer's `algorithms` do not hold the token's, `{}`", algorithm.name())
            }
            Self::Type(Some(name)) => {
                write!(f, "the token's `typ` is {name}, which is not what the issuer's tokens are")
            }
            Self::Type(None) => f.write_str("the token has no `typ`, and the issuer asks for one"),
            Self::Audience => f.write_str("the token is for none of the issuer's audiences"),
            Self::TokenUse => f.write_str("the token's `token_use` is not the issuer's"),
            Self::Expired(seconds) => write!(f, "the token expired {seconds} s ago"),
            Self::NotYetValid(seconds) => write!(f, "the token is valid only in {seconds} s"),
            Self::IssuedInFuture(seconds) => write!(f, "the token was issued {seconds} s in the future"),
            Self::Lifetime(seconds) => write!(f, "the token lives {seconds} s, longer than `max_lifetime`"),
            Self::NoKeys(issuer) => write!(f, "there are no keys of the issuer `{issuer}`"),
            Self::UnknownKey(Some(kid)) => write!(f, "the issuer has no key {kid}"),
            Self::UnknownKey(None) => f.write_str("the issuer has no key for the token's algorithm"),
            Self::UnusableKey(Some(kid), fault) => write!(f, "the issuer's key {kid} is not used: {fault}"),
            Self::UnusableKey(None, fault) => write!(f, "the issuer's key is not used: {fault}"),
            Self::KeyAlgorithm(Some(kid)) => {
                write!(f, "the issuer's key {kid} is not one for the token's algorithm")
            }
            Self::KeyAlgorithm(None) => f.write_str("the issuer's key is not one for the token's algorithm"),
            Self::AmbiguousKey => f.write_str("the token names no key, and several fit"),
            Self::Signature => f.write_str("the token's signature is wrong"),
            Self::ClaimElsewhere(name) => write!(
                f,
                "the claim `{name}` does not fit into the token, which only says where it is kept (`_claim_names`)"
            ),
            Self::Userinfo(error) => write!(f, "the userinfo endpoint {error}"),
            Self::UserinfoSubject => f.write_str("the userinfo endpoint answered about another subject"),
        }
    }
}

impl std::error::Error for Refusal {}
