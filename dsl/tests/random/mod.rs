//! Random policies as text, tokens and requests: drawn from a seed, the same ones for the same seed.
//!
//! Words come from a small vocabulary, so that rules overlap, claims meet path segments, and every reason
//! for a decision comes up often.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the lists are written here, and none is empty"
)]

mod case;
mod condition;
mod draft;
mod drafted;
mod policy;
mod request;
mod rng;
mod runs;
mod shrink;
mod token;
mod words;

pub(crate) use case::{Case, Question, bind, compile};
pub(crate) use draft::{Draft, Piece};
pub(crate) use drafted::conditions;
pub(crate) use policy::{api_policy, path_policy, policy, tangled_policy};
pub(crate) use request::{Asked, circumstances, context, malformed};
pub(crate) use rng::Rng;
pub(crate) use runs::{Tally, add, run_seeds};
pub(crate) use token::token;
