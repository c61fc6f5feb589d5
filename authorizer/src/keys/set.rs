//! The keys of an issuer, and which of them a token is verified with.

use std::sync::Arc;

use policy_engine::Algorithm;
use smallvec::SmallVec;

use super::key::{KeyFault, VerificationKey};

/// The keys of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySet {
    keys: Vec<Arc<VerificationKey>>,
    /// The names of those that are not used.
    unusable: Vec<(String, KeyFault)>,
    /// Keys are found by the token's `kid`.
    named: bool,
}

/// The keys that fit a token: one, as a rule.
pub(crate) type Fitting = SmallVec<[Arc<VerificationKey>; 1]>;

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// No keys could be fetched, or they are too old.
    Unavailable,
    /// No key of that `kid`, or, without one, none that fits the algorithm.
    Unknown,
    /// The key of that `kid` is for another algorithm.
    OtherAlgorithm,
    /// The key of that `kid` is not used.
    Unusable(KeyFault),
    /// The token has no `kid`, and several keys fit.
    Ambiguous,
}

impl KeySet {
    /// Keys that are found by the token's `kid`, and the names of those that are not used.
    pub(super) fn named(keys: Vec<VerificationKey>, unusable: Vec<(String, KeyFault)>) -> Self {
        Self { keys: keys.into_iter().map(Arc::new).collect(), unusable, named: true }
    }

    /// The only key there is, whatever `kid` a token has.
    pub(super) fn fixed(key: VerificationKey) -> Self {
        Self { keys: vec![Arc::new(key)], unusable: Vec::new(), named: false }
    }

    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys of which one has made the signature of a token with that `kid` and algorithm. Several may
    /// share a `kid` (RFC 7517 section 4.5); without one, exactly one key must fit.
    pub(crate) fn lookup(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Fitting, KeyError> {
        let kid = kid.filter(|_| self.named);
        let of_kid = || self.keys.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let fitting: Fitting = of_kid().filter(|key| key.fits(algorithm)).cloned().collect();
        match (kid, fitting.len()) {
            (None, 0) if !self.named => Err(KeyError::OtherAlgorithm),
            (Some(_), 0) if of_kid().next().is_some() => Err(KeyError::OtherAlgorithm),
            (Some(kid), 0) => {
                let fault = self.unusable.iter().find(|(name, _)| name == kid).map(|(_, fault)| *fault);
                Err(fault.map_or(KeyError::Unknown, KeyError::Unusable))
            }
            (None, 0) => Err(KeyError::Unknown),
            (None, 2..) => Err(KeyError::Ambiguous),
            _ => Ok(fitting),
        }
    }
}
