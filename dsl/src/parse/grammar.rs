//! The generated parser.
#![allow(missing_docs, reason = "pest_derive writes no documentation")]

use pest::Parser;

#[derive(pest_derive::Parser)]
#[grammar = "policy.pest"]
pub(super) struct Grammar;

/// A piece of text that a grammar rule matched.
pub(super) type Pair<'t> = pest::iterators::Pair<'t, Rule>;

/// The words that begin a statement.
pub(super) const STATEMENT_KEYWORDS: [&str; 15] = [
    "allow",
    "public",
    "deny",
    "never",
    "always",
    "let",
    "param",
    "issuer",
    "api",
    "principal",
    "context",
    "usage_key",
    "authorizer",
    "use",
    "test",
];

/// Whether a statement begins with this word; those of other languages that are understood included.
pub(super) fn is_statement_keyword(word: &str) -> bool {
    STATEMENT_KEYWORDS.contains(&word) || matches!(word, "permit" | "forbid")
}

/// Whether the word cannot be a name.
pub(super) fn is_reserved(word: &str) -> bool {
    matches_whole(Rule::reserved, word)
}

/// Whether the rule matches the text from its start to its end.
pub(super) fn matches_whole(rule: Rule, text: &str) -> bool {
    Grammar::parse(rule, text).is_ok_and(|pairs| pairs.as_str().len() == text.len())
}
