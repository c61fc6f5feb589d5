//! Addresses that documents are fetched from.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use crate::log::Quoted;

/// An address that documents are fetched from: https, or plain http to a loopback address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointError {
    /// It is no absolute URL with a host.
    NotAUrl(Quoted),
    /// It is not https, nor http to a loopback address.
    Insecure(Quoted),
    /// It carries a user's name or password.
    Credentials,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUrl(text) => write!(f, "{text} is not a URL"),
            Self::Insecure(text) => write!(f, "{text} is neither https nor http to a loopback address"),
            Self::Credentials => f.write_str("the URL carries a user's name or password"),
        }
    }
}

impl std::error::Error for EndpointError {}

impl Endpoint {
    /// The endpoint of that URL.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let not_a_url = || EndpointError::NotAUrl(Quoted::new(text));
        let uri: Uri = text.parse().map_err(|_| not_a_url())?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(not_a_url());
        };
        if authority.host().is_empty() {
            return Err(not_a_url());
        }
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        let plain_to_loopback = *scheme == Scheme::HTTP && is_loopback(authority.host());
        if *scheme != Scheme::HTTPS && !plain_to_loopback {
            return Err(EndpointError::Insecure(Quoted::new(text)));
        }
        Ok(Self(uri))
    }

    /// The OpenID configuration of an issuer (OpenID Connect Discovery 1.0 section 4: a slash at the end of
    /// the issuer is left out).
    pub fn openid_configuration(issuer: &str) -> Result<Self, EndpointError> {
        let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
        if issuer.contains(['?', '#']) {
            return Err(EndpointError::NotAUrl(Quoted::new(issuer)));
        }
        Self::parse(&format!("{issuer}/.well-known/openid-configuration"))
    }

    /// Whether it is https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    pub(super) const fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for url in [
            "https://issuer.example/jwks.json",
            "HTTPS://issuer.example",
            "https://issuer.example:8443/a?b=c",
            "http://127.0.0.1:8000/jwks",
            "http://127.9.9.9/",
            "http://[::1]:8000/",
            "http://localhost:8000/",
        ] {
            assert!(Endpoint::parse(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "issuer.example",
            "/jwks.json",
            "https://",
            "http://issuer.example/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://ana:secret@issuer.example/",
            "http://127.0.0.1@issuer.example/",
            "https://issuer.example/a b",
        ] {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn openid_configuration_leaves_out_the_last_slash() {
        for issuer in ["https://tenant.example", "https://tenant.example/"] {
            assert_eq!(
                Endpoint::openid_configuration(issuer).unwrap().to_string(),
                "https://tenant.example/.well-known/openid-configuration"
            );
        }
        assert_eq!(
            Endpoint::openid_configuration("https://x.example/realms/r").unwrap().to_string(),
            "https://x.example/realms/r/.well-known/openid-configuration"
        );
        assert!(Endpoint::openid_configuration("https://x.example/?a").is_err());
    }
}
