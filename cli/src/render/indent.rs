//! JSON with line breaks.

use std::io;

use serde::Serialize;

/// The value as indented JSON; also what it holds as text already, such as a policy document.
pub(crate) fn pretty(value: &impl Serialize) -> io::Result<String> {
    let compact = serde_json::to_string(value)?;
    let mut out = String::with_capacity(2 * compact.len());
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let mut chars = compact.chars().peekable();
    while let Some(c) = chars.next() {
        let closes = matches!(c, '}' | ']') && !in_string;
        if closes && !out.ends_with(['{', '[']) {
            depth -= 1;
            break_line(&mut out, depth);
        } else if closes {
            depth -= 1;
        }
        out.push(c);
        if in_string {
            (in_string, escaped) = (c != '"' || escaped, c == '\\' && !escaped);
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' | '[' => {
                depth += 1;
                if !matches!(chars.peek(), Some('}' | ']')) {
                    break_line(&mut out, depth);
                }
            }
            ',' => break_line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    Ok(out)
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_is_indented_as_serde_does_it() {
        let value = json!({
            "a": [], "b": {}, "c": [1, [2.5, null], {"d": true}], "e\"{": "x,:[]{}\\\" \\", "f": {"g": {"h": [""]}}
        });
        assert_eq!(super::pretty(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(super::pretty(&json!([])).unwrap(), "[]");
    }
}
