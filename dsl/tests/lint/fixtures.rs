//! A lint is held by two files: `NAME.fires.policy` with a snapshot of what is said, and
//! `NAME.silent.policy`, of which nothing is said.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::codes::Code;
use policy_dsl::lint::{Level, Levels};
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{DiskFiles, Files};
use policy_dsl::{Compilation, lint};

/// The lints are those from here on, and those of these names.
const LINTS: [&str; 3] = ["W04", "W05", "W03"];

/// What the checker says by itself.
const NOT_LINTS: [&str; 2] = ["W0301", "W0302"];

/// What is said of `# allow(…)`, and of characters.
const OTHER_LINTS: [&str; 5] = ["W0202", "W0203", "W0204", "W0205", "W0206"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint")
}

/// Files of the folder, named as if it were the one that the compiler runs in.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        DiskFiles.read(self.0.join(path).to_str().unwrap())
    }
}

fn names(ending: &str) -> Vec<String> {
    let names =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

fn linted(name: &str) -> (Compilation, String) {
    let mut levels = Levels::default();
    // Small examples of something else need not have answers for the whole API.
    if !name.starts_with("per_request") {
        levels.set(Code::PerRequest, Level::Off);
    }
    let compilation = lint(name, &Folder(folder()), &levels);
    let shown =
        compilation.diagnostics.iter().map(|found| render(&compilation.sources, found, Colour::Never));
    let text = shown.collect::<Vec<_>>().join("\n\n");
    (compilation, text)
}

#[test]
fn lints_fire() {
    let mut fired = BTreeSet::new();
    for name in names(".fires.policy") {
        let (compilation, text) = linted(&format!("{name}.fires.policy"));
        for found in &compilation.diagnostics {
            let is_own = found.code.name() == name || name == "allowed";
            assert!(is_own && !found.is_error(), "{name}: {text}");
            fired.insert(found.code);
        }
        insta::with_settings!({
            snapshot_path => "../fixtures/snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("lint-{name}"), text); });
    }
    for code in Code::ALL {
        let spelt = code.as_str();
        let is_lint = LINTS.iter().any(|group| spelt.starts_with(group)) && !NOT_LINTS.contains(&spelt);
        if is_lint || OTHER_LINTS.contains(&spelt) {
            assert!(fired.contains(code), "{spelt} has no fixture");
        }
    }
}

#[test]
fn lints_are_silent_where_nothing_is_wrong() {
    assert_eq!(names(".silent.policy"), names(".fires.policy"));
    for name in names(".silent.policy") {
        let (compilation, text) = linted(&format!("{name}.silent.policy"));
        let all: Vec<Code> = compilation.diagnostics.iter().map(|found| found.code).collect();
        assert!(all.is_empty(), "{name}: {text}");
    }
}

#[test]
fn the_policies_of_the_repository_are_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let policies =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in policies.filter(|name| name.ends_with(".policy")) {
        let compilation = lint(&name, &Folder(folder.clone()), &Levels::default());
        assert_eq!(compilation.diagnostics, [], "{name}");
    }
}
