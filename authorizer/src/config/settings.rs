//! Variables that have a default: a wrong value is passed over and told, since an API does not go down for it.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::{ConfigError, unicode};
use crate::log::Quoted;

/// Reads variables, and notes those whose value is none.
pub(super) struct Settings<'a> {
    variables: &'a BTreeMap<String, OsString>,
    /// `NAME=` and the value that was passed over, quoted.
    pub(super) passed_over: Vec<String>,
}

impl<'a> Settings<'a> {
    pub(super) const fn new(variables: &'a BTreeMap<String, OsString>) -> Self {
        Self { variables, passed_over: Vec::new() }
    }

    /// The variable's value as `parse` reads it; none where it is not set, empty, or passed over.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = unicode(self.variables, name)?.filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let value = parse(text.trim());
        if value.is_none() {
            self.passed_over.push(format!("{name}={}", Quoted::new(&text)));
        }
        Ok(value)
    }
}
