//! No text makes the parser panic, lose a statement silently, or point outside of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy_dsl::parse;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::Sources;

/// Rendering takes most of the time, and one finding is rendered like another.
const MAX_RENDERED: usize = 4;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let id = sources.add("fuzz.policy", text);
    let (file, diagnostics) = parse(id, sources.text(id));
    assert!(file.broken.is_empty() || diagnostics.iter().any(|diagnostic| diagnostic.is_error()));
    for diagnostic in &diagnostics {
        let related = diagnostic.related.iter().map(|related| related.span);
        let edits = diagnostic.fix.iter().map(|edit| edit.span);
        for span in diagnostic.span.into_iter().chain(related).chain(edits) {
            assert!(sources.text(id).get(span.start..span.end).is_some(), "{span:?}");
        }
    }
    for diagnostic in diagnostics.iter().take(MAX_RENDERED) {
        assert!(!render(&sources, diagnostic, Colour::Never).is_empty());
    }
});
