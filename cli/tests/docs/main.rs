//! The documentation, held to the code: its policies compile, its commands print what it says, its links lead
//! somewhere, and every diagnostic code has its page.
//!
//! `UPDATE_DOCS=1 cargo test -p policyctl --test docs` writes the commands' real output into the pages; read
//! the difference before committing it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "what is not as expected is a failed test")]

mod book;
mod codes;
mod commands;
mod links;
mod policies;
