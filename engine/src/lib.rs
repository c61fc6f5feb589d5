//! The compiled form of a policy, and everything that is asked of it per token and per request.
//!
//! This crate knows no grammar, no files, no network, no clock and no AWS crate: time, keys and bytes are
//! handed in. The way through it is [`Program`] (from the compiler, or from a [`bundle`]) →
//! [`Policy`] (parameters known) → [`Caller`] (token known) → decision, explanation, IAM policy.

pub mod bundle;
pub mod condition;
pub mod glob;
pub mod path;
pub mod pattern;
pub mod text;

mod index;
mod program;
mod verb;

pub use program::*;
pub use verb::{Verb, VerbSet};
