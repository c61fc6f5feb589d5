//! Every code has a text that shows it, and a snapshot of what people then see: `fixtures/codes/CODE.policy`, or
//! a text that is made here because it is too large to keep.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what is not as expected is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use policy_dsl::codes::Code;
use policy_dsl::limits::{
    MAX_API_DEPTH, MAX_CONDITION_DEPTH, MAX_CONDITION_NODES, MAX_CONTEXT_ENTRIES, MAX_FILE_BYTES, MAX_FILES,
    MAX_ISSUERS, MAX_LINE_BYTES, MAX_PARAMS, MAX_POLICY_NODES, MAX_REPORTED, MAX_ROUTES, MAX_RULE_PATHS,
    MAX_RULES, MAX_STATEMENTS, MAX_STRING_BYTES, MAX_TOTAL_BYTES, MAX_USE_DEPTH,
};
use policy_dsl::lint::Levels;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{DiskFiles, Files, MemoryFiles};
use policy_dsl::{Compilation, compile, lint_with_templates};

/// No text is known to show these.
const UNSHOWN: [(Code, &str); 1] =
    [(Code::Fault, "what the checker lets pass is lowered; a text that is not would be a fault to mend")];

/// The longest piece of a line that a snapshot keeps.
const MAX_SHOWN: usize = 160;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Files of one folder, named as if it were the one that the compiler runs in.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        DiskFiles.read(self.0.join(path).to_str().unwrap())
    }
}

/// A disk that is broken.
struct Unreadable;

impl Files for Unreadable {
    fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        Err(io::Error::other("the disk is broken"))
    }
}

/// A comment of many bytes.
fn filler(bytes: usize) -> String {
    format!("{}\n", "#".repeat(MAX_LINE_BYTES - 1)).repeat(bytes / MAX_LINE_BYTES)
}

fn one(text: impl Into<Vec<u8>>) -> MemoryFiles {
    MemoryFiles::default().with("made.policy", text)
}

/// The text of many pieces.
fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

/// A policy that uses another file, and what comes with it.
fn with_second(first: &str, second: String) -> MemoryFiles {
    one(format!("use \"second.policy\"\n{first}")).with("second.policy", second)
}

/// A text that is too large to keep, and that shows the code.
fn made(code: Code) -> Option<MemoryFiles> {
    let half = MAX_STATEMENTS / 2;
    let text = match code {
        Code::LineTooLong => format!("public GET /a{}\n", " ".repeat(MAX_LINE_BYTES)),
        Code::StringTooLong => format!("param a = \"{}\"\n", "x".repeat(MAX_STRING_BYTES)),
        Code::TooManyStatements => "public GET /a\n".repeat(MAX_STATEMENTS + 1),
        Code::TooManyErrors => "public GET\n".repeat(MAX_REPORTED + 1),
        Code::TooManyFiles => {
            let files = one(many(MAX_FILES, |at| format!("use \"{at}.policy\"\n")));
            return Some(
                (0..MAX_FILES).fold(files, |files, at| files.with(format!("{at}.policy"), "# Empty.")),
            );
        }
        Code::TooManyBytes => {
            let count = MAX_TOTAL_BYTES / MAX_FILE_BYTES;
            let files = one(many(count, |at| format!("use \"{at}.policy\"\n")));
            let large = filler(MAX_FILE_BYTES);
            return Some((0..count).fold(files, |files, at| files.with(format!("{at}.policy"), &*large)));
        }
        Code::UsedTooDeep => {
            let files = one("use \"0.policy\"\n");
            let next = |at: usize| format!("use \"{}.policy\"\n", at + 1);
            return Some(
                (0..MAX_USE_DEPTH).fold(files, |files, at| files.with(format!("{at}.policy"), next(at))),
            );
        }
        Code::TooManyRules => {
            let rules = "public GET /a\n".repeat(half + 1);
            assert!(2 * (half + 1) > MAX_RULES);
            return Some(with_second(&rules, rules.clone()));
        }
        Code::TooManyPaths => {
            many(MAX_RULE_PATHS / 1000 + 1, |_| format!("public GET{}\n", " /a".repeat(1000)))
        }
        Code::TooManyRoutes => format!("api {{\n{}}}\n", many(MAX_ROUTES + 1, |at| format!("GET /r{at}\n"))),
        Code::TooManyParams => many(MAX_PARAMS + 1, |at| format!("param p{at}\n")),
        Code::TooManyIssuers => many(MAX_ISSUERS + 1, |at| {
            format!("issuer i{at} {{ url \"https://i{at}.example/\" audience \"a\" }}\n")
        }),
        Code::TooManyEntries => {
            format!("context {{\n{}}}\n", many(MAX_CONTEXT_ENTRIES + 1, |at| format!("k{at} = token.a\n")))
        }
        Code::ConditionTooLarge => {
            format!("allow GET /a when token.a{}\n", "\nor token.a".repeat(MAX_CONDITION_NODES))
        }
        Code::ConditionTooDeep => {
            let lets = many(MAX_CONDITION_DEPTH, |at| format!("let l{} = not (token.a and l{at})\n", at + 1));
            format!("let l0 = token.a\n{lets}allow GET /a when l{MAX_CONDITION_DEPTH}\n")
        }
        Code::PolicyTooLarge => {
            let nodes = MAX_CONDITION_NODES / 2;
            let large = format!("let large = token.a{}\n", "\nor token.a".repeat(nodes));
            let rules = many(MAX_POLICY_NODES / nodes + 1, |at| format!("allow GET /r{at} when large\n"));
            large + &rules
        }
        Code::FileTooLarge => filler(MAX_FILE_BYTES) + "#",
        Code::ApiTooLarge => {
            let deep =
                format!("{{\"a\":{}1{}}}", "[".repeat(MAX_API_DEPTH + 1), "]".repeat(MAX_API_DEPTH + 1));
            return Some(one("api \"deep.json\"\n").with("deep.json", deep));
        }
        _ => return None,
    };
    Some(one(text))
}

/// What the terminal shows, long lines cut off.
fn shown(compilation: &Compilation, only: Option<Code>) -> String {
    let found = compilation.diagnostics.iter().filter(|found| only.is_none_or(|code| found.code == code));
    let texts: Vec<_> = found.map(|found| render(&compilation.sources, found, Colour::Never)).collect();
    let cut = |line: &str| match line.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap()),
        None => line.to_owned(),
    };
    texts.join("\n\n").lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// Whether the code is shown; with a snapshot of how.
fn is_shown(code: Code) -> bool {
    let files = Folder(folder("codes"));
    let name = format!("{code}.policy");
    let (compilation, only) = if files.0.join(&name).exists() {
        let template = format!("{code}.template.yaml");
        let templates: Vec<String> =
            files.0.join(&template).exists().then_some(template).into_iter().collect();
        (lint_with_templates(&name, &files, &Levels::default(), &templates), None)
    } else if code == Code::FileUnreadable {
        (compile("made.policy", &Unreadable), None)
    } else if let Some(made) = made(code) {
        (compile("made.policy", &made), Some(code))
    } else {
        return false;
    };
    let codes: Vec<_> = compilation.diagnostics.iter().map(|found| found.code).collect();
    assert!(codes.contains(&code), "{code} is not shown: {codes:?}");
    if code.as_str().starts_with("E04") || code == Code::FileUnreadable {
        let without =
            |found: &&policy_dsl::diagnostic::Diagnostic| found.code == code && found.help.is_none();
        assert!(!compilation.diagnostics.iter().any(|found| without(&found)), "{code} has no help");
    }
    insta::with_settings!({
        snapshot_path => "fixtures/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(format!("code-{code}"), shown(&compilation, only)); });
    true
}

#[test]
fn every_code_is_shown_by_a_fixture() {
    for code in Code::ALL.iter().copied() {
        let unshown = UNSHOWN.iter().find(|(other, _)| *other == code);
        assert!(is_shown(code) != unshown.is_some(), "write fixtures/codes/{code}.policy, or say why not");
    }
}

#[test]
fn a_fixture_is_named_after_a_code() {
    let names = fs::read_dir(folder("codes")).unwrap().map(|entry| entry.unwrap().path());
    let policies = names.filter(|path| path.extension().is_some_and(|extension| extension == "policy"));
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    for path in policies {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(codes.contains(name), "{name}");
    }
}
