//! The environment: the only place that reads it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::cache::{KEPT_TOKENS, MAX_KEPT_TOKENS};
use crate::log::{Level, Sampling};
use crate::metrics::Namespace;
use crate::trace;

mod settings;

use settings::Settings;

const PARAM_PREFIX: &str = "POLICY_PARAM_";
const BUNDLE_NAME: &str = "policy.bundle";
/// What the Lambda runtime's client needs, and panics without.
const RUNTIME_VARIABLES: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// What the environment says.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where the bundle is: `POLICY_BUNDLE`, else `policy.bundle` in the function's folder.
    pub bundle: PathBuf,
    /// The bundle that is tried beside it: `POLICY_SHADOW_BUNDLE`.
    pub shadow_bundle: Option<PathBuf>,
    /// What is logged: `RUST_LOG`, else `AWS_LAMBDA_LOG_LEVEL`, else `info`; nothing where it is none.
    pub level: Option<Level>,
    /// Which allowed requests are logged: `POLICY_LOG_SAMPLE`.
    pub sampling: Sampling,
    /// Claims that are logged where the policy names them: `POLICY_LOG_CLAIMS`.
    pub log_claims: Vec<String>,
    /// Where metrics go: `POLICY_METRICS`; nowhere where it is none.
    pub metrics: Option<Namespace>,
    /// The function's name, a dimension of its metrics.
    pub function: String,
    /// Where X-Ray's daemon is: `AWS_XRAY_DAEMON_ADDRESS`, unless `POLICY_TRACING` is `off`.
    pub trace_daemon: Option<SocketAddr>,
    /// How many verified tokens are remembered: `POLICY_TOKEN_CACHE`.
    pub kept_tokens: usize,
    /// Settings whose value is none, with that value. They are passed over: an API does not go down for one.
    pub unknown_settings: Vec<String>,
    /// By the names of the variables, without `POLICY_PARAM_`.
    params: BTreeMap<String, String>,
}

/// What is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// The program runs outside of AWS Lambda: this variable is missing or unreadable.
    NotInLambda(&'static str),
    /// The variable's value is not Unicode.
    NotUnicode(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInLambda(name) => {
                write!(
                    f,
                    "`{name}` is not set as AWS Lambda sets it: this program is a Lambda function's `bootstrap`"
                )
            }
            Self::NotUnicode(name) => write!(f, "the value of `{name}` is not Unicode"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let folder = std::env::current_exe().ok().and_then(|file| file.parent().map(PathBuf::from));
        Self::new(std::env::vars_os(), folder)
    }

    /// Reads these variables; `folder` is where the program lies.
    fn new(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        folder: Option<PathBuf>,
    ) -> Result<Self, ConfigError> {
        // A name that is not Unicode is none of ours.
        let variables: BTreeMap<String, OsString> = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let text = |name: &str| unicode(&variables, name);
        for name in RUNTIME_VARIABLES {
            let value = text(name)?.ok_or(ConfigError::NotInLambda(name))?;
            let is_memory_size = name == "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
            if value.is_empty() || (is_memory_size && value.parse::<i32>().is_err()) {
                return Err(ConfigError::NotInLambda(name));
            }
        }
        let task_root = variables.get("LAMBDA_TASK_ROOT").map(PathBuf::from);
        let path = |name: &str| variables.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let bundle = path("POLICY_BUNDLE")
            .unwrap_or_else(|| task_root.or(folder).unwrap_or_default().join(BUNDLE_NAME));
        let mut params = BTreeMap::new();
        for name in variables.keys() {
            if let Some(param) = name.strip_prefix(PARAM_PREFIX) {
                params.extend(text(name)?.map(|value| (param.to_owned(), value)));
            }
        }
        let mut settings = Settings::new(&variables);
        let level = settings.read("RUST_LOG", Level::parse)?;
        let lambda_level = settings.read("AWS_LAMBDA_LOG_LEVEL", Level::parse)?;
        let sampling = settings.read("POLICY_LOG_SAMPLE", Sampling::parse)?;
        let log_claims = settings.read("POLICY_LOG_CLAIMS", |list| Some(names(list)))?;
        let metrics = settings.read("POLICY_METRICS", Namespace::parse)?;
        let is_traced = settings.read("POLICY_TRACING", on_or_off)?.unwrap_or(true);
        let trace_daemon = settings.read("AWS_XRAY_DAEMON_ADDRESS", trace::daemon)?;
        let kept_tokens = settings.read("POLICY_TOKEN_CACHE", |text| {
            text.parse().ok().filter(|tokens| *tokens <= MAX_KEPT_TOKENS)
        })?;
        Ok(Self {
            bundle,
            shadow_bundle: path("POLICY_SHADOW_BUNDLE"),
            level: level.or(lambda_level).unwrap_or(Some(Level::Info)),
            sampling: sampling.unwrap_or(Sampling::ALL),
            log_claims: log_claims.unwrap_or_default(),
            metrics,
            function: text("AWS_LAMBDA_FUNCTION_NAME")?.unwrap_or_default(),
            trace_daemon: trace_daemon.filter(|_| is_traced),
            kept_tokens: kept_tokens.unwrap_or(KEPT_TOKENS),
            unknown_settings: settings.passed_over,
            params,
        })
    }

    /// The given value of the policy's parameter of that name: the variable's name is in capitals.
    pub fn param(&self, name: &str) -> Option<String> {
        self.params.get(&variable(name)).cloned()
    }

    /// The variables that no parameter of these names reads: likely misspelt.
    pub fn unread<'a>(&self, params: impl Iterator<Item = &'a str>) -> Vec<String> {
        let read: Vec<String> = params.map(variable).collect();
        let unread = self.params.keys().filter(|name| !read.contains(name));
        unread.map(|name| format!("{PARAM_PREFIX}{name}")).collect()
    }
}

fn names(list: &str) -> Vec<String> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn on_or_off(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn variable(param: &str) -> String {
    param.to_ascii_uppercase()
}

fn unicode(variables: &BTreeMap<String, OsString>, name: &str) -> Result<Option<String>, ConfigError> {
    let value = variables.get(name).cloned().map(OsString::into_string).transpose();
    value.map_err(|_| ConfigError::NotUnicode(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let lambda = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ];
        let all = lambda.iter().chain(extra).map(|(name, value)| ((*name).into(), (*value).into()));
        Config::new(all, Some(PathBuf::from("/program")))
    }

    #[test]
    fn the_bundle_is_beside_the_function_unless_said() {
        for (extra, path) in [
            (&[][..], "/program/policy.bundle"),
            (&[("LAMBDA_TASK_ROOT", "/var/task")], "/var/task/policy.bundle"),
            (&[("LAMBDA_TASK_ROOT", "/var/task"), ("POLICY_BUNDLE", "/opt/p")], "/opt/p"),
            (&[("POLICY_BUNDLE", "")], "/program/policy.bundle"),
        ] {
            assert_eq!(config(extra).unwrap().bundle, PathBuf::from(path));
        }
    }

    #[test]
    fn params_are_read_by_their_names_in_capitals() {
        let config =
            config(&[("POLICY_PARAM_CLIENT_ID", "c"), ("POLICY_PARAM_CLEINT", "x"), ("POLICY", "y")]);
        let config = config.unwrap();
        assert_eq!(config.param("client_id").as_deref(), Some("c"));
        assert_eq!(config.param("user_pool_id"), None);
        assert_eq!(config.unread(["client_id", "pool"].into_iter()), ["POLICY_PARAM_CLEINT"]);
    }

    #[test]
    fn levels() {
        assert_eq!(config(&[]).unwrap().level, Some(Level::Info));
        assert_eq!(config(&[("RUST_LOG", "ERROR")]).unwrap().level, Some(Level::Error));
        assert_eq!(config(&[("RUST_LOG", "off")]).unwrap().level, None);
        let odd = config(&[("RUST_LOG", "a=b")]).unwrap();
        assert_eq!((odd.level, odd.unknown_settings), (Some(Level::Info), vec!["RUST_LOG=`a=b`".to_owned()]));
        let lambda = ("AWS_LAMBDA_LOG_LEVEL", "FATAL");
        assert_eq!(config(&[lambda]).unwrap().level, Some(Level::Error));
        assert_eq!(config(&[lambda, ("RUST_LOG", "debug")]).unwrap().level, Some(Level::Debug));
    }

    #[test]
    fn settings_that_are_not_there() {
        let config = config(&[("POLICY_METRICS", ""), ("POLICY_SHADOW_BUNDLE", "")]).unwrap();
        assert_eq!((config.sampling, config.metrics, config.trace_daemon), (Sampling::ALL, None, None));
        assert_eq!((config.kept_tokens, config.shadow_bundle), (KEPT_TOKENS, None));
        assert!(config.unknown_settings.is_empty() && config.log_claims.is_empty());
        assert_eq!(config.function, "f");
    }

    #[test]
    fn settings() {
        let daemon = ("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000");
        let read = config(&[
            ("POLICY_SHADOW_BUNDLE", "/opt/next.bundle"),
            ("POLICY_LOG_SAMPLE", "0.5"),
            ("POLICY_LOG_CLAIMS", "client_id, cognito:groups,"),
            ("POLICY_METRICS", "Users/Authorizer"),
            ("POLICY_TOKEN_CACHE", "0"),
            daemon,
        ])
        .unwrap();
        assert_eq!(read.shadow_bundle, Some(PathBuf::from("/opt/next.bundle")));
        assert_eq!(Some(read.sampling), Sampling::parse("0.5"));
        assert_eq!(read.log_claims, ["client_id", "cognito:groups"]);
        assert_eq!(read.metrics, Namespace::parse("Users/Authorizer"));
        assert_eq!(read.kept_tokens, 0);
        assert_eq!(read.trace_daemon, Some(daemon.1.parse().unwrap()));
        assert_eq!(config(&[daemon, ("POLICY_TRACING", "off")]).unwrap().trace_daemon, None);
    }

    #[test]
    fn settings_that_are_wrong_are_passed_over_and_named() {
        for (name, value) in [
            ("POLICY_LOG_SAMPLE", "5%"),
            ("POLICY_METRICS", "with spaces"),
            ("POLICY_TOKEN_CACHE", "-1"),
            ("POLICY_TOKEN_CACHE", "65537"),
            ("POLICY_TRACING", "maybe"),
            ("AWS_XRAY_DAEMON_ADDRESS", "daemon"),
            ("AWS_LAMBDA_LOG_LEVEL", "loud"),
        ] {
            let odd = config(&[(name, value)]).unwrap();
            assert_eq!(odd.unknown_settings, [format!("{name}=`{value}`")]);
            assert_eq!(Config { unknown_settings: Vec::new(), ..odd }, config(&[]).unwrap(), "{name}");
        }
    }

    #[test]
    fn outside_of_lambda_it_says_so() {
        let error = Config::new([], None).unwrap_err();
        assert_eq!(error, ConfigError::NotInLambda("AWS_LAMBDA_RUNTIME_API"));
        let error = config(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much")]).unwrap_err();
        assert_eq!(error, ConfigError::NotInLambda("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    }

    #[cfg(unix)]
    #[test]
    fn values_that_are_not_unicode_are_named() {
        use std::os::unix::ffi::OsStringExt;

        let value = OsString::from_vec(vec![0xff]);
        let variables = BTreeMap::from([("POLICY_PARAM_X".to_owned(), value)]);
        let error = unicode(&variables, "POLICY_PARAM_X").unwrap_err();
        assert_eq!(error.to_string(), "the value of `POLICY_PARAM_X` is not Unicode");
    }
}
