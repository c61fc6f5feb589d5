//! Text for people.

use std::fmt::Write as _;

use super::Paint;
use crate::explain::{Explained, MissShown, RuleShown};

/// A decision with its explanation, a line end behind it.
pub(crate) fn decision(asked: &str, explained: &Explained, paint: Paint) -> String {
    let word = if explained.is_allowed() { paint.good("ALLOW") } else { paint.error("DENY") };
    let mut text = format!("{word}  {asked}\n");
    text.push_str(&reasons(explained, "  ", paint));
    text
}

/// Why a decision came out as it did, a line each.
pub(crate) fn reasons(explained: &Explained, indent: &str, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(detail) = &explained.detail {
        line(&mut text, indent, detail);
    }
    for rule in &explained.rules {
        line(&mut text, indent, &rule_line(rule, paint));
        for doc in rule.doc.iter().flat_map(|doc| doc.lines()) {
            line(&mut text, indent, &format!("  {}", paint.faint(doc)));
        }
    }
    if !explained.near_misses.is_empty() {
        line(&mut text, indent, "nearest rules, and what fails:");
    }
    for miss in &explained.near_misses {
        line(&mut text, indent, &format!("  {}", miss_line(miss, paint)));
    }
    text
}

fn rule_line(rule: &RuleShown, paint: Paint) -> String {
    let place = place(&rule.id, &format!("{}:{}", rule.file, rule.line), paint);
    let because = rule.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    format!("by {} `{}`{place}{because}", rule.effect, rule.id)
}

fn miss_line(miss: &MissShown, paint: Paint) -> String {
    format!("`{}`{}: {}", miss.id, place(&miss.id, &miss.place, paint), miss.failed)
}

/// Where a rule stands, unless its name says it already.
fn place(id: &str, place: &str, paint: Paint) -> String {
    if id == place { String::new() } else { format!(" {}", paint.faint(&format!("({place})"))) }
}

fn line(text: &mut String, indent: &str, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{indent}{line}");
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {noun}{end}", thousands(number))
}

/// `8,192`
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (65_536, "65,536"), (1_234_567, "1,234,567")]
        {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(count(1, "rule"), "1 rule");
        assert_eq!(count(2_000, "rule"), "2,000 rules");
        assert_eq!(hex(&[0, 255]), "00ff");
    }
}
