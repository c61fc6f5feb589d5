//! How bad each warning is, where that is not left to the compiler.

use std::collections::BTreeMap;
use std::fmt;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::suggest::did_you_mean;

/// What comes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// It is an error: the policy cannot be used.
    Error,
    /// It is a warning.
    Warning,
    /// Nothing is said.
    Off,
}

impl Level {
    /// Every level, in the order of how bad it is.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Off];

    /// As it is written in `policyctl.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Off => "off",
        }
    }

    /// The level of that spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What comes of each warning that is not left as it is. An error cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<Code, Level>);

impl Levels {
    /// Says what comes of a warning, whatever was said before. Of an error nothing can be said.
    pub fn set(&mut self, code: Code, level: Level) {
        if code.severity() == Severity::Warning {
            self.0.insert(code, level);
        }
    }

    /// Whether anything was said of the warning.
    pub fn has(&self, code: Code) -> bool {
        self.0.contains_key(&code)
    }

    /// Whether the warning is never shown.
    pub(crate) fn is_off(&self, code: Code) -> bool {
        self.0.get(&code) == Some(&Level::Off)
    }

    /// These levels, and the others where they say more or something else.
    #[must_use]
    pub fn with(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().map(|(code, level)| (*code, *level)));
        self
    }

    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        let level = |code: Code| self.0.get(&code).copied();
        diagnostics.retain(|diagnostic| level(diagnostic.code) != Some(Level::Off));
        for diagnostic in diagnostics {
            if level(diagnostic.code) == Some(Level::Error) {
                diagnostic.severity = Severity::Error;
            }
        }
    }
}

/// A name that is no warning's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWarning {
    name: String,
    is_error: bool,
}

impl NoWarning {
    /// What to write instead, where something is near.
    pub fn help(&self) -> Option<String> {
        if self.is_error {
            return None;
        }
        let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
        let names: Vec<String> = warnings.clone().map(|code| code.name()).collect();
        let spellings = warnings.map(|code| code.as_str());
        did_you_mean(&self.name, spellings.chain(names.iter().map(String::as_str)))
    }
}

impl fmt::Display for NoWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        if self.is_error {
            write!(f, "`{name}` is an error: it cannot be turned off")
        } else {
            write!(f, "there is no warning `{name}`")
        }
    }
}

impl std::error::Error for NoWarning {}

/// The warning of that code (`W0403`) or name (`never_holds`).
pub fn warning(name: &str) -> Result<Code, NoWarning> {
    let no_warning = |is_error| NoWarning { name: name.to_owned(), is_error };
    match Code::named(name) {
        Some(code) if code.severity() == Severity::Warning => Ok(code),
        found => Err(no_warning(found.is_some())),
    }
}
