//! The content of a bundle, for people.

use std::fmt::Write as _;

use super::Paint;
use super::human::{count, thousands};
use crate::content::{Authorizer, Content, IssuerShown, Keys, KeysShown, Pattern};

/// The content as text.
pub(crate) fn human(content: &Content, paint: Paint) -> String {
    let mut page = Page { text: String::new(), paint };
    page.overview(content);
    page.params(content);
    page.list("issuers", content.issuers.iter().map(issuer));
    page.list("shipped keys", content.shipped_keys.iter().map(shipped_keys));
    page.rules(content);
    page.list("routes", content.routes.iter().map(pattern));
    page.list("authorizer", std::iter::once(authorizer(&content.authorizer)));
    page.text
}

struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{text}");
    }

    fn list(&mut self, title: &str, items: impl Iterator<Item = String>) {
        let items: Vec<_> = items.collect();
        if !items.is_empty() {
            self.line("");
            self.line(&self.paint.help(title));
            items.iter().flat_map(|item| item.lines()).for_each(|line| self.line(&format!("  {line}")));
        }
    }

    fn overview(&mut self, content: &Content) {
        match content.bundle_bytes {
            Some(bytes) => {
                self.line(&format!(
                    "bundle    format {}, {} bytes",
                    content.format_version,
                    thousands(bytes)
                ));
            }
            None => self.line("policy    from text, not yet built"),
        }
        self.line(&format!("digest    {} (SHA-256 of the text)", content.source_digest));
        self.line(&format!("files     {}", content.files.join(", ")));
        let counts = &content.rule_counts;
        self.line(&format!(
            "rules     {}: {} allow, {} public, {} deny",
            thousands(content.rules.len()),
            counts.allow,
            counts.public,
            counts.deny
        ));
        self.line(&format!(
            "routes    {}",
            match content.routes.len() {
                0 => "none declared: every path exists".to_owned(),
                number => thousands(number),
            }
        ));
        let most = usize::try_from(content.worst_case_policy.bytes).unwrap_or(usize::MAX);
        self.line(&format!(
            "policy    at most {} bytes (`max_policy_bytes`; a token's claims are in it, so the text sets no bound)",
            thousands(most)
        ));
    }

    fn params(&mut self, content: &Content) {
        let params = content.params.iter().map(|param| match &param.default {
            Some(default) => format!("{} = \"{default}\"", param.name),
            None => format!("{} (must be given)", param.name),
        });
        self.list("params", params);
    }

    fn rules(&mut self, content: &Content) {
        let rules = content.rules.iter().map(|rule| {
            let matches: Vec<_> = rule.matches.iter().map(pattern).collect();
            format!("{} `{}` ({}:{}): {}", rule.effect, rule.id, rule.file, rule.line, matches.join("; "))
        });
        self.list("rules", rules);
    }
}

fn pattern(pattern: &Pattern) -> String {
    format!("{} {}", pattern.verbs.join(" "), pattern.path)
}

fn issuer(issuer: &IssuerShown) -> String {
    let mut text = format!("{}\n  url         {}\n", issuer.name, issuer.url);
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<11} {value}");
        }
    };
    field(
        "keys",
        Some(match &issuer.keys {
            Keys::Discovery => "found by OpenID discovery".to_owned(),
            Keys::Jwks { url } => url.clone(),
            Keys::Pem { .. } => "one fixed public key".to_owned(),
        }),
    );
    field("audience", (!issuer.audiences.is_empty()).then(|| issuer.audiences.join(", ")));
    field("algorithms", Some(issuer.algorithms.join(", ")));
    field("token_use", issuer.token_use.clone());
    field("type", issuer.token_type.clone());
    field("leeway", (issuer.leeway > 0).then(|| seconds(issuer.leeway)));
    field("max_lifetime", issuer.max_lifetime.map(seconds));
    field("userinfo", issuer.userinfo.clone());
    text
}

fn seconds(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "second")
}

fn shipped_keys(keys: &KeysShown) -> String {
    format!("{}: {}, until {}", keys.issuer, count(keys.keys, "key"), keys.until)
}

fn authorizer(authorizer: &Authorizer) -> String {
    let yes_or_no = |value| if value { "yes" } else { "no" };
    let cache = authorizer.cache.map_or_else(|| "not said".to_owned(), |cache| seconds(u64::from(cache)));
    let identity = match authorizer.identity.as_slice() {
        [] => "not said".to_owned(),
        sources => sources.join(" "),
    };
    format!(
        "cache              {cache}\n\
         identity           {identity}\n\
         token              {}\n\
         scheme             {}\n\
         invalid_token      {}\n\
         response           {}\n\
         resource_policy    {}\n\
         expire_with_token  {}\n\
         max_policy_bytes   {}",
        authorizer.token,
        authorizer.scheme,
        authorizer.invalid_token,
        authorizer.response,
        yes_or_no(authorizer.resource_policy),
        yes_or_no(authorizer.expire_with_token),
        authorizer.max_policy_bytes,
    )
}
