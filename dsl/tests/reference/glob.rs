//! Globs: `*` any bytes, `?` one byte, `[a-z]` and `[!a-z]` one byte, `{a,b}` one or the other, `\` the next as it is.

/// Whether the glob matches all of the text.
pub(crate) fn glob_matches(glob: &str, text: &str) -> bool {
    alternatives(glob.as_bytes()).iter().any(|glob| matches(glob, text.as_bytes()))
}

/// The globs without `{a,b}` that a glob stands for.
fn alternatives(glob: &[u8]) -> Vec<Vec<u8>> {
    let Some((before, choices, after)) = first_braces(glob) else { return vec![glob.to_vec()] };
    choices.iter().flat_map(|choice| alternatives(&[before, choice, after].concat())).collect()
}

/// What stands before the first `{…}`, its parts, and what stands behind it.
type Braces<'a> = (&'a [u8], Vec<&'a [u8]>, &'a [u8]);

fn first_braces(glob: &[u8]) -> Option<Braces<'_>> {
    let mut start = None;
    let mut commas = Vec::new();
    let mut depth = 0;
    let mut in_class = false;
    let mut escaped = false;
    for (at, byte) in glob.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b']' => in_class = false,
            _ if in_class => {}
            b'[' => in_class = true,
            b'{' => {
                depth += 1;
                start = start.or(Some(at));
            }
            b',' if depth == 1 => commas.push(at),
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    let start = start?;
                    let mut parts = Vec::new();
                    let mut from = start + 1;
                    for comma in commas {
                        parts.push(&glob[from..comma]);
                        from = comma + 1;
                    }
                    parts.push(&glob[from..at]);
                    return Some((&glob[..start], parts, &glob[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

fn matches(glob: &[u8], text: &[u8]) -> bool {
    match glob {
        [] => text.is_empty(),
        [b'*', glob @ ..] => (0..=text.len()).any(|skipped| matches(glob, &text[skipped..])),
        [b'?', glob @ ..] => !text.is_empty() && matches(glob, &text[1..]),
        [b'[', glob @ ..] => {
            let (negated, glob) = match glob {
                [b'!' | b'^', glob @ ..] => (true, glob),
                _ => (false, glob),
            };
            let end = glob.iter().position(|byte| *byte == b']').expect("a class is closed");
            let Some((first, text)) = text.split_first() else { return false };
            in_class(&glob[..end], *first) != negated && matches(&glob[end + 1..], text)
        }
        [b'\\', literal, glob @ ..] | [literal, glob @ ..] => {
            text.first() == Some(literal) && matches(glob, &text[1..])
        }
    }
}

fn in_class(class: &[u8], byte: u8) -> bool {
    match class {
        [] => false,
        [from, b'-', to, rest @ ..] => (*from..=*to).contains(&byte) || in_class(rest, byte),
        [one, rest @ ..] => *one == byte || in_class(rest, byte),
    }
}
