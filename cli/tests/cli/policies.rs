//! The repository's own policies.

use std::fs;
use std::path::Path;

use super::support::run_at_home;

fn policies() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| name.ends_with(".policy")).map(|name| format!("policies/{name}")).collect();
    names.sort();
    assert!(names.len() >= 5);
    names
}

#[test]
fn each_is_clean_and_passes_its_own_tests() {
    for policy in policies() {
        run_at_home(&["check", &policy, "--deny-warnings"])
            .ends(0)
            .prints("0 errors, 0 warnings in 1 policy\n");
        let report = run_at_home(&["test", &policy, "--format", "json"]).ends(0).json();
        assert_eq!(report["failed"], 0, "{policy}");
        assert!(report["passed"].as_u64().unwrap() >= 2, "{policy}");
        run_at_home(&["inspect", &policy, "--format", "json"]).ends(0);
    }
    run_at_home(&["check", "policies"]).ends(0);
    run_at_home(&["test", "policies"]).ends(0);
}

#[test]
fn the_readmes_first_command_shows_the_decision_why_and_the_policy() {
    let run = run_at_home(&[
        "simulate",
        "policies/users.policy",
        "GET",
        "/users/ana",
        "--mint",
        r#"{"sub": "ana"}"#,
        "--iam",
    ]);
    let run = run.ends(0).says("a token of `cognito` is made with a fresh RS256 key, and verified with it");
    assert!(
        run.out.starts_with("ALLOW  GET /users/ana\n  by allow `own_record` (users.policy:"),
        "{}",
        run.out
    );
    assert!(run.out.contains("the policy covers the whole API"), "{}", run.out);
    assert!(
        run.out.contains(r#""arn:aws:execute-api:eu-west-1:123456789012:example/dev/GET/users/ana""#),
        "{}",
        run.out
    );
    let run = run_at_home(&[
        "simulate",
        "policies/users.policy",
        "GET",
        "/users/ben",
        "--mint",
        r#"{"sub": "ana"}"#,
    ])
    .ends(0);
    assert!(run.out.starts_with("DENY  GET /users/ben\n  no rule allows it; the nearest"), "{}", run.out);
}

#[test]
fn a_vote_needs_a_verified_address() {
    let vote = |more: &[&str]| {
        let args = ["simulate", "policies/song-voting.policy", "POST", "/song/vote", "--format", "json"];
        let args: Vec<_> = args.iter().chain(more).copied().collect();
        run_at_home(&args).ends(0)
    };
    let mint = r#"{"sub": "auth0|1"}"#;
    let run = vote(&["--mint", mint]).says("the policy reads `userinfo`, and there is none");
    assert_eq!(run.json()["decision"], "deny");
    for userinfo in [r#"{"email_verified": true}"#, r#"{"sub": "auth0|1", "email_verified": true}"#] {
        assert_eq!(vote(&["--mint", mint, "--userinfo", userinfo]).json()["decision"], "allow");
        assert_eq!(vote(&["--claims", mint, "--userinfo", userinfo]).json()["decision"], "allow");
    }
}
