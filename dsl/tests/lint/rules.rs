//! What lints keep to, over all of them.

use policy_dsl::lint;
use policy_dsl::lint::Levels;
use policy_dsl::source::MemoryFiles;

fn codes(text: &str) -> Vec<&'static str> {
    let compilation = lint("p.policy", &MemoryFiles::default().with("p.policy", text), &Levels::default());
    compilation.diagnostics.iter().map(|found| found.code.as_str()).collect()
}

#[test]
fn a_policy_with_errors_is_looked_at_for_its_characters_only() {
    assert_eq!(codes("public GET /a when false and nothing"), ["E0201"]);
    assert_eq!(codes("public GET /a when nothing == \"a\u{200b}b\""), ["E0201", "W0206"]);
    assert_eq!(codes("# allow(W0403)\npublic GET /a when nothing"), ["W0204", "E0201"]);
}

#[test]
fn of_rules_that_say_the_same_one_stays() {
    let same = "public GET /a/{id}\npublic GET /a/{name}\npublic GET /a/*";
    assert_eq!(codes(same), ["W0404", "W0404"]);
    // Each has a verb that the other lacks.
    assert_eq!(codes("public GET PUT /a\npublic GET POST /a"), [""; 0]);
    // Three that cover one another in a ring, path by path.
    let ring = "public GET /a /b\npublic GET /b /c\npublic GET /c /a";
    assert_eq!(codes(ring), ["W0404"]);
}

#[test]
fn a_file_without_rules_is_there_for_others() {
    assert_eq!(codes("param p\nlet l = request.stage == \"x\""), [""; 0]);
}

#[test]
fn routes_of_a_description_are_placed_where_it_is_named() {
    let api = r#"{"openapi": "3.0.0", "paths": {"/a": {"get": {}}, "/b": {"get": {}}}}"#;
    let files = MemoryFiles::default()
        .with("p.policy", "# allow(unreached_route): not yet\napi \"api.json\"\npublic GET /a")
        .with("api.json", api);
    assert_eq!(lint("p.policy", &files, &Levels::default()).diagnostics, []);
}

/// The codes about what API Gateway keeps, of an `authorizer` block and what follows it.
fn kept(block: &str, rest: &str) -> Vec<&'static str> {
    let issuer = "issuer main { url \"https://id.example.com/\" audience \"a\" }";
    let found = codes(&format!("authorizer {{ {block} }}\n{issuer}\n{rest}"));
    found.into_iter().filter(|code| ["W0304", "W0306", "W0307", "W0308"].contains(code)).collect()
}

#[test]
fn an_invariant_is_no_part_of_an_answer() {
    let simple = "response simple cache 60 identity header.Authorization context.routeKey";
    let rules = "allow GET /a/{id}\nnever allow GET /a/{id} unless";
    assert_eq!(kept("cache 60", &format!("{rules} request.header.x == token.x")), [""; 0]);
    assert_eq!(kept(simple, &format!("{rules} path.id == token.sub")), [""; 0]);
}

#[test]
fn a_simple_response_is_right_for_no_more_than_its_key_tells() {
    let identity = |names: &str| format!("response simple cache 60 identity header.Authorization {names}");
    for (names, rule, expected) in [
        ("", "allow ANY /**", &[][..]),
        ("", "allow GET /**", &["W0307"]),
        ("", "allow ANY /a", &["W0307"]),
        ("", "allow GET /a/{id} when path.id == token.sub", &["W0307", "W0307"]),
        ("context.routeKey", "allow GET /a", &[]),
        ("context.routeKey", "allow GET /a/{id} when path.id == token.sub", &["W0307"]),
        ("context.routeKey context.path", "allow GET /a/{id} when path.id == token.sub", &["W0307"]),
        ("context.httpMethod context.path", "allow GET /a/{id} when path.id == token.sub", &[]),
        ("context.routeKey", "api { GET PUT /a }\nallow GET /a", &[]),
        ("context.routeKey", "api { ANY /a }\nallow GET /a", &["W0307"]),
        ("context.routeKey", "api { GET /{all+} }\nallow GET /a", &["W0307"]),
        ("context.routeKey", "api { GET /{all+} }\nallow GET /**", &[]),
        // An IAM policy would ask for these itself.
        ("context.routeKey", "allow GET /a when request.ip in \"10.0.0.0/8\"", &["W0304"]),
        ("context.routeKey", "allow GET /a when request.time > \"2026-01-01T00:00:00Z\"", &["W0304"]),
    ] {
        assert_eq!(kept(&identity(names), rule), expected, "{names}: {rule}");
    }
    assert_eq!(kept("response simple cache 0", "allow GET /a"), [""; 0]);
    assert_eq!(kept("response simple", "allow GET /a"), [""; 0]);
    assert_eq!(kept("cache 60", "allow GET /a/{id} when path.id == token.sub"), [""; 0]);
}

/// A simple response has no IAM policy that could hold for one request only.
#[test]
fn only_a_policy_can_be_for_one_request() {
    let rules = "allow GET /users/{id}\nallow GET /users/{id}/photos when path.id == token.sub";
    let key = "cache 60 identity header.Authorization";
    assert_eq!(kept(key, rules), ["W0306"]);
    assert_eq!(kept(&format!("response simple {key}"), rules), ["W0307", "W0307"]);
}

#[test]
fn the_token_of_a_test_tells_how_long_tokens_live() {
    let test = |iat: u64, exp: u64| {
        format!(
            "allow GET /a\ntest \"t\" {{ token {{ \"sub\": \"a\", \"iat\": {iat}, \"exp\": {exp} }} allow GET /a }}"
        )
    };
    for (block, iat, exp, expected) in [
        ("cache 60", 1_000, 1_059, &["W0308"][..]),
        ("cache 60", 1_000, 1_060, &[]),
        ("cache 60", 1_000, 900, &[]),
        ("cache 60 expire_with_token yes", 1_000, 1_059, &[]),
        ("cache 0", 1_000, 1_059, &[]),
        ("resource_policy yes", 1_000, 1_059, &[]),
    ] {
        assert_eq!(kept(block, &test(iat, exp)), expected, "{block} {iat} {exp}");
    }
}
