//! No API description makes the compiler panic, declare nothing without an error, or point outside of a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy_dsl::compile;
use policy_dsl::source::MemoryFiles;

fuzz_target!(|text: &[u8]| {
    for name in ["fuzz.yaml", "fuzz.json"] {
        let policy = format!("api \"{name}\"\n");
        let files = MemoryFiles::default().with("fuzz.policy", policy).with(name, text);
        let compilation = compile("fuzz.policy", &files);
        match &compilation.policy {
            Some(policy) => assert!(!policy.program.parts().routes.is_empty()),
            None => assert!(compilation.diagnostics.iter().any(|diagnostic| diagnostic.is_error())),
        }
        for diagnostic in &compilation.diagnostics {
            let related = diagnostic.related.iter().map(|related| related.span);
            for span in diagnostic.span.into_iter().chain(related) {
                let text = compilation.sources.text(span.source);
                assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
});
