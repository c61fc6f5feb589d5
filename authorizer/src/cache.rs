//! Tokens whose signature was verified, so that the next request with one does not pay for it again.
//!
//! Only the signature is remembered. Every request still has its token's form, `iss`, `exp` and the rest
//! checked, and its key looked up: once a key is fetched anew, or gone, its tokens are verified anew, or refused.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::keys::VerificationKey;

/// The most tokens that can be remembered, whatever the setting says.
pub const MAX_KEPT_TOKENS: usize = 65_536;
/// How many are, unless said.
pub const KEPT_TOKENS: usize = 1_024;

/// The digest of a whole token, its signature included: with less, one token could pass for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

/// The tokens, and the key that made each one's signature.
pub(crate) struct VerifiedTokens {
    capacity: usize,
    kept: Mutex<Kept>,
    hits: AtomicU32,
}

#[derive(Default)]
struct Kept {
    tokens: HashMap<TokenDigest, Entry>,
    /// In the order in which they came: the first makes room.
    order: VecDeque<TokenDigest>,
}

struct Entry {
    key: Arc<VerificationKey>,
    expires: i64,
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedTokens").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl VerifiedTokens {
    /// Remembers so many tokens, [`MAX_KEPT_TOKENS`] at most; none where it is 0.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.min(MAX_KEPT_TOKENS);
        Self { capacity, kept: Mutex::default(), hits: AtomicU32::new(0) }
    }

    /// The name of a token here; none where tokens are not remembered.
    pub(crate) fn digest(&self, token: &str) -> Option<TokenDigest> {
        (self.capacity > 0).then(|| TokenDigest(Sha256::digest(token).into()))
    }

    /// Whether one of these very keys was seen to have made the token's signature, and the token has not expired.
    pub(crate) fn knows(&self, token: TokenDigest, keys: &[Arc<VerificationKey>], now: i64) -> bool {
        let known =
            self.kept().tokens.get(&token).is_some_and(|entry| {
                now < entry.expires && keys.iter().any(|key| Arc::ptr_eq(key, &entry.key))
            });
        if known {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        known
    }

    /// Remembers a token whose signature that key has made, up to the token's end.
    pub(crate) fn keep(&self, token: TokenDigest, key: Arc<VerificationKey>, expires: i64) {
        let mut kept = self.kept();
        if kept.tokens.insert(token, Entry { key, expires }).is_some() {
            return;
        }
        kept.order.push_back(token);
        if kept.order.len() > self.capacity
            && let Some(first) = kept.order.pop_front()
        {
            kept.tokens.remove(&first);
        }
    }

    /// How often a token was known since this was called last.
    pub(crate) fn take_hits(&self) -> u32 {
        self.hits.swap(0, Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use policy_engine::Algorithm;
    use serde_json::json;

    use super::*;
    use crate::keys::parse_jwks;

    fn key() -> Arc<VerificationKey> {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }] }).to_string();
        parse_jwks(jwks.as_bytes()).unwrap().lookup(Some("a"), Algorithm::EdDSA).unwrap().remove(0)
    }

    #[test]
    fn a_token_is_known_by_the_very_key_and_until_it_expires() {
        let tokens = VerifiedTokens::new(8);
        let (digest, key, same) = (tokens.digest("a.b.c").unwrap(), key(), key());
        assert!(!tokens.knows(digest, &[Arc::clone(&key)], 10));
        tokens.keep(digest, Arc::clone(&key), 100);
        assert!(tokens.knows(digest, &[Arc::clone(&same), Arc::clone(&key)], 99));
        assert!(!tokens.knows(digest, &[Arc::clone(&key)], 100), "it has expired");
        assert!(!tokens.knows(digest, &[same], 10), "the key was fetched anew");
        assert!(!tokens.knows(digest, &[], 10), "the key is gone");
        assert!(!tokens.knows(tokens.digest("a.b.d").unwrap(), &[key], 10), "another token");
        assert_eq!((tokens.take_hits(), tokens.take_hits()), (1, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let (tokens, key) = (VerifiedTokens::new(4), key());
        let digest = |n: i32| tokens.digest(&n.to_string()).unwrap();
        for n in (0..100).chain(90..100) {
            tokens.keep(digest(n), Arc::clone(&key), 1_000);
        }
        let counts = {
            let kept = tokens.kept();
            (kept.tokens.len(), kept.order.len())
        };
        assert_eq!(counts, (4, 4));
        for n in 0..100 {
            assert_eq!(tokens.knows(digest(n), &[Arc::clone(&key)], 0), n >= 96, "{n}");
        }
    }

    #[test]
    fn it_can_be_off_and_is_never_endless() {
        assert_eq!(VerifiedTokens::new(0).digest("a.b.c"), None);
        assert_eq!(VerifiedTokens::new(usize::MAX).capacity, MAX_KEPT_TOKENS);
    }
}
