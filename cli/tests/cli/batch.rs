//! `--batch`, of `simulate` and of `iam`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::support::{Folder, POLICY};

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";

#[test]
fn every_line_has_its_answer_in_order() {
    let folder = Folder::new();
    let lines = [
        (
            r#"{"claims": {"sub": "ana"}, "verb": "GET", "path": "/users/ana"}"#,
            json!({ "decision": "allow", "reason": "rule", "rules": ["own"] }),
        ),
        (
            r#"{"claims": {"sub": "ana"}, "verb": "PUT", "path": "/users/ana"}"#,
            json!({ "decision": "deny", "reason": "rule", "rules": ["verified"] }),
        ),
        (
            r#"{"claims": {"sub": "ben"}, "verb": "GET", "path": "/users/ana"}"#,
            json!({ "decision": "deny", "reason": "default", "rules": [] }),
        ),
        (
            r#"{"verb": "GET", "path": "/health"}"#,
            json!({ "decision": "allow", "reason": "rule", "rules": ["health"] }),
        ),
        (
            r#"{"claims": null, "verb": "GET", "path": "/users"}"#,
            json!({ "decision": "deny", "reason": "default", "rules": [] }),
        ),
        (
            r#"{"claims": {"sub": "*"}, "verb": "GET", "path": "/health"}"#,
            json!({ "decision": "deny", "reason": "hostile_claim", "rules": [] }),
        ),
        (
            r#"{"claims": {}, "verb": "GET", "path": "/tenant", "headers": {"X-Tenant": "a"}, "query": {"a": "b"}, "ip": "10.0.0.1", "stage": "prod", "now": "2026-01-01T00:00:00Z"}"#,
            json!({ "decision": "allow", "reason": "rule", "rules": ["tenant_page"] }),
        ),
        (
            r#"{"claims": {}, "verb": "GET", "path": "/tenant"}"#,
            json!({ "decision": "deny", "reason": "default", "rules": [] }),
        ),
        (
            r#"{"verb": "GET", "path": "/a\/b\u002f"}"#,
            json!({ "decision": "deny", "reason": "malformed_path", "rules": [] }),
        ),
    ];
    let input = lines.clone().map(|(line, _)| line).join("\n");
    let expected: Vec<Value> = lines.into_iter().map(|(_, answer)| answer).collect();
    folder.write("requests.jsonl", format!("{input}\n"));
    assert_eq!(
        folder.run(&["simulate", "p.policy", "--batch", "requests.jsonl"]).ends(0).json_lines(),
        expected
    );
    // From standard input, without the last line end, from a bundle.
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    let run = folder.run_with(&["simulate", "p.bundle", "--batch", "-"], &[], input.as_bytes());
    assert_eq!(run.ends(0).json_lines(), expected);
}

#[test]
fn a_bad_line_is_told_in_its_place() {
    let folder = Folder::new();
    let good = r#"{"verb": "GET", "path": "/health"}"#;
    for (line, said) in [
        ("", "the line is empty"),
        ("nonsense", "not a request"),
        ("[]", "not a request"),
        (r#"{"path": "/a"}"#, "there is no `verb`"),
        (r#"{"verb": "GET"}"#, "there is no `path`"),
        (r#"{"verb": "get", "path": "/a"}"#, "verbs are written in capitals: `GET`"),
        (r#"{"verb": "GET", "path": "/a", "claim": {}}"#, "unknown field `claim`"),
        (r#"{"verb": "GET", "path": "/a", "path": "/b"}"#, "duplicate field `path`"),
        (r#"{"verb": "GET", "path": "/a", "claims": 7}"#, "`claims` is not a JSON object"),
        (r#"{"verb": "GET", "path": "/a", "userinfo": {}}"#, "no `claims`"),
        (r#"{"verb": "GET", "path": "/a", "ip": "x"}"#, "invalid IP address"),
        (r#"{"verb": "GET", "path": "/a", "now": "x"}"#, "`now` is no time: `x`"),
        (r#"{"verb": "GET", "path": "/a", "headers": {"a": 1}}"#, "expected a string"),
        (r#"{"verb": "GET", "path": "/a", "method_arn": "x"}"#, "`method_arn` is for `iam`"),
        (r#"{"verb": "GET", "path": "/a"} {}"#, "trailing characters"),
    ] {
        let input = format!("{good}\n{line}\n{good}\n");
        let answers = folder
            .run_with(&["simulate", "p.policy", "--batch", "-"], &[], input.as_bytes())
            .ends(3)
            .json_lines();
        assert_eq!(answers.len(), 3, "{line}");
        assert_eq!(answers[0], answers[2]);
        assert_eq!(answers[1]["line"], 2, "{line}");
        assert!(answers[1]["error"].as_str().unwrap().contains(said), "{line}: {}", answers[1]);
        assert_eq!(answers[1].as_object().unwrap().len(), 2);
    }
    let run = folder.run_with(&["simulate", "p.policy", "--batch", "-"], &[], b"\xff\n");
    assert_eq!(run.ends(3).json_lines()[0]["line"], 1);
    let long = format!("{{\"verb\": \"{}\"}}\n{good}\n", "x".repeat(3 << 20));
    let answers =
        folder.run_with(&["simulate", "p.policy", "--batch", "-"], &[], long.as_bytes()).ends(3).json_lines();
    assert!(answers[0]["error"].as_str().unwrap().contains("longer than"), "{}", answers[0]);
    assert_eq!(answers[1]["decision"], "allow");
}

#[test]
fn many_lines_stay_in_order() {
    let folder = Folder::new();
    let mut input = String::new();
    let mut expected = Vec::new();
    for number in 0..50_000 {
        let sub = number / 3;
        match number % 7 {
            6 => {
                input.push_str("bad\n");
                expected.push("error");
            }
            modulo => {
                let path = if modulo == 0 { sub + 1 } else { sub };
                writeln!(input, r#"{{"claims":{{"sub":"u{sub}"}},"verb":"GET","path":"/users/u{path}"}}"#)
                    .unwrap();
                expected.push(if modulo == 0 { "deny" } else { "allow" });
            }
        }
    }
    folder.write("many.jsonl", &input);
    let run = folder.run(&["simulate", "p.policy", "--batch", "many.jsonl"]).ends(3);
    assert!(run.err.is_empty(), "no progress bar where there is no terminal: {}", run.err);
    for (number, (answer, expected)) in (1..).zip(run.out.lines().zip(&expected)) {
        match *expected {
            "error" => assert!(answer.ends_with(&format!("\"line\":{number}}}")), "{number}: {answer}"),
            decision => {
                assert!(answer.starts_with(&format!("{{\"decision\":\"{decision}\"")), "{number}: {answer}");
            }
        }
    }
    assert_eq!(run.out.lines().count(), expected.len());
}

#[test]
fn iam_answers_each_line_as_alone() {
    let folder = Folder::new();
    let tenant = ARN.replace("users/ana", "tenant");
    let lines = [
        format!(r#"{{"claims": {{"sub": "ana"}}, "method_arn": "{ARN}"}}"#),
        format!(
            r#"{{"claims": {{"sub": "ana"}}, "method_arn": "{tenant}", "headers": {{"x-tenant": "a"}}}}"#
        ),
        format!(r#"{{"method_arn": "{ARN}"}}"#),
        r#"{"method_arn": "x"}"#.to_owned(),
        format!(r#"{{"method_arn": "{ARN}", "verb": "GET"}}"#),
        r"{}".to_owned(),
    ];
    let run = folder.run_with(&["iam", "p.policy", "--batch", "-"], &[], lines.join("\n").as_bytes()).ends(3);
    let answers = run.json_lines();
    let alone = |args: &[&str]| {
        let all: Vec<_> = ["iam", "p.policy"].iter().chain(args).copied().collect();
        folder.run(&all).ends(0).json()
    };
    let ana = r#"{"sub": "ana"}"#;
    assert_eq!(answers[0], alone(&["--claims", ana, "--method-arn", ARN]));
    assert_eq!(answers[1], alone(&["--claims", ana, "--method-arn", &tenant, "--header", "X-Tenant: a"]));
    assert_eq!(answers[2], alone(&["--anonymous", "--method-arn", ARN]));
    for (number, answer) in (4..).zip(&answers[3..]) {
        assert_eq!(answer["line"], number, "{answer}");
    }
    assert_eq!(answers.len(), 6);
}

#[test]
fn what_belongs_to_one_request_is_not_taken_with_a_batch() {
    let folder = Folder::new();
    folder.write("x", "");
    for args in [
        &["GET", "/users"][..],
        &["--anonymous"],
        &["--claims", "{}"],
        &["--header", "a: b"],
        &["--ip", "10.0.0.1"],
        &["--event", "x"],
        &["--jwks", "x"],
        &["--iam"],
    ] {
        let all: Vec<_> = ["simulate", "p.policy", "--batch", "x"].iter().chain(args).copied().collect();
        folder.run(&all).ends(2).says("cannot be used with");
    }
    folder
        .run_with(&["simulate", "-", "--batch", "-"], &[], POLICY.as_bytes())
        .ends(2)
        .says("standard input");
    folder.run(&["simulate", "p.policy", "--batch", "x"]).ends(0).prints_nothing();
    folder.run(&["simulate", "p.policy", "--batch", "none"]).ends(3).says("`none` does not exist");
    folder.run(&["simulate", "p.policy", "--batch", "."]).ends(3).says("`.` is a directory");
}
