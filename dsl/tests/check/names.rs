//! Names: unknown, defined twice, defined by themselves, bound by no path.

use super::support::{assert_table, codes, codes_of, compile_text, findings};

const OK: &[&str] = &[];

#[test]
fn unknown_names_are_reported_each() {
    assert_table(
        &[
            ("allow GET /a when admin", &["E0201"]),
            ("allow GET /a when admin and token.x == other", &["E0201", "E0201"]),
            ("allow GET /a when token.x == \"${nope}\"", &["E0202"]),
            ("issuer b { url nope audience \"${nope2}\" }", &["E0202", "E0202"]),
            ("allow GET /a because \"${nope}\"", &["E0202"]),
            ("allow GET /a when issuer other", &["E0203"]),
            ("let l = token.x\nallow GET /a when token.y == \"${l}\"", &["E0302"]),
            ("test \"t\" { anonymous deny GET /a by nobody }", &["E0204"]),
            ("allow GET /a as a\ntest \"t\" { anonymous deny GET /a by a }", OK),
            ("test \"t\" { anonymous param x = \"1\" deny GET /a }", &["E0202"]),
            ("test \"t\" { token { } issuer other deny GET /a }", &["E0203"]),
            ("principal x", &["E0201"]),
            ("context { a = x }", &["E0201"]),
        ],
        codes,
    );
}

#[test]
fn near_names_are_suggested() {
    let help = |text: &str| {
        let compilation = compile_text(text);
        compilation.diagnostics.iter().filter_map(|found| found.help.clone()).collect::<Vec<_>>()
    };
    assert_eq!(help("let admin = token.a\ndeny GET /a when amdin"), ["did you mean `admin`?"]);
    assert_eq!(
        help("param group_name\ndeny GET /a when token.x == \"${group_nam}\""),
        ["did you mean `group_name`?"]
    );
    assert_eq!(help("deny GET /users/{userid} when path.user_id == token.sub"), ["did you mean `userid`?"]);
    assert_eq!(
        help("issuer okta { url \"https://a/\" audience \"b\" }\ndeny GET /a when okta"),
        ["`issuer okta` is true for a token of that issuer"]
    );
}

#[test]
fn names_are_defined_once() {
    assert_table(
        &[
            ("param a\nparam a", &["E0205"]),
            ("let a = token.a\nlet a = token.b\nallow GET /a when a", &["E0205"]),
            ("let a = token.a\nparam a", &["E0205"]),
            // An issuer is only named behind `issuer`.
            ("let idp = token.a", OK),
            ("issuer idp { url \"https://b/\" audience \"b\" }", &["E0206"]),
            ("allow GET /a as x\ndeny GET /b as x\ndeny GET /c as x", &["E0207", "E0207"]),
            ("principal token.sub\nprincipal token.email", &["E0208"]),
            ("usage_key token.a\nusage_key token.a", &["E0208"]),
            ("authorizer { cache 5 }\nauthorizer { cache 6 }", &["E0208"]),
            ("context { a = token.a }\ncontext { b = token.b }", OK),
            ("api { GET /a }\napi { GET /b }", OK),
        ],
        codes,
    );
}

#[test]
fn a_second_definition_points_to_the_first() {
    let compilation = compile_text("let a = token.a\nlet a = token.b\n");
    let found = &compilation.diagnostics[0];
    let related = &found.related[0];
    assert_eq!(compilation.sources.start(found.span.unwrap()).line, 2);
    assert_eq!(compilation.sources.start(related.span).line, 1);
    assert_eq!(related.message, "first defined here");
}

#[test]
fn conditions_are_not_defined_by_themselves() {
    assert_table(
        &[
            ("let a = a", &["E0210"]),
            ("let a = b or token.x\nlet b = not c\nlet c = a\nallow GET /a when a and b", &["E0210"]),
            ("let a = b\nlet b = a\nlet c = d\nlet d = c", &["E0210", "E0210"]),
            // What is made of a circle is not one, and its own errors are seen.
            ("let a = a\nlet b = a and 5", &["E0210", "E0301"]),
            ("let b = a\nlet a = token.x\nallow GET /a when b", OK),
        ],
        codes,
    );
    let compilation = compile_text("let a = b\nlet b = c\nlet c = b\n");
    assert_eq!(findings(&compilation), ["E0210 \"c\": `b` is defined by itself: `b` → `c` → `b`"]);
}

#[test]
fn paths_bind_the_names_that_are_read() {
    assert_table(
        &[
            ("allow GET /u/{id} when path.id == token.sub", OK),
            ("allow GET /u/{rest+} when path.rest == token.sub", OK),
            ("allow GET /u when path.id == token.sub", &["E0211"]),
            ("allow GET /u/{id} /v when path.id == token.sub", &["E0211"]),
            ("allow GET /u /v /w when path.id == token.sub", &["E0211"]),
            ("allow GET /u when path.a == token.sub or path.b == token.sub", &["E0211", "E0211"]),
            ("let own = path.id == token.sub\nallow GET /u when own", &["E0211"]),
            ("let own = path.id == token.sub\nlet o = not own\nallow GET /u when o unless own", &["E0211"]),
            ("let own = path.id == token.sub\nallow GET /u/{id} when own", OK),
            // Which names there are depends on the rule: a `let` alone is right.
            ("let own = path.id == token.sub", OK),
            ("never allow GET /u unless path.id == token.sub", &["W0101", "E0211"]),
        ],
        codes,
    );
}

#[test]
fn an_unbound_name_is_shown_with_the_let_and_the_path() {
    let compilation = compile_text("let own = path.id == token.sub\ndeny GET /u when own\n");
    assert_eq!(findings(&compilation), ["E0211 \"own\": `own` reads `path.id`, and `/u` does not bind it"]);
    let related: Vec<(&str, &str)> = compilation.diagnostics[0]
        .related
        .iter()
        .map(|related| (related.message.as_str(), compilation.sources.slice(related.span)))
        .collect();
    assert_eq!(related, [("read here", "path.id"), ("`id` is not bound here", "/u")]);
}

#[test]
fn what_could_not_be_read_is_no_unknown_name() {
    let codes = |text: &str| codes_of(&compile_text(text));
    // The broken `let` may well define what the rule names.
    assert_eq!(codes("let admin = (token.a\ndeny GET /a when admin\n").len(), 1);
    assert_eq!(codes("use other.policy\ndeny GET /a when admin\n").len(), 1);
    assert_eq!(codes("use \"nope.policy\"\ndeny GET /a when admin or issuer x\n"), ["E0501"]);
}

#[test]
fn warnings_are_turned_off_for_a_statement() {
    assert_table(
        &[
            ("never allow GET /a", &["W0101"]),
            ("# allow(W0101): proved by hand\nnever allow GET /a", OK),
            ("# allow(W0101): proved by hand\nnever allow GET /a\nnever allow GET /b", &["W0101"]),
            ("# allow(W0301): another one\nnever allow GET /a", &["W0101"]),
            ("# allow(W9999): unknown\nallow GET /a", &["W0202"]),
            ("# allow(E0211): no\nallow GET /a when path.id == token.sub", &["W0202", "E0211"]),
        ],
        codes,
    );
}
