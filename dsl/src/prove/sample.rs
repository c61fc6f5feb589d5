//! Texts that globs match, and texts that nothing in a policy knows.

use policy_engine::glob;

/// A text that the glob matches, where a simple one does.
pub(super) fn matching(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' | '?' => out.push('x'),
            '\\' => out.extend(rest.next()),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                out.push(match class.strip_prefix(['!', '^']) {
                    Some(_) => 'x',
                    None => class.chars().next()?,
                });
            }
            '{' => {
                let choices: String = rest.by_ref().take_while(|c| *c != '}').collect();
                out.push_str(choices.split(',').next().unwrap_or_default());
            }
            other => out.push(other),
        }
    }
    matches(pattern, &out).then_some(out)
}

/// Whether the glob matches the text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    glob::matcher(pattern).is_ok_and(|glob| glob.is_match(text))
}

/// What a claim has to be to be equal to this segment; `None` where none can be.
pub(super) fn decoded(segment: &str) -> Option<String> {
    if !segment.contains('%') {
        return Some(segment.to_owned());
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let Some((hex, behind)) = after.split_at_checked(2).filter(|_| *first == b'%') else {
            bytes.push(*first);
            rest = after;
            continue;
        };
        let hex = std::str::from_utf8(hex).ok()?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = behind;
    }
    let text = String::from_utf8(bytes).ok()?;
    policy_engine::path::segment_equals(segment, &text).then_some(text)
}

/// Names for people that no rule knows.
const NAMES: [&str; 10] = ["ana", "ben", "cho", "dia", "eli", "x1", "q-7", "zz", "0", "u_5"];

/// Up to `count` texts that are none of these and that none of the globs matches.
pub(super) fn strangers(count: usize, known: impl Fn(&str) -> bool, globs: &[String]) -> Vec<String> {
    let is_strange = |name: &str| !known(name) && !globs.iter().any(|glob| matches(glob, name));
    let plain = NAMES.iter().map(|&name| name.to_owned());
    let longer = NAMES.iter().map(|name| format!("{name}-2"));
    plain.chain(longer).filter(|name| is_strange(name)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_have_samples() {
        for (glob, text) in [("a*", "ax"), ("v[0-9]", "v0"), ("[!u]*", "xx"), ("{a,b}?", "ax"), ("\\*", "*")]
        {
            assert_eq!(matching(glob).as_deref(), Some(text), "{glob}");
        }
        assert_eq!(matching("[!x]"), None);
    }

    #[test]
    fn segments_are_decoded_where_a_claim_can_be_equal() {
        assert_eq!(decoded("a%20b").as_deref(), Some("a b"));
        assert_eq!(decoded("%C3%BC").as_deref(), Some("ü"));
        assert_eq!(decoded("a").as_deref(), Some("a"));
        assert_eq!(decoded("%zz"), None);
        assert_eq!(decoded("%61"), None, "an `a` is never written so");
    }

    #[test]
    fn strangers_are_strange() {
        let found = strangers(3, |name| name == "ben", &["a*".to_owned()]);
        assert_eq!(found, ["cho", "dia", "eli"]);
    }
}
