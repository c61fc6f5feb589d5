//! No template makes the checker panic, or point outside of a text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy_dsl::lint::Levels;
use policy_dsl::lint_with_templates;
use policy_dsl::source::MemoryFiles;

const POLICY: &str = r#"
issuer main { url "https://issuer.example/" audience "a" }
api { GET PUT /users/{id} GET /health ANY /{all+} }
allow GET PUT /users/{id} when path.id == token.sub
public GET /health
authorizer { cache 300 identity header.Authorization }
"#;

fuzz_target!(|text: &[u8]| {
    for name in ["fuzz.yaml", "fuzz.json"] {
        let files = MemoryFiles::default().with("fuzz.policy", POLICY).with(name, text);
        let compilation = lint_with_templates("fuzz.policy", &files, &Levels::default(), &[name.to_owned()]);
        for diagnostic in &compilation.diagnostics {
            let related = diagnostic.related.iter().map(|related| related.span);
            for span in diagnostic.span.into_iter().chain(related) {
                let text = compilation.sources.text(span.source);
                assert!(text.get(span.start..span.end).is_some(), "{span:?}");
            }
        }
    }
});
