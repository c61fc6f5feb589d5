//! `authorizer { … }`

use policy_engine::{IdentitySource, InvalidToken, ResponseFormat, Scheme, TokenSource};

use super::Builder;
use super::fields::Field;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::syntax::{Authorizer, Name, Spanned};

/// The names that the grammar's `authorizer_key` knows.
const FIELDS: [&str; 9] = [
    "cache",
    "identity",
    "token",
    "scheme",
    "invalid_token",
    "response",
    "resource_policy",
    "expire_with_token",
    "max_policy_bytes",
];

const YES_NO: [(&str, bool); 2] = [("yes", true), ("no", false)];
const SCHEMES: [(&str, Scheme); 3] = [("bearer", Scheme::Bearer), ("raw", Scheme::Raw), ("any", Scheme::Any)];
const RESPONSES: [(&str, ResponseFormat); 2] =
    [("iam", ResponseFormat::Iam), ("simple", ResponseFormat::Simple)];
const IDENTITY: &str = "`header.x`, `query.x`, `context.x` or `stage.x`";
const TOKEN: &str = "`header.x` or `query.x`";

impl Builder {
    /// How the authorizer is attached.
    pub(super) fn authorizer(&mut self, pair: Pair<'_>) -> Option<Authorizer> {
        let pairs = pair.into_inner().filter(|inner| inner.as_rule() == Rule::authorizer_field);
        let (fields, mut is_whole) = self.fields("authorizer", &FIELDS, pairs);
        let mut authorizer = Authorizer::default();
        for field in &fields {
            is_whole &= self.authorizer_field(field, &mut authorizer).is_some();
        }
        is_whole.then_some(authorizer)
    }

    fn authorizer_field(&mut self, field: &Field<'_>, authorizer: &mut Authorizer) -> Option<()> {
        match field.name.node.as_str() {
            "cache" => authorizer.cache = Some(self.only_count(field, "seconds")?),
            "identity" => authorizer.identity = self.identity(field)?,
            "token" => authorizer.token = Some(self.token_source(field)?),
            "scheme" => authorizer.scheme = Some(self.only_word(field, &SCHEMES)?),
            "invalid_token" => authorizer.invalid_token = Some(self.invalid_token(field)?),
            "response" => authorizer.response = Some(self.only_word(field, &RESPONSES)?),
            "resource_policy" => authorizer.resource_policy = Some(self.only_word(field, &YES_NO)?),
            "expire_with_token" => authorizer.expire_with_token = Some(self.only_word(field, &YES_NO)?),
            "max_policy_bytes" => authorizer.max_policy_bytes = Some(self.only_count(field, "bytes")?),
            _ => return None,
        }
        Some(())
    }

    fn invalid_token(&mut self, field: &Field<'_>) -> Option<Spanned<InvalidToken>> {
        self.only_word(field, &[("401", InvalidToken::Unauthorized), ("403", InvalidToken::Forbidden)])
    }

    fn identity(&mut self, field: &Field<'_>) -> Option<Vec<Spanned<IdentitySource>>> {
        let values = self.several(field, IDENTITY)?;
        let sources: Vec<_> = values.into_iter().map(|value| self.identity_source(field, value)).collect();
        sources.into_iter().collect()
    }

    fn identity_source(&mut self, field: &Field<'_>, pair: Pair<'_>) -> Option<Spanned<IdentitySource>> {
        let (root, names, span) = self.source(field, IDENTITY, pair)?;
        let source = match (root.node.as_str(), names.as_slice()) {
            ("header", [name]) => IdentitySource::Header(name.node.to_ascii_lowercase()),
            ("query", [name]) => IdentitySource::Query(name.node.clone()),
            ("stage", [name]) => IdentitySource::Stage(name.node.clone()),
            ("context", names) => {
                let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
                IdentitySource::Context(names.join("."))
            }
            _ => {
                self.bad_source(field, &root, span, IDENTITY);
                return None;
            }
        };
        Some(Spanned::new(source, span))
    }

    fn token_source(&mut self, field: &Field<'_>) -> Option<Spanned<TokenSource>> {
        let value = self.only(field, TOKEN)?;
        let (root, names, span) = self.source(field, TOKEN, value)?;
        let source = match (root.node.as_str(), names.as_slice()) {
            ("header", [name]) => TokenSource::Header(name.node.to_ascii_lowercase()),
            ("query", [name]) => TokenSource::Query(name.node.clone()),
            _ => {
                self.bad_source(field, &root, span, TOKEN);
                return None;
            }
        };
        Some(Spanned::new(source, span))
    }

    /// A word and the names behind it.
    fn source(
        &mut self,
        field: &Field<'_>,
        expected: &str,
        pair: Pair<'_>,
    ) -> Option<(Name, Vec<Name>, crate::source::Span)> {
        let span = self.span(&pair);
        if pair.as_rule() != Rule::dotted {
            self.bad_value(&field.name, span, expected);
            return None;
        }
        let (root, root_span, names) = self.dotted_names(pair)?;
        Some((Spanned::new(root.to_owned(), root_span), names, span))
    }

    fn bad_source(&mut self, field: &Field<'_>, root: &Name, span: crate::source::Span, expected: &str) {
        let message = format!("`{}` takes {expected}", field.name.node);
        let help = match root.node.as_str() {
            "request" => Some("leave out `request.`"),
            "headers" => Some("write `header.x`"),
            "header" | "query" | "stage" => {
                Some("a name with a dot or a dash in it is quoted: `header.\"x-tenant\"`")
            }
            _ => None,
        };
        self.report(Diagnostic::new(Code::BadFieldValue, message).at(span).maybe_help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::grammar::matches_whole;

    #[test]
    fn the_grammar_knows_every_field() {
        for field in FIELDS {
            assert!(matches_whole(Rule::authorizer_key, field), "{field}");
        }
    }
}
