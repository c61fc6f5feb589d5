//! How the authorizer is attached.

use policy_engine::{AuthorizerSettings, ResponseFormat};

use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::{self, StatementKind};

/// The longest time that API Gateway keeps an answer, in seconds.
const MAX_CACHE: u32 = 3_600;

/// Below this not even the answer for one request fits.
const MIN_POLICY_BYTES: u32 = 1_024;

/// Far above what API Gateway takes.
const MAX_POLICY_BYTES: u32 = 1_048_576;

impl Checker<'_> {
    pub(super) fn authorizer(&mut self) -> Checked<AuthorizerSettings> {
        let mut first: Option<(Span, &syntax::Authorizer)> = None;
        for statement in self.unit.statements() {
            let StatementKind::Authorizer(authorizer) = &statement.kind else { continue };
            match first {
                None => first = Some((statement.span, authorizer)),
                Some((span, _)) => self.report_second("authorizer", statement.span, span),
            }
        }
        match first {
            None => Ok(AuthorizerSettings::default()),
            Some((_, authorizer)) => self.settings(authorizer),
        }
    }

    fn settings(&mut self, written: &syntax::Authorizer) -> Checked<AuthorizerSettings> {
        let defaults = AuthorizerSettings::default();
        let cache = self.expect_range(written.cache, "`cache`", 0, MAX_CACHE);
        let bytes = written.max_policy_bytes;
        let bytes = self.expect_range(bytes, "`max_policy_bytes`", MIN_POLICY_BYTES, MAX_POLICY_BYTES);
        let mut identity = Vec::new();
        for source in &written.identity {
            if identity.contains(&source.node) {
                let message = format!("{} is named twice", self.quoted(source.span));
                self.report(Diagnostic::new(Code::Repeated, message).at(source.span));
            } else {
                identity.push(source.node.clone());
            }
        }
        let response = written.response.map_or(defaults.response, |response| response.node);
        if response == ResponseFormat::Simple {
            self.forbid_with_simple(written);
        }
        Ok(AuthorizerSettings {
            cache: cache?,
            identity,
            token: written.token.as_ref().map_or(defaults.token, |token| token.node.clone()),
            scheme: written.scheme.map_or(defaults.scheme, |scheme| scheme.node),
            invalid_token: written.invalid_token.map_or(defaults.invalid_token, |answer| answer.node),
            response,
            resource_policy: written.resource_policy.map_or(defaults.resource_policy, |yes| yes.node),
            expire_with_token: written.expire_with_token.map_or(defaults.expire_with_token, |yes| yes.node),
            max_policy_bytes: bytes?.unwrap_or(defaults.max_policy_bytes),
        })
    }

    /// Reports what a yes or no cannot say.
    fn forbid_with_simple(&mut self, written: &syntax::Authorizer) {
        let fields = [
            (
                "resource_policy",
                written.resource_policy,
                "leave it out: HTTP APIs, which take simple responses, have no resource policies",
            ),
            (
                "expire_with_token",
                written.expire_with_token,
                "leave it out, and keep answers for less time than tokens live: `cache 60`, or `cache 0`",
            ),
        ];
        for (field, value, help) in fields {
            let Some(value) = value.filter(|value| value.node) else { continue };
            let message = format!("a simple response holds no statement that `{field}` could be about");
            self.report(Diagnostic::new(Code::BadFieldValue, message).at(value.span).help(help));
        }
    }
}
