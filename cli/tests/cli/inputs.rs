//! What bad input gets, whatever the command; and the outside of the program.

use std::process::{Command, Stdio};

use super::support::Folder;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";

/// Each command with a policy of that name.
fn commands(policy: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["check", policy],
        vec!["simulate", policy, "GET", "/a", "--anonymous"],
        vec!["simulate", policy, "--batch", "p.policy"],
        vec!["iam", policy, "--anonymous", "--method-arn", ARN],
        vec!["test", policy],
        vec!["build", policy, "-o", "out.bundle"],
        vec!["inspect", policy],
        vec!["token", "mint", "{}", "--key", "p.policy", "--policy", policy],
    ]
}

#[test]
fn a_policy_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    folder.write("latin.policy", b"public GET /\xfc\n");
    folder.write("empty.policy", "");
    folder.write("blank.policy", " \n");
    std::fs::create_dir(folder.path("folder.policy")).unwrap();
    folder.write("folder.policy/x.policy", b"\xff");
    for (name, said) in [
        ("none.policy", "`none.policy` does not exist"),
        ("latin.policy", "`latin.policy` is not UTF-8"),
        ("empty.policy", "`empty.policy` is empty"),
        ("blank.policy", "`blank.policy` is empty"),
    ] {
        for command in commands(name) {
            folder.run(&command).ends(3).says(said);
        }
    }
    for command in commands("folder.policy") {
        let said = if matches!(command[0], "check" | "test") {
            "is not UTF-8"
        } else {
            "`folder.policy` is a directory"
        };
        folder.run(&command).ends(3).says(said);
    }
    assert!(!folder.path("out.bundle").exists());
}

#[test]
fn an_invalid_policy_is_invalid_input_for_all_but_check() {
    let folder = Folder::new();
    folder.write("wrong.policy", "public GET /a when nothing\n");
    for command in commands("wrong.policy") {
        let status = if command[0] == "check" { 1 } else { 3 };
        folder.run(&command).ends(status).says("wrong.policy:1:").says("nothing");
    }
}

#[test]
fn claims_that_cannot_be_read_are_named() {
    let folder = Folder::new();
    folder.write("latin.json", b"{\"sub\": \"\xfc\"}");
    folder.write("empty.json", "");
    folder.write("list.json", "[1]");
    folder.write("cut.json", "{\"sub\": ");
    std::fs::create_dir(folder.path("folder")).unwrap();
    for (claims, said) in [
        ("none.json", "`none.json` does not exist"),
        ("latin.json", "`latin.json` is not UTF-8"),
        ("empty.json", "`empty.json` is empty"),
        ("list.json", "the claims in `list.json` are no JSON object"),
        ("cut.json", "the claims in `cut.json` are not JSON"),
        ("folder", "`folder` is a directory"),
        ("{\"sub\"", "the claims are not JSON"),
        ("[]", "the claims are no JSON object"),
        ("-", "standard input is empty"),
    ] {
        folder
            .run(&["simulate", "p.policy", "GET", "/users", "--claims", claims])
            .ends(3)
            .says(said)
            .prints_nothing();
        folder
            .run(&["iam", "p.policy", "--claims", claims, "--method-arn", ARN])
            .ends(3)
            .says(said)
            .prints_nothing();
        folder
            .run(&["simulate", "p.policy", "GET", "/users", "--mint", claims])
            .ends(3)
            .says(said)
            .prints_nothing();
    }
    let run = folder.run_with(
        &["simulate", "p.policy", "GET", "/users/ana", "--claims", "-"],
        &[],
        br#"{"sub": "ana"}"#,
    );
    assert!(run.ends(0).out.starts_with("ALLOW"));
    folder.run(&["simulate", "-", "GET", "/a", "--claims", "-"]).ends(2).says("standard input");
}

/// What the authorizer refuses is not answered here as if a header were missing.
#[test]
fn an_event_that_carries_less_than_the_policy_reads_is_named() {
    let folder = Folder::new();
    folder.write("event.json", format!(r#"{{"type": "TOKEN", "methodArn": "{ARN}"}}"#));
    let address = "public GET /**\ndeny GET /** when request.ip in \"10.0.0.0/8\"\n";
    for (policy, said) in [
        ("public GET /** when request.header.x == \"1\"\n".to_owned(), "headers and query parameters"),
        (
            format!("{address}context {{ inside = request.ip in \"10.0.0.0/8\" }}\n"),
            "on which `context` depends",
        ),
        (format!("{address}public PUT /{{a}}/{{b}} when path.a == path.b\n"), "no policy for the whole API"),
    ] {
        folder.write("p.policy", policy);
        for command in ["simulate", "iam"] {
            let run = folder.run(&[command, "p.policy", "--event", "event.json"]);
            run.ends(3).says(said).says("answers it with `Unauthorized`").prints_nothing();
        }
    }
}

/// Where the policy asks for the address, the answer is right without it; a decision is there where none is needed.
#[test]
fn a_token_event_is_answered_without_the_address() {
    let folder = Folder::new();
    folder.write("event.json", format!(r#"{{"type": "TOKEN", "methodArn": "{ARN}"}}"#));
    folder.write("p.policy", "public GET /**\ndeny GET /** when request.ip in \"10.0.0.0/8\" as inside\n");
    let run = folder.run(&["iam", "p.policy", "--event", "event.json"]);
    let run = run.ends(0).says("asks for the caller's address, which decides about this request");
    let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let condition = &answer["policyDocument"]["Statement"][0]["Condition"];
    let expected = serde_json::json!({
        "NotIpAddress": { "aws:SourceIp": ["10.0.0.0/8"] }, "Null": { "aws:SourceIp": "false" }
    });
    assert_eq!(*condition, expected, "{answer:#}");
    let run = folder.run(&["simulate", "p.policy", "--event", "event.json"]);
    run.ends(3).says("the caller's address, and it decides, in `inside`").prints_nothing();

    folder.write("p.policy", "public GET /**\ndeny GET /office when request.ip in \"10.0.0.0/8\"\n");
    let run = folder.run(&["simulate", "p.policy", "--event", "event.json"]);
    assert!(run.ends(0).out.starts_with("ALLOW"));
    folder
        .run(&["iam", "p.policy", "--event", "event.json"])
        .ends(0)
        .says("the policy covers the whole API;");
}

#[test]
fn events_that_cannot_be_read_are_named() {
    let folder = Folder::new();
    for (event, said) in [
        ("", "the event is not a JSON object"),
        ("[]", "the event is not a JSON object"),
        ("{}", "of an unknown shape"),
        (r#"{"type": "TOKEN"}"#, "`methodArn`"),
        (r#"{"type": "TOKEN", "methodArn": "x"}"#, "`methodArn`"),
    ] {
        folder.write("event.json", event);
        for command in [
            &["simulate", "p.policy", "--event", "event.json"][..],
            &["iam", "p.policy", "--event", "event.json"],
        ] {
            folder.run(command).ends(3).says("`event.json`").says(said).prints_nothing();
        }
    }
    folder.run(&["iam", "p.policy", "--event", "none.json"]).ends(3).says("`none.json` does not exist");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.write("secret.policy", "public GET /a\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        return; // Root reads everything.
    }
    for command in commands("secret.policy") {
        folder.run(&command).ends(3).says("`secret.policy` cannot be read");
    }
}

#[test]
fn help_and_version_are_results() {
    let folder = Folder::new();
    let version = folder.run(&["--version"]).ends(0).out;
    assert_eq!(version, format!("policyctl {}\n", env!("CARGO_PKG_VERSION")));
    for command in ["check", "simulate", "iam", "test", "build", "inspect"] {
        let help = folder.run(&[command, "--help"]).ends(0).out;
        assert!(help.contains("Example") && help.contains(&format!("policyctl {command} ")), "{help}");
        assert!(folder.run(&["--help"]).ends(0).out.contains(&format!("  {command} ")));
    }
    for command in ["mint", "decode", "keys"] {
        assert!(folder.run(&["token", command, "--help"]).ends(0).out.contains("Example"), "{command}");
    }
    assert!(folder.run(&["--help"]).ends(0).out.contains("Exit status: 0 fine"));
    folder.run(&[]).ends(2);
    folder.run(&["chekc"]).ends(2).says("check");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = Folder::new();
    let line = "{\"verb\": \"GET\", \"path\": \"/health\"}\n";
    folder.write("many.jsonl", line.repeat(200_000));
    let mut child = Command::new(env!("CARGO_BIN_EXE_policyctl"))
        .args(["simulate", "p.policy", "--batch", "many.jsonl"])
        .current_dir(folder.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
