//! Strings of a policy: fixed, or with parameters whose values are given at deploy time.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Index of a parameter in [`ProgramParts::params`](crate::ProgramParts::params).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ParamId(pub u32);

/// A string that may hold `${param}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Text {
    /// Known when the policy is built.
    Fixed(String),
    /// Put together when the parameters are known.
    Template(Vec<Part>),
}

/// A piece of a [`Text::Template`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Taken as it is.
    Fixed(String),
    /// Replaced by the parameter's value.
    Param(ParamId),
}

impl Text {
    /// The text from its parts: fixed where no part is a parameter.
    pub fn from_parts(parts: Vec<Part>) -> Self {
        let mut fixed = String::new();
        for part in &parts {
            match part {
                Part::Fixed(text) => fixed.push_str(text),
                Part::Param(_) => return Self::Template(parts),
            }
        }
        Self::Fixed(fixed)
    }

    /// The string, given the parameters' values; the first parameter without a value otherwise.
    pub fn resolve<'a>(&'a self, values: &ParamValues) -> Result<Cow<'a, str>, ParamId> {
        match self {
            Self::Fixed(text) => Ok(Cow::Borrowed(text)),
            Self::Template(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Fixed(text) => out.push_str(text),
                        Part::Param(id) => out.push_str(values.value(*id).ok_or(*id)?),
                    }
                }
                Ok(Cow::Owned(out))
            }
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Fixed(text.to_owned())
    }
}

/// A parameter of a policy: a string given at deploy time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name in the policy.
    pub name: String,
    /// Its value where none is given.
    pub default: Option<String>,
}

/// The parameters' values: those given, else the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamValues(Vec<Option<String>>);

impl ParamValues {
    /// Looks up each parameter's value by name; a given name that the policy does not know is no error
    /// here (see [`ParamValues::unknown`]).
    pub fn new(params: &[Param], given: impl Fn(&str) -> Option<String>) -> Self {
        Self(params.iter().map(|param| given(&param.name).or_else(|| param.default.clone())).collect())
    }

    /// Those of the names that no parameter of the policy has.
    pub fn unknown<'a>(params: &[Param], names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        names.into_iter().filter(|name| params.iter().all(|param| param.name != *name)).collect()
    }

    /// The parameter's value, if it has one.
    pub fn value(&self, id: ParamId) -> Option<&str> {
        self.0.get(id.0 as usize)?.as_deref()
    }
}

/// A parameter whose value is needed, and was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingParam {
    /// Its name in the policy.
    pub name: String,
}

impl fmt::Display for MissingParam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the param `{}` has no value", self.name)
    }
}

impl std::error::Error for MissingParam {}
