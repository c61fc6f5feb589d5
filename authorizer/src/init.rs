//! The start of the authorizer: from the environment to a policy that answers, or to a message that names
//! what is in the way.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use policy_engine::bundle::{self, BundleError, Contents, MAX_BUNDLE_BYTES, ShippedKeys};
use policy_engine::text::ParamValues;
use policy_engine::{BindError, Policy};
use serde::Serialize;

use crate::config::{Config, ConfigError};
use crate::handler::Authorizer;
use crate::log::{Level, Log};
use crate::metrics::Metrics;
use crate::observer::Observer;
use crate::shadow::Shadow;
use crate::token::{KeysFrom, Verifier, VerifierError, joined};
use crate::trace::Tracer;
use crate::verdict::{Judge, LoggedClaims};

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

/// What was loaded.
#[derive(Serialize)]
struct Loaded {
    version: &'static str,
    /// SHA-256 of the file.
    bundle_digest: String,
    bundle_bytes: usize,
    /// SHA-256 of the policy's text.
    source_digest: String,
    rules: usize,
    /// The issuers whose keys are in the bundle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shipped_keys: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_params: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_settings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown_claims: Vec<String>,
}

#[derive(Serialize)]
struct Why {
    reason: String,
}

impl Authorizer {
    /// Reads the bundle, fills in the parameters, and fetches the issuers' keys; what needs no keys is done while
    /// these are on their way. `now` in seconds since 1970-01-01 UTC.
    pub async fn start(config: &Config, log: Arc<Log>, now: i64) -> Result<Self, InitError> {
        let (policy, keys, loaded) = load(&config.bundle, config)?;
        let (claims, unknown_claims) = LoggedClaims::new(&policy, &config.log_claims);
        let unknown_settings = config.unknown_settings.clone();
        tell(&log, "policy loaded", Loaded { unknown_settings, unknown_claims, ..loaded });
        let verifier = Verifier::new(&policy, KeysFrom::Issuers, &log).map_err(InitError::Verifier)?;
        let mut verifier = verifier.remembering(config.kept_tokens).keeping_what_is_read();
        verifier.start_with(&keys).map_err(InitError::Verifier)?;
        let policy = Arc::new(policy);
        let fetches = verifier.fetch_keys(now);
        let rest = {
            let (policy, config, log) = (Arc::clone(&policy), config.clone(), Arc::clone(&log));
            move || rest_of_start(&policy, &config, &log)
        };
        // A thread takes time to start, too.
        let second = if fetches.is_empty() {
            rest()
        } else {
            let (second, ()) = tokio::join!(tokio::task::spawn_blocking(rest), joined(fetches));
            second.ok().flatten()
        };
        let shadow = shadow(second, &mut verifier, &log);
        let authorizer = Self {
            judge: Judge::new(policy, Arc::new(verifier), claims),
            shadow,
            observer: observer(config, log),
        };
        // Again for the shadow's own; what was fetched just now is not.
        authorizer.prefetch(now).await;
        Ok(authorizer)
    }
}

/// The shadow's policy, a verifier of its tokens, and what there is to tell about it.
type Second = Result<(Policy, Verifier, Loaded), InitError>;

/// What of a start nobody has to be asked for: plans for the likely kinds of tokens, and the policy that is tried beside
/// the first, if there is one.
fn rest_of_start(policy: &Policy, config: &Config, log: &Arc<Log>) -> Option<Second> {
    policy.prepare();
    let load_second = |path| {
        let (policy, keys, loaded) = load(path, config)?;
        policy.prepare();
        let verifier = Verifier::new(&policy, KeysFrom::Issuers, log).map_err(InitError::Verifier)?;
        let verifier = verifier.keeping_what_is_read();
        verifier.start_with(&keys).map_err(InitError::Verifier)?;
        Ok((policy, verifier, loaded))
    };
    config.shadow_bundle.as_deref().map(load_second)
}

/// The policy of a bundle with the parameters filled in, and the keys that go with it.
fn load(path: &Path, config: &Config) -> Result<(Policy, Vec<ShippedKeys>, Loaded), InitError> {
    let bytes: Bytes = read(path).map_err(|error| InitError::Unreadable(path.to_owned(), error))?.into();
    let unusable = |error| InitError::Bundle(path.to_owned(), error);
    let Contents { program, keys, digest } = bundle::contents(&bytes).map_err(unusable)?;
    let params = &program.parts().params;
    let values = ParamValues::new(params, |name| config.param(name));
    let unknown_params = config.unread(params.iter().map(|param| param.name.as_str()));
    let policy = Policy::bind(program, values).map_err(InitError::Bind)?;
    let parts = policy.program().parts();
    let loaded = Loaded {
        version: env!("CARGO_PKG_VERSION"),
        bundle_digest: hex(&digest),
        bundle_bytes: bytes.len(),
        source_digest: hex(&parts.source_digest),
        rules: parts.rules.len(),
        shipped_keys: keys.iter().map(|keys| keys.issuer.clone()).collect(),
        unknown_params,
        unknown_settings: Vec::new(),
        unknown_claims: Vec::new(),
    };
    Ok((policy, keys, loaded))
}

fn tell(log: &Log, message: &str, loaded: Loaded) {
    let as_meant = [&loaded.unknown_params, &loaded.unknown_settings, &loaded.unknown_claims]
        .into_iter()
        .all(Vec::is_empty);
    log.write(if as_meant { Level::Info } else { Level::Warn }, message, loaded);
}

/// The policy that is tried beside the first. One that cannot be used is told, and stops nothing.
fn shadow(second: Option<Second>, first: &mut Verifier, log: &Log) -> Shadow {
    match second {
        None => Shadow::None,
        Some(Ok((policy, verifier, loaded))) => {
            tell(log, "shadow loaded", loaded);
            let verifier = Arc::new(verifier.sharing_with(first));
            Shadow::Judge(Box::new(Judge::new(policy.into(), verifier, LoggedClaims::default())))
        }
        Some(Err(error)) => {
            log.write(Level::Error, "shadow not loaded", Why { reason: error.to_string() });
            Shadow::Broken
        }
    }
}

fn observer(config: &Config, log: Arc<Log>) -> Observer {
    // The documented place of the embedded metric format is standard output; the log goes to standard error.
    let metrics = config
        .metrics
        .clone()
        .map(|namespace| Metrics::new(namespace, config.function.clone(), io::stdout()));
    let tracer = config.trace_daemon.and_then(|daemon| match Tracer::new(daemon) {
        Ok(tracer) => Some(tracer),
        Err(error) => {
            log.write(Level::Warn, "not traced", Why { reason: error.to_string() });
            None
        }
    });
    Observer { log, sampling: config.sampling, metrics, tracer }
}

/// One byte more than a bundle may have, so that the bundle's own error says that there are too many.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(path)?;
    let length = file.metadata()?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default().saturating_add(1));
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The exit status of the process. Why it stops is logged, whatever the level.
pub fn exit_code<E: fmt::Display>(result: Result<(), E>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    Log::to_stderr(Some(Level::Error)).write(Level::Error, "stopped", Why { reason: error.to_string() });
    ExitCode::FAILURE
}
