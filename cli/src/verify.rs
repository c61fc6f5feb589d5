//! Signed tokens, verified as the authorizer does it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use policy_authorizer::log::{Level, Log};
use policy_authorizer::token::{IssuerFault, KeysFrom, Refusal, Verifier, VerifierError};
use policy_engine::condition::IssuerId;
use policy_engine::issuer::{IssuerConfig, Keys};
use policy_engine::text::{ParamValues, Text};
use policy_engine::{Issuer, KeySource, Policy, ProgramParts, Token};
use serde_json::Value;

use crate::exit::Failure;
use crate::input::{self, Object};
use crate::params;

/// The keys that were given to verify with.
#[derive(Debug)]
pub(crate) enum GivenKeys {
    /// None: those of the policy's issuers are.
    None,
    /// A JWKS.
    Jwks(Vec<u8>),
    /// The address of a JWKS.
    Url(String),
}

impl GivenKeys {
    /// A file, or a URL.
    pub(crate) fn read(given: Option<&str>) -> Result<Self, Failure> {
        Ok(match given {
            None => Self::None,
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Self::Url(url.to_owned())
            }
            Some(path) => Self::Jwks(input::text(path)?.into_bytes()),
        })
    }

    fn source(&self) -> KeysFrom<'_> {
        match self {
            Self::None => KeysFrom::Issuers,
            Self::Jwks(bytes) => KeysFrom::Jwks(bytes),
            Self::Url(url) => KeysFrom::Url(url),
        }
    }
}

/// The verified token of that text at `now`, in seconds since 1970-01-01 UTC; or why it is not accepted.
/// What is broken elsewhere (an issuer without keys, a param without a value) is a failure.
pub(crate) fn verify(
    policy: &Policy,
    text: &str,
    keys: &GivenKeys,
    now: i64,
) -> Result<Result<Token, Refusal>, Failure> {
    let lines = Lines::default();
    let log = Arc::new(Log::new(Some(Level::Error), lines.clone()));
    let verifier = Verifier::new(policy, keys.source(), &log).map_err(|error| unusable(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::invalid(format!("no token can be verified: {error}")))?;
    match runtime.block_on(verifier.verify(text, now)) {
        Err(refusal) if refusal.is_outage() => Err(outage(&refusal, &lines)),
        answer => Ok(answer),
    }
}

/// The policy's issuers alone: a verifier of these asks no userinfo endpoint.
pub(crate) fn issuers_alone(policy: &Policy) -> Result<Policy, Failure> {
    let ids = (0_u32..).map(IssuerId).take(policy.issuer_count());
    let configs = ids.filter_map(|id| policy.issuer_config(id));
    let issuers = configs.map(|config| config.map(issuer_alone)).collect::<Result<_, _>>();
    let issuers = issuers.map_err(|missing| params::unbound(&missing.into()))?;
    let program = ProgramParts { issuers, ..ProgramParts::empty() }.into_program();
    Policy::bind(program, ParamValues::new(&[], |_| None)).map_err(|error| params::unbound(&error))
}

fn issuer_alone(config: IssuerConfig) -> Issuer {
    Issuer {
        name: config.name,
        url: Text::Fixed(config.url),
        keys: match config.keys {
            Keys::Discovery => KeySource::Discovery,
            Keys::Jwks(url) => KeySource::Jwks(Text::Fixed(url)),
            Keys::Pem(pem) => KeySource::Pem(pem),
        },
        audiences: config.audiences.into_iter().map(Text::Fixed).collect(),
        algorithms: config.algorithms,
        token_use: config.token_use.map(Text::Fixed),
        token_type: config.token_type.map(Text::Fixed),
        groups: None,
        scopes: Vec::new(),
        leeway: config.leeway,
        max_lifetime: config.max_lifetime,
        userinfo: None,
    }
}

/// The token with what the userinfo endpoint would answer.
pub(crate) fn with_userinfo(token: Token, userinfo: Option<Object>) -> Token {
    match userinfo {
        Some(userinfo) => token.with_userinfo(userinfo),
        None => token,
    }
}

fn unusable(error: &VerifierError) -> Failure {
    let failure = Failure::invalid(error.to_string());
    match &error.fault {
        IssuerFault::Param(missing) => failure.help(params::give(&missing.name)),
        _ => failure,
    }
}

fn outage(refusal: &Refusal, lines: &Lines) -> Failure {
    let message = match lines.last_reason() {
        Some(reason) => format!("{refusal}: {reason}"),
        None => refusal.to_string(),
    };
    Failure::invalid(message).help("give the keys with `--jwks FILE`, or the claims with `--claims`")
}

/// The log of the verification: why keys could not be fetched stands there.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn last_reason(&self) -> Option<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = bytes.split(|byte| *byte == b'\n');
        let mut reasons = lines.filter_map(|line| {
            let line: Value = serde_json::from_slice(line).ok()?;
            Some(line.get("reason")?.as_str()?.to_owned())
        });
        reasons.next_back()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
