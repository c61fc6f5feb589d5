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
