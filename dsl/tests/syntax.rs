//! Policies that are read, and policies that are not: drop a file into `fixtures`, get a test.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "what is not as expected is a failed test"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use policy_dsl::diagnostic::Diagnostic;
use policy_dsl::limits::{
    MAX_DEPTH, MAX_FILE_BYTES, MAX_LINE_BYTES, MAX_REPORTED, MAX_STATEMENTS, MAX_STRING_BYTES,
};
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
        let (sources, id, _, mut diagnostics) = read(&path);
        let mut text = sources.text(id).to_owned();
        // What is mended can bring to light what was hidden behind it.
        for _ in 0..3 {
            if diagnostics.is_empty() || diagnostics.iter().any(|diagnostic| diagnostic.fix.is_empty()) {
                break;
            }
            text = fixed(&text, &diagnostics);
            diagnostics = parse(id, &text).1;
        }
        let is_fixable = diagnostics.iter().all(|diagnostic| !diagnostic.fix.is_empty());
        assert!(!is_fixable || diagnostics.is_empty(), "{}:\n{text}\n{diagnostics:#?}", path.display());
    }
}

fn codes(text: &str) -> Vec<&'static str> {
    parse(SourceId(0), text).1.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn every_bound_has_its_own_error() {
    let string = |length: usize| format!("let a = token.x == \"{}\"\n", "x".repeat(length - 2));
    assert_eq!(codes(&string(MAX_STRING_BYTES)), [""; 0]);
    assert_eq!(codes(&string(MAX_STRING_BYTES + 1)), ["E0402"]);

    let line = |length: usize| format!("let a = b{}\n", " ".repeat(length - 9));
    assert_eq!(codes(&line(MAX_LINE_BYTES)), [""; 0]);
    assert_eq!(codes(&line(MAX_LINE_BYTES + 1)), ["E0401"]);

    let statements = |count: usize| "allow GET /a\n".repeat(count);
    assert_eq!(codes(&statements(MAX_STATEMENTS)), [""; 0]);
    assert_eq!(codes(&statements(MAX_STATEMENTS + 1)), ["E0404"]);
    assert_eq!(codes(&"#".repeat(MAX_FILE_BYTES + 1)), ["E0506"]);

    let errors = codes(&"allow GET\n".repeat(MAX_REPORTED));
    assert_eq!(errors, ["E0101"; MAX_REPORTED]);
    let warnings = codes(&"## Nothing.\n".repeat(MAX_REPORTED + 1));
    assert_eq!(warnings, ["W0201"; MAX_REPORTED + 1]);
    let errors = codes(&"allow GET\n".repeat(MAX_REPORTED + 1));
    assert_eq!((errors.len(), errors.last()), (MAX_REPORTED + 1, Some(&"E0406")));
}

#[test]
fn what_is_nested_as_deep_as_allowed_is_read() {
    let depth = MAX_DEPTH;
    for text in [
        format!("let a = {}b{}", "(".repeat(depth), ")".repeat(depth)),
        format!("let a = {}b", "not ".repeat(depth)),
        format!("let a = {}b{}", "not (".repeat(depth / 2), ")".repeat(depth / 2)),
        format!("let a = b in {}{}", "[".repeat(depth), "]".repeat(depth)),
        format!(
            "test \"t\" {{ token {{ \"a\": {}{} }} deny GET /x }}",
            "[".repeat(depth - 2),
            "]".repeat(depth - 2)
        ),
    ] {
        assert_eq!(codes(&text), [""; 0], "{text}");
    }
}

/// Texts that would be slow, or deep, for a parser that goes back or down without bounds.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    let size = 100_000;
    for (unit, prefix) in [
        ("(", "let a = "),
        ("[", "let a = b in "),
        ("{\"a\":", "test \"t\" { token "),
        ("not ", "let a = "),
        ("!", "let a = "),
        ("'\\'", "let a = "),
        ("\"\\", "let a = "),
        ("a and ", "let a = "),
        ("a.", "let a = "),
        ("{", "allow GET /"),
        ("{a,", "allow GET /"),
        ("[", "allow GET /"),
        ("/", "allow GET "),
        ("a\n", ""),
        ("#\n", ""),
        ("## \n", "let a = ("),
        ("issuer\n", ""),
        ("\u{1}", ""),
        ("é", ""),
        ("}", ""),
        ("audience a ", "issuer a { "),
        ("a = ", "context { "),
        ("(\nissuer a and ", "let a = "),
        ("test \"t\" {\n", ""),
    ] {
        let text = format!("{prefix}{}", unit.repeat(size / unit.len()));
        let start = Instant::now();
        codes(&text);
        // Reading takes milliseconds; what is quadratic takes minutes.
        assert!(start.elapsed() < Duration::from_secs(10), "{unit:?} took {:?}", start.elapsed());
    }
}

/// A generator of pseudo-random numbers (`SplitMix64`), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

/// Cuts, repeats, swaps or breaks a piece of the text.
fn mutated(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "'",
        "#",
        "##",
        "/",
        "**",
        "{x}",
        "${",
        "}",
        "\\",
        "%2",
        "\r",
        "\n",
        "\0",
        "é",
        "\u{feff}",
        " not ",
        "!",
        "&&",
        ",",
        ";",
        "=",
        "==",
        "allow ",
        "\nallow GET",
        "when",
        "issuer ",
        "token.",
        "1e9",
        "-",
        "\u{2028}",
        "😀",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len());
        let end = (at + random.below(20)).min(chars.len());
        match random.below(5) {
            0 => chars.truncate(at),
            1 => drop(chars.drain(at..end)),
            2 => {
                let piece: Vec<char> = chars[at..end].to_vec();
                let to = random.below(chars.len());
                chars.splice(to..to, piece);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn broken_texts_are_explained_and_nothing_is_left_out_silently() {
    let mut random = Random(1);
    let paths: Vec<_> = fixtures("valid").into_iter().chain(fixtures("invalid")).collect();
    for path in paths {
        let original = fs::read_to_string(&path).unwrap();
        for _ in 0..200 {
            let text = mutated(&original, &mut random);
            let mut sources = Sources::default();
            let id = sources.add("mutated", text.as_str());
            let (file, diagnostics) = parse(id, sources.text(id));
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
            assert!(file.broken.is_empty() || errors > 0, "{text}");
            for diagnostic in &diagnostics {
                let span = diagnostic.span.unwrap();
                let places = diagnostic.related.iter().map(|related| related.span);
                for span in places.chain(diagnostic.fix.iter().map(|edit| edit.span)).chain([span]) {
                    assert!(sources.text(id).get(span.start..span.end).is_some(), "{span:?} in {text}");
                }
                assert!(!render(&sources, diagnostic, Colour::Always).is_empty());
            }
        }
    }
}
