//! How bad a warning is: `policyctl.toml`, and the flags of `check`.

use super::support::Folder;

const NEVER: &str = "public GET /a when false\n";

#[test]
fn a_warning_may_be_an_error_or_nothing() {
    let folder = Folder::new();
    folder.write("n.policy", NEVER);
    folder.run(&["check", "n.policy"]).ends(0).says("warning[W0403]");
    folder.run(&["check", "n.policy", "--deny", "W0403"]).ends(1).says("error[W0403]");
    folder.run(&["check", "n.policy", "--deny", "never_holds"]).ends(1).says("error[W0403]");
    folder.run(&["check", "n.policy", "--allow", "never_holds", "--deny-warnings"]).ends(0);
    let report = folder.run(&["check", "n.policy", "--deny", "W0403", "--format", "json"]).ends(1).json();
    assert_eq!(report["diagnostics"][0]["severity"], "error");
    assert_eq!((report["errors"].as_u64(), report["warnings"].as_u64()), (Some(1), Some(0)));
}

#[test]
fn the_nearest_file_counts_and_flags_count_more() {
    let folder = Folder::new();
    folder.write("a/b/n.policy", NEVER);
    folder.write("policyctl.toml", "[lints]\nnever_holds = \"error\"\n");
    folder.run(&["check", "a"]).ends(1).says("error[W0403]");
    folder.run(&["check", "a", "--warn", "W0403"]).ends(0).says("warning[W0403]");
    folder.write("a/policyctl.toml", "[lints]\nW0403 = \"off\"\n");
    folder.run(&["check", "a", "--deny-warnings"]).ends(0);
    folder.run(&["check", "a", "--deny", "W0403"]).ends(1);
    folder.write("a/b/policyctl.toml", "");
    folder.run(&["check", "a", "--deny-warnings"]).ends(1).says("warning[W0403]");
}

#[test]
fn what_cannot_be_set_is_said() {
    let folder = Folder::new();
    folder.run(&["check", "p.policy", "--deny", "never_hold"]).ends(2).says("did you mean `never_holds`?");
    folder.run(&["check", "p.policy", "--allow", "E0201"]).ends(2).says("is an error");
    folder
        .run(&["check", "p.policy", "--allow", "W0403", "--deny", "never_holds"])
        .ends(2)
        .says("more than one");
    folder.write("policyctl.toml", "[lints]\nnever_hold = \"off\"\n");
    folder
        .run(&["check", "p.policy"])
        .ends(3)
        .says("`policyctl.toml`, line 2: there is no warning `never_hold`")
        .says("did you mean `never_holds`?");
}

#[test]
fn other_commands_say_nothing_of_warnings() {
    let folder = Folder::new();
    folder.write("n.policy", NEVER);
    folder.write("policyctl.toml", "[lints]\nnever_holds = \"error\"\n");
    folder.run(&["build", "n.policy", "-o", "n.bundle"]).ends(0);
}
