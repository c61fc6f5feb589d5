//! Random conditions.

use std::collections::BTreeSet;

use super::draft::Cond;
use super::rng::Rng;
use super::words::{
    BLOCKS, BOOL_CLAIMS, GROUPS, HEADERS, HOSTILE, LIST_CLAIMS, NUMBER_CLAIMS, PLAIN, QUERIES, SECONDS,
    STAGES, TEXT_CLAIMS, TIMES, USERINFO_CLAIMS,
};

/// What a condition can name.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Path parameters.
    pub(super) names: BTreeSet<&'static str>,
    /// Lets, with the path parameters that they read.
    pub(super) lets: Vec<(String, BTreeSet<&'static str>)>,
    /// Issuers.
    pub(super) issuers: Vec<&'static str>,
    /// What may be read besides the token.
    pub(super) reads_request: bool,
    /// How many of a hundred tests are of the path, where it has parameters.
    pub(super) path_tests: usize,
    /// Tests of the path only ask whether a part of it is a certain text, one of some, or like a glob: not how
    /// it sorts, or what another part is.
    pub(super) plain_path_tests: bool,
}

/// A condition, at most so deep.
pub(super) fn condition(rng: &mut Rng, scope: &Scope, depth: usize) -> Cond {
    if depth == 0 || rng.percent(55) {
        return atom(rng, scope);
    }
    match rng.below(5) {
        0 => Cond::Not(Box::new(condition(rng, scope, depth - 1))),
        1 | 2 => Cond::All(several(rng, scope, depth - 1)),
        _ => Cond::Any(several(rng, scope, depth - 1)),
    }
}

fn several(rng: &mut Rng, scope: &Scope, depth: usize) -> Vec<Cond> {
    (0..rng.between(2, 3)).map(|_| condition(rng, scope, depth)).collect()
}

fn atom(rng: &mut Rng, scope: &Scope) -> Cond {
    let lets: Vec<&str> = scope
        .lets
        .iter()
        .filter(|(_, reads)| reads.is_subset(&scope.names))
        .map(|(name, _)| name.as_str())
        .collect();
    if !lets.is_empty() && rng.percent(20) {
        return Cond::Atom(rng.pick(&lets).to_owned());
    }
    if !scope.names.is_empty() && rng.percent(scope.path_tests) {
        return Cond::Atom(path_atom(rng, scope));
    }
    if scope.reads_request && rng.percent(20) {
        return Cond::Atom(request_atom(rng));
    }
    Cond::Atom(token_atom(rng, scope))
}

/// A test of a part of the path.
fn path_atom(rng: &mut Rng, scope: &Scope) -> String {
    let names: Vec<&str> = scope.names.iter().copied().collect();
    let part = format!("path.{}", rng.pick(&names));
    let kinds: &[usize] = if scope.plain_path_tests {
        &[0, 1, 2, 3, 4, 5, 10, 11, 12, 12, 13, 14, 14, 15, 16, 17]
    } else {
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    };
    match rng.pick(kinds) {
        0..=7 => {
            let claim = text_claim(rng);
            let operator = equality(rng);
            swapped(rng, &part, operator, &claim)
        }
        8 => format!("{part} {} {}", ordering(rng), text_claim(rng)),
        9 => format!("{} {} {part}", quoted(rng.pick(PLAIN)), ordering(rng)),
        10 | 11 => {
            let literal = text(rng);
            let operator = equality(rng);
            swapped(rng, &part, operator, &literal)
        }
        12 => format!("{part} in {}", texts(rng)),
        13 | 14 => member(rng, &part),
        15 => format!("group {part}"),
        16 => format!("scope {part}"),
        17 => format!("{part} like {}", glob(rng)),
        18 if scope.reads_request => {
            let read = request_text(rng);
            let operator = equality(rng);
            swapped(rng, &part, operator, &read)
        }
        _ => format!("{part} {} path.{}", equality(rng), rng.pick(&names)),
    }
}

/// A test of the request beside its path.
fn request_atom(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => format!("request.ip in {}", quoted(rng.pick(BLOCKS))),
        1 => format!("request.ip in [{}, {}]", quoted(rng.pick(BLOCKS)), quoted(rng.pick(BLOCKS))),
        2 if rng.percent(20) => format!("request.time {} deadline", ordering(rng)),
        2 => format!("request.time {} {}", ordering(rng), quoted(rng.pick(TIMES))),
        3 => format!("request.time {} {}", ordering(rng), rng.pick(SECONDS)),
        4 => format!("request.time {} token.{}", ordering(rng), rng.pick(NUMBER_CLAIMS)),
        5 => {
            let read = request_text(rng);
            let operator = equality(rng);
            let literal = text(rng);
            swapped(rng, &read, operator, &literal)
        }
        6 => {
            let read = request_text(rng);
            let operator = equality(rng);
            let claim = text_claim(rng);
            swapped(rng, &read, operator, &claim)
        }
        7 => {
            let read = request_text(rng);
            member(rng, &read)
        }
        8 => format!("{} in {}", request_text(rng), texts(rng)),
        _ => format!("{} like {}", request_text(rng), glob(rng)),
    }
}

/// A test of the token.
fn token_atom(rng: &mut Rng, scope: &Scope) -> String {
    match rng.below(22) {
        20 => format!("has userinfo.{}", rng.pick(USERINFO_CLAIMS)),
        21 => rng.pick(&["true", "false"]).to_owned(),
        0..=3 => format!("group {}", group(rng)),
        4..=6 => format!("scope {}", group(rng)),
        7 => format!("issuer {}", rng.pick(&scope.issuers)),
        8 => format!("has {}", any_claim(rng)),
        9 | 10 => bool_claim(rng),
        11 => format!("{} {} {}", bool_claim(rng), equality(rng), rng.percent(50)),
        12 => {
            let claim = text_claim(rng);
            let operator = equality(rng);
            let literal = text(rng);
            swapped(rng, &claim, operator, &literal)
        }
        13 => format!("token.{} {} {}", rng.pick(NUMBER_CLAIMS), ordering(rng), number(rng)),
        14 => format!("{} {} {}", any_claim(rng), equality(rng), any_claim(rng)),
        15 => format!("{} {} {}", any_claim(rng), ordering(rng), any_claim(rng)),
        16 => {
            let claim = text_claim(rng);
            let list = texts(rng);
            if rng.percent(80) { format!("{claim} in {list}") } else { format!("{list} contains {claim}") }
        }
        17 => format!("{} in [{}, {}, {}]", any_claim(rng), number(rng), text(rng), rng.percent(50)),
        18 => {
            let item = if rng.percent(50) { text(rng) } else { text_claim(rng) };
            member(rng, &item)
        }
        _ => format!("{} like {}", text_claim(rng), glob(rng)),
    }
}

fn swapped(rng: &mut Rng, a: &str, operator: &str, b: &str) -> String {
    if rng.percent(30) { format!("{b} {operator} {a}") } else { format!("{a} {operator} {b}") }
}

fn member(rng: &mut Rng, item: &str) -> String {
    let list =
        if rng.percent(15) { "userinfo.list".to_owned() } else { format!("token.{}", rng.pick(LIST_CLAIMS)) };
    if rng.percent(50) { format!("{item} in {list}") } else { format!("{list} contains {item}") }
}

fn equality(rng: &mut Rng) -> &'static str {
    if rng.percent(70) { "==" } else { "!=" }
}

fn ordering(rng: &mut Rng) -> &'static str {
    rng.pick(&["<", "<=", ">", ">="])
}

fn text_claim(rng: &mut Rng) -> String {
    if rng.percent(10) { "userinfo.email".to_owned() } else { format!("token.{}", rng.pick(TEXT_CLAIMS)) }
}

fn bool_claim(rng: &mut Rng) -> String {
    if rng.percent(20) {
        "userinfo.email_verified".to_owned()
    } else {
        format!("token.{}", rng.pick(BOOL_CLAIMS))
    }
}

fn any_claim(rng: &mut Rng) -> String {
    let kinds = [TEXT_CLAIMS, LIST_CLAIMS, BOOL_CLAIMS, NUMBER_CLAIMS];
    let kind = rng.pick(&kinds);
    format!("token.{}", rng.pick(kind))
}

fn request_text(rng: &mut Rng) -> String {
    match rng.below(5) {
        0..=2 => format!("request.header.{}", quoted(rng.pick(HEADERS))),
        3 => format!("request.query.{}", rng.pick(QUERIES)),
        _ => "request.stage".to_owned(),
    }
}

/// A string that the policy writes down.
fn text(rng: &mut Rng) -> String {
    match rng.below(12) {
        0 => quoted(&rng.pick(HOSTILE).replace("${", "$")),
        1 => quoted(rng.pick(STAGES)),
        2 => "who".to_owned(),
        3 => "\"${who}\"".to_owned(),
        4 => "\"a${part}\"".to_owned(),
        _ => quoted(rng.pick(PLAIN)),
    }
}

fn texts(rng: &mut Rng) -> String {
    let items: Vec<String> = (0..rng.between(1, 3)).map(|_| text(rng)).collect();
    format!("[{}]", items.join(", "))
}

fn group(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => "team".to_owned(),
        1 => any_claim(rng),
        2 => "\"${team}\"".to_owned(),
        3 => "token.level".to_owned(),
        _ => quoted(rng.pick(GROUPS)),
    }
}

fn number(rng: &mut Rng) -> String {
    rng.pick(&["1", "2", "0", "-3", "1.5", "1.0", "9007199254740993", "1767225600"]).to_owned()
}

fn glob(rng: &mut Rng) -> String {
    quoted(rng.pick(&[
        "*",
        "a*",
        "*n",
        "an?",
        "*@b.example",
        "[a-m]*",
        "[!a]*",
        "{ana,ben}",
        "*{a,e}*",
        "a**b",
        "?",
        "??",
        "${who}",
        "${who}*",
        "\\*",
        "*|*",
        "",
        // What no segment, or no well-formed path, can be.
        "**",
        "{*,a}*",
        "*/b",
        "a/*",
        "{a/b,ana}",
        "{..,ana}",
        ".*",
    ]))
}

/// The string as a policy holds it. `$` stands for itself unless a brace follows; those are meant.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\u{7f}' => out.push_str("\\u007f"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
