//! How bad a warning is: by `policyctl.toml`, by the caller, by the statement.

use std::fs;

use policy_dsl::codes::Code;
use policy_dsl::config::{Config, FILE_NAME};
use policy_dsl::lint;
use policy_dsl::lint::{Level, Levels, warning};
use policy_dsl::source::MemoryFiles;

const POLICY: &str = "public GET /a when false\npublic GET /b when false";

fn found(text: &str, levels: &Levels) -> (Vec<String>, bool) {
    let compilation = lint("p.policy", &MemoryFiles::default().with("p.policy", text), levels);
    let found = compilation.diagnostics.iter().map(|found| format!("{} {}", found.severity, found.code));
    (found.collect(), compilation.policy.is_some())
}

#[test]
fn a_warning_may_be_an_error_or_nothing() {
    for (level, expected, has_policy) in [
        (Level::Warning, &["warning W0403", "warning W0403"][..], true),
        (Level::Error, &["error W0403", "error W0403"], false),
        (Level::Off, &[], true),
    ] {
        let mut levels = Levels::default();
        levels.set(Code::NeverHolds, level);
        assert_eq!(found(POLICY, &levels), (expected.iter().map(ToString::to_string).collect(), has_policy));
    }
}

#[test]
fn a_statement_may_turn_off_what_is_an_error_elsewhere() {
    let mut levels = Levels::default();
    levels.set(Code::NeverHolds, Level::Error);
    let text = "# allow(W0403): later\npublic GET /a when false";
    assert_eq!(found(text, &levels), (vec![], true));
    levels.set(Code::NeverHolds, Level::Off);
    assert_eq!(found(text, &levels), (vec![], true));
}

#[test]
fn an_error_stays_one() {
    let mut levels = Levels::default();
    levels.set(Code::UnknownName, Level::Off);
    assert_eq!(levels, Levels::default());
    assert_eq!(found("public GET /a when b", &levels), (vec!["error E0201".to_owned()], false));
}

#[test]
fn lines_for_files_that_are_taken_in_may_be_needed_elsewhere() {
    let files = MemoryFiles::default().with("a.policy", "use \"b.policy\"\npublic GET /a when l").with(
        "b.policy",
        "# allow(W0403): for others\nlet l = request.stage == \"x\"\nlet m = request.stage == \"y\"",
    );
    assert_eq!(lint("a.policy", &files, &Levels::default()).diagnostics, []);
}

#[test]
fn a_file_sets_levels_by_code_and_name() {
    let text = "# ours\n[lints]\nW0403 = \"error\"\nroute_overlap = \"off\"\n";
    let mut expected = Levels::default();
    expected.set(Code::NeverHolds, Level::Error);
    expected.set(Code::RouteOverlap, Level::Off);
    assert_eq!(Config::parse("policyctl.toml", text).unwrap().levels, expected);
    assert_eq!(Config::parse("policyctl.toml", "").unwrap(), Config::default());
}

#[test]
fn what_a_file_cannot_say_is_an_error() {
    for (text, message, help) in [
        ("[lints]\nW9999 = \"off\"", "`c.toml`, line 2: there is no warning `W9999`", None),
        (
            "[lints]\nnever_hold = \"off\"",
            "`c.toml`, line 2: there is no warning `never_hold`",
            Some("did you mean `never_holds`?"),
        ),
        ("[lints]\nE0201 = \"off\"", "`c.toml`, line 2: `E0201` is an error: it cannot be turned off", None),
        (
            "[lints]\nW0403 = \"deny\"",
            "`c.toml`, line 2: `deny` is no level of a warning",
            Some("write one of `\"error\"`, `\"warning\"`, `\"off\"`"),
        ),
        (
            "[lints]\nW0403 = \"off\"\nnever_holds = \"off\"",
            "`c.toml`, line 3: `never_holds` is set twice",
            None,
        ),
    ] {
        let error = Config::parse("c.toml", text).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.help()), (message, help));
    }
    for text in
        ["[lint]\n", "lints = 1", "[lints]\nW0403 = 1", "[lints", "[lints]\nW0403 = \"off\"\nW0403 = \"off\""]
    {
        assert!(Config::parse("c.toml", text).is_err(), "{text}");
    }
}

#[test]
fn the_nearest_file_counts() {
    let root = tempfile::tempdir().unwrap();
    let inner = root.path().join("a/b");
    fs::create_dir_all(&inner).unwrap();
    let policy = inner.join("p.policy");
    fs::write(root.path().join(FILE_NAME), "[lints]\nW0403 = \"off\"").unwrap();
    let mut expected = Levels::default();
    expected.set(Code::NeverHolds, Level::Off);
    assert_eq!(Config::find(&policy).unwrap().unwrap().levels, expected);
    fs::write(inner.join(FILE_NAME), "[lints]\n").unwrap();
    assert_eq!(Config::find(&policy).unwrap().unwrap(), Config::default());
    fs::write(inner.join(FILE_NAME), "[lints]\nx = \"off\"").unwrap();
    assert!(Config::find(&policy).unwrap_err().to_string().ends_with("line 2: there is no warning `x`"));
    assert_eq!(Config::find(&root.path().join("none/p.policy")).unwrap(), None);
}

#[test]
fn warnings_have_codes_and_names() {
    assert_eq!(warning("W0403"), Ok(Code::NeverHolds));
    assert_eq!(warning("never_holds"), Ok(Code::NeverHolds));
    assert!(warning("E0201").is_err() && warning("unknown_name").is_err() && warning("NeverHolds").is_err());
}
