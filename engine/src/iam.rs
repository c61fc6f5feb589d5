//! From a caller to an IAM policy.
//!
//! API Gateway keeps an authorizer's policy and applies it to every route of the API, so the policy says
//! what the token may do anywhere, wherever IAM can say exactly that; otherwise it allows the request at
//! hand alone. It never allows what the evaluator denies.

mod alphabet;
mod arn;
mod automaton;
mod candidates;
mod cover;
mod document;
mod emit;
mod lower;
mod residual;
mod resource;
mod shape;

pub use arn::{ArnError, MethodArn};
pub use document::{Condition, CurrentTime, IamEffect, PolicyDocument, Resources, Statement};
pub use emit::{Emission, Mode, deny_everything};
pub use lower::{Inexact, Obstacle};
