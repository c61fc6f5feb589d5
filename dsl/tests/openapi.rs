//! `api "openapi.yaml"`: what is read of an API description, and what is said about the rest.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what is not as expected is a failed test"
)]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use policy_dsl::diagnostic::Diagnostic;
use policy_dsl::limits::{
    MAX_API_DEPTH, MAX_API_REFERENCES, MAX_API_VALUES, MAX_FILE_BYTES, MAX_REPORTED, MAX_ROUTES,
};
use policy_dsl::lint::Levels;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{MemoryFiles, Sources};
use policy_dsl::{Compilation, compile, lint};

/// A policy that names the description.
fn described(name: &str, text: impl Into<Vec<u8>>) -> Compilation {
    let policy = format!("api \"{name}\"\n");
    compile("p.policy", &MemoryFiles::default().with("p.policy", policy).with(name, text))
}

fn routes(compilation: &Compilation) -> Vec<String> {
    let policy = compilation.policy.as_ref();
    let routes = policy.map(|policy| policy.program.parts().routes.as_slice()).unwrap_or_default();
    routes.iter().map(|route| format!("{} {}", route.verbs, route.pattern)).collect()
}

fn codes(compilation: &Compilation) -> Vec<&'static str> {
    compilation.diagnostics.iter().map(|found| found.code.as_str()).collect()
}

#[track_caller]
fn assert_codes(name: &str, text: impl Into<Vec<u8>>, expected: &[&str]) {
    assert_eq!(codes(&described(name, text)), expected);
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// Drop a description into `fixtures/openapi`, get a test.
#[test]
fn descriptions_are_read_as_the_snapshots_show() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openapi");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(names.len() > 20);
    for name in names {
        let compilation = described(&name, fs::read(folder.join(&name)).unwrap());
        let mut text = String::new();
        for route in routes(&compilation) {
            writeln!(text, "{route}").unwrap();
        }
        for found in &compilation.diagnostics {
            writeln!(text, "\n{}", render(&compilation.sources, found, Colour::Never)).unwrap();
        }
        insta::with_settings!({
            snapshot_path => "fixtures/snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("openapi-{name}"), text); });
    }
}

#[test]
fn the_same_description_in_yaml_and_json_declares_the_same() {
    let yaml = "openapi: 3.0.3\npaths:\n  /a/{b}:\n    get: {}\n    x-amazon-apigateway-any-method: {}\n";
    let json =
        r#"{"openapi": "3.0.3", "paths": {"/a/{b}": {"get": {}, "x-amazon-apigateway-any-method": {}}}}"#;
    for (name, text) in [
        ("a.yaml", yaml),
        ("a.yml", yaml),
        ("a", yaml),
        ("a.json", json),
        ("a", json),
        ("a.yaml", json),
        ("A.JSON", json),
    ] {
        let compilation = described(name, text);
        assert_eq!(
            (codes(&compilation), routes(&compilation)),
            (vec![], vec!["ANY /a/{b}".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn it_lies_beside_the_policy_that_names_it() {
    let files = MemoryFiles::default()
        .with("p/main.policy", "use \"parts/api.policy\"\napi { GET /inline }\npublic GET /a\n")
        .with("p/parts/api.policy", "api \"../spec/api.yaml\"\n")
        .with("p/spec/api.yaml", "openapi: 3.0.3\npaths: { /a: { get: {} } }\n");
    let compilation = compile("p/main.policy", &files);
    assert_eq!(codes(&compilation), [""; 0]);
    assert_eq!(routes(&compilation), ["GET /inline", "GET /a"]);
    assert_codes("nowhere/api.yaml", " \n", &["E0505"]);
    assert_eq!(
        codes(&compile("p.policy", &MemoryFiles::default().with("p.policy", "api \"a.yaml\""))),
        ["E0501"]
    );
    assert_codes("latin.yaml", b"openapi: \xfc".to_vec(), &["E0504"]);
    assert_codes("large.yaml", vec![b'#'; MAX_FILE_BYTES + 1], &["E0506"]);
}

#[test]
fn the_source_digest_covers_it() {
    let digest = |text: &str| described("a.yaml", text).policy.unwrap().program.parts().source_digest;
    let text = "openapi: 3.0.3\npaths: { /a: { get: {} } }\n";
    assert_eq!(digest(text), digest(text));
    assert_ne!(digest(text), digest(&format!("{text}# more\n")));
}

#[test]
fn a_warning_can_be_turned_off_where_the_description_is_named() {
    let spec = "openapi: 3.0.3\npaths:\n  /a/: { get: {}, trace: {} }\n";
    let compiled = |policy: &str| {
        codes(&compile("p.policy", &MemoryFiles::default().with("p.policy", policy).with("a.yaml", spec)))
    };
    assert_eq!(compiled("api \"a.yaml\""), ["W0603", "W0601"]);
    assert_eq!(compiled("# allow(W0601): the load balancer's\napi \"a.yaml\""), ["W0603"]);
}

#[test]
fn what_lints_say_of_a_route_is_said_in_its_description() {
    let spec = "openapi: 3.0.3\npaths:\n  /a: { get: {} }\n  /b: { get: {} }\n";
    let linted = |policy: &str| {
        let files = MemoryFiles::default().with("p.policy", policy).with("a.yaml", spec);
        let found = lint("p.policy", &files, &Levels::default());
        assert_eq!(found.policy.unwrap().routes.len(), 3);
        let place = |found: &Diagnostic, sources: &Sources| {
            let start = sources.start(found.span.unwrap());
            format!("{} {}:{}", found.code, sources.name(found.span.unwrap().source), start.line)
        };
        found.diagnostics.iter().map(|one| place(one, &found.sources)).collect::<Vec<_>>()
    };
    let policy = "api { GET /c }\npublic GET /a /c\napi \"a.yaml\"\n";
    assert_eq!(linted(policy), ["W0402 a.yaml:4"]);
    assert_eq!(linted(&policy.replace("api \"", "# allow(W0402): to come\napi \"")), [""; 0]);
}

#[test]
fn places_are_those_of_the_keys() {
    let yaml = "openapi: 3.0.3\r\npaths:\r\n  # ümläut 😀\r\n  \"/users/\":\r\n    get: {}\r\n";
    let json =
        "{\"info\": \"ü😀\\u00fc\", \"openapi\": \"3.0.3\", \"paths\":\n {\"\\/users/\" : {\"get\": {}}}}";
    for (name, text, line, column, slice) in
        [("a.yaml", yaml, 4, 3, "\"/users/\""), ("a.json", json, 2, 3, "\"\\/users/\"")]
    {
        let compilation = described(name, text);
        assert_eq!(codes(&compilation), ["W0603"], "{name}");
        let span = compilation.diagnostics[0].span.unwrap();
        let start = compilation.sources.start(span);
        assert_eq!((compilation.sources.name(span.source), start.line, start.column), (name, line, column));
        assert_eq!(compilation.sources.slice(span), slice);
    }
}

#[test]
fn versions_are_told_apart() {
    for (version, codes) in [
        ("3.0", &[][..]),
        ("3.1", &[]),
        ("3.0.4", &[]),
        ("'3.1.1'", &[]),
        ("3.0.0-rc1", &[]),
        ("3.2.0", &["E0603"]),
        ("3", &["E0603"]),
        ("3.10.0", &["E0603"]),
        ("3.0.x", &["E0603"]),
        ("3.0.", &["E0603"]),
        ("[3]", &["E0603"]),
        ("", &["E0603"]),
    ] {
        assert_codes("a.yaml", format!("openapi: {version}\npaths: {{ /a: {{ get: {{}} }} }}\n"), codes);
    }
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let json = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!("{{\"openapi\": \"3.0.3\", \"x\": {open}{close}, \"paths\": {{\"/a\": {{\"get\": {{}}}}}}}}")
    };
    for name in ["a.json", "a.yaml"] {
        assert_codes(name, json(MAX_API_DEPTH - 1), &[]);
        assert_codes(name, json(MAX_API_DEPTH), &["E0602"]);
    }
    assert_codes("a.json", json(1_000_000), &["E0602"]);
    for bomb in
        ["[", "{", "- ", "? ", "[{", "{a: ", "- - ? ", "a:\n ", "&a [", "!a [", "> ", "'", "\"", "*a "]
    {
        let found = codes(&described("a.yaml", bomb.repeat(300_000)));
        assert!(found.iter().all(|code| code.starts_with("E06")) && !found.is_empty(), "{bomb}: {found:?}");
    }
}

#[test]
fn what_has_too_many_values_is_refused() {
    let text = format!("openapi: 3.0.3\nx: [{}]\n", "1,".repeat(MAX_API_VALUES));
    assert_codes("a.yaml", text, &["E0602"]);
    let text = format!("{{\"openapi\": \"3.0.3\", \"x\": [{}1]}}", "1,".repeat(MAX_API_VALUES));
    assert_codes("a.json", text, &["E0602"]);
}

#[test]
fn aliases_of_aliases_do_not_multiply() {
    let mut text = "openapi: 3.0.3\nx0: &x0 { get: {} }\n".to_owned();
    for level in 1..200 {
        let last = level - 1;
        writeln!(text, "x{level}: &x{level} [*x{last}, *x{last}, *x{last}, *x{last}, *x{last}, *x{last}, *x{last}, *x{last}]")
            .unwrap();
    }
    text.push_str("paths: { /a: *x0, /b: *x199 }\n");
    assert_codes("a.yaml", text, &["E0604"]);
}

#[test]
fn an_item_that_many_paths_share_is_read_once() {
    let junk: String = lines(2_000, |at| format!("    y{at}: 1\n"));
    let mut text = format!("openapi: 3.0.3\nx-shared:\n  item: &item\n    get: {{}}\n{junk}paths:\n");
    for at in 0..2_000 {
        let item = if at % 2 == 0 { "*item" } else { "{ $ref: '#/x-shared/item' }" };
        writeln!(text, "  /a{at}: {item}").unwrap();
    }
    let compilation = described("a.yaml", text);
    assert_eq!(codes(&compilation), vec!["W0601"; MAX_REPORTED + 1]);
    assert_eq!(compilation.diagnostics[0].message, "`a.yaml` has 1800 more findings like these");
    assert_eq!(routes(&compilation).len(), 2_000);
}

#[test]
fn references_lead_on_only_so_far() {
    let chain = |length: usize| {
        let mut text = "openapi: 3.0.3\nx0: { get: {} }\n".to_owned();
        for at in 1..length {
            writeln!(text, "x{at}: {{ $ref: '#/x{}' }}", at - 1).unwrap();
        }
        format!("{text}paths: {{ /a: {{ $ref: '#/x{}' }} }}\n", length - 1)
    };
    assert_codes("a.yaml", chain(MAX_API_REFERENCES), &[]);
    assert_codes("a.yaml", chain(MAX_API_REFERENCES + 1), &["E0608"]);
    assert_codes("a.yaml", chain(10_000), &["E0608"]);
}

#[test]
fn routes_are_bounded() {
    let paths = lines(MAX_ROUTES + 1, |at| format!("  /a{at}: {{ get: {{}} }}\n"));
    assert_codes("a.yaml", format!("openapi: 3.0.3\npaths:\n{paths}"), &["E0412"]);
}

/// Whatever a description is damaged to, it is read or reported, and nothing is passed over: without an
/// error, there are routes.
#[test]
fn damaged_descriptions_are_read_or_reported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openapi");
    let mut random = Random(0x5eed);
    let (mut refused, mut taken) = (0, 0);
    for name in ["users.yaml", "users.json", "aliases.yaml", "warnings.yaml", "references.yaml", "items.yaml"]
    {
        let text = fs::read(folder.join(name)).unwrap();
        for _ in 0..1_500 {
            let compilation = described(name, random.damaged(&text));
            match &compilation.policy {
                None => refused += 1,
                Some(policy) => {
                    assert!(!policy.program.parts().routes.is_empty());
                    taken += 1;
                }
            }
            for found in &compilation.diagnostics {
                render(&compilation.sources, found, Colour::Never);
            }
        }
    }
    assert!(refused > 1_000 && taken > 500, "{refused} {taken}");
}

/// xorshift64*: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit
    }

    /// One to three pieces replaced, doubled or left out.
    fn damaged(&mut self, text: &[u8]) -> Vec<u8> {
        const MARKS: &[u8] = b"\"'[]{},:-?*&!|>%@#$ \n\t\\/~0a\x07";
        let mut text = text.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(text.len());
            let end = (at + 1 + self.below(12)).min(text.len());
            match self.below(4) {
                0 => text[at] = MARKS[self.below(MARKS.len())],
                1 => drop(text.drain(at..end)),
                2 => text.insert(at, MARKS[self.below(MARKS.len())]),
                _ => {
                    let piece = text[at..end].to_vec();
                    text.splice(at..at, piece);
                }
            }
        }
        text
    }
}
