//! The start of the authorizer: from the environment to a policy that answers, or to a message that names
//! what is in the way.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use policy_engine::bundle::{self, BundleError, MAX_BUNDLE_BYTES};
use policy_engine::text::ParamValues;
use policy_engine::{BindError, Policy};
use serde::Serialize;

use crate::config::{Config, ConfigError};
use crate::handler::Authorizer;
use crate::log::{Level, Log};
use crate::token::VerifierError;

/// Why there is no authorizer.
#[derive(Debug)]
pub enum InitError {
    /// The environment is not as it should be.
    Config(ConfigError),
    /// The bundle cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The file is no usable bundle.
    Bundle(PathBuf, BundleError),
    /// The policy cannot be used with these parameters.
    Bind(BindError),
    /// The policy's tokens cannot be verified.
    Verifier(VerifierError),
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Unreadable(path, error) => {
                write!(f, "cannot read the bundle `{}`: {error}", path.display())
            }
            Self::Bundle(path, error) => write!(f, "cannot use the bundle `{}`: {error}", path.display()),
            Self::Bind(error) => write!(f, "cannot use the policy: {error}"),
            Self::Verifier(error) => write!(f, "cannot use the policy: {error}"),
        }
    }
}

impl std::error::Error for InitError {}

#[derive(Serialize)]
struct Started<'a> {
    version: &'static str,
    source_digest: String,
    rules: usize,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unknown_params: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_level: Option<String>,
}

impl Authorizer {
    /// Reads the bundle, fills in the parameters, and fetches the issuers' keys. `now` in seconds since
    /// 1970-01-01 UTC.
    pub async fn start(config: &Config, log: Arc<Log>, now: i64) -> Result<Self, InitError> {
        let bytes =
            read(&config.bundle).map_err(|error| InitError::Unreadable(config.bundle.clone(), error))?;
        let program =
            bundle::read(&bytes).map_err(|error| InitError::Bundle(config.bundle.clone(), error))?;
        let params = &program.parts().params;
        let values = ParamValues::new(params, |name| config.param(name));
        let unknown = config.unread(params.iter().map(|param| param.name.as_str()));
        let policy = Policy::bind(program, values).map_err(InitError::Bind)?;
        let parts = policy.program().parts();
        let started = Started {
            version: env!("CARGO_PKG_VERSION"),
            source_digest: hex(&parts.source_digest),
            rules: parts.rules.len(),
            unknown_params: &unknown,
            unknown_level: config.unknown_level.as_ref().map(ToString::to_string),
        };
        let as_meant = unknown.is_empty() && config.unknown_level.is_none();
        let level = if as_meant { Level::Info } else { Level::Warn };
        log.write(level, "policy loaded", started);
        let authorizer = Self::new(policy, log).map_err(InitError::Verifier)?;
        authorizer.prefetch(now).await;
        Ok(authorizer)
    }
}

/// One byte more than a bundle may have, so that the bundle's own error says that there are too many.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[derive(Serialize)]
struct Stopped {
    reason: String,
}

/// The exit status of the process. Why it stops is logged, whatever the level.
pub fn exit_code<E: fmt::Display>(result: Result<(), E>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    Log::to_stderr(Some(Level::Error)).write(Level::Error, "stopped", Stopped { reason: error.to_string() });
    ExitCode::FAILURE
}
