//! From a caller to an IAM policy.
//!
//! API Gateway keeps an authorizer's policy and applies it to every route of the API, so the policy says
//! what the token may do anywhere, wherever IAM can say exactly that; otherwise it allows the request at
//! hand alone. It never allows what the evaluator denies.

mod alphabet;
mod arn;
mod automaton;
mod candidates;
mod cells;
mod circumstance;
mod cover;
mod declared;
mod document;
mod emit;
mod group;
mod holes;
mod inexact;
mod lower;
mod merge;
mod near;
mod parts;
mod plan;
mod plans;
mod prepare;
mod residual;
mod resource;
mod rest;
mod shape;
mod template;
mod trace;
mod vocabulary;

pub use arn::{ArnError, MethodArn};
pub use document::{
    Condition, CurrentTime, IamEffect, IsNull, PolicyDocument, Resources, SourceIp, Statement,
};
pub use emit::{Emission, Mode, deny_everything};
pub(crate) use holes::Source;
pub use inexact::{Inexact, Obstacle};
pub(crate) use plans::Plans;
pub(crate) use residual::is_settled;
pub use trace::{Purpose, Traced};
