//! The environment: the only place that reads it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::log::{Level, Quoted};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the bundle is: `POLICY_BUNDLE`, else `policy.bundle` in the function's folder.
    pub bundle: PathBuf,
    /// What is logged: `RUST_LOG`, else `info`; nothing where it is none.
    pub level: Option<Level>,
    /// A `RUST_LOG` that is no level. It is passed over: an API does not go down for it.
    pub unknown_level: Option<Quoted>,
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
        let level_name = text("RUST_LOG")?.filter(|name| !name.is_empty());
        let parsed = level_name.as_deref().map_or(Some(Some(Level::Info)), Level::parse);
        let unknown_level = level_name.filter(|_| parsed.is_none()).map(|name| Quoted::new(&name));
        let level = parsed.unwrap_or(Some(Level::Info));
        let task_root = variables.get("LAMBDA_TASK_ROOT").map(PathBuf::from);
        let bundle = match variables.get("POLICY_BUNDLE").filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path),
            None => task_root.or(folder).unwrap_or_default().join(BUNDLE_NAME),
        };
        let mut params = BTreeMap::new();
        for name in variables.keys() {
            if let Some(param) = name.strip_prefix(PARAM_PREFIX) {
                params.extend(text(name)?.map(|value| (param.to_owned(), value)));
            }
        }
        Ok(Self { bundle, level, unknown_level, params })
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
        assert_eq!((odd.level, odd.unknown_level), (Some(Level::Info), Some(Quoted::new("a=b"))));
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
