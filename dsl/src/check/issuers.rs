//! Issuers: whose tokens are accepted, and how they are read.

use policy_engine::condition::{Root, Selector};
use policy_engine::text::Text;
use policy_engine::{Algorithm, KeySource};

use super::model::Issuer;
use super::{Checked, Checker, Reported, key, url};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::{self, Plain, Spanned};

/// Clocks that are further apart than this are broken.
const MAX_LEEWAY: u64 = 300;

/// A year.
const MAX_LIFETIME: u64 = 366 * 24 * 60 * 60;

/// Where scopes are read unless the issuer says: OAuth's own, then Okta's and Entra's, then Auth0's.
const SCOPE_CLAIMS: [&str; 3] = ["scope", "scp", "permissions"];

impl Checker<'_> {
    pub(super) fn issuers(&mut self) -> Checked<Vec<Issuer>> {
        let issuers: Vec<Checked<Issuer>> =
            self.declared.issuers.clone().into_iter().map(|issuer| self.issuer(issuer)).collect();
        issuers.into_iter().collect()
    }

    fn issuer(&mut self, issuer: &syntax::Issuer) -> Checked<Issuer> {
        let finds_keys = issuer.jwks.is_none() && issuer.key.is_none();
        let url = self.issuer_url(&issuer.url, finds_keys);
        let keys = self.keys(issuer);
        let audiences: Vec<Checked<Text>> =
            issuer.audience.iter().map(|text| self.expect_filled(text)).collect();
        let token_use = self.optional_text(issuer.token_use.as_ref());
        let token_type = self.optional_text(issuer.token_type.as_ref());
        let userinfo = issuer.userinfo.as_ref().map(|text| self.expect_url(text)).transpose();
        let leeway = self.expect_range(issuer.leeway, "`leeway`", 0, MAX_LEEWAY);
        let max_lifetime = self.expect_range(issuer.max_lifetime, "`max_lifetime`", 1, MAX_LIFETIME);
        let groups = issuer.groups.as_ref().map(|member| self.selector(member));
        let scopes = self.scopes(issuer);
        if issuer.audience.is_empty() {
            self.warn_of_no_audience(issuer);
        }
        Ok(Issuer {
            name: issuer.name.node.clone(),
            url: url?,
            keys: keys?,
            audiences: audiences.into_iter().collect::<Checked<_>>()?,
            algorithms: algorithms(&issuer.algorithms),
            token_use: token_use?,
            token_type: token_type?,
            groups,
            scopes,
            leeway: leeway?.unwrap_or(0),
            max_lifetime: max_lifetime?,
            userinfo: userinfo?,
        })
    }

    /// The `iss` claim may be any string (RFC 7519, section 4.1.1); only where the keys are found through it
    /// must it be a URL.
    fn issuer_url(&mut self, text: &syntax::Text, finds_keys: bool) -> Checked<Text> {
        if finds_keys { self.expect_url(text) } else { self.expect_filled(text) }
    }

    fn keys(&mut self, issuer: &syntax::Issuer) -> Checked<KeySource> {
        match (&issuer.jwks, &issuer.key) {
            (Some(jwks), _) => self.expect_url(jwks).map(KeySource::Jwks),
            (None, Some(file)) => self.public_key(file).map(KeySource::Pem),
            (None, None) => Ok(KeySource::Discovery),
        }
    }

    fn public_key(&mut self, file: &Plain) -> Checked<String> {
        // A file that could not be read is reported already.
        let source = *self.unit.attached.get(&file.span).ok_or(Reported)?;
        match key::read(self.sources.text(source)) {
            Ok(pem) => Ok(pem),
            Err(problem) => {
                let message = format!("`{}` {problem}", file.node);
                Err(self.report(Diagnostic::new(Code::BadKey, message).at(file.span).help(problem.help())))
            }
        }
    }

    fn expect_url(&mut self, text: &syntax::Text) -> Checked<Text> {
        let resolved = self.text(text)?;
        let Some(problem) = url::problem(&resolved) else { return Ok(resolved) };
        let message = format!("{} {problem}", self.quoted(text.span));
        let help = "write an `https://` URL; plain `http://` is for this machine only (`http://127.0.0.1:…`)";
        Err(self.report(Diagnostic::new(Code::BadUrl, message).at(text.span).help(help)))
    }

    fn expect_filled(&mut self, text: &syntax::Text) -> Checked<Text> {
        let resolved = self.text(text)?;
        if resolved != Text::Fixed(String::new()) {
            return Ok(resolved);
        }
        let message = "an empty string, which no token can match";
        let help = "write what the claim must be, or drop the field";
        Err(self.report(Diagnostic::new(Code::BadFieldValue, message).at(text.span).help(help)))
    }

    fn optional_text(&mut self, text: Option<&syntax::Text>) -> Checked<Option<Text>> {
        text.map(|text| self.expect_filled(text)).transpose()
    }

    /// The number, where it is given.
    pub(super) fn expect_range<T: Copy + PartialOrd + std::fmt::Display>(
        &mut self,
        number: Option<Spanned<T>>,
        what: &str,
        least: T,
        most: T,
    ) -> Checked<Option<T>> {
        let Some(number) = number else { return Ok(None) };
        if number.node >= least && number.node <= most {
            return Ok(Some(number.node));
        }
        let message = format!("{what} is {}, and must be between {least} and {most}", number.node);
        Err(self.report(Diagnostic::new(Code::OutOfRange, message).at(number.span)))
    }

    fn scopes(&mut self, issuer: &syntax::Issuer) -> Vec<Selector> {
        if issuer.scopes.is_empty() {
            let claim = |name: &str| Selector { root: Root::Token, names: vec![name.to_owned()] };
            return SCOPE_CLAIMS.map(claim).to_vec();
        }
        issuer.scopes.iter().map(|member| self.selector(member)).collect()
    }

    fn warn_of_no_audience(&mut self, issuer: &syntax::Issuer) {
        let name = &issuer.name;
        let message = format!("a token of `{}` is accepted whomever it was issued for", name.node);
        let help = "say who you are to the issuer: `audience \"…\"`";
        self.report(Diagnostic::new(Code::NoAudience, message).at(name.span).help(help));
    }
}

/// RS256 unless said; each once.
fn algorithms(written: &[Spanned<Algorithm>]) -> Vec<Algorithm> {
    let mut algorithms: Vec<Algorithm> = Vec::new();
    for algorithm in written {
        if !algorithms.contains(&algorithm.node) {
            algorithms.push(algorithm.node);
        }
    }
    if algorithms.is_empty() {
        algorithms.push(Algorithm::RS256);
    }
    algorithms
}
