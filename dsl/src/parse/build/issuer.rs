//! `issuer NAME { … }`

use policy_engine::Algorithm;
use policy_engine::condition::Root;

use super::Builder;
use super::fields::{Field, quoted_list};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{Issuer, Member, Name, Plain, Spanned, Text};

/// The names that the grammar's `issuer_key` knows.
const FIELDS: [&str; 12] = [
    "url",
    "jwks",
    "key",
    "audience",
    "algorithms",
    "token_use",
    "type",
    "groups",
    "scopes",
    "leeway",
    "max_lifetime",
    "userinfo",
];

/// The fields as far as they have been read.
#[derive(Default)]
struct Draft {
    url: Option<Text>,
    jwks: Option<Text>,
    key: Option<Plain>,
    audience: Vec<Text>,
    algorithms: Vec<Spanned<Algorithm>>,
    token_use: Option<Text>,
    token_type: Option<Text>,
    groups: Option<Member>,
    scopes: Vec<Member>,
    leeway: Option<Spanned<u64>>,
    max_lifetime: Option<Spanned<u64>>,
    userinfo: Option<Text>,
}

impl Builder {
    /// An issuer.
    pub(super) fn issuer(&mut self, pair: Pair<'_>) -> Option<Issuer> {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.nth(1)?);
        let pairs = inner.filter(|inner| inner.as_rule() == Rule::issuer_field);
        let (fields, mut is_whole) = self.fields("issuer", &FIELDS, pairs);
        let mut draft = Draft::default();
        for field in &fields {
            is_whole &= self.issuer_field(field, &mut draft).is_some();
        }
        is_whole &= self.check_key_source(&fields);
        if is_whole && draft.url.is_none() {
            self.report(
                Diagnostic::new(Code::MissingField, format!("the issuer `{}` has no `url`", name.node))
                    .at(name.span)
                    .help("add `url \"https://…\"`, exactly as it stands in the tokens' `iss`"),
            );
        }
        let url = draft.url.filter(|_| is_whole)?;
        Some(Issuer {
            name,
            url,
            jwks: draft.jwks,
            key: draft.key,
            audience: draft.audience,
            algorithms: draft.algorithms,
            token_use: draft.token_use,
            token_type: draft.token_type,
            groups: draft.groups,
            scopes: draft.scopes,
            leeway: draft.leeway,
            max_lifetime: draft.max_lifetime,
            userinfo: draft.userinfo,
        })
    }

    fn issuer_field(&mut self, field: &Field<'_>, draft: &mut Draft) -> Option<()> {
        match field.name.node.as_str() {
            "url" => draft.url = Some(self.only_text(field)?),
            "jwks" => draft.jwks = Some(self.only_text(field)?),
            "key" => draft.key = Some(self.only_plain(field)?),
            "audience" => draft.audience = self.texts(field)?,
            "algorithms" => draft.algorithms = self.algorithms(field)?,
            "token_use" => draft.token_use = Some(self.only_text(field)?),
            "type" => draft.token_type = Some(self.only_text(field)?),
            "groups" => {
                let value = self.only(field, &claim_for(&field.name))?;
                draft.groups = Some(self.claim(&field.name, value)?);
            }
            "scopes" => draft.scopes = self.claims(field)?,
            "leeway" => draft.leeway = Some(self.only_count(field, "seconds")?),
            "max_lifetime" => draft.max_lifetime = Some(self.only_count(field, "seconds")?),
            "userinfo" => draft.userinfo = Some(self.only_text(field)?),
            _ => return None,
        }
        Some(())
    }

    fn check_key_source(&mut self, fields: &[Field<'_>]) -> bool {
        let named = |name: &str| fields.iter().find(|field| field.name.node == name);
        let (Some(jwks), Some(key)) = (named("jwks"), named("key")) else { return true };
        self.report(
            Diagnostic::new(Code::Repeated, "`key` and `jwks` both say where the key comes from")
                .at(key.name.span)
                .related("`jwks` is here", jwks.name.span)
                .help("keep one of them"),
        );
        false
    }

    fn texts(&mut self, field: &Field<'_>) -> Option<Vec<Text>> {
        let values = self.several(field, "one or more strings, or names of params")?;
        let texts: Vec<_> = values.iter().map(|value| self.text_value(&field.name, value)).collect();
        texts.into_iter().collect()
    }

    fn algorithms(&mut self, field: &Field<'_>) -> Option<Vec<Spanned<Algorithm>>> {
        let values = self.several(field, "one or more names such as `RS256`")?;
        let algorithms: Vec<_> = values.iter().map(|value| self.algorithm(value)).collect();
        algorithms.into_iter().collect()
    }

    fn algorithm(&mut self, pair: &Pair<'_>) -> Option<Spanned<Algorithm>> {
        let span = self.span(pair);
        let written = pair.as_str().trim_matches('"');
        if let Some(algorithm) = Algorithm::parse(written) {
            return Some(Spanned::new(algorithm, span));
        }
        let names = Algorithm::ALL.map(Algorithm::name);
        let help = if written.starts_with("HS") || written == "none" {
            "a token is accepted only where its signature is checked with a public key".to_owned()
        } else if let Some(near) = nearest(written, names) {
            format!("did you mean `{near}`?")
        } else {
            format!("the algorithms are {}", quoted_list(&names))
        };
        let message = format!("`{written}` is not an algorithm that is accepted");
        self.report(Diagnostic::new(Code::BadFieldValue, message).at(span).help(help));
        None
    }

    fn claims(&mut self, field: &Field<'_>) -> Option<Vec<Member>> {
        let values = self.several(field, &claim_for(&field.name))?;
        let claims: Vec<_> = values.into_iter().map(|value| self.claim(&field.name, value)).collect();
        claims.into_iter().collect()
    }

    fn claim(&mut self, field: &Name, pair: Pair<'_>) -> Option<Member> {
        let span = self.span(&pair);
        let root = match pair.as_str().split('.').next() {
            Some("token") if pair.as_rule() == Rule::dotted => Root::Token,
            Some("userinfo") if pair.as_rule() == Rule::dotted => Root::Userinfo,
            _ => {
                self.bad_claim(field, &pair);
                return None;
            }
        };
        let (_, _, names) = self.dotted_names(pair)?;
        Some(Member { root, names, span })
    }

    fn bad_claim(&mut self, field: &Name, pair: &Pair<'_>) {
        let written = pair.as_str();
        let help = match (pair.as_rule(), written) {
            (Rule::bare | Rule::name, "token" | "userinfo") => None,
            (Rule::bare | Rule::name | Rule::string, _) => Some(format!("write `token.{written}`")),
            _ => None,
        };
        let message = format!("`{}` takes {}", field.node, claim_for(field));
        let span = self.span(pair);
        let diagnostic = Diagnostic::new(Code::BadFieldValue, message).at(span);
        let root = written.split('.').next().filter(|_| pair.as_rule() == Rule::dotted);
        self.report(match root {
            Some("claims" | "claim" | "jwt") => {
                let root_span = Span { end: span.start + root.map_or(0, str::len), ..span };
                diagnostic.help("write `token.x`").replace(root_span, "token")
            }
            _ => diagnostic.maybe_help(help),
        });
    }
}

fn claim_for(field: &Name) -> String {
    format!("a claim such as `token.{}`", field.node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::grammar::matches_whole;

    #[test]
    fn the_grammar_knows_every_field() {
        for field in FIELDS {
            assert!(matches_whole(Rule::issuer_key, field), "{field}");
        }
    }
}
