//! What must be so for every text that is formatted.

use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::format::format;
use policy_dsl::parse;
use policy_dsl::source::SourceId;
use policy_dsl::syntax::File;

/// The policy files of a folder, seen from the crate's, with those in folders below.
pub(crate) fn policies(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "policy") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The formatted text, which is as it has to be.
#[track_caller]
pub(crate) fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"));
    let (before, after) = (meaning(text), meaning(&once));
    if let Some((before, after)) = before.iter().zip(&after).find(|(before, after)| before != after) {
        panic!("the meaning changed:\n{text}\n---\n{once}\n---\n{before}\n---\n{after}");
    }
    assert_eq!(before.len(), after.len(), "{text}\n---\n{once}");
    let twice = format(&once).unwrap_or_else(|errors| panic!("{once}\n{errors:#?}"));
    assert!(once == twice, "formatted again, it changes:\n{once}\n---\n{twice}\n--- of\n{text}");
    assert!(once.is_empty() || once.ends_with('\n'), "{once}");
    assert!(!once.starts_with('\n') && !once.ends_with("\n\n") && !once.contains("\n\n\n"), "{once}");
    assert!(once.split('\n').all(|line| line.trim_end() == line), "{once}");
    once
}

/// What a text says, places aside: its statements with their doc comments and `allow(…)`s, its comments, and
/// what is reported.
fn meaning(text: &str) -> Vec<String> {
    let (file, diagnostics) = parse(SourceId(0), text);
    let File { statements, broken, comments } = &file;
    let statements = statements.iter().map(|statement| without_spans(&format!("{statement:?}")));
    let comments = comments.iter().map(|comment| {
        let body = text[comment.span.start..comment.span.end].trim_end();
        format!("{} {body}", comment.is_doc)
    });
    let reported = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str().to_owned());
    assert!(broken.is_empty(), "{text}");
    statements.chain(comments).chain(reported).collect()
}

/// A tree as text, places left out: `@0:3..7` and `, span: 0:3..7`.
fn without_spans(tree: &str) -> String {
    let mut out = String::new();
    let mut rest = tree;
    while let Some(at) = rest.find("0:") {
        let place = rest[at + 2..].find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(0);
        let is_place = ["@", "span: ", "Anonymous("].iter().any(|marker| rest[..at].ends_with(marker));
        out.push_str(&rest[..at]);
        rest = &rest[at + 2 + if is_place { place } else { 0 }..];
    }
    out + rest
}
