//! What stops the authorizer before it answers anything.

use policy_engine::{KeySource, bundle};

use crate::function::Function;
use crate::policy::{Bundle, Source};

const PARAMS: [(&str, &str); 2] = [("issuer_url", "https://127.0.0.1:1/pool"), ("client_id", "users-app")];

#[track_caller]
fn stops(bundle: &Bundle, params: &[(&str, &str)], named: &[&str]) {
    let (status, log) = Function::start(&bundle.path(), params).stopped();
    assert_eq!(status.code(), Some(1), "{log}");
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((&last["level"], &last["message"]), (&"ERROR".into(), &"stopped".into()));
    for name in named {
        assert!(last["reason"].as_str().unwrap().contains(name), "{name}: {last}");
    }
}

fn users_bytes() -> Vec<u8> {
    bundle::write(&Source::users().program())
}

#[test]
fn a_bundle_that_is_missing_or_a_folder() {
    let bundle = Bundle::of_bytes(b"");
    std::fs::remove_file(bundle.path()).unwrap();
    let path = bundle.path().display().to_string();
    stops(&bundle, &PARAMS, &["cannot read the bundle", &path]);
    std::fs::create_dir(bundle.path()).unwrap();
    stops(&bundle, &PARAMS, &["cannot read the bundle", &path]);
}

#[test]
fn a_bundle_that_is_damaged() {
    let bytes = users_bytes();
    let cut = &bytes[..bytes.len() - 1];
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for (bytes, named) in [
        (&b""[..], "not a policy bundle"),
        (b"# a policy", "not a policy bundle"),
        (cut, "damaged"),
        (&changed, "damaged"),
    ] {
        let bundle = Bundle::of_bytes(bytes);
        stops(&bundle, &PARAMS, &["cannot use the bundle", &bundle.path().display().to_string(), named]);
    }
}

#[test]
fn a_bundle_of_a_future_version() {
    let mut bytes = users_bytes();
    bytes[10..14].copy_from_slice(&(bundle::FORMAT_VERSION + 1).to_le_bytes());
    stops(&Bundle::of_bytes(&bytes), &PARAMS, &["version 4", "reads version 3"]);
}

#[test]
fn a_param_without_a_value() {
    let bundle = Bundle::of(Source::users());
    stops(&bundle, &[("client_id", "users-app")], &["`issuer_url`", "`cognito`"]);
    stops(&bundle, &[("issuer_url", "https://127.0.0.1:1/pool")], &["`client_id`", "`cognito`"]);
}

#[test]
fn an_issuer_that_cannot_be_asked() {
    let bundle = Bundle::of(Source::users());
    for url in ["", "issuer.example", "http://issuer.example/pool", "https://a:b@issuer.example"] {
        stops(&bundle, &[("issuer_url", url), ("client_id", "x")], &["`cognito`", "`url`"]);
    }
    let mut source = Source::users();
    source.add("param keys_url");
    source.issuer_field("jwks keys_url");
    let params = [PARAMS[0], PARAMS[1], ("keys_url", "http://10.0.0.1/jwks.json")];
    stops(&Bundle::of(source), &params, &["`cognito`", "`jwks`", "http://10.0.0.1/jwks.json"]);

    // The compiler refuses it before.
    let mut parts = Source::users().program().parts().clone();
    parts.issuers[0].keys = KeySource::Pem("-----BEGIN PRIVATE KEY-----".to_owned());
    let bytes = bundle::write(&parts.into_program());
    stops(&Bundle::of_bytes(&bytes), &PARAMS, &["`cognito`", "`key`", "private key"]);
}
