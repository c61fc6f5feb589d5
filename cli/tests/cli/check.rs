//! `policyctl check`.

use serde_json::json;

use super::support::Folder;

const WRONG: &str = "public GET /users\npublic GET /users/{id} when path.name == \"x\"\n";

#[test]
fn a_clean_policy_is_fine() {
    let folder = Folder::clean();
    folder.run(&["check", "p.policy"]).ends(0).prints("0 errors, 0 warnings in 1 policy\n");
    let empty = json!({ "version": 1, "errors": 0, "warnings": 0, "diagnostics": [] });
    assert_eq!(folder.run(&["check", "p.policy", "--format", "json"]).ends(0).json(), empty);
}

#[test]
fn a_finding_has_the_documented_shape() {
    let folder = Folder::new();
    folder.write("wrong.policy", "public GET /a as x\npublic GET /b as x\n");
    let report = folder.run(&["check", "wrong.policy", "--format", "json"]).ends(1).json();
    let found = report["diagnostics"][0].clone();
    let expected = json!({ "version": 1, "errors": 1, "warnings": 0, "diagnostics": [{
        "code": found["code"], "severity": "error", "message": found["message"], "help": found["help"],
        "file": "wrong.policy", "line": 2, "column": 18, "end_line": 2, "end_column": 19,
        "related": [{
            "message": found["related"][0]["message"], "file": "wrong.policy", "line": 1, "column": 18
        }]
    }]});
    assert_eq!(report, expected);
    assert!(found["code"].as_str().unwrap().starts_with('E'));
    assert!(found["message"].as_str().unwrap().contains("`x`"), "{found}");
}

#[test]
fn people_see_the_place_on_standard_error() {
    let folder = Folder::new();
    folder.write("wrong.policy", WRONG);
    let run = folder.run(&["check", "wrong.policy"]).ends(1).says("wrong.policy:2:").says("path.name");
    assert!(run.out.ends_with(" in 1 policy\n") && run.out.starts_with("1 error, "), "{}", run.out);
    assert!(!run.err.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn warnings_count_only_when_they_shall() {
    let folder = Folder::new();
    folder.write("w.policy", "public GET /a\nnever allow ANY /admin/**\n");
    let report = folder.run(&["check", "w.policy", "--format", "json"]).ends(0).json();
    assert_eq!((report["errors"].as_u64(), report["warnings"].as_u64()), (Some(0), Some(1)), "{report}");
    assert_eq!(report["diagnostics"][0]["severity"], "warning");
    folder.run(&["check", "w.policy", "--deny-warnings"]).ends(1);
}

#[test]
fn folders_are_searched() {
    let folder = Folder::new();
    folder.write("all/b/one.policy", "public GET /a\n");
    folder.write("all/a.policy", "public GET /a\n");
    folder.write("all/notes.txt", "not a policy");
    folder.write("all/.hidden/x.policy", "nonsense");
    folder.run(&["check", "all"]).ends(0).prints("0 errors, 0 warnings in 2 policies\n");
    // Named twice, looked at once.
    folder.run(&["check", "all", "all/a.policy"]).ends(0).prints("0 errors, 0 warnings in 2 policies\n");
    folder.write("none/notes.txt", "not a policy");
    folder.run(&["check", "none"]).ends(3).says("there is no `.policy` file in `none`");
}

#[test]
fn a_file_in_a_folder_that_another_uses_is_a_part_of_that_one() {
    let folder = Folder::new();
    folder.write("all/main.policy", "use \"part.policy\"\nlet admin = token.admin\n");
    folder.write("all/part.policy", "public GET /a when admin\n");
    folder.run(&["check", "all"]).ends(0).prints("0 errors, 0 warnings in 1 policy\n");
    folder.run(&["check", "all/part.policy"]).ends(1);
    folder.write("loop/a.policy", "use \"b.policy\"\n");
    folder.write("loop/b.policy", "use \"a.policy\"\n");
    let run = folder.run(&["check", "loop"]).ends(1);
    assert!(run.out.ends_with(" in 2 policies\n"), "{}", run.out);
}

#[test]
fn a_fault_in_a_shared_file_is_told_once() {
    let folder = Folder::new();
    folder.write("all/a.policy", "use \"../shared.policy\"\n");
    folder.write("all/b.policy", "use \"../shared.policy\"\n");
    folder.write("shared.policy", "public GET /a when nothing\n");
    let report = folder.run(&["check", "all", "--format", "json"]).ends(1).json();
    assert_eq!(report["errors"], 1, "{report}");
}

#[test]
fn a_missing_used_file_is_a_finding_and_a_missing_policy_is_invalid_input() {
    let folder = Folder::new();
    folder.write("uses.policy", "use \"nowhere.policy\"\npublic GET /a\n");
    folder.run(&["check", "uses.policy"]).ends(1).says("`nowhere.policy` does not exist");
    folder.run(&["check", "nowhere.policy", "p.policy"]).ends(3).says("`nowhere.policy` does not exist");
    let report = folder.run(&["check", "nowhere.policy", "--format", "json"]).ends(3).json();
    let found = &report["diagnostics"][0];
    assert_eq!(
        (&found["file"], &found["line"], &found["column"]),
        (&json!("nowhere.policy"), &json!(1), &json!(1))
    );
}

#[test]
fn standard_input_is_a_policy() {
    let folder = Folder::new();
    folder.run_with(&["check", "-"], &[], b"public GET /a\n").ends(0);
    folder.run_with(&["check", "-"], &[], WRONG.as_bytes()).ends(1).says("path.name");
    folder.run(&["check", "-"]).ends(3).says("empty");
    folder.run(&["check", "-", "-"]).ends(2);
}
