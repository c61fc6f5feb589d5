//! `test` statements.

use std::net::IpAddr;

use policy_engine::condition::IssuerId;
use policy_engine::text::{ParamValues, Part, Text};
use policy_engine::{RequestContext, Token, glob};

use super::model::Issuer;
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::compile::{Expectation, TestCase};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{self, Caller, Claims, Name, Plain, Statement, StatementKind, Test};

impl Checker<'_> {
    /// Every test. `issuers`: nothing where they have errors.
    pub(super) fn cases(&mut self, issuers: Option<&[Issuer]>) -> Checked<Vec<TestCase>> {
        let cases: Vec<Checked<TestCase>> = self
            .unit
            .statements()
            .filter_map(|statement| match &statement.kind {
                StatementKind::Test(test) => Some((statement, test)),
                _ => None,
            })
            .map(|(statement, test)| self.case(statement, test, issuers))
            .collect();
        cases.into_iter().collect()
    }

    fn case(&mut self, statement: &Statement, test: &Test, issuers: Option<&[Issuer]>) -> Checked<TestCase> {
        for (name, _) in &test.params {
            // An unknown one is reported, and stands in the way of nothing else.
            let _ = self.expect_param(name);
        }
        let values = self.test_values(test);
        let token = self.token(test, issuers, &values);
        let context = self.request_context(test);
        let expectations: Vec<Checked<Expectation>> =
            test.expectations.iter().map(|expectation| self.expectation(expectation)).collect();
        Ok(TestCase {
            name: test.name.node.clone(),
            span: statement.span,
            token: token?,
            context: context?,
            params: pairs(&test.params),
            expectations: expectations.into_iter().collect::<Checked<_>>()?,
        })
    }

    fn test_values(&self, test: &Test) -> ParamValues {
        ParamValues::new(&self.declared.params, |wanted| {
            let found = test.params.iter().rev().find(|(name, _)| name.node == wanted);
            found.map(|(_, value)| value.node.clone())
        })
    }

    /// Nothing where the caller is anonymous.
    fn token(
        &mut self,
        test: &Test,
        issuers: Option<&[Issuer]>,
        values: &ParamValues,
    ) -> Checked<Option<Token>> {
        let named = test.issuer.as_ref().map(|name| self.expect_issuer(name)).transpose()?;
        let (claims, span) = match &test.caller {
            Caller::Anonymous(_) => return Ok(None),
            Caller::Token(claims) => (claims.node.clone(), claims.span),
            Caller::TokenFile(file) => (self.claims_of_file(file)?, file.span),
        };
        let issuer = match named {
            Some(issuer) => issuer,
            None => self.issuer_of(&claims, span, issuers.ok_or(Reported)?, values)?,
        };
        let token = Token::new(issuer, claims);
        Ok(Some(match &test.userinfo {
            Some(userinfo) => token.with_userinfo(userinfo.node.clone()),
            None => token,
        }))
    }

    fn claims_of_file(&mut self, file: &Plain) -> Checked<Claims> {
        // A file that could not be read is reported already.
        let source = *self.unit.attached.get(&file.span).ok_or(Reported)?;
        match serde_json::from_str(self.sources.text(source)) {
            Ok(serde_json::Value::Object(claims)) => Ok(claims),
            Ok(_) => {
                let message = format!("`{}` is JSON, and no object of claims", file.node);
                let help = "it holds the claims of a token: `{ \"sub\": \"ana\" }`";
                Err(self.report(Diagnostic::new(Code::BadTokenFile, message).at(file.span).help(help)))
            }
            Err(error) => {
                let message = format!("`{}` is not JSON: {error}", file.node);
                let help = "it holds the claims of a token as JSON, not the token itself";
                Err(self.report(Diagnostic::new(Code::BadTokenFile, message).at(file.span).help(help)))
            }
        }
    }

    /// Whose token it is: the only issuer's; that of the `iss` claim; the first one's, where it has none.
    fn issuer_of(
        &mut self,
        claims: &Claims,
        span: Span,
        issuers: &[Issuer],
        values: &ParamValues,
    ) -> Checked<IssuerId> {
        let id = |index: usize| u32::try_from(index).map(IssuerId).map_err(|_| Reported);
        let url = claims.get("iss").and_then(serde_json::Value::as_str);
        let Some(url) = url.filter(|_| issuers.len() > 1) else { return id(0) };
        if let Some(exact) =
            issuers.iter().position(|issuer| issuer.url.resolve(values).is_ok_and(|it| it == url))
        {
            return id(exact);
        }
        let possible: Vec<usize> = issuers
            .iter()
            .enumerate()
            .filter(|(_, issuer)| may_become(&issuer.url, values, url))
            .map(|(index, _)| index)
            .collect();
        if let [only] = possible.as_slice() {
            return id(*only);
        }
        let message = match possible.as_slice() {
            [] => format!("no issuer has the URL `{url}` of this token's `iss`"),
            _ => format!("the URL `{url}` of this token's `iss` may be that of several issuers"),
        };
        let help = "say whose token it is: `issuer NAME` in the test";
        Err(self.report(Diagnostic::new(Code::UnclearIssuer, message).at(span).help(help)))
    }

    fn request_context(&mut self, test: &Test) -> Checked<RequestContext> {
        let ip = test.ip.as_ref().map(|ip| self.expect_ip(ip)).transpose();
        let time = test.now.as_ref().map(|now| self.expect_time(now)).transpose();
        Ok(RequestContext {
            headers: pairs(&test.headers),
            query: pairs(&test.query),
            ip: ip?,
            time: time?,
            stage: test.stage.as_ref().map(|stage| stage.node.clone()),
        })
    }

    fn expect_ip(&mut self, ip: &Plain) -> Checked<IpAddr> {
        ip.node.parse().map_err(|_| {
            let message = format!("`{}` is not an address", ip.node);
            let help = "write it as `ip \"10.0.0.1\"` or `ip \"2001:db8::1\"`";
            self.report(Diagnostic::new(Code::BadAddress, message).at(ip.span).help(help))
        })
    }

    fn expect_time(&mut self, now: &Plain) -> Checked<i64> {
        now.node.parse().map(jiff::Timestamp::as_second).map_err(|_| {
            let message = format!("`{}` is not a point in time", now.node);
            let help = "write it as in RFC 3339: `now \"2026-01-01T00:00:00Z\"`";
            self.report(Diagnostic::new(Code::BadTime, message).at(now.span).help(help))
        })
    }

    fn expectation(&mut self, expectation: &syntax::Expectation) -> Checked<Expectation> {
        let by = expectation.by.as_ref().map(|name| self.expect_rule(name)).transpose()?;
        Ok(Expectation {
            allowed: expectation.allowed.node,
            verbs: expectation.verbs.set(),
            paths: expectation.paths.iter().map(|path| path.node.clone()).collect(),
            by,
            span: expectation.span,
        })
    }
}

fn pairs(written: &[(Name, Plain)]) -> Vec<(String, String)> {
    written.iter().map(|(name, value)| (name.node.clone(), value.node.clone())).collect()
}

/// Whether the text is this string for some value of those of its parameters that have none.
fn may_become(text: &Text, values: &ParamValues, wanted: &str) -> bool {
    let Text::Template(parts) = text else { return false };
    if text.resolve(values).is_ok() {
        return false;
    }
    let mut pattern = String::new();
    for part in parts {
        let fixed = match part {
            Part::Fixed(fixed) => Some(fixed.as_str()),
            Part::Param(id) => values.value(*id),
        };
        match fixed {
            Some(fixed) => pattern.extend(fixed.chars().flat_map(|c| ['\\', c])),
            None => pattern.push('*'),
        }
    }
    glob::matcher(&pattern).is_ok_and(|glob| glob.is_match(wanted))
}
