//! Types of values and conditions.

use super::support::{assert_table, codes, condition_codes};

const OK: &[&str] = &[];
const NOT_A_CONDITION: &[&str] = &["E0301"];
const NOT_A_VALUE: &[&str] = &["E0302"];
const NEVER: &[&str] = &["E0303"];
const NOT_A_LIST: &[&str] = &["E0304"];
const NOT_A_STRING: &[&str] = &["E0305"];
const NOT_A_CLAIM: &[&str] = &["E0306"];
const ADDRESS: &[&str] = &["E0307"];
const TIME: &[&str] = &["E0308"];

#[test]
fn what_stands_alone_is_a_condition() {
    assert_table(
        &[
            ("token.x", OK),
            ("userinfo.x", OK),
            ("l", OK),
            ("true", OK),
            ("not (l or false)", OK),
            ("p", NOT_A_CONDITION),
            ("\"a\"", NOT_A_CONDITION),
            ("5", NOT_A_CONDITION),
            ("path.id", NOT_A_CONDITION),
            ("[\"a\"]", NOT_A_CONDITION),
            ("request.ip", NOT_A_CONDITION),
            ("request.time", NOT_A_CONDITION),
            ("request.header.x", NOT_A_CONDITION),
            ("p and 5 and path.id", &["E0301", "E0301", "E0301"]),
        ],
        condition_codes,
    );
}

#[test]
fn values_that_can_never_be_so_related_are_refused() {
    assert_table(
        &[
            ("path.id == token.sub", OK),
            ("path.id == \"a\"", OK),
            ("path.id == p", OK),
            ("p == \"a\"", OK),
            ("token.a == token.b", OK),
            ("token.a < token.b", OK),
            ("token.a == true", OK),
            ("token.a != 5", OK),
            ("request.header.x < \"m\"", OK),
            ("request.stage == \"prod\"", OK),
            ("1 < 2", OK),
            ("true == false", OK),
            ("path.id == 5", NEVER),
            ("5 != path.id", NEVER),
            ("\"a\" < true", NEVER),
            ("p == true", NEVER),
            ("request.query.page == 2", NEVER),
            ("token.a < true", NEVER),
            ("true >= token.a", NEVER),
            ("token.a == [\"b\"]", NEVER),
            ("[\"b\"] != token.a", NEVER),
            ("l == true", NOT_A_VALUE),
            ("token.a == l", NOT_A_VALUE),
            ("l in token.a", NOT_A_VALUE),
        ],
        condition_codes,
    );
}

#[test]
fn a_time_is_compared_with_times_and_seconds() {
    assert_table(
        &[
            ("request.time < \"2026-01-01T00:00:00Z\"", OK),
            ("\"2026-01-01T00:00:00+02:00\" <= request.time", OK),
            ("request.time == token.iat", OK),
            ("request.time > 1700000000", OK),
            ("request.time < p", OK),
            ("request.time < \"${p}T00:00:00Z\"", OK),
            ("request.time < \"tomorrow\"", TIME),
            ("request.time < \"2026-01-01\"", TIME),
            ("\"\" < request.time", TIME),
            ("request.time == true", NEVER),
            ("request.time < path.id", NEVER),
            ("request.time < request.header.x", NEVER),
            ("request.time in [\"2026-01-01T00:00:00Z\"]", NEVER),
            ("request.time like \"2026*\"", NEVER),
            ("path.id in [request.time]", NEVER),
        ],
        condition_codes,
    );
}

#[test]
fn an_address_is_compared_with_addresses_and_blocks() {
    assert_table(
        &[
            ("request.ip in \"10.0.0.0/8\"", OK),
            ("request.ip in \"2001:db8::/32\"", OK),
            ("request.ip in \"10.0.0.1\"", OK),
            ("request.ip in [\"10.0.0.0/8\", p, \"${p}/16\"]", OK),
            ("\"10.0.0.0/8\" contains request.ip", OK),
            ("request.ip == \"10.0.0.1\"", OK),
            ("\"::1\" != request.ip", OK),
            ("request.ip == p", OK),
            ("request.ip == \"10.0.0.0/8\"", ADDRESS),
            ("request.ip == \"here\"", ADDRESS),
            ("request.ip in \"10.0.0.0/33\"", ADDRESS),
            ("request.ip in \"10.0.0\"", ADDRESS),
            ("request.ip in \"010.0.0.0/8\"", ADDRESS),
            ("request.ip == \"10.0.0.01\"", ADDRESS),
            ("request.ip in [\"a\", \"10.0.0.1\", \"b\"]", &["E0307", "E0307"]),
            ("request.ip < \"10.0.0.1\"", NEVER),
            ("request.ip in token.addresses", NEVER),
            ("request.ip == token.address", NEVER),
            ("request.ip in [5]", NEVER),
            ("request.ip == request.ip", NEVER),
            ("request.ip like \"10.*\"", NEVER),
        ],
        condition_codes,
    );
}

#[test]
fn lists_are_written_or_claims() {
    assert_table(
        &[
            ("token.a in [\"x\", \"y\"]", OK),
            ("token.a in [1, \"y\", true]", OK),
            ("path.id in token.ids", OK),
            ("token.ids contains path.id", OK),
            ("path.id in [token.sub, \"me\", p]", OK),
            ("5 in token.numbers", OK),
            ("path.id in []", OK),
            ("[\"a\"] contains p", OK),
            ("token.a in \"x\"", NOT_A_LIST),
            ("token.a in p", NOT_A_LIST),
            ("token.a in 5", NOT_A_LIST),
            ("token.a in request.header.x", NOT_A_LIST),
            ("\"x\" contains token.a", NOT_A_LIST),
            ("path.id in [1, \"a\", 2]", &["E0303", "E0303"]),
            ("path.id in [[\"a\"]]", NEVER),
            ("[\"a\"] in token.lists", NEVER),
            ("token.x in [request.ip]", NEVER),
        ],
        condition_codes,
    );
}

#[test]
fn globs_are_strings_of_the_policy() {
    assert_table(
        &[
            ("token.email like \"*@example.com\"", OK),
            ("path.id like p", OK),
            ("request.header.x like \"${p}-*\"", OK),
            ("token.email like \"[\"", &["E0110"]),
            ("token.email like \"{a\"", &["E0110"]),
            ("token.email like token.pattern", NOT_A_STRING),
            ("token.email like 5", NOT_A_STRING),
            ("5 like \"5\"", NEVER),
            ("[\"a\"] like \"a\"", NEVER),
            ("5 like 5", &["E0303", "E0305"]),
        ],
        condition_codes,
    );
}

#[test]
fn groups_and_scopes_are_strings() {
    assert_table(
        &[
            ("group \"a\"", OK),
            ("group p", OK),
            ("group path.id", OK),
            ("group token.team", OK),
            ("scope request.header.x", OK),
            ("issuer idp", OK),
            ("group 5", NEVER),
            ("scope true", NEVER),
            ("group [\"a\", \"b\"]", NEVER),
            ("group request.ip", NEVER),
            ("group l", NOT_A_VALUE),
        ],
        condition_codes,
    );
    let bare = "issuer a { url \"https://a/\" audience \"x\" }\n";
    let compiled =
        |text: &str| super::support::codes_of(&super::support::compile_text(&format!("{bare}{text}")));
    assert_eq!(compiled("allow GET /a when scope \"b\""), OK);
    assert_eq!(compiled("allow GET /a when group \"b\" or group \"c\""), ["E0311"]);
    assert_eq!(compiled("allow GET /a when userinfo.x or userinfo.y"), ["E0312"]);
}

#[test]
fn only_claims_are_there_or_not() {
    assert_table(
        &[
            ("has token.x", OK),
            ("has userinfo.a.b", OK),
            ("has request.header.x", NOT_A_CLAIM),
            ("has path.id", NOT_A_CLAIM),
            ("has l", NOT_A_CLAIM),
            ("has \"a\"", NOT_A_CLAIM),
        ],
        condition_codes,
    );
}

#[test]
fn conditions_stay_within_bounds_with_every_let_written_out() {
    let doubling = |levels: usize| {
        let line = |level: usize| format!("let l{level} = l{0} or not l{0}\n", level - 1);
        format!("let l0 = token.a\n{}", (1..=levels).map(line).collect::<Vec<_>>().concat())
    };
    assert_eq!(codes(&format!("{}allow GET /a when l8", doubling(8))), OK);
    // Those that are made of one that is too large are not reported as well.
    assert_eq!(codes(&format!("{}allow GET /a when l40", doubling(40))), ["E0416"]);
    let chain = |length: usize| {
        let line = |level: usize| format!("let l{level} = l{}\n", level - 1);
        format!("let l0 = token.a\n{}", (1..=length).map(line).collect::<Vec<_>>().concat())
    };
    assert_eq!(codes(&chain(200)), OK);
    assert_eq!(codes(&chain(300)), ["E0417"]);
    assert_eq!(codes(&chain(50_000)), ["E0417"]);
}
