//! The keys of one issuer: fetched, kept, and fetched again when they are old or do not hold a token's key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use policy_engine::Algorithm;
use serde::{Deserialize, Serialize};

use super::jwks;
use super::key::VerificationKey;
use super::schedule::Schedule;
use super::set::{KeyError, KeySet};
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
}

#[derive(Serialize)]
struct Fetched<'a> {
    issuer: &'a str,
    keys: usize,
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
        let state = Mutex::new(State { keys: None, schedule: Schedule::new(), fetches: 0 });
        Self { issuer, source, fetcher, log, state, in_flight: tokio::sync::Mutex::new(()) }
    }

    /// Fetches the keys, so that the first token does not have to wait. Failing is no error yet.
    pub(crate) async fn prefetch(&self, now: i64) {
        if !matches!(self.source, KeySource::Given(_)) {
            let fetches = self.state().fetches;
            self.fetch_if(fetches, now, |schedule| schedule.is_due(now)).await;
        }
    }

    /// The keys of which one has made the signature of a token with that `kid` and algorithm.
    pub(crate) async fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Vec<Arc<VerificationKey>>, KeyError> {
        if let KeySource::Given(keys) = &self.source {
            return keys.lookup(kid, algorithm);
        }
        let fetches = self.state().fetches;
        if self.state().schedule.is_due(now) {
            self.fetch_if(fetches, now, |schedule| schedule.is_due(now)).await;
        }
        let fetches = self.state().fetches;
        match self.look_up(kid, algorithm, now) {
            Err(KeyError::Unknown) => {}
            answer => return answer,
        }
        self.fetch_if(fetches, now, |schedule| schedule.spend_kid_fetch(now)).await;
        self.look_up(kid, algorithm, now)
    }

    fn look_up(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: i64,
    ) -> Result<Vec<Arc<VerificationKey>>, KeyError> {
        let state = self.state();
        let keys = state.keys.as_ref().filter(|_| state.schedule.is_usable(now));
        keys.ok_or(KeyError::Unavailable)?.lookup(kid, algorithm)
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
        let fetched = self.keys_of_source().await;
        let mut state = self.state();
        state.fetches = state.fetches.wrapping_add(1);
        match fetched {
            Ok(keys) => {
                state.schedule.succeeded(now);
                let line = Fetched { issuer: &self.issuer, keys: keys.len() };
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

    /// The keys; else the address that did not answer as it should, and how it answered.
    async fn keys_of_source(&self) -> Result<KeySet, (Endpoint, FetchError)> {
        let endpoint = match &self.source {
            KeySource::Given(keys) => return Ok(keys.as_ref().clone()),
            KeySource::Jwks(endpoint) => endpoint.clone(),
            KeySource::Discovery(configuration, issuer) => discover(&self.fetcher, configuration, issuer)
                .await
                .map_err(|error| (configuration.clone(), error))?,
        };
        match self.fetcher.get(&endpoint, None, MAX_DOCUMENT_BYTES).await.and_then(|body| keys_of(&body)) {
            Ok(keys) => Ok(keys),
            Err(error) => Err((endpoint, error)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    let parsed: OpenIdConfiguration = serde_json::from_slice(&document)
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
