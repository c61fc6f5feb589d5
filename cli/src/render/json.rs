//! The JSON objects that others script against: fields are added, never renamed.

use serde::Serialize;

/// The version of every shape.
const VERSION: u32 = 1;

/// An object with its version in front.
#[derive(Debug, Serialize)]
pub(crate) struct Versioned<T> {
    version: u32,
    #[serde(flatten)]
    content: T,
}

/// Puts the version in front.
pub(crate) const fn versioned<T: Serialize>(content: T) -> Versioned<T> {
    Versioned { version: VERSION, content }
}
