//! `policyctl token`, and tokens that are verified.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::support::{Folder, Run};

/// Keys in the folder `keys`, made quickly.
fn keys(folder: &Folder) {
    folder.run(&["token", "keys", "--algorithm", "ES256", "--out", "keys"]).ends(0);
    folder.write("p.policy", POLICY);
}

const POLICY: &str = "param pool\n\
    issuer main { url \"https://i.example/${pool}\" audience \"app\" algorithms ES256 token_use \"access\" }\n\
    allow GET /users/{id} when path.id == token.sub as own\n";

fn mint(folder: &Folder, claims: &str, more: &[&str]) -> String {
    let args =
        ["token", "mint", claims, "--key", "keys/private.pem", "--policy", "p.policy", "--param", "pool=p"];
    let args: Vec<_> = args.iter().chain(more).copied().collect();
    folder.run(&args).ends(0).out.trim().to_owned()
}

fn simulate(folder: &Folder, token: &str, more: &[&str]) -> Run {
    let args = [
        "simulate",
        "p.policy",
        "GET",
        "/users/ana",
        "--token",
        token,
        "--param",
        "pool=p",
        "--format",
        "json",
    ];
    let args: Vec<_> = args.iter().chain(more).copied().collect();
    folder.run(&args)
}

const JWKS: [&str; 2] = ["--jwks", "keys/jwks.json"];

#[test]
fn keys_are_two_files_or_one_object() {
    let folder = Folder::new();
    folder.run(&["token", "keys", "--out", "dev/keys"]).ends(0).prints_nothing().says("private.pem");
    let private = fs::read_to_string(folder.path("dev/keys/private.pem")).unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path("dev/keys/private.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let jwks: Value = serde_json::from_slice(&fs::read(folder.path("dev/keys/jwks.json")).unwrap()).unwrap();
    assert_eq!((&jwks["keys"][0]["kty"], &jwks["keys"][0]["alg"]), (&json!("RSA"), &json!("RS256")));
    assert!(jwks["keys"][0].get("d").is_none(), "no private part");
    folder.run(&["token", "keys", "--out", "dev/keys"]).ends(3).says("exists, and is not overwritten");
    assert_eq!(private, fs::read_to_string(folder.path("dev/keys/private.pem")).unwrap());

    let object = folder.run(&["token", "keys", "--algorithm", "ES256"]).ends(0).json();
    let names: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["algorithm", "jwks", "kid", "private_key", "public_key", "version"]);
    assert_eq!(object["kid"], object["jwks"]["keys"][0]["kid"]);
    folder.run(&["token", "keys", "--algorithm", "HS256"]).ends(2).says("an algorithm is one of RS256");
    folder.write("file", "");
    folder.run(&["token", "keys", "--out", "file"]).ends(3).says("`file` cannot be written");
}

#[test]
fn a_minted_token_says_what_the_issuer_asks_for() {
    let folder = Folder::new();
    keys(&folder);
    let now = "2026-01-01T00:00:00Z";
    let token = mint(&folder, r#"{"sub": "ana"}"#, &["--now", now, "--expires-in", "60", "--kid", "k"]);
    let decoded = folder.run(&["token", "decode", &token, "--format", "json"]).ends(0).json();
    let times = decoded["times"].clone();
    let expected = json!({
        "version": 1, "verified": false,
        "header": { "alg": "ES256", "typ": "JWT", "kid": "k" },
        "claims": { "sub": "ana", "iss": "https://i.example/p", "aud": "app", "token_use": "access",
                    "iat": 1_767_225_600, "exp": 1_767_225_660 },
        "times": times
    });
    assert_eq!(decoded, expected);
    assert_eq!((&times[0]["claim"], &times[0]["at"]), (&json!("iat"), &json!(now)));
    // What the claims say themselves is kept.
    let token = mint(&folder, r#"{"iss": "x", "aud": ["y"], "exp": 1, "iat": 0, "token_use": "id"}"#, &[]);
    let claims =
        folder.run(&["token", "decode", &token, "--format", "json"]).ends(0).json()["claims"].clone();
    assert_eq!(claims, json!({ "iss": "x", "aud": ["y"], "exp": 1, "iat": 0, "token_use": "id" }));
}

#[test]
fn minting_needs_a_key_that_fits() {
    let folder = Folder::new();
    keys(&folder);
    let mint = |args: &[&str]| {
        let all: Vec<_> = ["token", "mint", "{}"].iter().chain(args).copied().collect();
        folder.run(&all)
    };
    mint(&[]).ends(2).says("--key");
    mint(&["--key", "none.pem"]).ends(3).says("`none.pem` does not exist");
    mint(&["--key", "p.policy"]).ends(3).says("`p.policy` cannot sign: it is not a private key");
    mint(&["--key", "keys/private.pem", "--expires-in", "-1"]).ends(2);
    mint(&["--key", "keys/private.pem", "--param", "a=b"]).ends(2).says("--policy POLICY");
    mint(&["--key", "keys/private.pem", "--policy", "p.policy"])
        .ends(3)
        .says("the param `pool` has no value");
    mint(&["--key", "keys/private.pem"]).ends(0);
    folder.write("p.policy", POLICY.replace("ES256", "RS256"));
    mint(&["--key", "keys/private.pem", "--policy", "p.policy", "--param", "pool=p"])
        .ends(3)
        .says("the key is for ES256, and the issuer `main` accepts RS256");
}

#[test]
fn a_token_is_verified() {
    let folder = Folder::new();
    keys(&folder);
    let good = mint(&folder, r#"{"sub": "ana"}"#, &[]);
    assert_eq!(simulate(&folder, &good, &JWKS).ends(0).json()["decision"], "allow");
    folder.write("token.jwt", format!("Bearer {good}\n"));
    assert_eq!(simulate(&folder, "token.jwt", &JWKS).ends(0).json()["decision"], "allow");

    let (head, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
    let tampered = format!("{head}.{flipped}{}", &signature[1..]);
    let expired = mint(&folder, r#"{"sub": "ana"}"#, &["--now", "2020-01-01T00:00:00Z"]);
    for (token, said) in [
        (tampered, "signature is wrong"),
        (expired.clone(), "expired"),
        (mint(&folder, r#"{"aud": "other"}"#, &[]), "audiences"),
        (mint(&folder, r#"{"iss": "https://other.example"}"#, &[]), "no issuer of the policy"),
        (mint(&folder, r#"{"token_use": "id"}"#, &[]), "token_use"),
        (mint(&folder, "{}", &["--kid", "other"]), "no key `other`"),
        ("a.b.c".to_owned(), "base64url"),
    ] {
        let run = simulate(&folder, &token, &JWKS).ends(0).says(said);
        let refused = json!({ "version": 1, "decision": "deny", "reason": "invalid_token", "rules": [], "near_misses": [] });
        assert_eq!(run.json(), refused, "{said}");
    }
    let back_then: Vec<_> = JWKS.iter().chain(&["--now", "2020-01-01T00:30:00Z"]).copied().collect();
    assert_eq!(simulate(&folder, &expired, &back_then).ends(0).json()["decision"], "allow");
}

#[test]
fn an_events_own_token_is_verified() {
    let folder = Folder::new();
    keys(&folder);
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";
    let token = format!("Bearer {}", mint(&folder, r#"{"sub": "ana"}"#, &[]));
    let event = json!({ "type": "TOKEN", "methodArn": arn, "authorizationToken": token });
    folder.write("event.json", event.to_string());
    let rest = ["p.policy", "--event", "event.json", "--param", "pool=p", "--jwks", "keys/jwks.json"];
    let run = |command: &str| {
        let args: Vec<_> = [command].iter().chain(&rest).copied().collect();
        folder.run(&args).ends(0)
    };
    let decided = run("simulate");
    assert!(decided.out.starts_with("ALLOW  GET /users/ana\n"), "{}", decided.out);
    let answer = run("iam").json();
    assert_eq!(answer["principalId"], "ana");
    assert_eq!(answer["policyDocument"]["Statement"][0]["Resource"], json!([arn]));
}

#[test]
fn keys_that_cannot_be_had_are_invalid_input() {
    let folder = Folder::new();
    keys(&folder);
    let token = mint(&folder, r#"{"sub": "ana"}"#, &[]);
    folder.write("html.json", "<html>");
    for (jwks, said) in [
        ("none.json", "`none.json` does not exist"),
        ("html.json", "JWKS"),
        ("http://127.0.0.1:1/jwks", "no keys of the issuer `main`"),
        ("http://example.com/jwks", "neither https nor http to a loopback address"),
    ] {
        simulate(&folder, &token, &["--jwks", jwks]).ends(3).says(said).prints_nothing();
    }
    simulate(&folder, "nothing", &JWKS).ends(3).says("`nothing` is neither a file nor a token");
}

#[test]
fn keys_are_fetched() {
    let folder = Folder::new();
    keys(&folder);
    let token = mint(&folder, r#"{"sub": "ana"}"#, &[]);
    let jwks = fs::read_to_string(folder.path("keys/jwks.json")).unwrap();
    for (body, status) in [(jwks.as_str(), 0), ("<html>", 3), (r#"{"keys": []}"#, 3)] {
        let url = serve(body.to_owned());
        let run = simulate(&folder, &token, &["--jwks", &url]).ends(status);
        if status == 0 {
            assert_eq!(run.json()["decision"], "allow");
        }
    }
}

/// A loopback server that answers every request with that body.
fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn decoding_verifies_nothing_and_says_so() {
    let folder = Folder::new();
    keys(&folder);
    let token = mint(&folder, r#"{"sub": "ana"}"#, &["--now", "2020-01-01T00:00:00Z"]);
    let run = folder.run(&["token", "decode", &token]).ends(0);
    assert!(run.out.starts_with("NOT VERIFIED"), "{}", run.out);
    assert!(run.out.contains("exp  2020-01-01T01:00:00Z  ") && run.out.contains(" years ago"), "{}", run.out);
    folder.write("token.jwt", &token);
    let from_file = folder.run(&["token", "decode", "token.jwt"]).ends(0).out;
    assert_eq!(from_file, run.out);
    folder.run_with(&["token", "decode", "-"], &[], token.as_bytes()).ends(0);
    for (garbage, said) in [
        ("garbage", "neither a file nor a token"),
        ("a.b", "neither a file nor a token"),
        ("!.!.!", "base64url"),
        ("e30.W10.", "claims is no JSON object"),
        ("e30.AAAA.x", "not JSON"),
    ] {
        folder.run(&["token", "decode", garbage]).ends(3).says(said).prints_nothing();
    }
    folder.run_with(&["token", "decode", "-"], &[], b"a.b.c.d.e").ends(3).says("encrypted");
    folder.run_with(&["token", "decode", "-"], &[], b"\xff").ends(3).says("not UTF-8");
    folder.run(&["token", "decode", "."]).ends(3).says("`.` is a directory");
}
