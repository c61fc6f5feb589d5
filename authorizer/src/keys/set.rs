//! The keys of an issuer, and which of them a token is verified with.

use std::sync::Arc;

use policy_engine::Algorithm;

use super::key::VerificationKey;

/// The keys of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySet {
    keys: Vec<Arc<VerificationKey>>,
    /// Keys are found by the token's `kid`.
    named: bool,
}

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// No keys could be fetched, or they are too old.
    Unavailable,
    /// No key of that `kid`, or none that fits the algorithm.
    Unknown,
    /// The token has no `kid`, and several keys fit.
    Ambiguous,
}

impl KeySet {
    /// Keys that are found by the token's `kid`.
    pub(super) fn named(keys: Vec<VerificationKey>) -> Self {
        Self { keys: keys.into_iter().map(Arc::new).collect(), named: true }
    }

    /// The only key there is, whatever `kid` a token has.
    pub(super) fn fixed(key: VerificationKey) -> Self {
        Self { keys: vec![Arc::new(key)], named: false }
    }

    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys of which one has made the signature of a token with that `kid` and algorithm. Several may
    /// share a `kid` (RFC 7517 section 4.5); without one, exactly one key must fit.
    pub(crate) fn lookup(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<Arc<VerificationKey>>, KeyError> {
        let kid = kid.filter(|_| self.named);
        let fitting: Vec<Arc<VerificationKey>> = self
            .keys
            .iter()
            .filter(|key| key.fits(algorithm) && (kid.is_none() || key.kid.as_deref() == kid))
            .cloned()
            .collect();
        match (kid, fitting.len()) {
            (_, 0) => Err(KeyError::Unknown),
            (None, 2..) => Err(KeyError::Ambiguous),
            _ => Ok(fitting),
        }
    }
}
