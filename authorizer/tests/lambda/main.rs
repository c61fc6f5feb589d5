//! The `bootstrap` binary from the outside: events in, answers out, over the Lambda Runtime API, with an
//! issuer whose keys it fetches.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod address;
mod desk;
mod docs;
mod events;
mod faults;
mod function;
mod iam;
mod issuer;
mod keys;
mod known_issuers;
mod policy;
mod seen;
mod server;
mod start;
mod support;
mod thawed;
mod tokens;
mod users;
mod verifier;
