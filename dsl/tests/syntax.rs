//! Policies that are read, and policies that are not: drop a file into `fixtures`, get a test.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::diagnostic::Diagnostic;
use policy_dsl::parse;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{SourceId, Sources};
use policy_dsl::syntax::File;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "policy"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Parsed without going through [`Sources::load`], which would refuse what some fixtures are about.
fn read(path: &Path) -> (Sources, SourceId, File, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let name = path.file_name().unwrap().to_str().unwrap();
    let id = sources.add(name, fs::read_to_string(path).unwrap());
    let (file, diagnostics) = parse(id, sources.text(id));
    (sources, id, file, diagnostics)
}

fn rendered(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| render(sources, diagnostic, Colour::Never) + "\n\n").collect()
}

/// A tree as text, places left out: `@0:3..7` and `, span: 0:3..7`.
fn without_spans(tree: &str) -> String {
    let mut rest = tree;
    let mut out = String::new();
    while let Some((at, marker)) =
        ["@0:", ", span: 0:"].into_iter().filter_map(|marker| Some((rest.find(marker)?, marker))).min()
    {
        let after = &rest[at + marker.len()..];
        let span = after.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(after.len());
        out.push_str(&rest[..at]);
        rest = &after[span..];
    }
    out + rest
}

fn snapshot(kind: &str, path: &Path, text: &str) {
    let name = format!("{kind}-{}", path.file_stem().unwrap().to_str().unwrap());
    insta::with_settings!({
        snapshot_path => "fixtures/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text); });
}

#[test]
fn what_is_right_is_read_without_a_word() {
    for path in fixtures("valid") {
        let (sources, _, file, diagnostics) = read(&path);
        assert!(diagnostics.is_empty(), "{}", rendered(&sources, &diagnostics));
        assert!(file.broken.is_empty());
        let mut tree = String::new();
        for statement in &file.statements {
            writeln!(tree, "{}\n", without_spans(&format!("{statement:?}"))).unwrap();
        }
        snapshot("valid", &path, &tree);
    }
}

#[test]
fn what_is_wrong_is_explained() {
    for path in fixtures("invalid") {
        let (sources, _, file, diagnostics) = read(&path);
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        assert!(errors > 0, "{} is fine", path.display());
        assert!(errors >= file.broken.len(), "{} has a statement that is left out silently", path.display());
        snapshot("invalid", &path, &rendered(&sources, &diagnostics));
    }
}

/// Applies what can be mended without asking, last place first.
fn fixed(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut edits: Vec<_> = diagnostics.iter().flat_map(|diagnostic| &diagnostic.fix).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
    }
    text
}

#[test]
fn what_a_fix_writes_is_not_reported_again() {
    for path in fixtures("invalid") {
        let (sources, id, _, diagnostics) = read(&path);
        if !diagnostics.iter().all(|diagnostic| !diagnostic.fix.is_empty()) {
            continue;
        }
        let text = fixed(sources.text(id), &diagnostics);
        let mut sources = Sources::default();
        let id = sources.add("fixed", text.as_str());
        let (_, left) = parse(id, &text);
        assert!(left.is_empty(), "{}:\n{text}\n{}", path.display(), rendered(&sources, &left));
    }
}
