//! What the checker says to policies that parse: the codes, their places, their help.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what is not as expected is a failed test"
)]

mod check {
    mod conditions;
    mod files;
    mod fixtures;
    mod issuers;
    mod names;
    mod output;
    mod program;
    mod speed;
    mod support;
    mod tests;
}
