//! `policyctl simulate`, one request at a time.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::support::{Folder, Run};

fn simulate(folder: &Folder, args: &[&str]) -> Run {
    let all: Vec<_> = ["simulate", "p.policy"].iter().chain(args).copied().collect();
    folder.run(&all)
}

fn as_json(folder: &Folder, args: &[&str]) -> Value {
    let all: Vec<_> = args.iter().chain(&["--format", "json"]).copied().collect();
    simulate(folder, &all).ends(0).json()
}

fn rule(id: &str, effect: &str, line: u32, because: Option<&str>, atoms: &[Value]) -> Value {
    json!({ "id": id, "effect": effect, "file": "p.policy", "line": line, "because": because, "atoms": atoms })
}

/// An atom, and what it saw.
fn atom(text: &str, holds: bool, seen: &[(&str, Value)]) -> Value {
    let seen: Vec<_> = seen.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "text": text, "holds": holds, "seen": seen })
}

#[test]
fn every_kind_of_decision_has_the_documented_shape() {
    let folder = Folder::new();
    let ana = r#"{"sub": "ana"}"#;
    for (args, expected) in [
        (
            &["GET", "/users/ana", "--claims", ana][..],
            json!({ "version": 1, "decision": "allow", "reason": "rule",
                    "rules": [rule("own", "allow", 10, None, &[atom(
                        "path.id == token.sub", true, &[("path.id", "ana".into()), ("token.sub", "ana".into())],
                    )])], "near_misses": [] }),
        ),
        (
            &["GET", "/users", "--claims", ana],
            json!({ "version": 1, "decision": "deny", "reason": "default", "rules": [],
                    "near_misses": [{ "id": "list", "failed": "group \"admins\"",
                                      "detail": "group `admins` is missing: the token has no groups",
                                      "atoms": [atom("group \"admins\"", false, &[("groups", json!([]))])] }] }),
        ),
        (
            &["PUT", "/users/ana", "--claims", ana],
            json!({ "version": 1, "decision": "deny", "reason": "rule",
                    "rules": [rule("verified", "deny", 13, Some("verify your address first"),
                                   &[atom("token.verified", false, &[("token.verified", Value::Null)])])],
                    "near_misses": [] }),
        ),
        (
            &["GET", "/health", "--anonymous"],
            json!({ "version": 1, "decision": "allow", "reason": "rule",
                    "rules": [rule("health", "public", 12, None, &[])], "near_misses": [] }),
        ),
        (
            &["GET", "/users/", "--claims", ana],
            json!({ "version": 1, "decision": "deny", "reason": "malformed_path", "rules": [], "near_misses": [],
                    "malformed_path": { "why": "it has an empty segment (`//`, or a `/` at the end)", "part": "/", "at": 6 } }),
        ),
        (
            &["GET", "/users/x", "--claims", r#"{"sub": "*"}"#],
            json!({ "version": 1, "decision": "deny", "reason": "hostile_claim", "rules": [], "near_misses": [],
                    "hostile_claim": { "claim": "token.sub", "value": "*", "why": "it holds `*`" } }),
        ),
        (
            &["GET", "/users/x", "--token", "a.b.c", "--param", "pool=p"],
            json!({ "version": 1, "decision": "deny", "reason": "invalid_token", "rules": [], "near_misses": [] }),
        ),
    ] {
        assert_eq!(as_json(&folder, args), expected, "{args:?}");
    }
}

#[test]
fn people_read_why() {
    let folder = Folder::new();
    let ana = r#"{"sub": "ana"}"#;
    for (args, text) in [
        (
            &["GET", "/users/ana", "--claims", ana][..],
            "ALLOW  GET /users/ana\n  by allow `own` (p.policy:10)\n    \
             10 | allow GET PUT  /users/{id}  when path.id == token.sub  as own\n    \
             true   path.id == token.sub  `path.id` = \"ana\", `token.sub` = \"ana\"\n",
        ),
        (
            &["PUT", "/users/ana", "--claims", ana],
            "DENY  PUT /users/ana\n  by deny `verified` (p.policy:13): verify your address first\n    \
             13 | deny  PUT      /users/**    unless token.verified      as verified  because \"verify your address first\"\n    \
             false  token.verified  `token.verified` = missing\n",
        ),
        (
            &["GET", "/users", "--claims", r#"{"groups": ["staff"]}"#],
            "DENY  GET /users\n  no rule allows it; the nearest, and what would have to be different:\n    \
             `list` (p.policy:11)\n      group `admins` is not among [`staff`]\n",
        ),
        (
            &["GET", "/users", "--anonymous"],
            "DENY  GET /users\n  no rule allows it; the nearest, and what would have to be different:\n    \
             `list` (p.policy:11)\n      there is no token\n",
        ),
        (
            &["DELETE", "/users/ana", "--anonymous"],
            "DENY  DELETE /users/ana\n  no rule that allows anything is about `DELETE /users/ana`; \
             for this path, there are such rules about `GET`, `PUT`\n",
        ),
        (
            &["GET", "/a/../b", "--anonymous"],
            "DENY  GET /a/../b\n  the path is malformed: it has a `.` or `..` segment\n    /a/../b\n       ^^\n",
        ),
        (
            &["GET", "users", "--anonymous"],
            "DENY  GET users\n  the path is malformed: it does not start with `/`\n",
        ),
        (
            &["GET", "/users/x", "--claims", r#"{"sub": "a/b"}"#],
            "DENY  GET /users/x\n  `token.sub` is hostile: a rule compares it to the path, and it is `a/b`: it holds `/`\n",
        ),
    ] {
        simulate(&folder, args).ends(0).prints(text);
    }
    // With JSON, the sentence goes to standard error.
    simulate(&folder, &["GET", "//", "--anonymous", "--format", "json"]).ends(0).says("an empty segment");
}

#[test]
fn rules_about_what_lies_below_are_named() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "public GET /photos/** /a/** as photos\npublic GET /photos/{rest+} as rest\npublic PUT /photos\n",
    );
    let about = "no rule that allows anything is about";
    for (verb, path, text) in [
        (
            "GET",
            "/photos",
            "; for this path, there are such rules about `PUT`; only about what lies below it: `photos`, `rest`",
        ),
        ("GET", "/a", "; only about what lies below it: `photos`"),
        ("PUT", "/a", ""),
    ] {
        let text = format!("DENY  {verb} {path}\n  {about} `{verb} {path}`{text}\n");
        simulate(&folder, &[verb, path, "--anonymous"]).ends(0).prints(&text);
    }
    let many =
        ["r0", "r1", "r2", "r3", "r4"].map(|name| format!("public GET /photos/** as {name}\n")).concat();
    folder.write("p.policy", many);
    let text = format!(
        "DENY  GET /photos\n  {about} `GET /photos`; only about what lies below it: `r0`, `r1`, `r2`, `r3`, …\n"
    );
    simulate(&folder, &["GET", "/photos", "--anonymous"]).ends(0).prints(&text);
}

#[test]
fn a_rule_is_shown_with_its_text_and_its_comment() {
    let folder = Folder::new();
    folder.write(
        "documented.policy",
        "## For everybody.\n## Even robots.\npublic GET\n    /a\n    as open\n    because \"why not\"\n",
    );
    folder.run(&["simulate", "documented.policy", "GET", "/a", "--anonymous"]).ends(0).prints(
        "ALLOW  GET /a\n  by public `open` (documented.policy:3): why not\n    For everybody.\n    Even robots.\n    \
         3 | public GET\n    4 |     /a\n    5 |     as open\n    6 |     because \"why not\"\n",
    );
}

/// What is said of the only rule, `allow GET /a/{x} when CONDITION`.
fn said(folder: &Folder, condition: &str, more: &[&str]) -> Vec<String> {
    folder.write(
        "one.policy",
        format!(
            "issuer i {{ url \"https://i.example\" groups token.groups }}\n\
             issuer j {{ url \"https://j.example\" }}\n\
             allow GET /a/{{x}} when {condition} as r\n"
        ),
    );
    let mut args = vec!["simulate", "one.policy", "GET", "/a/7", "--issuer", "i"];
    args.extend(more);
    let out = folder.run(&args).ends(0).out;
    let from = out.find("      ").unwrap_or_else(|| panic!("{condition}: {out}"));
    out[from..].lines().map(|line| line.trim_start().to_owned()).collect()
}

#[test]
fn what_would_have_to_be_different_is_said_in_the_users_words() {
    let folder = Folder::new();
    let claims = r#"{"sub": "ana", "plan": "free", "age": 17, "n": "3", "groups": ["staff", "ops"], "scope": "a b",
                     "ok": false, "list": ["x"], "object": {"a": 1}, "escape": "\u001b[2J"}"#;
    for (condition, text) in [
        ("path.x == token.sub", "`path.x` is `7`, `token.sub` is `ana`"),
        ("token.none == path.x", "`token.none` is missing"),
        ("token.plan == \"pro\"", "`token.plan` is `free`, not `pro`"),
        ("token.plan != \"free\"", "`token.plan` is `free`"),
        ("token.plan != token.plan", "`token.plan` and `token.plan` are both `free`"),
        ("token.age >= 18", "`token.age` is `17`, less than `18`"),
        ("18 <= token.age", "`token.age` is `17`, less than `18`"),
        ("not token.age < 18", "`token.age` is `17`, less than `18`"),
        ("token.n == 3", "`token.n` is the string `3`, not the number `3`"),
        ("token.ok", "`token.ok` is the boolean `false`, not the boolean `true`"),
        ("token.n", "`token.n` is the string `3`, not the boolean `true`"),
        ("token.none", "`token.none` is missing"),
        ("has token.none.deep", "`token.none.deep` is missing"),
        ("not has token.plan", "`token.plan` is there"),
        ("group \"admins\"", "group `admins` is not among [`staff`, `ops`]"),
        ("not group \"ops\"", "group `ops` is among [`staff`, `ops`]"),
        ("scope \"c\"", "scope `c` is not among [`a`, `b`]"),
        ("group token.sub", "group `ana` (`token.sub`) is not among [`staff`, `ops`]"),
        ("token.plan in [\"pro\", \"team\"]", "`token.plan`, `free`, is not among [`pro`, `team`]"),
        ("path.x in token.list", "`path.x`, `7`, is not among `token.list`, [`x`]"),
        ("\"x\" in token.plan", "`token.plan` is the string `free`, not a list"),
        ("token.none in [\"a\"]", "`token.none` is missing"),
        ("token.sub like \"*@b\"", "`token.sub` is `ana`, which is not like `*@b`"),
        ("token.escape == \"x\"", "`token.escape` is `\\u{1b}[2J`, not `x`"),
        ("request.ip in \"10.0.0.0/8\"", "`request.ip` is `192.0.2.1`, which is not in `10.0.0.0/8`"),
        ("request.header.x == \"1\"", "`request.header.x` is missing"),
        (
            "request.time > \"2026-01-01T00:00:00Z\"",
            "`request.time` is `2025-01-01T00:00:00Z`, at most `2026-01-01T00:00:00Z`",
        ),
        ("issuer j", "the token is from the issuer `i`, not from `j`"),
    ] {
        let more = ["--claims", claims, "--ip", "192.0.2.1", "--now", "2025-01-01T00:00:00Z"];
        assert_eq!(said(&folder, condition, &more), [text], "{condition}");
    }
    let several = "(group \"a\" and token.age > 20 and token.ok) or token.sub == \"ben\"";
    assert_eq!(
        said(&folder, several, &["--claims", claims]),
        [
            "one of these:",
            "- `token.sub` is `ana`, not `ben`",
            "- group `a` is not among [`staff`, `ops`]",
            "`token.age` is `17`, at most `20`",
            "`token.ok` is the boolean `false`, not the boolean `true`",
        ]
    );
}

#[test]
fn the_nearest_rules_come_first_and_few_of_them() {
    let folder = Folder::new();
    let mut text = "allow GET /a when token.b and token.c and token.d as far\n".to_owned();
    for number in 1..=6 {
        writeln!(text, "allow GET /a when token.n == {number} as r{number}").unwrap();
    }
    folder.write("p.policy", text);
    let run = simulate(&folder, &["GET", "/a", "--claims", r#"{"n": 0}"#]).ends(0);
    let named: Vec<_> =
        run.out.lines().filter(|line| line.starts_with("    ") && !line.starts_with("      ")).collect();
    assert_eq!(
        named,
        [
            "    `r1` (p.policy:2)",
            "    `r2` (p.policy:3)",
            "    `r3` (p.policy:4)",
            "    `r4` (p.policy:5)",
            "    `r5` (p.policy:6)",
            "    and 2 rules further away",
        ]
    );
    let all = as_json(&folder, &["GET", "/a", "--claims", r#"{"n": 0}"#]);
    let ids: Vec<_> = all["near_misses"].as_array().unwrap().iter().map(|miss| miss["id"].clone()).collect();
    assert_eq!(ids, ["r1", "r2", "r3", "r4", "r5", "r6", "far"]);
}

#[test]
fn the_rest_of_the_request_counts() {
    let folder = Folder::new();
    let decide = |more: &[&str]| {
        let args: Vec<_> = ["GET", "/tenant", "--claims", "{}"].iter().chain(more).copied().collect();
        as_json(&folder, &args)["decision"].clone()
    };
    assert_eq!(decide(&[]), "deny");
    assert_eq!(decide(&["--header", "X-Tenant: a"]), "allow");
    assert_eq!(decide(&["--header", "X-Tenant: b"]), "deny");
    assert_eq!(decide(&["--header", "X-Tenant: b", "--param", "tenant=b"]), "allow");

    folder.write(
        "p.policy",
        "public GET /ip when request.ip in \"10.0.0.0/8\"\n\
         public GET /page when request.query.page == \"2\"\n\
         public GET /stage when request.stage == \"prod\"\n\
         public GET /time when request.time < \"2026-01-01T00:00:00Z\"\n",
    );
    for (path, option, yes, no) in [
        ("/ip", "--ip", "10.1.2.3", "192.0.2.1"),
        ("/page", "--query", "page=2", "page=3"),
        ("/stage", "--stage", "prod", "dev"),
        ("/time", "--now", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ] {
        for (value, decision) in [(yes, "allow"), (no, "deny")] {
            let answer = as_json(&folder, &["GET", path, "--anonymous", option, value]);
            assert_eq!(answer["decision"], decision, "{option} {value}");
        }
    }
}

#[test]
fn wrong_usage_is_explained() {
    let folder = Folder::new();
    for (args, said) in [
        (&["get", "/users", "--anonymous"][..], "verbs are written in capitals: `GET`"),
        (&["GET", "/users?page=2&q", "--anonymous"], "write `/users --query 'page=2' --query 'q'`"),
        (&["ANY", "/users", "--anonymous"], "`ANY` is for rules"),
        (&["FETCH", "/users", "--anonymous"], "a verb is one of GET"),
        (&["GET", "/users"], "--claims FILE|JSON"),
        (&["GET", "/users"], "--anonymous"),
        (&["GET", "/users"], "--token FILE|JWT"),
        (&["GET", "/users", "--anonymous", "--claims", "{}"], "cannot be used with"),
        (&["GET", "--anonymous"], "<PATH>"),
        (&["--anonymous"], "<VERB>"),
        (&["GET", "/users", "--anonymous", "--param", "tenat=a"], "did you mean `tenant`?"),
        (&["GET", "/users", "--anonymous", "--param", "zzz=a"], "it has `tenant`, `pool`"),
        (&["GET", "/users", "--anonymous", "--param", "zzz"], "a param is written as `name=value`"),
        (&["GET", "/users", "--anonymous", "--now", "today"], "a time is written as `2026-01-01T00:00:00Z`"),
        (&["GET", "/users", "--anonymous", "--ip", "10.0.0"], "invalid IP address"),
        (&["GET", "/users", "--anonymous", "--header", "x"], "a header is written as `X-Tenant: a`"),
        (&["GET", "/users", "--claims", "{}", "--issuer", "mian"], "did you mean `main`?"),
        (&["GET", "/users", "--anonymous", "--jwks", "x"], "cannot be used with"),
        (&["GET", "/users", "--anonymous", "--method-arn", "x"], "--iam"),
    ] {
        simulate(&folder, args).ends(2).says(said).prints_nothing();
    }
}

#[test]
fn claims_go_to_the_issuer_that_they_name() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "param pool\n\
         issuer a { url \"https://a.example\" }\n\
         issuer b { url \"https://b.example/${pool}\" }\n\
         allow GET /a when issuer a\n\
         allow GET /b when issuer b\n",
    );
    let of_b = r#"{"iss": "https://b.example/p"}"#;
    simulate(&folder, &["GET", "/a", "--claims", "{}"])
        .ends(2)
        .says("several issuers: `a`, `b`")
        .says("--issuer NAME");
    simulate(&folder, &["GET", "/b", "--claims", of_b]).ends(2).says("does not tell one of");
    for args in [
        &["GET", "/a", "--claims", "{}", "--issuer", "a"][..],
        &["GET", "/a", "--claims", r#"{"iss": "https://a.example"}"#],
        &["GET", "/b", "--claims", of_b, "--param", "pool=p"],
        &["GET", "/b", "--claims", of_b, "--issuer", "b"],
    ] {
        assert_eq!(as_json(&folder, args)["decision"], "allow", "{args:?}");
    }
    folder.write("p.policy", "allow GET /a\n");
    simulate(&folder, &["GET", "/a", "--claims", "{}"]).ends(0).says("the policy names no issuer");
    simulate(&folder, &["GET", "/a", "--mint", "{}"]).ends(3).says("the policy names no issuer");
}

#[test]
fn a_bundle_decides_as_its_text() {
    let folder = Folder::new();
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    let run = |policy| {
        folder
            .run(&[
                "simulate",
                policy,
                "PUT",
                "/users/ana",
                "--claims",
                r#"{"sub": "ana"}"#,
                "--format",
                "json",
            ])
            .ends(0)
            .json()
    };
    assert_eq!(run("p.bundle"), run("p.policy"));
}

#[test]
fn an_event_is_a_whole_request() {
    let folder = Folder::new();
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/tenant";
    let event = json!({ "type": "REQUEST", "methodArn": arn, "headers": { "X-Tenant": "a" } });
    folder.write("event.json", event.to_string());
    let run = |more: &[&str]| {
        let args: Vec<_> = ["--event", "event.json"].iter().chain(more).copied().collect();
        as_json(&folder, &args)
    };
    assert_eq!(run(&[])["decision"], "deny");
    assert_eq!(run(&["--claims", "{}"])["decision"], "allow");
    assert!(run(&["--claims", "{}", "--iam"])["iam"].to_string().contains("abc123/prod/GET/tenant"));

    let headers = json!({ "Authorization": "Bearer a.b.c" });
    let refused = json!({ "type": "REQUEST", "methodArn": arn, "headers": headers });
    folder.write("event.json", refused.to_string());
    assert_eq!(run(&["--param", "pool=p"])["reason"], "invalid_token");
    let of_http_api =
        json!({ "version": "2.0", "type": "REQUEST", "routeArn": arn, "headers": { "x-tenant": "a" } });
    folder.write("event.json", of_http_api.to_string());
    assert_eq!(run(&["--claims", "{}"])["decision"], "allow");
    let connect = arn.replace("GET/tenant", "$connect");
    folder.write("event.json", json!({ "type": "REQUEST", "methodArn": connect, "headers": {} }).to_string());
    let iam = &run(&["--claims", "{}", "--iam"])["iam"];
    assert_eq!(iam["policyDocument"]["Statement"][0]["Effect"], "Deny", "{iam}");
    folder.write("event.json", json!({ "version": "2.0" }).to_string());
    simulate(&folder, &["--event", "event.json"]).ends(3).says("unknown shape");
    simulate(&folder, &["GET", "/x", "--event", "event.json"]).ends(2);
    simulate(&folder, &["--event", "event.json", "--ip", "10.0.0.1"]).ends(2);
}

#[test]
fn the_iam_policy_is_of_the_api_that_is_named() {
    let folder = Folder::new();
    let ana = r#"{"sub": "ana"}"#;
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
    let args = ["GET", "/users/ana", "--claims", ana, "--iam"];
    let text = as_json(&folder, &args)["iam"].to_string();
    assert!(text.contains("123456789012:example/dev/"), "{text}");
    simulate(&folder, &args).ends(0);
    let named: Vec<_> = args.iter().chain(&["--method-arn", arn]).copied().collect();
    let answer = as_json(&folder, &named)["iam"].clone();
    assert!(answer.to_string().contains(":abc123/prod/"), "{answer}");
    let direct = folder.run(&["iam", "p.policy", "--claims", ana, "--method-arn", arn]).ends(0).json();
    assert_eq!(answer, direct);
    let other = ["GET", "/users/ben", "--claims", ana, "--iam", "--method-arn", arn];
    simulate(&folder, &other)
        .ends(2)
        .says("the method is `GET /users/ana`, and the request is `GET /users/ben`");
    let stage: Vec<_> = named.iter().chain(&["--stage", "dev"]).copied().collect();
    simulate(&folder, &stage).ends(2).says("the stage is `dev`, and the method's is `prod`");
}
