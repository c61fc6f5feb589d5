//! The keys of one issuer: fetched, kept, and fetched again when they are old or do not hold a token's key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use policy_engine::Algorithm;
use serde::{Deserialize, Serialize};

use super::jwks;
use super::schedule::Schedule;
use super::set::{Fitting, KeyError, KeySet};
use crate::fetch::{Endpoint, FetchError, Fetcher};
use crate::log::{Level, Log, as_text};

/// The largest JWKS or OpenID configuration that is read, in bytes. Those of the large issuers have 1 to 10 KB.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// Where the keys of an issuer come from.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// The JWKS that the OpenID configuration at this address names; with the issuer's `iss`.
    Discovery(Endpoint, String),
    /// This JWKS.
    Jwks(Endpoint),
    /// Given once and for all.
    Given(Arc<KeySet>),
}

/// The keys of one issuer.
#[derive(Debug)]
pub(crate) struct KeyStore {
    issuer: String,
    source: KeySource,
    fetcher: Fetcher,
    log: Arc<Log>,
    state: Mutex<State>,
    /// Held while fetching, so that one fetch is in flight and the others wait for its keys.
    in_flight: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    keys: Option<KeySet>,
    schedule: Schedule,
    /// Counts the fetches, so that one who waited sees that another has fetched.
    fetches: u64,
    tally: KeyTally,
}

/// What happened with keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyTally {
    /// How often keys were fetched, or should have been.
    pub fetches: u32,
    /// How often that failed.
    pub failures: u32,
    /// How often keys were used that are older than they should be, or are those of the bundle.
    pub stale_uses: u32,
    /// The time that the fetches took, in microseconds.
    pub fetch_us: u64,
}

impl std::ops::AddAssign for KeyTally {
    fn add_assign(&mut self, other: Self) {
        self.fetches = self.fetches.saturating_add(other.fetches);
        self.failures = self.failures.saturating_add(other.failures);
        self.stale_uses = self.stale_uses.saturating_add(other.stale_uses);
        self.fetch_us = self.fetch_us.saturating_add(other.fetch_us);
    }
}

#[derive(Serialize)]
struct Fetched<'a> {
    issuer: &'a str,
    keys: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<i64>,
}

#[derive(Serialize)]
struct Failed<'a> {
    issuer: &'a str,
    #[serde(serialize_with = "as_text")]
    url: &'a Endpoint,
    #[serde(serialize_with = "as_text")]
    reason: &'a FetchError,
    stale_keys_in_use: bool,
}

impl KeyStore {
    /// Keys of the issuer of that name.
    pub(crate) fn new(issuer: String, source: KeySource, fetcher: Fetcher, log: Arc<Log>) -> Self {
        let state = State { keys: None, schedule: Schedule::new(), fetches: 0, tally: KeyTally::default() };
        let (state, in_flight) = (Mutex::new(state), tokio::sync::Mutex::new(()));
        Self { issuer, source, fetcher, log, state, in_flight }
    }

    /// Gives it keys to start from: they are used for as long as none could be fetched, and up to a time in seconds
    /// since 1970-01-01 UTC. Once keys were fetched, these do not come back.
    pub(crate) fn start_with(&self, keys: KeySet, until: i64) {
        let mut state = self.state();
        state.keys = Some(keys);
        state.schedule = Schedule::with_shipped_keys(until);
    }

    /// Whether both fetch their keys, and from the same place.
    pub(crate) fn fetches_as(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (KeySource::Jwks(one), KeySource::Jwks(two)) => one == two,
            (KeySource::Discovery(one, issuer), KeySource::Discovery(two, other)) => {
                one == two && issuer == other
            }
            _ => false,
        }
    }

    /// Whether the keys are fetched; else they were given.
    pub(crate) const fn is_fetched(&self) -> bool {
        !matches!(self.source, KeySource::Given(_))
    }

    /// What happened since this was called last.
    pub(crate) fn take_tally(&self) -> KeyTally {
        std::mem::take(&mut self.state().tally)
    }

    /// Fetches the keys, so that the first token does not have to wait. Failing is no error yet.
    pub(crate) async fn prefetch(&self, now: i64) {
        if self.is_fetched() {
            let fetches = self.observed(now).fetches;
            self.fetch_if(fetches, now, |schedule| schedule.is_due(now)).await;
        }
    }

    /// The keys of which one has made the signature of a token with that `kid` and algorithm.
    pub(crate) async fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Fitting, KeyError> {
        if let KeySource::Given(keys) = &self.source {
            return keys.lookup(kid, algorithm);
        }
        let (fetches, is_due) = {
            let mut state = self.observed(now);
            let is_due = state.schedule.is_due(now);
            // What nearly every token meets: nothing to be waited for.
            if let (false, Ok(keys)) = (is_due, state.lookup(kid, algorithm, now)) {
                state.note_use(now);
                return Ok(keys);
            }
            (state.fetches, is_due)
        };
        if is_due {
            self.fetch_if(fetches, now, |schedule| schedule.is_due(now)).await;
        }
        let fetches = self.state().fetches;
        if let Err(KeyError::Unknown) = self.at_hand(kid, algorithm, now) {
            self.fetch_if(fetches, now, |schedule| schedule.spend_kid_fetch(now)).await;
        }
        let found = self.at_hand(kid, algorithm, now);
        if found.is_ok() {
            self.state().note_use(now);
        }
        found
    }

    /// The same of the keys that are there: nothing is fetched.
    pub(crate) fn at_hand(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Fitting, KeyError> {
        if let KeySource::Given(keys) = &self.source {
            return keys.lookup(kid, algorithm);
        }
        self.state().lookup(kid, algorithm, now)
    }

    /// Fetches once nobody else does, unless somebody did since the count was `seen`, or `may` says no.
    async fn fetch_if(&self, seen: u64, now: i64, may: impl FnOnce(&mut Schedule) -> bool) {
        let _fetching = self.in_flight.lock().await;
        let wanted = {
            let mut state = self.state();
            state.fetches == seen && may(&mut state.schedule)
        };
        if wanted {
            self.fetch(now).await;
        }
    }

    async fn fetch(&self, now: i64) {
        let start = Instant::now();
        let fetched = self.keys_of_source().await;
        let mut state = self.state();
        state.fetches = state.fetches.wrapping_add(1);
        state.tally += KeyTally {
            fetches: 1,
            failures: u32::from(fetched.is_err()),
            stale_uses: 0,
            fetch_us: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        match fetched {
            Ok((keys, max_age)) => {
                state.schedule.succeeded(now, max_age);
                let line = Fetched { issuer: &self.issuer, keys: keys.len(), max_age };
                self.log.write(Level::Debug, "keys fetched", line);
                state.keys = Some(keys);
            }
            Err((endpoint, error)) => {
                state.schedule.failed(now);
                let stale_keys_in_use = state.keys.is_some() && state.schedule.is_usable(now);
                let line = Failed { issuer: &self.issuer, url: &endpoint, reason: &error, stale_keys_in_use };
                self.log.write(Level::Error, "keys not fetched", line);
            }
        }
    }

    /// The keys, and how long they are good; else the address that did not answer as it should, and how it
    /// answered.
    async fn keys_of_source(&self) -> Result<(KeySet, Option<i64>), (Endpoint, FetchError)> {
        let endpoint = match &self.source {
            KeySource::Given(keys) => return Ok((keys.as_ref().clone(), None)),
            KeySource::Jwks(endpoint) => endpoint.clone(),
            KeySource::Discovery(configuration, issuer) => discover(&self.fetcher, configuration, issuer)
                .await
                .map_err(|error| (configuration.clone(), error))?,
        };
        let document = self.fetcher.get(&endpoint, None, MAX_DOCUMENT_BYTES).await;
        match document.and_then(|document| Ok((keys_of(&document.body)?, document.max_age))) {
            Ok(keys) => Ok(keys),
            Err(error) => Err((endpoint, error)),
        }
    }

    /// The state, once its ages are judged by this time.
    fn observed(&self, now: i64) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.schedule.observe(now);
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lookup(&self, kid: Option<&str>, algorithm: Algorithm, now: i64) -> Result<Fitting, KeyError> {
        let keys = self.keys.as_ref().filter(|_| self.schedule.is_usable(now));
        keys.ok_or(KeyError::Unavailable)?.lookup(kid, algorithm)
    }

    fn note_use(&mut self, now: i64) {
        if self.schedule.is_old(now) {
            self.tally.stale_uses = self.tally.stale_uses.saturating_add(1);
        }
    }
}

fn keys_of(document: &[u8]) -> Result<KeySet, FetchError> {
    jwks::parse(document).map_err(|error| FetchError::Content(error.lack()))
}

#[derive(Deserialize)]
struct OpenIdConfiguration {
    issuer: String,
    jwks_uri: String,
}

/// OpenID Connect Discovery 1.0 section 4.3: the configuration must name the issuer that was asked for.
async fn discover(fetcher: &Fetcher, configuration: &Endpoint, issuer: &str) -> Result<Endpoint, FetchError> {
    let document = fetcher.get(configuration, None, MAX_DOCUMENT_BYTES).await?;
    let parsed: OpenIdConfiguration = serde_json::from_slice(&document.body)
        .map_err(|_| FetchError::Content("something that is not an OpenID configuration"))?;
    if parsed.issuer != issuer {
        return Err(FetchError::Content("the OpenID configuration of another issuer"));
    }
    let endpoint = Endpoint::parse(&parsed.jwks_uri)?;
    if configuration.is_https() && !endpoint.is_https() {
        return Err(FetchError::Content("an OpenID configuration whose `jwks_uri` is not https"));
    }
    Ok(endpoint)
}
