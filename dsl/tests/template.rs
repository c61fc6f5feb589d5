//! Templates held against policies: what is said of those of each kind.
//!
//! A template dropped into `fixtures/template` beside the policy of its name is a test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what is not as expected is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::limits::{MAX_API_DEPTH, MAX_ROUTES};
use policy_dsl::lint::Levels;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::{DiskFiles, Files, MemoryFiles};
use policy_dsl::{Compilation, lint_with_templates};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/template")
}

/// Files of the folder, named as if it were the one that the compiler runs in.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        DiskFiles.read(self.0.join(path).to_str().unwrap())
    }
}

fn checked(policy: &str, template: &str, files: &dyn Files) -> Compilation {
    lint_with_templates(policy, files, &Levels::default(), &[template.to_owned()])
}

fn shown(compilation: &Compilation) -> String {
    let found = compilation.diagnostics.iter();
    let texts: Vec<_> = found.map(|found| render(&compilation.sources, found, Colour::Never)).collect();
    texts.join("\n\n")
}

#[test]
fn templates_are_held_against_their_policies() {
    let mut templates: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    templates.retain(|path| path.extension().is_some_and(|extension| extension != "policy"));
    templates.sort();
    assert_eq!(templates.len(), 5);
    for template in templates {
        let name = template.file_stem().unwrap().to_str().unwrap();
        let file = template.file_name().unwrap().to_str().unwrap();
        let compilation = checked(&format!("{name}.policy"), file, &Folder(folder()));
        insta::with_settings!({
            snapshot_path => "fixtures/snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("template-{name}"), shown(&compilation)); });
    }
}

#[test]
fn the_examples_template_fits_its_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let compilation = checked("policies/users.policy", "examples/users/template.yaml", &Folder(root));
    let about: Vec<_> =
        compilation.diagnostics.iter().filter(|found| found.code.as_str()[1..].starts_with("07")).collect();
    assert!(about.is_empty(), "{}", shown(&compilation));
    assert!(compilation.sources.text(compilation.sources.ids().last().unwrap()).contains("AWS::Serverless"));
}

const POLICY: &str = "issuer main { url \"https://id.example.com/\" audience \"a\" }\n";

/// The codes about templates, for a policy's rules and a template's text.
fn codes(rules: &str, template: &str) -> Vec<&'static str> {
    let files = MemoryFiles::default().with("p.policy", format!("{POLICY}{rules}")).with("t.yaml", template);
    let compilation = checked("p.policy", "t.yaml", &files);
    let codes = compilation.diagnostics.iter().map(|found| found.code.as_str());
    codes.filter(|code| code[1..].starts_with("07")).collect()
}

/// A template of an HTTP API with such routes; a star marks those with an authorizer.
fn routes(keys: &[&str]) -> String {
    let authorizer = "Type: AWS::ApiGatewayV2::Authorizer, Properties: {AuthorizerType: REQUEST}";
    let route = |(at, key): (usize, &&str)| {
        let (key, guard) = match key.strip_suffix('*') {
            Some(key) => (key, ", AuthorizationType: CUSTOM, AuthorizerId: !Ref A"),
            None => (*key, ""),
        };
        format!("  R{at}: {{Type: AWS::ApiGatewayV2::Route, Properties: {{RouteKey: '{key}'{guard}}}}}\n")
    };
    let routes: String = keys.iter().enumerate().map(route).collect();
    format!("Resources:\n  A: {{{authorizer}}}\n{routes}")
}

#[test]
fn a_route_fits_where_both_sides_have_it() {
    for (rules, keys, expected) in [
        ("allow GET /a", &["GET /a*"][..], &[][..]),
        ("allow GET /a", &["GET /b*"], &["W0701"]),
        ("allow GET /a", &["ANY /a*"], &[]),
        ("allow GET /a", &["POST /a*"], &["W0701"]),
        ("deny GET /a", &["GET /a*"], &["W0701"]),
        ("allow GET /**", &["GET /a*", "GET /b/{id}*"], &[]),
        ("api { GET /a/{id} }\nallow GET /**", &["GET /a/{name}*"], &[]),
        ("api { GET /a/{id} }\nallow GET /**", &["GET /{proxy+}*"], &[]),
        ("api { GET /a/{id} }\nallow GET /**", &["GET /a/b*"], &["W0702"]),
        ("api { GET /a/{id} }\nallow GET /**", &["GET /{x}/b*"], &["W0702", "W0701"]),
        ("api { GET /{all+} }\nallow GET /**", &["GET /a/b*"], &[]),
        ("api { GET PUT /a }\nallow ANY /a", &["GET /a*"], &["W0702"]),
        ("api { ANY /a }\nallow ANY /a", &["GET /a*"], &[]),
        // A route that serves what no other does may serve anything.
        ("api { GET PUT /a }\nallow ANY /a", &["GET /a*", "$default*"], &[]),
        ("allow GET /a", &["GET /a*", "$connect"], &[]),
    ] {
        assert_eq!(codes(rules, &routes(keys)), expected, "{rules} / {keys:?}");
    }
}

#[test]
fn a_route_without_an_authorizer_is_right_where_all_may() {
    for (rules, keys, expected) in [
        ("allow GET /a", &["GET /a"][..], &["W0703"][..]),
        ("public GET /a", &["GET /a"], &[]),
        ("public GET /**", &["GET /a/{id}"], &[]),
        ("public GET /a/b", &["GET /a/{id}"], &["W0703"]),
        ("public GET /a when request.query.x == \"1\"", &["GET /a"], &["W0703"]),
        ("public GET /a\ndeny GET /a when request.ip in \"10.0.0.0/8\"", &["GET /a"], &["W0703"]),
        ("public GET /a", &["ANY /a"], &["W0703"]),
        ("public GET /a", &["GET /a*"], &["W0704"]),
        ("allow GET /a", &["GET /a*", "$default"], &["W0703"]),
        ("public GET /a\nallow GET /a", &["GET /a*"], &[]),
        ("public GET /a", &["GET /a", "OPTIONS /a"], &[]),
        ("public GET OPTIONS /a", &["GET /a", "OPTIONS /a*"], &["W0706"]),
    ] {
        assert_eq!(codes(rules, &routes(keys)), expected, "{rules} / {keys:?}");
    }
}

#[test]
fn what_is_no_template_says_so() {
    let mut deep = "Resources: ".to_owned();
    deep.push_str(&"[".repeat(MAX_API_DEPTH + 1));
    for (template, expected) in [
        ("Resources: {", "E0701"),
        ("a: 1", "E0703"),
        ("- a", "E0703"),
        ("Resources: [a]", "E0703"),
        (deep.as_str(), "E0702"),
    ] {
        assert_eq!(codes("allow GET /a", template), [expected], "{template}");
    }
    let missing = checked("p.policy", "none.yaml", &MemoryFiles::default().with("p.policy", POLICY));
    assert!(missing.diagnostics.iter().any(|found| found.code.as_str() == "E0501"));
}

#[test]
fn events_that_are_repeated_without_end_come_to_one() {
    let events: Vec<String> = (0..2_000).map(|at| format!("{{httpApi: 'GET /r{at}'}}")).collect();
    let functions: Vec<String> = (0..2_000).map(|at| format!("  f{at}: {{events: *all}}\n")).collect();
    let template =
        format!("functions:\n  f: {{events: &all [{}]}}\n{}", events.join(", "), functions.concat());
    let found = codes("public GET /**", &template);
    assert_eq!(found, ["E0702"], "of {MAX_ROUTES} routes");
}
