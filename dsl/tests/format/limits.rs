//! Texts that cannot be formatted, and those that could take long.

use std::time::{Duration, Instant};

use policy_dsl::format::format;
use policy_dsl::limits::{MAX_DEPTH, MAX_LINE_BYTES};

use super::support::formatted;

fn codes(text: &str) -> Vec<&'static str> {
    format(text).unwrap_err().iter().map(|error| error.code.as_str()).collect()
}

#[test]
fn a_text_with_syntax_errors_is_not_touched() {
    assert_eq!(codes("allow GET\n"), ["E0101"]);
    assert_eq!(codes("allow GET /a;\nlet a = b && c\n").len(), 2);
    for text in ["permit GET /a\n", "allow get /a\n", "allow GET, POST /a\n", "let a = 'x' == token.y\n"] {
        assert!(!codes(text).is_empty(), "{text}");
    }
}

#[test]
fn what_only_the_checker_knows_is_no_hindrance() {
    assert_eq!(
        formatted("allow GET /a when  nothing\n## dangling"),
        "allow GET  /a  when nothing\n## dangling\n"
    );
}

#[test]
fn a_result_that_could_not_be_read_again_is_refused() {
    let token = |length: usize| format!("token{}", ".a".repeat(length / 2));
    let line = format!("let a =\n{}", token(MAX_LINE_BYTES - 14));
    formatted(&line);
    assert_eq!(codes(&format!("let a =\n{}", token(MAX_LINE_BYTES - 12))), ["E0401"]);

    let depth = MAX_DEPTH - 3;
    let items = "1,\n".repeat(100_000);
    let deep = format!("{}{items}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(codes(&format!("test \"t\" {{ token {{ \"a\": {deep} }} deny GET /x }}")), ["E0506"]);
}

#[test]
fn large_texts_are_formatted_in_linear_time() {
    let long = format!("allow GET /{} when a as r\n", "p".repeat(60_000));
    let rules = "allow GET /users/{id} when a as r # c\n".repeat(10_000);
    let cases = [
        rules.clone(),
        format!("{long}{rules}"),
        long.repeat(50),
        format!("allow GET {}", "/a\n".repeat(50_000)),
        format!("allow {} /a", "GET\n".repeat(50_000)),
        format!("let a = b{}", "\nor c".repeat(50_000)),
        format!("let a = b in [{}1]", "1,\n".repeat(50_000)),
        format!("api {{ {} }}", "GET /a\n".repeat(50_000)),
        "#\n".repeat(100_000),
        format!("let a = {} b", "#\n".repeat(100_000)),
        format!("let a = b{}", "\n".repeat(1_000_000)),
        format!("context {{ {} }}", "a = b\n".repeat(50_000)),
    ];
    for text in cases {
        let start = Instant::now();
        let formatted = format(&text).unwrap();
        // What is linear takes well under a second; what is quadratic takes minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}: {}", start.elapsed(), &text[..40]);
        assert!(formatted.len() < 5 * text.len() + 1_000, "{}", &text[..40]);
    }
}
