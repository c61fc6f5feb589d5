//! W0206: a character that is not seen.
//!
//! **What it does.** Looks for characters that no font shows (Unicode's default ignorable ones, such as the
//! zero-width space), for spaces beyond ASCII's own, and, in comments, for those that change the direction of
//! the text.
//!
//! **Why is this bad?** Two names that look the same are not, and a rule does not say what it seems to. Text
//! whose direction is turned shows code where there is none, and hides it where there is ("Trojan Source",
//! CVE-2021-42574).
//!
//! **Example.** A zero-width space behind `admins`:
//!
//! ```text
//! deny ANY /reports/** when group "admins​"
//! ```
//!
//! Remove it; in a string where it is meant, write it so that it is seen: `"admins\u200b"`.

use unicode_security::GeneralSecurityProfile;
use unicode_security::general_security_profile::IdentifierType;

use super::text::Page;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(page: &Page<'_>, out: &mut Vec<Diagnostic>) {
    for (start, char) in page.text.char_indices().filter(|(_, char)| !char.is_ascii()) {
        if !is_invisible(char) {
            continue;
        }
        let span = page.span(start, char.encode_utf8(&mut [0; 4]));
        if page.is_comment(span) && !turns_text(char) {
            continue;
        }
        let message = format!("there is a character here that is not seen: U+{:04X}", u32::from(char));
        let help = if u32::from(char) <= 0xffff {
            format!("remove it; where a string is to hold it, write `\\u{:04x}`", u32::from(char))
        } else {
            "remove it".to_owned()
        };
        out.push(Diagnostic::new(Code::InvisibleCharacter, message).at(span).help(help));
    }
}

fn is_invisible(char: char) -> bool {
    turns_text(char)
        || char.is_whitespace()
        || char.identifier_type() == Some(IdentifierType::Default_Ignorable)
}

/// Unicode's `Bidi_Control`.
const fn turns_text(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
