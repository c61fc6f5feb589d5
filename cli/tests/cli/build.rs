//! `policyctl build` and `policyctl inspect`.

use std::fs;

use serde_json::json;

use super::support::{Folder, POLICY};

#[test]
fn the_same_text_gives_the_same_bytes() {
    let (one, other) = (Folder::new(), Folder::new());
    for folder in [&one, &other] {
        folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0).prints_nothing().says("SHA-256");
    }
    let bytes = fs::read(one.path("p.bundle")).unwrap();
    assert!(bytes.starts_with(b"policyctl\0"));
    assert_eq!(bytes, fs::read(other.path("p.bundle")).unwrap());
    one.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    assert_eq!(bytes, fs::read(one.path("p.bundle")).unwrap(), "an older bundle is replaced");
    let names: Vec<_> = fs::read_dir(one.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing else is left behind: {names:?}");
}

#[test]
fn a_policy_with_errors_is_refused_and_leaves_the_old_bundle() {
    let folder = Folder::new();
    folder.write("p.bundle", "old");
    folder.write("p.policy", "public GET /a when nothing\n");
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(3).says("nothing").prints_nothing();
    assert_eq!(fs::read(folder.path("p.bundle")).unwrap(), b"old");
    folder.write("p.policy", "public GET /a\nnever allow ANY /admin/**\n");
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0).says("warning");
}

#[test]
fn where_it_cannot_be_written_is_named() {
    let folder = Folder::new();
    folder
        .run(&["build", "p.policy", "-o", "none/p.bundle"])
        .ends(3)
        .says("`none/p.bundle` cannot be written");
    folder.run(&["build", "p.policy", "-o", "."]).ends(3).says("`.` cannot be written");
    folder.run(&["build", "p.policy"]).ends(2).says("--output");
}

#[test]
fn a_bundle_shows_what_is_in_it() {
    let folder = Folder::new();
    let text = format!(
        "{POLICY}\napi {{ GET PUT /users/{{id}} }}\nauthorizer {{ cache 60 identity header.Authorization }}\n"
    );
    folder.write("p.policy", text);
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    let shown = folder.run(&["inspect", "p.bundle", "--format", "json"]).ends(0).json();
    let rule = |id: &str, effect: &str, line: u32, because: Option<&str>, verbs: &[&str], path: &str| {
        json!({ "id": id, "effect": effect, "file": "p.policy", "line": line, "because": because,
                "matches": [{ "verbs": verbs, "path": path }] })
    };
    let expected = json!({
        "version": 1,
        "bundle_bytes": fs::metadata(folder.path("p.bundle")).unwrap().len(),
        "format_version": 3,
        "source_digest": shown["source_digest"],
        "files": ["p.policy"],
        "params": [{ "name": "tenant", "default": "a" }, { "name": "pool", "default": null }],
        "issuers": [{
            "name": "main", "url": "https://issuer.example/${pool}", "keys": { "from": "discovery" },
            "audiences": ["app"], "algorithms": ["RS256"], "token_use": null, "type": null,
            "leeway": 0, "max_lifetime": null, "userinfo": null
        }],
        "rule_counts": { "allow": 3, "public": 1, "deny": 1 },
        "rules": [
            rule("own", "allow", 10, None, &["GET", "PUT"], "/users/{id}"),
            rule("list", "allow", 11, None, &["GET"], "/users"),
            rule("health", "public", 12, None, &["GET"], "/health"),
            rule("verified", "deny", 13, Some("verify your address first"), &["PUT"], "/users/**"),
            rule("tenant_page", "allow", 14, None, &["GET"], "/tenant"),
        ],
        "routes": [{ "verbs": ["GET", "PUT"], "path": "/users/{id}" }],
        "authorizer": {
            "cache": 60, "identity": ["header.authorization"], "token": "header.authorization", "scheme": "bearer",
            "response": "iam",
            "invalid_token": 401, "resource_policy": false, "expire_with_token": false, "max_policy_bytes": 8192
        },
        "worst_case_policy": { "bytes": 8192, "bounded_by": "max_policy_bytes" }
    });
    assert_eq!(shown, expected);
    assert_eq!(shown["source_digest"].as_str().unwrap().len(), 64);

    let text = folder.run(&["inspect", "p.bundle"]).ends(0).out;
    for part in [
        "5: 3 allow, 1 public, 1 deny",
        "https://issuer.example/${pool}",
        "pool (must be given)",
        "tenant = \"a\"",
        "at most 8,192 bytes",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let from_text = folder.run(&["inspect", "p.policy", "--format", "json"]).ends(0).json();
    assert_eq!(from_text["bundle_bytes"], json!(null));
    assert_eq!(from_text["rules"], shown["rules"]);
}

#[test]
fn a_bundle_that_is_not_whole_is_named() {
    let folder = Folder::new();
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    let bytes = fs::read(folder.path("p.bundle")).unwrap();
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let mut future = bytes.clone();
    future[10] = 99;
    let mut other = bytes.clone();
    other[0] = b'P';
    for (bytes, said) in [
        (&bytes[..bytes.len() / 2], "damaged"),
        (&bytes[..20], "damaged"),
        (&changed, "damaged"),
        (&future, "version 99"),
        (&other, "not a policy bundle"),
    ] {
        folder.write("b.bundle", bytes);
        for command in [
            &["inspect", "b.bundle"][..],
            &["simulate", "b.bundle", "GET", "/health", "--anonymous"],
            &["iam", "b.bundle", "--anonymous", "--method-arn", "arn:aws:execute-api:r:1:a/s/GET/health"],
        ] {
            folder.run(command).ends(3).says("`b.bundle` cannot be used").says(said).prints_nothing();
        }
    }
}

const JWKS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const UNTIL: &str = "2027-01-01T00:00:00Z";

#[test]
fn keys_are_shipped_with_their_end_and_shown() {
    let folder = Folder::new();
    folder.write("jwks.json", JWKS);
    let build = |output: &str| {
        let keys = ["--keys", "main=jwks.json", "--keys-until", UNTIL];
        folder.run(&[&["build", "p.policy", "-o", output], &keys[..]].concat()).ends(0);
        fs::read(folder.path(output)).unwrap()
    };
    assert_eq!(build("p.bundle"), build("q.bundle"), "no clock has a part in it");
    folder.run(&["build", "p.policy", "-o", "bare.bundle"]).ends(0);
    assert_ne!(build("p.bundle"), fs::read(folder.path("bare.bundle")).unwrap());

    let shown = folder.run(&["inspect", "p.bundle", "--format", "json"]).ends(0).json();
    assert_eq!(shown["shipped_keys"], json!([{ "issuer": "main", "keys": 1, "until": UNTIL }]));
    let human = folder.run(&["inspect", "p.bundle"]).ends(0).out;
    assert!(human.contains(&format!("main: 1 key, until {UNTIL}")), "{human}");
    let bare = folder.run(&["inspect", "bare.bundle", "--format", "json"]).ends(0).json();
    assert_eq!(bare.get("shipped_keys"), None);
}

#[test]
fn keys_that_cannot_be_shipped_are_refused() {
    let folder = Folder::new();
    folder.write("jwks.json", JWKS);
    folder.write("private.json", JWKS.replace("\"kid\"", "\"d\": \"AAAA\", \"kid\""));
    folder.write("none.json", "{}");
    folder.write(
        "fixed.policy",
        "issuer main { url \"https://issuer.example\" key \"public.pem\" }\npublic GET /a\n",
    );
    folder.run(&["token", "keys", "--out", "dev"]).ends(0);
    let until = ["--keys-until", UNTIL];
    for (keys, said) in [
        (&["--keys", "other=jwks.json"][..], "the policy has no issuer of that name"),
        (&["--keys", "main=private.json"], "private key"),
        (&["--keys", "main=none.json"], "`none.json` cannot be shipped: it is something that is not a JWKS"),
        (&["--keys", "main=missing.json"], "missing.json"),
        (&["--keys", "main=jwks.json", "--keys", "main=jwks.json"], "given twice"),
    ] {
        let args = [&["build", "p.policy", "-o", "p.bundle"], keys, &until[..]].concat();
        folder.run(&args).ends(3).says(said);
    }
    for (keys, said) in [
        (&["--keys", "main=jwks.json"][..], "--keys-until"),
        (&["--keys-until", UNTIL], "--keys"),
        (&["--keys", "jwks.json", "--keys-until", UNTIL], "such as `cognito=jwks.json`"),
        (&["--keys", "main=jwks.json", "--keys-until", "tomorrow"], "a time is written as"),
    ] {
        folder.run(&[&["build", "p.policy", "-o", "p.bundle"], keys].concat()).ends(2).says(said);
    }
    assert!(!folder.path("p.bundle").exists());
}
