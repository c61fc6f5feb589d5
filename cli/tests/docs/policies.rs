//! The policies in the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use policy_dsl::lint::Levels;
use policy_dsl::render::{Colour, render};
use policy_dsl::source::MemoryFiles;

use crate::book::{Fence, Page, pages, readme};

/// Stands behind a fence that is marked `part`: what every whole policy has.
const PREAMBLE: &str = r#"
issuer main {
    url       "https://issuer.example/"
    audience  "app"
    groups    token.groups
    userinfo  "https://issuer.example/userinfo"
}
"#;

/// What the fences take in with `use`.
const COMMON: &str = r#"
issuer common {
    url       "https://issuer.example/"
    audience  "app"
    groups    token.groups
}
let admin = group "admins"
"#;

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

const OPENAPI: &str = "openapi: 3.0.3
info: { title: users, version: '1' }
paths:
  /users:
    get: { responses: { '200': { description: ok } } }
";

/// What templates in the pages are held against; `docs/cli.md` shows it.
const DEPLOYED: &str = r"
api {
    GET  /users
    GET  /health
}
allow GET   /users
public GET  /health
authorizer {
    cache     300
    identity  header.Authorization
}
";

/// The files that lie beside a fence.
const BESIDE: [(&str, &str); 5] = [
    ("common.policy", COMMON),
    ("public.pem", KEY),
    ("private.pem", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n"),
    ("ana.json", "{ \"sub\": \"ana\" }\n"),
    ("openapi.yaml", OPENAPI),
];

/// The files of a fence: its policy, and what may lie beside it.
fn files(fence: &Fence<'_>) -> BTreeMap<&'static str, String> {
    let mut files: BTreeMap<_, _> = BESIDE.into_iter().map(|(name, text)| (name, text.to_owned())).collect();
    if fence.has("template") {
        files.insert("template.yaml", fence.text.clone());
        files.insert("it.policy", format!("{DEPLOYED}{PREAMBLE}"));
    } else if fence.language() == "yaml" {
        files.insert("openapi.yaml", fence.text.clone());
        files.insert("it.policy", "api \"openapi.yaml\"\npublic GET /users\n".to_owned());
    } else {
        let more = if fence.has("part") { PREAMBLE } else { "" };
        files.insert("it.policy", format!("{}{more}", fence.text));
    }
    files
}

/// What there is to say about a fence.
pub(crate) struct Findings {
    /// Each code once.
    pub(crate) errors: BTreeSet<&'static str>,
    /// Each code once.
    pub(crate) warnings: BTreeSet<&'static str>,
    shown: String,
}

impl Findings {
    /// The errors, and the lints' warnings.
    pub(crate) fn of(fence: &Fence<'_>) -> Self {
        let memory = files(fence)
            .into_iter()
            .fold(MemoryFiles::default(), |files, (name, text)| files.with(name, text));
        let template = fence.has("template").then(|| "template.yaml".to_owned());
        let templates: Vec<String> = template.into_iter().collect();
        let levels = Levels::default();
        let compilation = policy_dsl::lint_with_templates("it.policy", &memory, &levels, &templates);
        let all = &compilation.diagnostics;
        let codes =
            |is_error| all.iter().filter(move |one| one.is_error() == is_error).map(|one| one.code.as_str());
        let shown = all.iter().map(|one| render(&compilation.sources, one, Colour::Never) + "\n").collect();
        Self { errors: codes(true).collect(), warnings: codes(false).collect(), shown }
    }

    pub(crate) fn has(&self, code: &str) -> bool {
        self.errors.contains(code) || self.warnings.contains(code)
    }
}

fn check(page: &Page, fence: &Fence<'_>) -> Result<(), String> {
    let found = Findings::of(fence);
    let place = format!("{}:{}", page.name, fence.line);
    let expected: BTreeSet<&str> = fence.value("error").into_iter().collect();
    if found.errors != expected {
        return Err(format!("{place}: expected {expected:?}, found {:?}\n{}", found.errors, found.shown));
    }
    if expected.is_empty() && fence.text.contains("test \"") {
        return run_tests(&place, fence);
    }
    Ok(())
}

fn run_tests(place: &str, fence: &Fence<'_>) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files(fence) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut policyctl = Command::new(env!("CARGO_BIN_EXE_policyctl"));
    let output =
        policyctl.args(["test", "it.policy"]).current_dir(folder.path()).env_clear().output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{place}: the tests in it fail\n{out}{err}"))
}

/// Whether the fence is a policy, an API description, or a template that is marked as such.
pub(crate) fn is_checked(fence: &Fence<'_>) -> bool {
    fence.language() == "policy" || (fence.language() == "yaml" && !fence.text.starts_with("AWSTemplate"))
}

#[test]
fn every_policy_is_what_the_page_says() {
    let pages: Vec<Page> = pages().into_iter().chain([readme()]).collect();
    let fences = pages.iter().flat_map(|page| page.fences().into_iter().map(move |fence| (page, fence)));
    let policies: Vec<_> = fences.filter(|(_, fence)| is_checked(fence)).collect();
    assert!(policies.len() > 20, "only {} policies are found", policies.len());
    let wrong: Vec<String> = policies.iter().filter_map(|(page, fence)| check(page, fence).err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_fence_is_marked_only_as_is_understood() {
    for page in pages() {
        for fence in page.fences() {
            for word in fence.info.iter().skip(1) {
                let known = matches!(*word, "part" | "template")
                    || ["error=", "warning=", "file="].iter().any(|key| word.starts_with(key));
                assert!(known, "{}:{}: `{word}`", page.name, fence.line);
            }
        }
    }
}
