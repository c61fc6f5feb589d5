//! Fetching small JSON documents: keys, OpenID configurations, userinfo.
//!
//! Every fetch is bounded in time and size, and no redirect is followed: an answer comes from the address
//! that the policy or the issuer names, or not at all.

mod endpoint;
mod freshness;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;

pub use endpoint::{Endpoint, EndpointError};

use crate::log::clip;

/// How long a fetch may take in all. Longer ones would run into the authorizer's own time limit.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The body of the answer.
    pub body: Bytes,
    /// How long it says that it is good, in seconds from now; 0 where it says not to keep it.
    pub max_age: Option<i64>,
}

/// Why there is no document. It reads on from the name of what was asked: "the JWKS *answered with …*".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The address is not one that is asked.
    Endpoint(EndpointError),
    /// It is not asked in this place: a shadow policy fetches nothing.
    NotAsked,
    /// There was no answer in time.
    Timeout,
    /// There was no connection, or it broke; with the reason.
    Connection(String),
    /// The answer's status is not 200.
    Status(u16),
    /// The answer is longer than so many bytes.
    TooLarge(usize),
    /// The answer is not what it should be; what it lacks.
    Content(&'static str),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(error) => write!(f, "has an address that is not asked: {error}"),
            Self::NotAsked => f.write_str("is not asked by a shadow policy"),
            Self::Timeout => write!(f, "did not answer within {} s", FETCH_TIMEOUT.as_secs()),
            Self::Connection(reason) => write!(f, "could not be reached: {reason}"),
            Self::Status(status @ 300..=399) => {
                write!(f, "answered with status {status}; redirects are not followed")
            }
            Self::Status(status) => write!(f, "answered with status {status}"),
            Self::TooLarge(limit) => write!(f, "answered with more than {limit} bytes"),
            Self::Content(lack) => write!(f, "answered with {lack}"),
        }
    }
}

impl Error for FetchError {}

impl From<EndpointError> for FetchError {
    fn from(error: EndpointError) -> Self {
        Self::Endpoint(error)
    }
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// The HTTP client, made when something is fetched first: a start with fixed keys has no need of it.
#[derive(Debug, Clone, Default)]
pub struct Fetcher {
    client: Arc<OnceLock<Option<HttpClient>>>,
}

/// None where the cryptography library offers no TLS.
fn client() -> Option<HttpClient> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)
        .ok()?
        // An `Endpoint` is https, or http to a loopback address.
        .https_or_http()
        .enable_http1()
        .build();
    // Fetches are rare, and Lambda freezes the process in between: a kept connection would be a dead one.
    Some(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
}

impl Fetcher {
    /// The answer, of at most `limit` bytes; `bearer` goes into the `Authorization` header.
    pub async fn get(
        &self,
        endpoint: &Endpoint,
        bearer: Option<&str>,
        limit: usize,
    ) -> Result<Document, FetchError> {
        tokio::time::timeout(FETCH_TIMEOUT, self.exchange(endpoint, bearer, limit))
            .await
            .map_err(|_| FetchError::Timeout)?
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        bearer: Option<&str>,
        limit: usize,
    ) -> Result<Document, FetchError> {
        let request =
            request(endpoint, bearer).map_err(|_| FetchError::Content("nothing: it was not asked"))?;
        let client = self.client.get_or_init(client).as_ref().ok_or_else(no_tls)?;
        let response =
            client.request(request).await.map_err(|error| FetchError::Connection(root_cause(&error)))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let max_age = freshness::max_age(response.headers());
        match Limited::new(response.into_body(), limit).collect().await {
            Ok(body) => Ok(Document { body: body.to_bytes(), max_age }),
            Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge(limit)),
            Err(error) => Err(FetchError::Connection(root_cause(error.as_ref()))),
        }
    }
}

fn no_tls() -> FetchError {
    FetchError::Connection("the cryptography library offers no TLS".to_owned())
}

fn request(endpoint: &Endpoint, bearer: Option<&str>) -> Result<Request<Empty<Bytes>>, http::Error> {
    let mut request = Request::get(endpoint.uri().clone())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("policy-authorizer/", env!("CARGO_PKG_VERSION")));
    if let Some(token) = bearer {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Empty::new())
}

/// What lies at the bottom of an error: the layers above only say that something failed.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    const MAX_DEPTH: usize = 16;
    let mut cause = error;
    for _ in 0..MAX_DEPTH {
        let Some(source) = cause.source() else { break };
        cause = source;
    }
    clip(&cause.to_string())
}
