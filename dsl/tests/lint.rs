//! Lints: each fires where it should, and only there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what is not as expected is a failed test")]

mod lint {
    mod fixtures;
    mod levels;
    mod rules;
    mod speed;
}
