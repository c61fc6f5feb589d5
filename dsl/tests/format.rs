//! The formatter: how its result looks, and that it changes nothing else.
//!
//! A file dropped into `fixtures/format` is a test; so are the valid fixtures, and the repository's policies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what is not as expected is a failed test"
)]

mod format {
    mod limits;
    mod look;
    mod meaning;
    mod scramble;
    pub(crate) mod support;
}
mod random;
mod reference;
