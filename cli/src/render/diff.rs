//! What a text would become.

use similar::TextDiff;

use super::Paint;

/// The lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// A unified diff, which `patch` and `git apply` take; empty where nothing changes.
pub(crate) fn unified(path: &str, before: &str, after: &str, paint: Paint) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().context_radius(CONTEXT).header(path, path).to_string();
    if !paint.is_on() {
        return text;
    }
    text.split_inclusive('\n').map(|line| painted(line, paint)).collect()
}

fn painted(line: &str, paint: Paint) -> String {
    let body = line.strip_suffix('\n').unwrap_or(line);
    let end = if body.len() < line.len() { "\n" } else { "" };
    let body = match line.as_bytes().first() {
        Some(b'+') => paint.good(body),
        Some(b'-') => paint.error(body),
        Some(b'@') => paint.help(body),
        _ => body.to_owned(),
    };
    body + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_and_a_little_around_it() {
        let before = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
        let after = before.replace("five", "5");
        assert_eq!(
            unified("p.policy", before, &after, Paint::NONE),
            "--- p.policy\n+++ p.policy\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-five\n+5\n 6\n 7\n 8\n"
        );
        assert_eq!(unified("p.policy", before, before, Paint::NONE), "");
    }
}
