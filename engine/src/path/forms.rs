//! How a segment can hold a string.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::short;

/// Whether a string that a rule compares to the path could change its meaning there: empty, or holding
/// `*`, `?`, `$`, `/`, `\`, `%` or a control character.
pub fn is_hostile(value: &str) -> bool {
    value.is_empty()
        || value
            .bytes()
            .any(|b| matches!(b, b'*' | b'?' | b'$' | b'/' | b'\\' | b'%') || b.is_ascii_control())
}

/// Whether a path segment is this string: its bytes, or their percent-encoding, with RFC 3986's `pchar`
/// kept or as `encodeURIComponent` writes it.
#[inline]
pub fn segment_equals(segment: &str, value: &str) -> bool {
    short::equal(segment.as_bytes(), value.as_bytes()) || is_encoded(segment, value)
}

/// What is encoded is longer.
#[inline]
fn is_encoded(segment: &str, value: &str) -> bool {
    segment.len() > value.len() && equals_encoded(segment, value)
}

#[inline(never)]
fn equals_encoded(segment: &str, value: &str) -> bool {
    segment.contains('%')
        && (encoded(value, keeps_pchar) == segment || encoded(value, keeps_component) == segment)
}

/// Every way in which a path segment can hold this string, without repetition; the bytes themselves first.
pub fn segment_forms(value: &str) -> SmallVec<[String; 3]> {
    let mut forms: SmallVec<[String; 3]> = SmallVec::new();
    forms.push(value.to_owned());
    for keeps in [keeps_pchar, keeps_component] {
        if let Cow::Owned(form) = encoded(value, keeps)
            && !forms.contains(&form)
        {
            forms.push(form);
        }
    }
    forms
}

/// RFC 3986, section 3.3: `pchar` without the percent sign.
fn keeps_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// ECMA-262, `encodeURIComponent`: the unreserved marks that it leaves alone.
fn keeps_component(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

fn encoded(value: &str, keeps: fn(u8) -> bool) -> Cow<'_, str> {
    if value.bytes().all(keeps) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 8);
    for byte in value.bytes() {
        if keeps(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_equals_a_string_in_three_writings() {
        assert_eq!(&segment_forms("ana")[..], ["ana"]);
        assert_eq!(&segment_forms("auth0|abc")[..], ["auth0|abc", "auth0%7Cabc"]);
        assert_eq!(&segment_forms("a b@c")[..], ["a b@c", "a%20b@c", "a%20b%40c"]);
        for (segment, value, equal) in [
            ("auth0%7Cabc", "auth0|abc", true),
            ("auth0%7cabc", "auth0|abc", false),
            ("ana", "anna", false),
            ("%61na", "ana", false),
        ] {
            assert_eq!(segment_equals(segment, value), equal, "{segment} {value}");
        }
    }

    #[test]
    fn hostile_strings_are_known() {
        for value in ["", "*", "a?", "$", "a/b", "a\\b", "%2f", "a\n"] {
            assert!(is_hostile(value), "{value:?}");
        }
        for value in ["ana", "auth0|abc", "a b", "ü", ".."] {
            assert!(!is_hostile(value), "{value:?}");
        }
    }
}
