//! Tokens whose signature was verified, so that the next request with one does not pay for it again.
//!
//! What is remembered is what follows from a token's text alone: what it says, and which key made its signature. Every
//! request still has `iss`, `exp` and the rest checked, and its key looked up: once a key is fetched anew, or gone, its
//! tokens are verified anew, or refused.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

use crate::keys::VerificationKey;
use crate::token::Content;

/// The most tokens that can be remembered, whatever the setting says.
pub const MAX_KEPT_TOKENS: usize = 65_536;
/// How many are, unless said.
pub const KEPT_TOKENS: usize = 1_024;
/// What the texts may have together, in bytes, of the tokens whose content is remembered too. In memory, it is several
/// times as large.
const MAX_CONTENT_BYTES: usize = 256 * 1024;

/// The digest of a whole token, its signature included: with less, one token could pass for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenDigest([u8; 32]);

/// The tokens, and the key that made each one's signature.
pub(crate) struct VerifiedTokens {
    capacity: usize,
    kept: Mutex<Kept>,
    hits: AtomicU32,
}

#[derive(Default)]
struct Kept {
    tokens: HashMap<TokenDigest, Verified, BuildHasherDefault<DigestHasher>>,
    /// In the order in which they came: the first makes room.
    order: VecDeque<TokenDigest>,
    /// What was remembered of their contents, the longest ago first. Some of it may be gone.
    contents: VecDeque<(TokenDigest, u64)>,
    content_bytes: usize,
    /// The number of the content that was remembered last.
    last: u64,
}

/// A token whose signature was verified.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    key: Arc<VerificationKey>,
    expires: i64,
    /// What it says; none until it is asked for again, and where there was no room.
    pub(crate) content: Option<Arc<Content>>,
    /// The number of that content: no other has the same.
    number: u64,
    /// The length of its text, in bytes.
    length: usize,
}

/// Takes the start of a digest as its hash: nobody chooses what SHA-256 makes of a token.
#[derive(Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().copied().map_or(0, u64::from_le_bytes);
    }
}

impl std::hash::Hash for TokenDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl Verified {
    /// A token of so many bytes, whose signature that key has made; up to its end.
    pub(crate) const fn new(key: Arc<VerificationKey>, expires: i64, length: usize) -> Self {
        Self { key, expires, content: None, number: 0, length }
    }

    /// Whether one of these very keys has made the signature, and the token has not expired.
    pub(crate) fn is_valid(&self, keys: &[Arc<VerificationKey>], now: i64) -> bool {
        now < self.expires && keys.iter().any(|key| Arc::ptr_eq(key, &self.key))
    }

    const fn content_bytes(&self) -> usize {
        if self.content.is_some() { self.length } else { 0 }
    }

    /// Gives the bytes that this frees.
    fn forget_content(&mut self) -> usize {
        self.content.take().map_or(0, |_| self.length)
    }
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
        if self.capacity == 0 {
            return None;
        }
        digest(&SHA256, token.as_bytes()).as_ref().try_into().ok().map(TokenDigest)
    }

    /// What is known of the token.
    pub(crate) fn find(&self, token: &TokenDigest) -> Option<Verified> {
        self.kept().tokens.get(token).cloned()
    }

    /// Counts a token whose signature needed not be verified.
    pub(crate) fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers a token.
    pub(crate) fn keep(&self, digest: TokenDigest, token: Verified) {
        self.kept().keep(digest, token, self.capacity);
    }

    /// Remembers what a token says that is known. Not before somebody comes with it again: most tokens are seen once,
    /// where API Gateway keeps the answers, and to keep what they say costs more than it saves.
    pub(crate) fn keep_content(&self, digest: &TokenDigest, content: &Arc<Content>) {
        self.kept().keep_content(digest, content);
    }

    /// How often a token was known since this was called last.
    pub(crate) fn take_hits(&self) -> u32 {
        self.hits.swap(0, Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, digest: TokenDigest, token: Verified, capacity: usize) {
        if let Some(known) = self.tokens.get_mut(&digest) {
            // A new key made it: the content is what it was.
            *known = Verified { content: known.content.take(), number: known.number, ..token };
            return;
        }
        self.tokens.insert(digest, token);
        self.order.push_back(digest);
        if self.order.len() > capacity
            && let Some(first) = self.order.pop_front()
        {
            let removed = self.tokens.remove(&first);
            self.content_bytes -= removed.map_or(0, |token| token.content_bytes());
        }
    }

    fn keep_content(&mut self, digest: &TokenDigest, content: &Arc<Content>) {
        let Some(token) = self.tokens.get_mut(digest).filter(|token| token.content.is_none()) else { return };
        self.last += 1;
        (token.content, token.number) = (Some(Arc::clone(content)), self.last);
        self.content_bytes += token.length;
        self.contents.push_back((*digest, self.last));
        while self.content_bytes > MAX_CONTENT_BYTES
            && let Some((first, number)) = self.contents.pop_front()
        {
            let first = self.tokens.get_mut(&first).filter(|token| token.number == number);
            self.content_bytes -= first.map_or(0, Verified::forget_content);
        }
        if self.contents.len() > 2 * self.tokens.len() {
            let Self { contents, tokens, .. } = self;
            contents.retain(|(digest, number)| {
                tokens.get(digest).is_some_and(|token| token.number == *number && token.content.is_some())
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use policy_engine::Algorithm;
    use serde_json::json;

    use super::*;
    use crate::keys::parse_jwks;
    use crate::token::tests::content;

    fn key() -> Arc<VerificationKey> {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }] }).to_string();
        parse_jwks(jwks.as_bytes()).unwrap().lookup(Some("a"), Algorithm::EdDSA).unwrap().remove(0)
    }

    fn verified(key: &Arc<VerificationKey>, expires: i64, length: usize) -> Verified {
        Verified::new(Arc::clone(key), expires, length)
    }

    /// Comes with the token twice.
    fn keep(tokens: &VerifiedTokens, digest: TokenDigest, token: Verified) {
        tokens.keep(digest, token);
        tokens.keep_content(&digest, &content());
    }

    #[test]
    fn a_token_is_known_by_the_very_key_and_until_it_expires() {
        let tokens = VerifiedTokens::new(8);
        let (digest, key, same) = (tokens.digest("a.b.c").unwrap(), key(), key());
        assert!(tokens.find(&digest).is_none());
        tokens.keep(digest, verified(&key, 100, 5));
        assert!(tokens.find(&digest).unwrap().content.is_none(), "nobody has come with it again");
        tokens.keep_content(&digest, &content());
        let known = tokens.find(&digest).unwrap();
        assert!(known.content.is_some());
        assert!(known.is_valid(&[Arc::clone(&same), Arc::clone(&key)], 99));
        assert!(!known.is_valid(&[Arc::clone(&key)], 100), "it has expired");
        assert!(!known.is_valid(&[Arc::clone(&same)], 10), "the key was fetched anew");
        assert!(!known.is_valid(&[], 10), "the key is gone");
        assert!(tokens.find(&tokens.digest("a.b.d").unwrap()).is_none(), "another token");
        tokens.keep(digest, verified(&same, 100, 5));
        assert!(tokens.find(&digest).unwrap().content.is_some(), "what it says follows from its text");
        assert!(tokens.find(&digest).unwrap().is_valid(&[same], 10), "verified anew");
        assert_eq!(tokens.kept().order.len(), 1);
        tokens.count_hit();
        assert_eq!((tokens.take_hits(), tokens.take_hits()), (1, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let (tokens, key) = (VerifiedTokens::new(4), key());
        let digest = |n: i32| tokens.digest(&n.to_string()).unwrap();
        for n in (0..100).chain(90..100) {
            keep(&tokens, digest(n), verified(&key, 1_000, 900));
        }
        {
            let kept = tokens.kept();
            assert_eq!((kept.tokens.len(), kept.order.len()), (4, 4));
            assert_eq!(kept.content_bytes, 4 * 900);
            assert!(kept.contents.len() <= 8);
        }
        for n in 0..100 {
            assert_eq!(tokens.find(&digest(n)).is_some(), n >= 96, "{n}");
        }
    }

    #[test]
    fn what_tokens_say_has_a_limit_of_its_own() {
        let (tokens, key) = (VerifiedTokens::new(100), key());
        let digest = |n: i32| tokens.digest(&n.to_string()).unwrap();
        for n in 0..50 {
            keep(&tokens, digest(n), verified(&key, 1_000, MAX_CONTENT_BYTES / 10));
        }
        for n in 0..50 {
            let known = tokens.find(&digest(n)).unwrap();
            assert_eq!(known.content.is_some(), n >= 40, "{n}");
            assert!(known.is_valid(&[Arc::clone(&key)], 0));
        }
        keep(&tokens, digest(1_000), verified(&key, 1_000, MAX_CONTENT_BYTES + 1));
        assert!(tokens.find(&digest(1_000)).unwrap().content.is_none());
        assert_eq!(tokens.kept().content_bytes, 0);
        tokens.keep_content(&digest(3), &content());
        tokens.keep_content(&digest(2_000), &content());
        assert!(tokens.find(&digest(3)).unwrap().content.is_some(), "it was asked for again");
        assert!(tokens.find(&digest(2_000)).is_none());
        assert_eq!(tokens.kept().content_bytes, MAX_CONTENT_BYTES / 10);
    }

    /// Whatever comes, goes and comes back: the sums are those of what is there, and nothing grows.
    #[test]
    fn contents_come_and_go() {
        let (tokens, key) = (VerifiedTokens::new(6), key());
        for step in 0..5_000_usize {
            let digest = tokens.digest(&(step * step % 37 % 11).to_string()).unwrap();
            match tokens.find(&digest) {
                None => tokens.keep(digest, verified(&key, 1_000, MAX_CONTENT_BYTES / 4)),
                Some(known) if known.content.is_none() => tokens.keep_content(&digest, &content()),
                Some(_) => {}
            }
            let kept = tokens.kept();
            let sum: usize = kept.tokens.values().map(Verified::content_bytes).sum();
            assert_eq!(kept.content_bytes, sum);
            assert!(sum <= MAX_CONTENT_BYTES && kept.tokens.len() <= 6 && kept.contents.len() <= 12);
        }
    }

    #[test]
    fn it_can_be_off_and_is_never_endless() {
        assert_eq!(VerifiedTokens::new(0).digest("a.b.c"), None);
        assert_eq!(VerifiedTokens::new(usize::MAX).capacity, MAX_KEPT_TOKENS);
    }
}
