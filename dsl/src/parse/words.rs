//! What keywords say about where a statement ends.

/// Words that stand inside a statement only.
pub(super) fn is_continuation(word: &str) -> bool {
    matches!(
        word,
        "when" | "unless" | "if" | "as" | "because" | "by" | "or" | "and" | "in" | "contains" | "like"
    )
}

/// Words that a statement cannot end with.
pub(super) fn is_demanding(word: &str) -> bool {
    matches!(
        word,
        "never"
            | "always"
            | "when"
            | "unless"
            | "if"
            | "as"
            | "because"
            | "or"
            | "and"
            | "in"
            | "contains"
            | "like"
            | "group"
            | "scope"
            | "issuer"
            | "has"
            | "let"
            | "param"
    )
}
