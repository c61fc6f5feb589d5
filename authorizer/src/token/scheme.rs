//! What stands before a token in a header.

use policy_engine::Scheme;

use super::Refusal;

/// The token of a header's value; none where the value is empty.
///
/// The name of the scheme is compared without regard to case, and one or more spaces follow it
/// (RFC 9110 section 11.1, RFC 6750 section 2.1).
pub fn strip_scheme(value: &str, scheme: Scheme) -> Result<Option<&str>, Refusal> {
    match behind_scheme(value, scheme)? {
        Some(token) if has_blank(token) => Err(Refusal::Scheme),
        token => Ok(token),
    }
}

/// The same, of which nobody has looked yet whether it [has blanks](has_blank).
pub(crate) fn behind_scheme(value: &str, scheme: Scheme) -> Result<Option<&str>, Refusal> {
    let value = value.trim_matches([' ', '\t']);
    if value.is_empty() {
        return Ok(None);
    }
    let token = match (scheme, without_bearer(value)) {
        (Scheme::Bearer | Scheme::Any, Some(token)) => token,
        (Scheme::Raw | Scheme::Any, None) => value,
        (Scheme::Bearer, None) | (Scheme::Raw, Some(_)) => return Err(Refusal::Scheme),
    };
    if token.is_empty() { Err(Refusal::Scheme) } else { Ok(Some(token)) }
}

/// Whether there are blanks in a text, which is no token then.
pub(crate) fn has_blank(token: &str) -> bool {
    token.contains([' ', '\t'])
}

fn without_bearer(value: &str) -> Option<&str> {
    const BEARER: &str = "bearer";
    let (scheme, rest) = value.split_at_checked(BEARER.len())?;
    let is_whole = rest.is_empty() || rest.starts_with(' ');
    (is_whole && scheme.eq_ignore_ascii_case(BEARER)).then(|| rest.trim_start_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use Scheme::{Any, Bearer, Raw};
        for (value, scheme, expected) in [
            ("Bearer a.b.c", Bearer, Ok(Some("a.b.c"))),
            ("bEARER   a.b.c ", Bearer, Ok(Some("a.b.c"))),
            ("a.b.c", Bearer, Err(Refusal::Scheme)),
            ("Basic a", Bearer, Err(Refusal::Scheme)),
            ("Bearer", Bearer, Err(Refusal::Scheme)),
            ("Bearer ", Any, Err(Refusal::Scheme)),
            ("Bearera.b.c", Bearer, Err(Refusal::Scheme)),
            ("Bearer\ta.b.c", Bearer, Err(Refusal::Scheme)),
            ("a.b.c", Raw, Ok(Some("a.b.c"))),
            ("Bearer a.b.c", Raw, Err(Refusal::Scheme)),
            ("a.b.c", Any, Ok(Some("a.b.c"))),
            ("BEARER a.b.c", Any, Ok(Some("a.b.c"))),
            ("Basic a", Any, Err(Refusal::Scheme)),
            ("Bearer a b", Any, Err(Refusal::Scheme)),
            ("", Bearer, Ok(None)),
            (" \t ", Raw, Ok(None)),
        ] {
            assert_eq!(strip_scheme(value, scheme), expected, "{value:?} {scheme:?}");
        }
    }
}
