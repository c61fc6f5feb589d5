//! What an issuer's userinfo endpoint says about a token's subject (OpenID Connect Core 1.0 section 5.3).

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use policy_engine::Token;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::fetch::{Endpoint, FetchError, Fetcher};
use crate::token::Refusal;

/// The largest answer that is read, in bytes.
pub const MAX_USERINFO_BYTES: usize = 16 * 1024;
/// How long an answer is kept, in seconds; never longer than the token is valid.
pub const USERINFO_SECONDS: i64 = 5 * 60;
/// The most answers that are kept.
pub const MAX_KEPT_ANSWERS: usize = 128;

type Claims = Map<String, Value>;
/// Of the endpoint and the token. The whole digest: with a shorter one, two tokens could share an answer.
type TokenDigest = [u8; 32];

/// The answers of userinfo endpoints, kept for a while.
#[derive(Default)]
pub(crate) struct Userinfo {
    kept: Mutex<HashMap<TokenDigest, Kept>>,
    fetches: AtomicU32,
}

struct Kept {
    claims: Claims,
    until: i64,
}

impl fmt::Debug for Userinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Userinfo").finish_non_exhaustive()
    }
}

impl Userinfo {
    /// What the endpoint says about the subject of a token that was verified; `text` is the token as sent.
    pub(crate) async fn of(
        &self,
        fetcher: &Fetcher,
        endpoint: &Endpoint,
        (text, token): (&str, &Token),
        now: i64,
    ) -> Result<Claims, Refusal> {
        if let Some(kept) = self.at_hand(endpoint, text, now) {
            return Ok(kept);
        }
        let digest = digest(endpoint, text);
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let answer = fetcher.get(endpoint, Some(text), MAX_USERINFO_BYTES).await;
        let claims = same_subject(&answer.map_err(Refusal::Userinfo)?.body, token)?;
        let until = now.saturating_add(USERINFO_SECONDS).min(token.expires().unwrap_or(now));
        self.keep(digest, Kept { claims: claims.clone(), until }, now);
        Ok(claims)
    }

    /// What it said before: nothing is asked.
    pub(crate) fn at_hand(&self, endpoint: &Endpoint, text: &str, now: i64) -> Option<Claims> {
        let kept = self.kept();
        kept.get(&digest(endpoint, text)).filter(|kept| kept.is_fresh(now)).map(|kept| kept.claims.clone())
    }

    /// How often an endpoint was asked since this was called last.
    pub(crate) fn take_fetches(&self) -> u32 {
        self.fetches.swap(0, Ordering::Relaxed)
    }

    fn keep(&self, digest: TokenDigest, answer: Kept, now: i64) {
        let mut kept = self.kept();
        if kept.len() >= MAX_KEPT_ANSWERS {
            kept.retain(|_, answer| answer.is_fresh(now));
        }
        if kept.len() >= MAX_KEPT_ANSWERS {
            let oldest = kept.iter().min_by_key(|(digest, answer)| (answer.until, **digest));
            if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
                kept.remove(&oldest);
            }
        }
        kept.insert(digest, answer);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TokenDigest, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    const fn is_fresh(&self, now: i64) -> bool {
        // With a clock set back, an answer is not kept for longer than it would have been.
        now < self.until && self.until.saturating_sub(now) <= USERINFO_SECONDS
    }
}

fn digest(endpoint: &Endpoint, text: &str) -> TokenDigest {
    Sha256::digest(format!("{endpoint}\n{text}")).into()
}

/// OpenID Connect Core 1.0 section 5.3.2: the answer's `sub` must be the token's, or it must not be used.
fn same_subject(body: &[u8], token: &Token) -> Result<Claims, Refusal> {
    let Ok(Value::Object(claims)) = serde_json::from_slice(body) else {
        return Err(Refusal::Userinfo(FetchError::Content("something that is not a JSON object")));
    };
    match (claims.get("sub"), token.claims().get("sub")) {
        (Some(Value::String(theirs)), Some(Value::String(ours))) if theirs == ours => Ok(claims),
        _ => Err(Refusal::UserinfoSubject),
    }
}

#[cfg(test)]
mod tests {
    use policy_engine::condition::IssuerId;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_same_subject_is_believed() {
        let token = |claims: Value| Token::new(IssuerId(0), claims.as_object().unwrap().clone());
        let ana = token(json!({ "sub": "ana" }));
        assert!(same_subject(br#"{"sub": "ana", "email": "a@example.com"}"#, &ana).is_ok());
        for body in [r#"{"sub": "ben"}"#, "{}", r#"{"sub": null}"#, r#"{"sub": ["ana"]}"#] {
            assert_eq!(same_subject(body.as_bytes(), &ana), Err(Refusal::UserinfoSubject), "{body}");
        }
        assert_eq!(same_subject(b"{}", &token(json!({}))), Err(Refusal::UserinfoSubject));
        for body in ["", "[]", "a.b.c", "<html>"] {
            assert!(matches!(same_subject(body.as_bytes(), &ana), Err(Refusal::Userinfo(_))), "{body}");
        }
    }

    #[test]
    fn answers_are_bounded_in_number_and_time() {
        let userinfo = Userinfo::default();
        let limit = i64::try_from(MAX_KEPT_ANSWERS).unwrap();
        for n in 0..limit + 10 {
            let digest: TokenDigest = Sha256::digest(n.to_le_bytes()).into();
            userinfo.keep(digest, Kept { claims: Map::new(), until: 1_000 + n }, 900);
        }
        assert_eq!(userinfo.kept().len(), MAX_KEPT_ANSWERS);
        let first: TokenDigest = Sha256::digest(0_i64.to_le_bytes()).into();
        assert!(!userinfo.kept().contains_key(&first), "the one that ends first makes room");

        let kept = Kept { claims: Map::new(), until: 1_000 };
        assert!(kept.is_fresh(999));
        assert!(!kept.is_fresh(1_000));
        assert!(!kept.is_fresh(1_000 - USERINFO_SECONDS - 1), "the clock was set back");
    }
}
