//! `policyctl.toml`: what a project wants of its policies.
//!
//! ```toml
//! [lints]
//! never_holds = "error"   # or "W0403"
//! W0407 = "off"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use serde::Deserialize;
use toml::Spanned;

use crate::lint::{Level, Levels, warning};
use crate::source::{DiskFiles, Files};

/// The file's name. It counts for the policies beside it and below its folder.
pub const FILE_NAME: &str = "policyctl.toml";

/// The longest file, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// What comes of each warning.
    pub levels: Levels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    lints: BTreeMap<Spanned<String>, Spanned<String>>,
}

impl Config {
    /// The file that counts for a policy: the first one in the policy's folder or those above it. Others
    /// further up do not count. `None` where there is no such file.
    pub fn find(policy: &Path) -> Result<Option<Self>, ConfigError> {
        let folder =
            policy.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A folder that is not there holds no policy either, and that is what has to be said.
        let Ok(folder) = fs::canonicalize(folder) else { return Ok(None) };
        let file = folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file());
        file.map(|file| Self::read(&file)).transpose()
    }

    fn read(file: &Path) -> Result<Self, ConfigError> {
        let name = shown(file);
        let fail = |message: String| ConfigError { file: name.clone(), line: None, message, help: None };
        let path = file.to_str().ok_or_else(|| fail("its path is not UTF-8".to_owned()))?;
        let bytes = DiskFiles.read(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
        if bytes.len() > MAX_BYTES {
            return Err(fail(format!("it is longer than {} KiB", MAX_BYTES / 1024)));
        }
        let text = String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8 text".to_owned()))?;
        Self::parse(&name, &text)
    }

    /// What a file of that name says.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let fail = |at: Option<usize>, message: String, help: Option<String>| {
            let line = at.and_then(|at| text.get(..at)).map(|before| before.split('\n').count());
            ConfigError { file: file.to_owned(), line, message, help }
        };
        let written: Written = toml::from_str(text)
            .map_err(|error| fail(error.span().map(|span| span.start), error.message().to_owned(), None))?;
        let mut levels = Levels::default();
        for (name, level) in &written.lints {
            let at = Some(name.span().start);
            let code = warning(name.get_ref()).map_err(|error| fail(at, error.to_string(), error.help()))?;
            let spelt = level.get_ref();
            let level = Level::parse(spelt).ok_or_else(|| {
                let help = Level::ALL.map(|level| format!("`\"{}\"`", level.as_str())).join(", ");
                let message = format!("`{spelt}` is no level of a warning");
                fail(Some(level.span().start), message, Some(format!("write one of {help}")))
            })?;
            if levels.has(code) {
                return Err(fail(at, format!("`{}` is set twice", name.get_ref()), None));
            }
            levels.set(code, level);
        }
        Ok(Self { levels })
    }
}

/// Seen from the folder that the program runs in, where it lies below that.
fn shown(file: &Path) -> String {
    let here: Option<PathBuf> = env::current_dir().and_then(fs::canonicalize).ok();
    let near = here.as_deref().and_then(|here| file.strip_prefix(here).ok());
    near.unwrap_or(file).display().to_string()
}

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: String,
    /// Counted from 1.
    line: Option<usize>,
    message: String,
    help: Option<String>,
}

impl ConfigError {
    /// What to write instead, where something is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (&self.file, &self.message);
        match self.line {
            Some(line) => write!(f, "`{file}`, line {line}: {message}"),
            None => write!(f, "`{file}`: {message}"),
        }
    }
}

impl std::error::Error for ConfigError {}
