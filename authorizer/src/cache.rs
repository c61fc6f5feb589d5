//! Tokens whose signature was verified, so that the next request with one does not pay for it again.
//!
//! What is remembered is what follows from a token's text alone: what it says, and which key made its signature; and an
//! answer, which follows from that and from what stands in the answer itself, with the times at which the token's claims are
//! accepted. Every request is held against these times, and its key is looked up: once a key is fetched anew, or gone, its
//! tokens are verified anew, or refused.

mod kept;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::keys::{KeyId, VerificationKey};
use crate::response::KeptAnswer;
use crate::token::Content;

use kept::Kept;

/// The most tokens that can be remembered, whatever the setting says.
pub const MAX_KEPT_TOKENS: usize = 65_536;
/// How many are, unless said.
pub const KEPT_TOKENS: usize = 1_024;

/// The tokens, and the key that made each one's signature.
///
/// A token is known again by its whole text, its signature included: with less, one could pass for another. It is looked up
/// by its last bytes, which are of the signature, and so no more alike in two tokens than digests are.
pub(crate) struct VerifiedTokens {
    capacity: usize,
    kept: Mutex<Kept>,
    hits: AtomicU32,
}

/// A token whose signature was verified.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    key: KeyId,
    expires: i64,
    /// What it says; none until it is asked for again, and where there was no room.
    pub(crate) content: Option<Arc<Content>>,
    /// What it was answered with; none without its content.
    pub(crate) answer: Option<Arc<KeptAnswer>>,
    /// The number of that content, from 1 on: no other has the same.
    number: u64,
    /// What content and answer count for, in bytes: the lengths of their texts.
    content_bytes: usize,
}

impl Verified {
    /// A token whose signature that key has made; up to its end.
    pub(crate) const fn new(key: KeyId, expires: i64) -> Self {
        Self { key, expires, content: None, answer: None, number: 0, content_bytes: 0 }
    }

    /// Whether one of these very keys has made the signature, and the token has not expired.
    pub(crate) fn is_valid(&self, keys: &[Arc<VerificationKey>], now: i64) -> bool {
        now < self.expires && keys.iter().any(|key| key.id == self.key)
    }

    /// Gives the bytes that this frees.
    fn forget_content(&mut self) -> usize {
        (self.content, self.answer) = (None, None);
        std::mem::take(&mut self.content_bytes)
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

    /// What is known of the token.
    pub(crate) fn find(&self, token: &str) -> Option<Verified> {
        self.kept().known(token).cloned()
    }

    /// Counts a token whose signature needed not be verified.
    pub(crate) fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers a token.
    pub(crate) fn keep(&self, token: &str, verified: Verified) {
        if self.capacity > 0 {
            self.kept().keep(token, verified, self.capacity);
        }
    }

    /// Remembers what a token says that is known. Not before somebody comes with it again: most tokens are seen once,
    /// where API Gateway keeps the answers, and to keep what they say costs more than it saves.
    pub(crate) fn keep_content(&self, token: &str, content: &Arc<Content>) {
        self.kept().keep_content(token, content);
    }

    /// Remembers what a token is answered with whose content is remembered.
    pub(crate) fn keep_answer(&self, token: &str, answer: KeptAnswer) {
        self.kept().keep_answer(token, answer);
    }

    /// How often a token was known since this was called last.
    pub(crate) fn take_hits(&self) -> u32 {
        self.hits.swap(0, Ordering::Relaxed)
    }

    /// How many answers are kept.
    #[cfg(test)]
    pub(crate) fn answers(&self) -> usize {
        self.kept().tokens.values().filter(|known| known.verified.answer.is_some()).count()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use policy_engine::Algorithm;
    use serde_json::json;

    use super::kept::{MAX_CONTENT_BYTES, MEAN_TEXT_BYTES};
    use super::*;
    use crate::keys::parse_jwks;
    use crate::token::MAX_TOKEN_BYTES;
    use crate::token::tests::content;

    fn key() -> Arc<VerificationKey> {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }] }).to_string();
        parse_jwks(jwks.as_bytes()).unwrap().lookup(Some("a"), Algorithm::EdDSA).unwrap().remove(0)
    }

    fn verified(key: &Arc<VerificationKey>) -> Verified {
        Verified::new(key.id, 1_000)
    }

    /// Token `number`, of so many bytes.
    fn token(number: usize, length: usize) -> String {
        format!("{number:.>length$}")
    }

    /// Comes with the token twice.
    fn keep(tokens: &VerifiedTokens, token: &str, verified: Verified) {
        tokens.keep(token, verified);
        tokens.keep_content(token, &content());
    }

    #[test]
    fn a_token_is_known_by_the_very_key_and_until_it_expires() {
        let (tokens, key, same) = (VerifiedTokens::new(8), key(), key());
        assert!(tokens.find("a.b.c").is_none());
        tokens.keep("a.b.c", Verified::new(key.id, 100));
        assert!(tokens.find("a.b.c").unwrap().content.is_none(), "nobody has come with it again");
        tokens.keep_content("a.b.c", &content());
        let known = tokens.find("a.b.c").unwrap();
        assert!(known.content.is_some());
        assert!(known.is_valid(&[Arc::clone(&same), Arc::clone(&key)], 99));
        assert!(!known.is_valid(&[Arc::clone(&key)], 100), "it has expired");
        assert!(!known.is_valid(&[Arc::clone(&same)], 10), "the key was fetched anew");
        assert!(!known.is_valid(&[], 10), "the key is gone");
        for other in ["a.b.d", "a.b.", "a.b.cc", "", "A.b.c"] {
            assert!(tokens.find(other).is_none(), "{other}");
        }
        tokens.keep("a.b.c", Verified::new(same.id, 100));
        assert!(tokens.find("a.b.c").unwrap().content.is_some(), "what it says follows from its text");
        assert!(tokens.find("a.b.c").unwrap().is_valid(&[same], 10), "verified anew");
        assert_eq!(tokens.kept().order.len(), 1);
        tokens.count_hit();
        assert_eq!((tokens.take_hits(), tokens.take_hits()), (1, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let (tokens, key) = (VerifiedTokens::new(4), key());
        for n in (0..100).chain(90..100) {
            keep(&tokens, &token(n, 900), verified(&key));
        }
        {
            let kept = tokens.kept();
            assert_eq!((kept.tokens.len(), kept.order.len()), (4, 4));
            assert_eq!((kept.content_bytes, kept.text_bytes), (4 * 900, 4 * 900));
            assert_eq!(kept.contents.len(), 4);
        }
        for n in 0..100 {
            assert_eq!(tokens.find(&token(n, 900)).is_some(), n >= 96, "{n}");
        }
    }

    /// No issuer makes such tokens, but one of them must not pass for the other.
    #[test]
    fn tokens_of_one_tail_take_each_others_place() {
        let (tokens, key) = (VerifiedTokens::new(4), key());
        let token = |n: usize| format!("{}{}", token(n, 100 + n), "t".repeat(16));
        for n in 0..10 {
            keep(&tokens, &token(n), verified(&key));
            tokens.keep_answer(&token(n), KeptAnswer::sample(10));
            assert!((0..12).all(|other| tokens.find(&token(other)).is_some() == (other == n)), "{n}");
        }
        tokens.keep_content(&token(3), &content());
        assert!(tokens.find(&token(3)).is_none());
        let kept = tokens.kept();
        assert_eq!((kept.order.len(), kept.contents.len(), kept.text_bytes), (1, 1, token(9).len()));
        assert_eq!(kept.content_bytes, token(9).len() + KeptAnswer::sample(10).size());
    }

    #[test]
    fn texts_have_a_limit_of_their_own() {
        let (tokens, key) = (VerifiedTokens::new(40), key());
        let length = 4 * MEAN_TEXT_BYTES;
        for n in 0..50 {
            tokens.keep(&token(n, length), verified(&key));
            assert!(tokens.kept().text_bytes <= 40 * MEAN_TEXT_BYTES);
        }
        for n in 0..50 {
            assert_eq!(tokens.find(&token(n, length)).is_some(), n >= 40, "{n}");
        }
        let (one, longest) = (VerifiedTokens::new(1), token(1, MAX_TOKEN_BYTES));
        one.keep(&longest, verified(&key));
        assert!(one.find(&longest).is_some());
    }

    #[test]
    fn what_tokens_say_has_a_limit_of_its_own() {
        let (tokens, key) = (VerifiedTokens::new(10_000), key());
        let token = |n: usize| token(n, MAX_CONTENT_BYTES / 10);
        for n in 0..50 {
            keep(&tokens, &token(n), verified(&key));
        }
        for n in 0..50 {
            let known = tokens.find(&token(n)).unwrap();
            assert_eq!(known.content.is_some(), n >= 40, "{n}");
            assert!(known.is_valid(&[Arc::clone(&key)], 0));
        }
        let large = "x".repeat(MAX_CONTENT_BYTES + 1);
        keep(&tokens, &large, verified(&key));
        assert!(tokens.find(&large).unwrap().content.is_none());
        assert_eq!(tokens.kept().content_bytes, 0);
        tokens.keep_content(&token(3), &content());
        tokens.keep_content("another", &content());
        assert!(tokens.find(&token(3)).unwrap().content.is_some(), "it was asked for again");
        assert!(tokens.find("another").is_none());
        assert_eq!(tokens.kept().content_bytes, MAX_CONTENT_BYTES / 10);
    }

    #[test]
    fn an_answer_is_kept_and_forgotten_with_the_content() {
        let (tokens, key) = (VerifiedTokens::new(100), key());
        let (first, second) = (token(1, 900), token(2, 900));
        tokens.keep(&first, verified(&key));
        tokens.keep_answer(&first, KeptAnswer::sample(100));
        tokens.keep_answer(&second, KeptAnswer::sample(100));
        assert!(tokens.find(&first).unwrap().answer.is_none(), "its content is not kept");
        assert!(tokens.find(&second).is_none());
        tokens.keep_content(&first, &content());
        tokens.keep_answer(&first, KeptAnswer::sample(100));
        let size = KeptAnswer::sample(100).size();
        assert!(tokens.find(&first).unwrap().answer.is_some());
        assert_eq!(tokens.kept().content_bytes, 900 + size);
        tokens.keep_answer(&first, KeptAnswer::sample(50));
        assert_eq!(tokens.kept().content_bytes, 900 + size, "the first one stays");
        tokens.keep(&first, verified(&key));
        assert!(tokens.find(&first).unwrap().answer.is_some());
        keep(&tokens, &second, verified(&key));
        tokens.keep_answer(&second, KeptAnswer::sample(MAX_CONTENT_BYTES - 1_800));
        assert!(tokens.find(&first).unwrap().answer.is_none(), "the second needs the room");
        assert!(tokens.find(&second).unwrap().answer.is_some());
    }

    /// Whatever comes, goes and comes back: the sums are those of what is there, and nothing grows.
    #[test]
    fn contents_come_and_go() {
        let (tokens, key) = (VerifiedTokens::new(6), key());
        let (mut answers, mut forgotten) = (0, 0);
        for step in 0..20_000_usize {
            let number = step * step % 37 % 11;
            // Of those that end alike, there are two.
            let token = format!("{}{}", step / 200 % 2, token(number, 1_000 + number));
            match tokens.find(&token) {
                None => tokens.keep(&token, verified(&key)),
                Some(known) if known.content.is_none() => tokens.keep_content(&token, &content()),
                Some(_) if step % 3 == 0 => {
                    tokens.keep_answer(&token, KeptAnswer::sample(step * 50 % 300_000));
                }
                Some(_) => {}
            }
            let kept = tokens.kept();
            let verified = || kept.tokens.values().map(|known| &known.verified);
            let sum: usize = verified().map(|token| token.content_bytes).sum();
            let texts: usize = kept.tokens.values().map(|known| known.text.len()).sum();
            assert_eq!((kept.content_bytes, kept.text_bytes), (sum, texts));
            let contents = kept.contents.iter().all(|(number, tail)| {
                let token = kept.tokens.get(tail).map(|known| &known.verified);
                token.is_some_and(|token| token.number == *number && token.content.is_some())
            });
            let count = verified().filter(|token| token.content.is_some()).count();
            assert!(contents && kept.contents.len() == count);
            assert!(verified().all(|token| token.content.is_some() == (token.content_bytes > 0)));
            assert!(sum <= MAX_CONTENT_BYTES && kept.tokens.len() <= 6);
            assert_eq!(kept.tokens.len(), kept.order.len());
            answers += verified().filter(|token| token.answer.is_some()).count();
            forgotten += kept.tokens.len() - count;
        }
        assert!(answers > 5_000 && forgotten > 5_000, "{answers} {forgotten}");
    }

    #[test]
    fn it_can_be_off_and_is_never_endless() {
        let (off, key) = (VerifiedTokens::new(0), key());
        keep(&off, "a.b.c", verified(&key));
        assert!(off.find("a.b.c").is_none());
        assert_eq!(VerifiedTokens::new(usize::MAX).capacity, MAX_KEPT_TOKENS);
    }
}
