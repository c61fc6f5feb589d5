//! The real binary, as people and scripts call it.

mod batch;
mod build;
mod check;
mod iam;
mod inputs;
mod params;
mod policies;
mod simulate;
mod support;
mod test_command;
mod token;
