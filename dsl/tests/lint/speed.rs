//! The work grows with the policy, and not with its square, however it is made.

use std::time::{Duration, Instant};

use policy_dsl::lint;
use policy_dsl::lint::Levels;
use policy_dsl::source::MemoryFiles;

const ISSUER: &str = "issuer idp { url \"https://id.example.com/\" audience \"api\" groups token.groups }\n";

/// A line for each of them.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| line(at) + "\n").collect()
}

fn policies(count: usize) -> Vec<(&'static str, String)> {
    let api = |route: &dyn Fn(usize) -> String| format!("api {{\n{}}}\n", lines(count, route));
    vec![
        (
            "rules for routes",
            api(&|at| format!("GET PUT /s{at}/{{id}}"))
                + &lines(count, |at| {
                    format!("allow GET PUT /s{at}/{{id}} when path.id == token.sub and group \"g{at}\"")
                }),
        ),
        ("one path, many groups", lines(count, |at| format!("allow GET /a/** when group \"g{at}\""))),
        ("the same rule", lines(count, |_| "allow GET /a/{id} when group \"g\"".to_owned())),
        (
            "open routes over many rules",
            api(&|at| format!("GET /{{tenant}}/x{at}")) + &lines(count, |at| format!("allow GET /t{at}/y")),
        ),
        (
            "globs of one place",
            api(&|at| format!("GET /files/a{at}")) + &lines(count, |at| format!("allow GET /files/*-{at}-*")),
        ),
        (
            "every combination",
            lines(count, |at| {
                let path: String = (0..14).map(|bit| if at >> bit & 1 == 0 { "/a" } else { "/*" }).collect();
                format!("allow GET {path} when group \"g{at}\"")
            }),
        ),
        (
            "conditions of many parts",
            lines(count, |at| {
                let parts: Vec<String> =
                    (0..30).map(|part| format!("(token.a{part} == \"{at}\" or token.b{part})")).collect();
                format!("allow GET /a when {}", parts.join(" and "))
            }),
        ),
        ("misspelt claims", lines(count, |at| format!("allow GET /a{at} when token.claim{at}"))),
        ("lets of lets", {
            lines(count, |at| format!("let l{at} = token.x{at}"))
                + &lines(count, |at| format!("allow GET /a{at} unless l{at}"))
        }),
    ]
}

#[test]
fn large_policies_come_to_an_end() {
    for (name, text) in policies(3_000) {
        let files = MemoryFiles::default().with("p.policy", format!("{ISSUER}{text}"));
        let start = Instant::now();
        let _ = policy_dsl::compile("p.policy", &files);
        let compiling = start.elapsed();
        let start = Instant::now();
        let compilation = lint("p.policy", &files, &Levels::default());
        println!(
            "{name}: {:?} ({compiling:?} without lints), {} findings",
            start.elapsed(),
            compilation.diagnostics.len()
        );
        assert!(!compilation.diagnostics.iter().any(policy_dsl::diagnostic::Diagnostic::is_error), "{name}");
        assert!(start.elapsed() < Duration::from_secs(30), "{name}");
    }
}
