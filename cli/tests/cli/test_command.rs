//! `policyctl test`.

use serde_json::json;

use super::support::{Folder, POLICY};

const ISSUER: &str = "issuer main { url \"https://i.example\" groups token.groups }\n";

#[test]
fn passing_tests_are_counted() {
    let folder = Folder::new();
    folder.run(&["test", "p.policy"]).ends(0).prints("1 passed, 0 failed\n");
    let report = folder.run(&["test", "p.policy", "--format", "json"]).ends(0).json();
    let passed = json!({ "file": "p.policy", "line": 18, "name": "people read their own record", "passed": true, "failures": [] });
    assert_eq!(report, json!({ "version": 1, "passed": 1, "failed": 0, "tests": [passed] }));
}

#[test]
fn an_unmet_expectation_says_what_was_decided_and_why() {
    let folder = Folder::new();
    folder.write(
        "f.policy",
        format!(
            "{ISSUER}allow GET /a when group \"x\" as first\nallow GET /a when group \"y\" as second\n\
             test \"wrong\" {{\n  token {{ \"groups\": [\"y\"] }}\n  deny GET /a\n  allow GET /a by first\n  allow GET PUT /a /b by second\n}}\n"
        ),
    );
    let report = folder.run(&["test", "f.policy", "--format", "json"]).ends(1).json();
    assert_eq!((&report["passed"], &report["failed"]), (&json!(0), &json!(1)));
    let failed = &report["tests"][0];
    assert_eq!(failed["passed"], false);
    let group =
        json!({ "text": "group \"y\"", "holds": true, "seen": [{ "name": "groups", "value": ["y"] }] });
    let second = json!({ "id": "second", "effect": "allow", "file": "f.policy", "line": 3, "because": null,
                         "atoms": [group] });
    let failures = failed["failures"].as_array().unwrap();
    assert_eq!(
        failures[0],
        json!({ "file": "f.policy", "line": 6, "verb": "GET", "path": "/a", "expected": "deny", "by": null,
                "decision": "allow", "reason": "rule", "rules": [second], "near_misses": [] })
    );
    assert_eq!((&failures[1]["line"], &failures[1]["by"]), (&json!(7), &json!("first")));
    let asked: Vec<_> =
        failures[2..].iter().map(|unmet| format!("{} {}", unmet["verb"], unmet["path"])).collect();
    assert_eq!(asked, [r#""PUT" "/a""#, r#""GET" "/b""#, r#""PUT" "/b""#]);

    let run = folder.run(&["test", "f.policy"]).ends(1);
    let text = "FAILED  wrong  f.policy:4\n  f.policy:6: GET /a\n    expected deny, and it is allow:\n      by allow `second` (f.policy:3)\n";
    assert!(run.out.starts_with(text), "{}", run.out);
    assert!(
        run.out.contains("f.policy:7: GET /a\n    expected allow by `first`, and it is allow:\n"),
        "{}",
        run.out
    );
    assert!(run.out.ends_with("\n0 passed, 1 failed\n"), "{}", run.out);
}

#[test]
fn near_misses_are_shown() {
    let folder = Folder::new();
    folder.write(
        "f.policy",
        format!("{ISSUER}allow GET /a when group \"x\" as first\ntest \"t\" {{ token {{}} allow GET /a }}\n"),
    );
    let run = folder.run(&["test", "f.policy"]).ends(1);
    let text = "`first` (f.policy:2)\n          group `x` is missing: the token has no groups\n";
    assert!(run.out.contains(text), "{}", run.out);
}

#[test]
fn a_test_has_a_request_of_its_own() {
    let folder = Folder::new();
    folder.write("claims.json", r#"{"groups": ["ops"]}"#);
    folder.write(
        "f.policy",
        format!(
            "param team\n{ISSUER}\
             allow GET /team when group team\n\
             public GET /x when request.header.\"x-a\" == \"1\" and request.query.q == \"2\" and request.ip in \"10.0.0.0/8\" and request.time < \"2026-01-01T00:00:00Z\"\n\
             test \"request\" {{ anonymous header \"X-A\" \"1\" query q \"2\" ip \"10.0.0.1\" now \"2025-01-01T00:00:00Z\" param team = \"t\" allow GET /x }}\n\
             test \"file\" {{ token \"claims.json\" param team = \"ops\" allow GET /team deny GET /x }}\n"
        ),
    );
    folder.run(&["test", "f.policy"]).ends(0).prints("2 passed, 0 failed\n");
    // The test's own value goes before all others.
    folder.run(&["test", "f.policy", "--param", "team=other"]).ends(0);
}

#[test]
fn params_are_given_from_outside_where_no_test_sets_them() {
    let folder = Folder::new();
    folder.write("all/f.policy", format!("param team\n{ISSUER}allow GET /a when group team\ntest \"t\" {{ token {{ \"groups\": [\"x\"] }} allow GET /a }}\n"));
    folder.write("all/g.policy", "public GET /a\ntest \"t\" { anonymous allow GET /a }\n");
    folder.run(&["test", "all"]).ends(3).says("the param `team` has no value").says("--param team=…");
    folder.run(&["test", "all", "--param", "team=x"]).ends(0).prints("2 passed, 0 failed\n");
    folder.run(&["test", "all", "--param", "team=y"]).ends(1);
    folder.run(&["test", "all", "--param", "taem=x"]).ends(2).says("did you mean `team`?");
}

#[test]
fn an_invalid_file_is_worse_than_a_failed_test_and_hides_none() {
    let folder = Folder::new();
    folder.write("all/a.policy", "public GET /a when nothing\n");
    folder.write("all/b.policy", "public GET /a\ntest \"t\" { anonymous deny GET /a }\n");
    folder.write("all/c.policy", POLICY);
    let run = folder.run(&["test", "all"]).ends(3).says("nothing");
    assert!(run.out.ends_with("1 passed, 1 failed\n"), "{}", run.out);
}

#[test]
fn no_tests_at_all_is_said() {
    let folder = Folder::new();
    folder.write("f.policy", "public GET /a\n");
    folder.run(&["test", "f.policy"]).ends(0).prints("there are no tests\n0 passed, 0 failed\n");
}
