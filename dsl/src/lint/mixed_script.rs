//! W0205: a word of several scripts.
//!
//! **What it does.** Looks for words, in strings and quoted names, whose letters come from scripts that are
//! not written together ("Unicode Security Mechanisms", UTS #39, section 5.1). Comments are left alone.
//!
//! **Why is this bad?** Letters of several scripts look the same and are not: a rule that asks for a word
//! with a Cyrillic `а` never holds for the Latin one. (Paths and names outside of quotes are ASCII.)
//!
//! **Example.**
//!
//! ```text
//! deny ANY /reports/** when group "аdmins"
//! ```
//!
//! The group's first letter is Cyrillic. Write the word in one script.

use std::collections::BTreeSet;

use unicode_script::{Script, UnicodeScript};
use unicode_security::MixedScript;

use super::text::{Page, words};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

pub(super) fn check(page: &Page<'_>, out: &mut Vec<Diagnostic>) {
    for (start, word) in words(page.text) {
        let span = page.span(start, word);
        if word.is_ascii() || word.is_single_script() || page.is_comment(span) {
            continue;
        }
        let scripts: BTreeSet<&str> = word
            .chars()
            .map(|char| char.script())
            .filter(|script| !matches!(script, Script::Common | Script::Inherited | Script::Unknown))
            .map(Script::full_name)
            .collect();
        let scripts: Vec<&str> = scripts.into_iter().collect();
        let message = format!("`{word}` is written in several scripts: {}", scripts.join(", "));
        let help = "letters that look the same are not: write the word in one script";
        out.push(Diagnostic::new(Code::MixedScript, message).at(span).help(help));
    }
}
