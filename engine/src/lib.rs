//! The compiled form of a policy, and everything that is asked of it per token and per request.
//!
//! This crate knows no grammar, no files, no network, no clock and no AWS crate: time, keys and bytes are
//! handed in. The way through it is [`Program`] (from the compiler, or from a [`bundle`]) →
//! [`Policy`] (parameters known) → [`Caller`] (token known) → decision, explanation, IAM policy.

pub mod address;
pub mod bundle;
pub mod condition;
pub mod glob;
pub mod iam;
pub mod issuer;
pub mod path;
pub mod pattern;
pub mod text;

mod caller;
mod decide;
mod explain;
mod facts;
mod index;
mod list;
mod outlook;
mod output;
mod policy;
mod program;
mod request;
mod selection;
mod short;
mod skim;
mod stored;
mod strings;
mod test;
mod value;
mod verb;

pub use caller::{Caller, Standing};
pub use decide::{Decision, Reason};
pub use explain::{
    Consulted, Explanation, HostileClaim, HostileWhy, Lack, NearMiss, PathComparison, RuleSeen, Seen,
    SeenAtom, malformed_at,
};
pub use list::List;
pub use outlook::Outlook;
pub use output::{ANONYMOUS, UNKNOWN_PRINCIPAL};
pub use policy::{BindError, Policy, RequestReads};
pub use program::*;
pub use request::{Request, RequestContext, Token};
pub use verb::{Verb, VerbSet};
