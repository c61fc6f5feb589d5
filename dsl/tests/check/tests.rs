//! `test` statements.

use policy_dsl::compile;
use policy_dsl::source::MemoryFiles;
use policy_engine::condition::IssuerId;

use super::support::{ISSUER, assert_table, codes, codes_of, compile_text, policy};

const OK: &[&str] = &[];

#[test]
fn a_tests_request_is_read() {
    assert_table(
        &[
            ("test \"t\" { anonymous ip \"10.0.0.1\" now \"2026-01-01T00:00:00Z\" deny GET /a }", OK),
            ("test \"t\" { anonymous ip \"10.0.0.0/8\" now \"now\" deny GET /a }", &["E0307", "E0308"]),
            ("test \"t\" { token \"nope.json\" deny GET /a }", &["E0501"]),
        ],
        codes,
    );
    let text = format!(
        "{ISSUER}param p\ntest \"t\" {{ token {{ \"sub\": \"ana\" }} userinfo {{ \"a\": 1 }} header \"X-A\" \"b\" \
         query c \"d\" ip \"::1\" now \"1970-01-01T00:01:00Z\" stage \"prod\" param p = \"v\" \
         allow GET POST /a /b }}"
    );
    let case = policy(&text).tests.remove(0);
    let token = case.token.unwrap();
    assert_eq!(token.claims()["sub"], "ana");
    assert_eq!(token.userinfo().unwrap()["a"], 1);
    assert_eq!(case.context.time, Some(60));
    assert_eq!(case.context.header("x-a"), Some("b"));
    assert_eq!(case.context.query_parameter("c"), Some("d"));
    assert_eq!(case.context.stage.as_deref(), Some("prod"));
    assert_eq!(case.params, [("p".to_owned(), "v".to_owned())]);
    assert_eq!(case.expectations[0].paths, ["/a", "/b"]);
}

#[test]
fn rules_without_an_id_are_called_by_file_and_line() {
    let text = "public GET /a public GET /b\npublic GET /c as own\ntest \"t\" { anonymous allow GET /a by \"p.policy:1\" }";
    let policy = policy(text);
    let ids: Vec<&str> = policy.program.parts().rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["p.policy:1", "p.policy:1:2", "own"]);
}

#[test]
fn claims_of_a_file_are_an_object() {
    let compiled = |json: &str| {
        let text = format!("{ISSUER}test \"t\" {{ token \"ana.json\" deny GET /a }}");
        codes_of(&compile("p.policy", &MemoryFiles::default().with("p.policy", text).with("ana.json", json)))
    };
    assert_eq!(compiled("{ \"sub\": \"ana\" }"), OK);
    assert_eq!(compiled("[1]"), ["E0316"]);
    assert_eq!(compiled("eyJhbGciOi.x.y"), ["E0316"]);
    assert_eq!(compiled(" \n"), ["E0505"]);
}

#[test]
fn a_tests_token_is_that_of_its_iss() {
    let issuer_of = |params: &str, test: &str| {
        let text = format!(
            "{params}\nissuer a {{ url \"https://a/\" audience \"x\" }}\n\
             issuer b {{ url \"https://b/${{pool}}\" audience \"x\" }}\n\
             issuer c {{ url \"https://c/${{pool}}\" audience \"x\" }}\n\
             test \"t\" {{ {test} deny GET /a }}"
        );
        let compilation = compile_text(&text);
        match compilation.policy {
            Some(policy) => Ok(policy.tests[0].token.as_ref().unwrap().issuer()),
            None => Err(compilation.diagnostics[0].code.as_str()),
        }
    };
    let (open, set) = ("param pool", "param pool = \"p1\"");
    for (params, test, issuer) in [
        (open, "token { \"sub\": \"x\" }", Ok(IssuerId(0))),
        (open, "token { \"iss\": \"https://a/\" }", Ok(IssuerId(0))),
        (open, "token { \"iss\": \"https://c/anything\" }", Ok(IssuerId(2))),
        (set, "token { \"iss\": \"https://b/p1\" }", Ok(IssuerId(1))),
        (set, "token { \"iss\": \"https://b/p2\" }", Err("E0317")),
        (set, "token { \"iss\": \"https://b/p2\" } param pool = \"p2\"", Ok(IssuerId(1))),
        (set, "token { \"iss\": \"https://b/p2\" } issuer c", Ok(IssuerId(2))),
    ] {
        assert_eq!(issuer_of(params, test), issuer, "{params} {test}");
    }
}
