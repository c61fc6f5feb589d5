//! What people would use in place of policyctl, each in its best idiomatic form, on the same two workloads.
//!
//! Policies and indexes are prepared outside of what is timed. Three times are told apart: from the peer's own
//! prepared input, from the parsed claims of a token, and from the claims' text. What panics here is a fault
//! of the comparison, which then must not be published.

pub mod casbin;
pub mod cedar;
pub mod claims;
pub mod emission;
pub mod floor;
pub mod globs;
pub mod ours;
pub mod rego;
pub mod signature;
pub mod workload;

use workload::Asked;

/// Something that decides.
pub trait Peer {
    /// What it decides about, in its own form.
    type Input<'a>
    where
        Self: 'a;

    /// Its own form of a request.
    fn prepare<'a>(&'a self, asked: &'a Asked) -> Self::Input<'a>;

    /// The decision about a prepared request.
    fn decide(&self, input: &Self::Input<'_>) -> bool;

    /// The decision about parsed claims, a verb and a path.
    fn decide_claims(&self, asked: &Asked) -> bool {
        self.decide(&self.prepare(asked))
    }

    /// The decision about claims as text, a verb and a path.
    fn decide_text(&self, asked: &Asked) -> bool;
}

/// Holds a peer to the expected answers, in all three ways.
///
/// # Panics
///
/// Where one of them differs.
pub fn assert_agrees<P: Peer>(name: &str, peer: &P, all: &[Asked]) {
    for asked in all {
        let answers = [peer.decide(&peer.prepare(asked)), peer.decide_claims(asked), peer.decide_text(asked)];
        assert_eq!(answers, [asked.allowed; 3], "{name}: {} {} {}", asked.verb, asked.path, asked.text);
    }
}
