//! The Lambda authorizer of API Gateway as a library: functions over events and tokens.
//!
//! The way of a request: [`event`] reads what API Gateway sent, [`token`] verifies the caller's token against
//! the keys of its issuer, `policy-engine` makes an IAM policy of it, [`response`] puts that into the form
//! that API Gateway expects, and [`log`] says what was decided and why. [`handler::Authorizer`] is all of it
//! together; the binary `bootstrap` puts it behind the Lambda runtime.

pub mod cache;
pub mod config;
pub mod event;
pub mod fetch;
pub mod handler;
pub mod init;
pub mod keys;
pub mod log;
pub mod metrics;
pub mod response;
pub mod sufficient;
pub mod token;
pub mod trace;
pub mod userinfo;

mod observer;
mod shadow;
mod verdict;

#[cfg(feature = "dev")]
pub mod dev;
