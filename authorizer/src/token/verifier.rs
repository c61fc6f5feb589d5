//! Verification: the only place where a [`Token`] is made from a token's text.

mod again;

use std::fmt;
use std::sync::Arc;

use policy_engine::bundle::ShippedKeys;
use policy_engine::condition::IssuerId;
use policy_engine::issuer::{IssuerConfig, Keys};
use policy_engine::text::MissingParam;
use policy_engine::{Policy, Token};
use serde_json::Value;
use tokio::task::JoinSet;

use super::compact::{Content, Header, Signed};
use super::elsewhere::KeptClaims;
use super::{ClaimsRead, MAX_TOKEN_BYTES, Part, Refusal, claims};
use crate::cache::{Verified, VerifiedTokens};
use crate::fetch::{Endpoint, EndpointError, FetchError, Fetcher};
use crate::keys::{
    self, Fitting, JwksError, KeyError, KeySource, KeyStore, KeyTally, PemError, VerificationKey,
};
use crate::log::{Log, Quoted};
use crate::response::KeptAnswer;
use crate::userinfo::Userinfo;

/// Verifies the tokens of a policy's issuers.
#[derive(Debug)]
pub struct Verifier {
    issuers: Vec<Issuer>,
    claims_read: ClaimsRead,
    claims_kept: KeptClaims,
    fetcher: Fetcher,
    userinfo: Arc<Userinfo>,
    verified: Arc<VerifiedTokens>,
    /// Whether anything is fetched in order to verify a token; else only by [`Verifier::prefetch`].
    fetches: bool,
    /// Whether the answers that are remembered are those to its tokens; else another's.
    keeps_answers: bool,
}

/// A token that is verified, and what is remembered of it.
#[derive(Debug)]
pub(crate) struct Recognised<'a> {
    pub(crate) token: Token,
    text: &'a str,
    /// What it was answered with before.
    pub(crate) answer: Option<Arc<KeptAnswer>>,
    /// Whether what it is answered with can be remembered.
    pub(crate) keeps_answer: bool,
}

/// What happened while tokens were verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// With the issuers' keys.
    pub keys: KeyTally,
    /// How often a userinfo endpoint was asked.
    pub userinfo_fetches: u32,
    /// How often a token was remembered, and its signature not verified again.
    pub remembered: u32,
}

#[derive(Debug)]
struct Issuer {
    id: IssuerId,
    config: IssuerConfig,
    keys: Arc<KeyStore>,
    userinfo: Option<Endpoint>,
}

/// Where the keys come from.
#[derive(Debug, Clone, Copy)]
pub enum KeysFrom<'a> {
    /// From where the policy's issuers say.
    Issuers,
    /// From this JWKS, whichever issuer a token is of.
    Jwks(&'a [u8]),
    /// From the JWKS at this URL, whichever issuer a token is of.
    Url(&'a str),
}

/// Why a policy's tokens cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierError {
    /// The name in the policy of an issuer that cannot be used.
    pub name: String,
    /// What is wrong with it.
    pub fault: IssuerFault,
}

/// What is wrong with an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerFault {
    /// A parameter that it needs has no value.
    Param(MissingParam),
    /// Its `url`, from which its keys are discovered, cannot be asked.
    Url(EndpointError),
    /// Its `jwks` cannot be asked.
    JwksUrl(EndpointError),
    /// Its `userinfo` cannot be asked.
    Userinfo(EndpointError),
    /// The JWKS that was given cannot be used.
    Jwks(JwksError),
    /// Its `key` is no public key.
    Key(PemError),
}

impl fmt::Display for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, fault } = self;
        write!(f, "the issuer `{name}` cannot be used: {fault}")
    }
}

impl fmt::Display for IssuerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Param(missing) => missing.fmt(f),
            Self::Url(error) => write!(f, "its keys are discovered from its `url`, and {error}"),
            Self::JwksUrl(error) => write!(f, "of its `jwks`, {error}"),
            Self::Userinfo(error) => write!(f, "of its `userinfo`, {error}"),
            Self::Jwks(error) => write!(f, "of the given JWKS, {error}"),
            Self::Key(error) => write!(f, "of its `key`, {error}"),
        }
    }
}

impl std::error::Error for VerifierError {}

impl Verifier {
    /// A verifier of the policy's issuers. Nothing is fetched yet.
    pub fn new(policy: &Policy, keys: KeysFrom<'_>, log: &Arc<Log>) -> Result<Self, VerifierError> {
        let fetcher = Fetcher::default();
        let mut issuers = Vec::with_capacity(policy.issuer_count());
        for (id, issuer) in (0_u32..).map(IssuerId).zip(&policy.program().parts().issuers) {
            let usable = Issuer::new(policy, id, keys, &fetcher, log);
            let named = |fault| VerifierError { name: issuer.name.clone(), fault };
            issuers.extend(usable.map_err(named)?);
        }
        let (userinfo, verified) = (Arc::default(), Arc::new(VerifiedTokens::new(0)));
        let claims_read = ClaimsRead::of(policy);
        Ok(Self {
            issuers,
            claims_read,
            claims_kept: KeptClaims::All,
            fetcher,
            userinfo,
            verified,
            fetches: true,
            keeps_answers: true,
        })
    }

    /// Remembers so many tokens whose signature was verified ([`MAX_KEPT_TOKENS`](crate::cache::MAX_KEPT_TOKENS)
    /// at most), so that it is not verified again; none where it is 0.
    #[must_use]
    pub fn remembering(self, tokens: usize) -> Self {
        Self { verified: Arc::new(VerifiedTokens::new(tokens)), ..self }
    }

    /// Leaves out of its tokens what the policy does not read. They are right for that policy, and for no other.
    #[must_use]
    pub fn keeping_what_is_read(self) -> Self {
        Self { claims_kept: KeptClaims::by(&self.claims_read), ..self }
    }

    /// Gives issuers keys to start from, for as long as none could be fetched. Keys of an issuer that has a fixed
    /// key, or that the policy does not name, are passed over.
    pub fn start_with(&self, keys: &[ShippedKeys]) -> Result<(), VerifierError> {
        for shipped in keys {
            for issuer in self.issuers.iter().filter(|issuer| issuer.config.name == shipped.issuer) {
                let named =
                    |error| VerifierError { name: shipped.issuer.clone(), fault: IssuerFault::Jwks(error) };
                let set = keys::parse_jwks(shipped.jwks.as_bytes()).map_err(named)?;
                issuer.keys.start_with(set, shipped.until);
            }
        }
        Ok(())
    }

    /// Uses the keys, userinfo answers and verified tokens of another verifier, wherever both would fetch the same.
    /// Verifying a token fetches nothing then: what the other has, and what the start brought, has to do.
    #[must_use]
    pub(crate) fn sharing_with(mut self, other: &mut Self) -> Self {
        // What one remembers of a token, the other finds.
        self.claims_kept = self.claims_kept.or(&other.claims_kept);
        other.claims_kept = self.claims_kept.clone();
        for issuer in &mut self.issuers {
            if let Some(same) = other.issuers.iter().find(|other| other.keys.fetches_as(&issuer.keys)) {
                issuer.keys = Arc::clone(&same.keys);
            }
        }
        let (userinfo, verified) = (Arc::clone(&other.userinfo), Arc::clone(&other.verified));
        Self { userinfo, verified, fetches: false, keeps_answers: false, ..self }
    }

    /// What happened since this was called last.
    pub fn take_tally(&self) -> Tally {
        let mut keys = KeyTally::default();
        for issuer in &self.issuers {
            keys += issuer.keys.take_tally();
        }
        let (userinfo_fetches, remembered) = (self.userinfo.take_fetches(), self.verified.take_hits());
        Tally { keys, userinfo_fetches, remembered }
    }

    /// Fetches every issuer's keys at once. An issuer that is down is logged, and asked again by its first token.
    pub async fn prefetch(&self, now: i64) {
        joined(self.fetch_keys(now)).await;
    }

    /// The same, begun: a task for each issuer whose keys are fetched at all.
    pub(crate) fn fetch_keys(&self, now: i64) -> JoinSet<()> {
        let fetched = self.issuers.iter().filter(|issuer| issuer.keys.is_fetched());
        let fetch = |issuer: &Issuer| {
            let keys = Arc::clone(&issuer.keys);
            async move { keys.prefetch(now).await }
        };
        fetched.map(fetch).collect()
    }

    /// The token of that text (without a scheme), if everything about it is in order at `now`, in seconds since
    /// 1970-01-01 UTC.
    pub async fn verify(&self, text: &str, now: i64) -> Result<Token, Refusal> {
        self.recognise(text, now).await.map(|recognised| recognised.token)
    }

    /// The same, with what it was answered with before.
    pub(crate) async fn recognise<'a>(&self, text: &'a str, now: i64) -> Result<Recognised<'a>, Refusal> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let mut remembered = self.verified.find(text);
        // What a token says follows from its text alone. What is asked of it is asked again each time, unless the issuer
        // that accepts it at this time is known.
        let (content, signed) = match remembered.as_mut().and_then(|token| token.content.take()) {
            Some(content) => (content, None),
            None => Signed::parse(text, &self.claims_kept)
                .map(|(content, signed)| (Arc::new(content), Some(signed)))?,
        };
        let known = remembered.as_ref().and_then(|token| self.issuer_known(token, now));
        let issuer = if let Some(issuer) = known {
            issuer
        } else {
            let issuer = self.issuer_of(&content, now)?;
            self.claims_read.check(&content.claims)?;
            issuer
        };
        let keys = self.keys_for(issuer, &content.header, now).await?;
        let token = Token::new(issuer.id, Arc::clone(&content.claims));
        let valid = remembered.filter(|token| token.is_valid(&keys, now));
        if valid.is_some() {
            self.verified.count_hit();
            if signed.is_some() {
                self.verified.keep_content(text, &content);
            }
        } else {
            let signed = signed.map_or_else(|| Signed::again(text), Ok)?;
            let algorithm = content.header.algorithm;
            let made_it =
                |key: &&Arc<VerificationKey>| key.verify(algorithm, signed.input, &signed.signature);
            let key = keys.iter().find(made_it).ok_or(Refusal::Signature)?;
            if let Some(expires) = token.expires() {
                self.verified.keep(text, Verified::new(key.id, expires));
            }
        }
        let keeps_answer = valid.is_some() && self.keeps_answers && issuer.userinfo.is_none();
        let answer = valid.and_then(|token| token.answer).filter(|_| keeps_answer);
        let token = self.with_userinfo(issuer, (text, token), now).await?;
        Ok(Recognised { token, text, answer, keeps_answer })
    }

    async fn keys_for(&self, issuer: &Issuer, header: &Header, now: i64) -> Result<Fitting, Refusal> {
        let (kid, algorithm) = (header.kid.as_deref(), header.algorithm);
        let keys = if self.fetches {
            issuer.keys.find(kid, algorithm, now).await
        } else {
            issuer.keys.at_hand(kid, algorithm, now)
        };
        keys.map_err(|error| match error {
            KeyError::Unavailable => Refusal::NoKeys(issuer.config.name.clone()),
            KeyError::Unknown => Refusal::UnknownKey(kid.map(Quoted::new)),
            KeyError::OtherAlgorithm => Refusal::KeyAlgorithm(kid.map(Quoted::new)),
            KeyError::Unusable(fault) => Refusal::UnusableKey(kid.map(Quoted::new), fault),
            KeyError::Ambiguous => Refusal::AmbiguousKey,
        })
    }

    /// The token with what the issuer's userinfo endpoint says of it, where it is asked.
    async fn with_userinfo(
        &self,
        issuer: &Issuer,
        (text, token): (&str, Token),
        now: i64,
    ) -> Result<Token, Refusal> {
        let Some(endpoint) = &issuer.userinfo else { return Ok(token) };
        let claims = if self.fetches {
            self.userinfo.of(&self.fetcher, endpoint, (text, &token), now).await?
        } else {
            let known = self.userinfo.at_hand(endpoint, text, now);
            known.ok_or(Refusal::Userinfo(FetchError::NotAsked))?
        };
        Ok(token.with_userinfo(claims))
    }

    /// The issuer of that `iss` whose other settings the token fits too: a policy can tell one authority's
    /// kinds of tokens apart by naming it twice. Where it fits none, the first one says why.
    fn issuer_of(&self, token: &Content, now: i64) -> Result<&Issuer, Refusal> {
        let iss =
            token.claims.get("iss").and_then(Value::as_str).ok_or(Refusal::Member(Part::Claims, "iss"))?;
        let (mut found, mut refusal) = (None, None);
        for issuer in self.issuers.iter().filter(|issuer| issuer.config.url == iss) {
            match claims::check(&issuer.config, &token.header, &token.claims, now) {
                // Order never matters: the text does not decide which of two it is.
                Ok(()) if found.is_some() => return Err(Refusal::AmbiguousIssuer),
                Ok(()) => found = Some(issuer),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        found.ok_or_else(|| refusal.unwrap_or_else(|| Refusal::UnknownIssuer(Quoted::new(iss))))
    }
}

impl Issuer {
    /// None where the policy has no issuer of that id.
    fn new(
        policy: &Policy,
        id: IssuerId,
        keys: KeysFrom<'_>,
        fetcher: &Fetcher,
        log: &Arc<Log>,
    ) -> Result<Option<Self>, IssuerFault> {
        let Some(config) = policy.issuer_config(id) else {
            return Ok(None);
        };
        let config = config.map_err(IssuerFault::Param)?;
        let source = key_source(&config, keys)?;
        // The endpoint is asked only for what the policy reads.
        let userinfo = config.userinfo.as_deref().filter(|_| policy.reads_userinfo());
        let userinfo = userinfo.map(Endpoint::parse).transpose().map_err(IssuerFault::Userinfo)?;
        let keys = KeyStore::new(config.name.clone(), source, fetcher.clone(), Arc::clone(log));
        Ok(Some(Self { id, config, keys: Arc::new(keys), userinfo }))
    }
}

/// Waits for all of them. A task that came to nothing has fetched nothing: its issuer is asked again by its first token.
pub(crate) async fn joined(mut fetches: JoinSet<()>) {
    while fetches.join_next().await.is_some() {}
}

fn key_source(config: &IssuerConfig, keys: KeysFrom<'_>) -> Result<KeySource, IssuerFault> {
    let at = |url: &str| Endpoint::parse(url).map(KeySource::Jwks).map_err(IssuerFault::JwksUrl);
    match (keys, &config.keys) {
        (KeysFrom::Jwks(bytes), _) => {
            let keys = keys::parse_jwks(bytes).map_err(IssuerFault::Jwks)?;
            Ok(KeySource::Given(Arc::new(keys)))
        }
        (KeysFrom::Url(url), _) => at(url),
        (KeysFrom::Issuers, Keys::Jwks(url)) => at(url),
        (KeysFrom::Issuers, Keys::Pem(pem)) => {
            let keys = keys::parse_pem(pem).map_err(IssuerFault::Key)?;
            Ok(KeySource::Given(Arc::new(keys)))
        }
        (KeysFrom::Issuers, Keys::Discovery) => {
            let configuration = Endpoint::openid_configuration(&config.url).map_err(IssuerFault::Url)?;
            Ok(KeySource::Discovery(configuration, config.url.clone()))
        }
    }
}
