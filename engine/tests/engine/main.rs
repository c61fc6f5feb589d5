//! The engine from the outside, on programs put together by hand. That it does what the rules language says
//! is shown where the language is (`policy-dsl`), against a reference interpreter.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

mod bundles;
mod decisions;
mod emission;
mod explanations;
mod plans;
mod support;
