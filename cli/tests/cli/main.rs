//! The real binary, as people and scripts call it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "what is not as expected is a failed test")]

mod batch;
mod build;
mod check;
mod check_formats;
mod coverage;
mod fix;
mod fmt;
mod iam;
mod inputs;
mod junit;
mod lints;
mod matrix;
mod package;
mod params;
mod policies;
mod setup;
mod simulate;
mod support;
mod test_command;
mod token;
