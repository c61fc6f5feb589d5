//! Issuers, routes, the authorizer.

use policy_dsl::compile;
use policy_dsl::source::MemoryFiles;
use policy_engine::{Algorithm, KeySource};

use super::support::{ISSUER, assert_table, codes, codes_of, compile_text, policy};

const OK: &[&str] = &[];

fn issuer_codes(fields: &str) -> Vec<&'static str> {
    codes_of(&compile_text(&format!("param p\nissuer a {{ audience \"x\"\n{fields}\n}}")))
}

#[test]
fn urls_are_https_or_of_this_machine() {
    assert_table(
        &[
            ("url \"https://a.example/\"", OK),
            ("url \"http://127.0.0.1:8080\"", OK),
            ("url p", OK),
            ("url \"https://${p}/\"", OK),
            ("url \"http://a.example/\"", &["E0313"]),
            ("url \"a.example\"", &["E0313"]),
            // With keys of its own, the `iss` claim is only compared.
            ("url \"a.example\"  jwks \"https://a.example/keys\"", OK),
            ("url \"\"  jwks \"https://a.example/keys\"", &["E0119"]),
            ("url \"https://a/\"  jwks \"http://a.example/keys\"", &["E0313"]),
            ("url \"https://a/\"  userinfo \"ftp://a.example/\"", &["E0313"]),
        ],
        issuer_codes,
    );
}

#[test]
fn numbers_of_an_issuer_are_in_range() {
    assert_table(
        &[
            ("url \"https://a/\" leeway 300", OK),
            ("url \"https://a/\" leeway 301", &["E0315"]),
            ("url \"https://a/\" max_lifetime 3600", OK),
            ("url \"https://a/\" max_lifetime 0", &["E0315"]),
            ("url \"https://a/\" max_lifetime 999999999", &["E0315"]),
        ],
        issuer_codes,
    );
}

#[test]
fn defaults_of_an_issuer() {
    let issuer =
        policy("issuer a { url \"https://a/\" audience \"b\" \"c\" }").program.parts().issuers[0].clone();
    assert_eq!(issuer.algorithms, [Algorithm::RS256]);
    assert_eq!(issuer.keys, KeySource::Discovery);
    assert_eq!(issuer.audiences.len(), 2);
    assert_eq!(issuer.scopes.len(), 3);
    assert_eq!((issuer.leeway, issuer.max_lifetime), (0, None));
    assert_eq!(codes_of(&compile_text("issuer a { url \"https://a/\" }")), ["W0301"]);
    assert_eq!(codes_of(&compile_text("allow GET /a\nallow GET /b")), ["W0302"]);
    assert_eq!(codes_of(&compile_text("public GET /a")), OK);
}

#[test]
fn a_fixed_key_is_a_public_one() {
    let compiled = |pem: &str| {
        let text = "issuer a { url \"a\" audience \"b\" key \"keys/a.pem\" }";
        let files = MemoryFiles::default().with("x/p.policy", text).with("x/keys/a.pem", pem);
        compile("x/p.policy", &files)
    };
    let key = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";
    let found = compiled(key);
    let program = found.policy.unwrap().program;
    assert_eq!(program.parts().issuers[0].keys, KeySource::Pem(key.to_owned()));
    assert_eq!(program.parts().files, ["p.policy"]);
    assert_eq!(codes_of(&compiled(&key.replace("PUBLIC", "PRIVATE"))), ["E0314"]);
    assert_eq!(codes_of(&compiled("hello")), ["E0314"]);
    assert_eq!(codes_of(&compiled(" ")), ["E0505"]);
    assert_eq!(codes_of(&compile_text("issuer a { url \"a\" audience \"b\" key \"a.pem\" }")), ["E0501"]);
}

#[test]
fn routes_have_no_globs() {
    assert_table(
        &[("api { GET /a/{b} /a/{b}/{c+} ANY /d/* /e/** / }", OK), ("api \"openapi.yaml\"", &["E0501"])],
        codes,
    );
}

#[test]
fn the_authorizers_fields_are_in_range_and_agree() {
    assert_table(
        &[
            ("authorizer { cache 0 }", OK),
            ("authorizer { cache 3600 max_policy_bytes 8192 identity header.Authorization query.t }", OK),
            ("authorizer { cache 3601 max_policy_bytes 10 }", &["E0315", "E0315"]),
            ("authorizer { identity header.a header.A }", &["E0116"]),
            ("authorizer { response simple cache 0 }", OK),
            ("authorizer { response iam resource_policy yes expire_with_token yes }", OK),
            ("authorizer { response simple resource_policy no expire_with_token no }", OK),
            ("authorizer { response simple resource_policy yes expire_with_token yes }", &["E0119", "E0119"]),
        ],
        codes,
    );
    let text = format!("{ISSUER}authorizer {{ cache 60 invalid_token 403 response simple }}");
    let settings = policy(&text).program.parts().authorizer.clone();
    assert_eq!(settings.cache, Some(60));
    assert_eq!(settings.max_policy_bytes, 8_192);
    assert_eq!(settings.response, policy_engine::ResponseFormat::Simple);
}
