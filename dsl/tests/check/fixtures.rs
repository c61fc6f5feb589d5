//! What the checker says, as people read it: drop a file into `fixtures/checked`, get a test.

use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::compile;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{DiskFiles, Files};

/// Files of one folder, named as if it were the one that the compiler runs in.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        DiskFiles.read(self.0.join(path).to_str().unwrap())
    }
}

fn policies(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".policy")).collect();
    names.sort();
    assert!(!names.is_empty());
    names
}

#[test]
fn findings_are_shown_with_their_places_and_help() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checked");
    for name in policies(&folder) {
        let compilation = compile(&name, &Folder(folder.clone()));
        let shown =
            compilation.diagnostics.iter().map(|found| render(&compilation.sources, found, Colour::Never));
        let text = shown.collect::<Vec<_>>().join("\n\n");
        insta::with_settings!({
            snapshot_path => "../fixtures/snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("checked-{}", name.trim_end_matches(".policy")), text); });
    }
}

#[test]
fn the_policies_of_the_repository_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for name in policies(&folder) {
        let compilation = compile(&name, &Folder(folder.clone()));
        let errors: Vec<&str> = compilation
            .diagnostics
            .iter()
            .filter(|found| found.is_error())
            .map(|found| found.message.as_str())
            .collect();
        assert_eq!(errors, [""; 0], "{name}");
        assert!(!compilation.policy.unwrap().tests.is_empty(), "{name}");
    }
}
