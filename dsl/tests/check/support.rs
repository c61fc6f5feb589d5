//! Compiling texts that are only in memory.

use policy_dsl::source::MemoryFiles;
use policy_dsl::{Compilation, CompiledPolicy, compile};

/// An issuer with all that conditions can ask for, so that nothing is said about it.
pub(crate) const ISSUER: &str = r#"
issuer idp {
    url "https://id.example.com/"
    audience "api"
    groups token.groups
    userinfo "https://id.example.com/userinfo"
}
"#;

pub(crate) fn compile_text(text: &str) -> Compilation {
    compile("p.policy", &MemoryFiles::default().with("p.policy", text))
}

/// The codes of the findings, in order.
pub(crate) fn codes_of(compilation: &Compilation) -> Vec<&'static str> {
    let found = &compilation.diagnostics;
    let has_errors = found.iter().any(policy_dsl::diagnostic::Diagnostic::is_error);
    assert_eq!(compilation.policy.is_none(), has_errors, "{found:#?}");
    found.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

/// The codes for a text behind [`ISSUER`].
pub(crate) fn codes(text: &str) -> Vec<&'static str> {
    codes_of(&compile_text(&format!("{ISSUER}\n{text}")))
}

/// The codes for a condition of a rule that binds `path.id` and knows the param `p` and the `let` `l`.
pub(crate) fn condition_codes(condition: &str) -> Vec<&'static str> {
    codes(&format!("param p\nlet l = token.l\nallow GET /x/{{id}} when {condition}"))
}

/// Every finding as `code text: message`, with the text that it is about.
pub(crate) fn findings(compilation: &Compilation) -> Vec<String> {
    compilation
        .diagnostics
        .iter()
        .map(|found| {
            let text = found.span.map_or("", |span| compilation.sources.slice(span));
            format!("{} {text:?}: {}", found.code, found.message)
        })
        .collect()
}

pub(crate) fn policy(text: &str) -> CompiledPolicy {
    let compilation = compile_text(text);
    let findings = findings(&compilation);
    compilation.policy.unwrap_or_else(|| panic!("{findings:#?}"))
}

/// Tables of texts and the codes that they get.
pub(crate) fn assert_table(table: &[(&str, &[&str])], codes: impl Fn(&str) -> Vec<&'static str>) {
    for (text, expected) in table {
        assert_eq!(codes(text), *expected, "{text}");
    }
}
