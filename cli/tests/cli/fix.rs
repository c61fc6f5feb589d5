//! `policyctl check --fix`.

use std::fs;

use serde_json::json;

use super::support::Folder;

const WRONG: &str = "public get, post /a/:id;\nalow GET /b\n";
const MENDED: &str = "public GET POST /a/{id}\nalow GET /b\n";

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path(name)).unwrap()
}

#[test]
fn what_is_certain_is_written_and_the_rest_is_told() {
    let folder = Folder::new();
    folder.write("w.policy", WRONG);
    let run = folder.run(&["check", "w.policy", "--fix"]).ends(1);
    assert_eq!(read(&folder, "w.policy"), MENDED);
    assert!(run.out.starts_with("5 fixed, 1 error, "), "{}", run.out);
    let run =
        run.says("fixed w.policy:1:8: `get` is not a verb (E0108)\n").says("there is no statement `alow`");
    assert!(!run.err.contains("error[E0108]"), "{}", run.err);
    let run = folder.run(&["check", "w.policy", "--fix"]).ends(1);
    assert!(run.out.starts_with("0 fixed, 1 error, "), "{}", run.out);
    assert_eq!(read(&folder, "w.policy"), MENDED);
}

#[test]
fn a_dry_run_shows_a_diff_and_writes_nothing() {
    let folder = Folder::new();
    folder.write("w.policy", WRONG);
    let diff = "--- w.policy\n+++ w.policy\n@@ -1,2 +1,2 @@\n-public get, post /a/:id;\n+public GET POST /a/{id}\n alow GET /b\n";
    let run = folder.run(&["check", "w.policy", "--fix", "--dry-run"]).ends(1).prints(diff);
    run.says("5 to be fixed, 1 error, ");
    assert_eq!(read(&folder, "w.policy"), WRONG);
    folder.write("only.policy", "public get /a\n");
    folder.run(&["check", "only.policy", "--fix", "--dry-run"]).ends(1).says("1 to be fixed, 0 errors, ");
    folder.run(&["check", "p.policy", "--fix", "--dry-run"]).ends(0).prints_nothing();
    folder.run(&["check", "w.policy", "--dry-run"]).ends(2);
}

#[test]
fn a_policy_without_errors_keeps_its_bytes() {
    let folder = Folder::clean();
    let before = read(&folder, "p.policy");
    let time = |folder: &Folder| fs::metadata(folder.path("p.policy")).unwrap().modified().unwrap();
    let written = time(&folder);
    folder.run(&["check", "p.policy", "--fix"]).ends(0).prints("0 fixed, 0 errors, 0 warnings in 1 policy\n");
    assert_eq!((read(&folder, "p.policy"), time(&folder)), (before, written));
}

#[test]
fn used_files_are_mended_too() {
    let folder = Folder::new();
    folder.write("all/main.policy", "use \"part.policy\"\npublic GET /a when s\n");
    folder.write("all/part.policy", "\u{feff}let s = token.s && token.t;\r\n");
    folder.run(&["check", "all", "--fix"]).ends(0);
    assert_eq!(read(&folder, "all/main.policy"), "use \"part.policy\"\npublic GET /a when s\n");
    assert_eq!(read(&folder, "all/part.policy"), "\u{feff}let s = token.s and token.t\r\n");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    let run = |args: &[&str]| folder.run_with(args, &[], WRONG.as_bytes());
    run(&["check", "-", "--fix"]).ends(1).prints(MENDED).says("5 fixed, 1 error, ");
    folder.run_with(&["check", "-", "--fix"], &[], b"public GET /a\n").ends(0).prints("public GET /a\n");
    assert!(run(&["check", "-", "--fix", "--dry-run"]).ends(1).out.starts_with("--- -\n+++ -\n"));
    run(&["check", "-", "--fix", "--format", "json"]).ends(2).says("--dry-run");
    folder.run_with(&["check", "-", "--fix"], &[], b"").ends(3).prints_nothing();
}

#[test]
fn programs_learn_what_was_fixed() {
    let folder = Folder::new();
    folder.write("w.policy", "public get /a\n");
    let fixed = json!([{ "code": "E0108", "message": "`get` is not a verb", "file": "w.policy", "line": 1, "column": 8 }]);
    let dry = folder.run(&["check", "w.policy", "--fix", "--dry-run", "--format", "json"]).ends(1).json();
    assert_eq!((&dry["fixed"], &dry["errors"]), (&fixed, &json!(0)));
    let report = folder.run(&["check", "w.policy", "--fix", "--format", "json"]).ends(0).json();
    assert_eq!((&report["fixed"], &report["errors"]), (&fixed, &json!(0)));
    assert_eq!(read(&folder, "w.policy"), "public GET /a\n");
    let report = folder.run(&["check", "w.policy", "--format", "json"]).ends(0).json();
    assert!(report.get("fixed").is_none());
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_said() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.write("w.policy", "public get /a\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    folder
        .run(&["check", "w.policy", "--fix"])
        .ends(3)
        .says("`w.policy` cannot be written: permission denied");
    assert_eq!(read(&folder, "w.policy"), "public get /a\n");
}
