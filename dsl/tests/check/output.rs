//! `principal`, `usage_key`, `context`.

use super::support::{assert_table, codes};

const OK: &[&str] = &[];

#[test]
fn principal_and_usage_key_are_strings() {
    assert_table(
        &[
            ("principal token.sub", OK),
            ("param p\nprincipal \"${p}-x\"\nusage_key p", OK),
            ("principal request.header.x", OK),
            ("principal 5", &["E0305"]),
            ("principal true", &["E0305"]),
            ("usage_key [\"a\"]", &["E0305"]),
            ("usage_key request.ip", &["E0305"]),
            ("principal path.id", &["E0212"]),
            ("usage_key path.id", &["E0212"]),
            ("let l = token.a\nprincipal l", &["E0302"]),
        ],
        codes,
    );
}

#[test]
fn context_values_are_strings_numbers_and_booleans() {
    assert_table(
        &[
            ("let l = token.a\nparam p\ncontext { a = l b = p c = token.x d = 5 e = true f = \"x\" }", OK),
            ("context { a = token.x == 5 b = group \"a\" c = not token.x d = has token.x }", OK),
            ("context { a = json(token.roles) b = request.time }", OK),
            ("context { a = [\"x\"] }", &["E0309"]),
            ("context { a = json([\"x\"]) }", &["E0309"]),
            ("context { a = request.ip }", &["E0309"]),
            ("context { a = path.id }", &["E0212"]),
            ("context { a = json(path.id) }", &["E0212"]),
            ("context { a = path.id == token.sub }", &["E0212"]),
            ("let own = path.id == token.sub\ncontext { a = own b = not own }", &["E0212", "E0212"]),
            ("context { claims = token.sub }", &["E0310"]),
            ("context { a = token.a }\ncontext { a = token.b }", &["E0209"]),
        ],
        codes,
    );
}
