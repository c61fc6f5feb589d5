//! Findings as SARIF 2.1.0, which code scanning reads: "Static Analysis Results Interchange Format (SARIF)
//! Version 2.1.0", OASIS.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use policy_dsl::codes::Code;
use policy_dsl::diagnostic::{Certainty, Diagnostic, Edit, Severity};
use policy_dsl::source::{SourceId, Sources, Span};
use serde::Serialize;
use serde_json::{Value, json};

use super::diagnostics::Found;

/// Where the documentation is published, which is said when policyctl is built. Until then, a host that
/// RFC 2606 keeps from being anybody's: a link must be absolute here.
const DOCS_URL: &str = match option_env!("POLICYCTL_DOCS_URL") {
    Some(url) => url,
    None => "https://policyctl.example/docs",
};

/// The whole log.
pub(crate) fn log(findings: &[Found<'_>]) -> impl Serialize {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "policyctl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": DOCS_URL,
                "rules": Code::ALL.iter().copied().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.title() },
        "helpUri": format!("{DOCS_URL}/codes/{code}.md"),
        "help": { "text": format!("See docs/codes/{code}.md.") },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(found: &Found<'_>) -> Value {
    let Found { finding, sources, .. } = found;
    let mut message = finding.message.clone();
    if let Some(help) = &finding.help {
        // Writing to a string cannot fail.
        let _ = write!(message, "\nhelp: {help}");
    }
    let related = finding.related.iter().enumerate().map(|(number, related)| {
        json!({
            "id": number + 1,
            "message": { "text": related.message },
            "physicalLocation": physical(related.span, sources),
        })
    });
    let place = match finding.span {
        Some(span) => physical(span, sources),
        None => json!({ "artifactLocation": artifact(found.file()) }),
    };
    json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": Code::ALL.iter().position(|code| *code == finding.code),
        "level": level(finding.severity),
        "message": { "text": message },
        "locations": [{ "physicalLocation": place }],
        "relatedLocations": related.collect::<Vec<_>>(),
        "fixes": fixes(finding, sources),
    })
}

fn fixes(finding: &Diagnostic, sources: &Sources) -> Vec<Value> {
    if finding.fix.is_empty() {
        return Vec::new();
    }
    let mut files: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
    for edit in &finding.fix {
        files.entry(edit.span.source).or_default().push(edit);
    }
    let changes = files.into_iter().map(|(source, edits)| {
        let replacements = edits.into_iter().map(|edit| replacement(edit, sources));
        json!({
            "artifactLocation": artifact(sources.name(source)),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    let description = finding.help.as_ref().unwrap_or(&finding.message);
    vec![json!({
        "description": { "text": description },
        "artifactChanges": changes.collect::<Vec<_>>(),
        "properties": { "certain": finding.certainty == Certainty::Certain },
    })]
}

fn replacement(edit: &Edit, sources: &Sources) -> Value {
    json!({
        "deletedRegion": region(edit.span, sources),
        "insertedContent": { "text": edit.replacement },
    })
}

fn physical(span: Span, sources: &Sources) -> Value {
    json!({
        "artifactLocation": artifact(sources.name(span.source)),
        "region": region(span, sources),
    })
}

fn region(span: Span, sources: &Sources) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn artifact(path: &str) -> Value {
    json!({ "uri": uri(path) })
}

/// A path as RFC 3986 has it: relative to the folder that policyctl runs in, unless it is absolute.
fn uri(path: &str) -> String {
    let slashed = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let mut uri = match (Path::new(path).is_absolute(), slashed.starts_with('/')) {
        (true, true) => "file://".to_owned(),
        (true, false) => "file:///".to_owned(),
        (false, _) => String::new(),
    };
    for byte in slashed.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri_reference() {
        for (path, expected) in [
            ("users.policy", "users.policy"),
            ("../a b/ü:x%.policy", "../a%20b/%C3%BC%3Ax%25.policy"),
            ("/srv/p.policy", "file:///srv/p.policy"),
            ("-", "-"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
