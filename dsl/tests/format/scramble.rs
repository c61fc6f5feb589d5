//! A policy as somebody might write it who has no formatter.

use crate::random::Rng;

/// The text with other white space, and comments everywhere. It has no syntax errors.
pub(super) fn scrambled(text: &str, rng: &mut Rng) -> String {
    // Some are wild, others hardly changed.
    let wildness = rng.pick(&[1, 5, 30]);
    let mut out = String::new();
    let mut before = "";
    for token in tokens(text) {
        out.push_str(gap(before, token, wildness, rng));
        out.push_str(token);
        before = token;
    }
    out.push_str(rng.pick(&["", "\n", "\n\n\n", "\r\n", " # end", "\n## end\n"]));
    out
}

fn gap(before: &str, next: &str, wildness: usize, rng: &mut Rng) -> &'static str {
    if before.starts_with('#') {
        return rng.pick(&["\n", "\r\n", "\n\n", "\n \n\t\n", "\n    "]);
    }
    let is_glue = matches!(before, "(" | "[") || matches!(next, ")" | "]" | ",");
    if is_glue && rng.percent(30) {
        return "";
    }
    if !rng.percent(wildness) {
        return if rng.percent(20) { "\n" } else { " " };
    }
    rng.pick(&[
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\n\n",
        "\n\n\n\n",
        " # note\n",
        "\n# note\n",
        "\n\n    # note\r\n\n# another ÿ\n",
        "\n# allow(W0101): why\n",
        "  # allow(W0102):  not\twhy  \n",
        "\n## doc\n",
        "\n\n## doc\n##\n##   more\n",
        " ## no doc\n",
        " #\n#\n",
    ])
}

/// The tokens and comments of a text without syntax errors.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => string(rest),
            '/' => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            _ if is_word(first) || first == '-' => dotted(rest),
            '=' | '!' | '<' | '>' if rest[1..].starts_with('=') => 2,
            _ => first.len_utf8(),
        };
        tokens.push(rest[..length].trim_end());
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A word, number or `token."a b".c`.
fn dotted(text: &str) -> usize {
    let mut at = 1;
    loop {
        let rest = &text[at..];
        at += match rest.chars().next() {
            Some(c) if is_word(c) => 1,
            Some('.') if rest[1..].starts_with('"') => 1 + string(&rest[1..]),
            Some('.') => 1,
            _ => return at,
        };
    }
}
