//! Policies of several files.

use policy_dsl::source::MemoryFiles;
use policy_dsl::{Compilation, compile};

use super::support::{codes_of, findings};

fn files(files: &[(&str, &str)]) -> Compilation {
    let memory = files.iter().fold(MemoryFiles::default(), |memory, (path, text)| memory.with(*path, *text));
    compile(files[0].0, &memory)
}

#[test]
fn used_files_are_found_beside_the_one_that_names_them() {
    let found = files(&[
        ("p/a.policy", "use \"common/b.policy\"\npublic GET /a when l"),
        ("p/common/b.policy", "use \"../c.policy\"\nlet l = m"),
        ("p/c.policy", "let m = token.x\npublic GET /c"),
    ]);
    assert_eq!(findings(&found), [""; 0]);
    let program = found.policy.unwrap().program;
    assert_eq!(program.parts().files, ["a.policy", "common/b.policy", "c.policy"]);
    let ids: Vec<&str> = program.parts().rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["a.policy:2", "c.policy:2"]);
}

#[test]
fn a_file_is_taken_once() {
    let found = files(&[
        ("a.policy", "use \"b.policy\"\nuse \"c.policy\"\nuse \"./b.policy\""),
        ("b.policy", "use \"c.policy\"\nlet b = token.b"),
        ("c.policy", "let c = token.c"),
    ]);
    assert_eq!(findings(&found), [""; 0]);
}

#[test]
fn circles_are_shown() {
    let found = files(&[
        ("a.policy", "use \"b.policy\""),
        ("b.policy", "use \"c.policy\""),
        ("c.policy", "use \"b.policy\"\nlet x = unknown"),
    ]);
    assert_eq!(
        findings(&found),
        [
            "E0507 \"\\\"b.policy\\\"\": `b.policy` takes itself in: `b.policy` → `c.policy` → `b.policy`",
            "E0201 \"unknown\": `unknown` is neither a `let` nor a `param`",
        ]
    );
    let itself = files(&[("a.policy", "use \"a.policy\"")]);
    assert_eq!(
        findings(&itself),
        ["E0507 \"\\\"a.policy\\\"\": `a.policy` takes itself in: `a.policy` → `a.policy`"]
    );
}

#[test]
fn what_cannot_be_taken_in_is_said_at_its_use() {
    assert_eq!(codes_of(&compile("nope.policy", &MemoryFiles::default())), ["E0501"]);
    assert_eq!(codes_of(&files(&[("a.policy", "use \"b.policy\"\nuse \"c.policy\"")])), ["E0501", "E0501"]);
    assert_eq!(codes_of(&files(&[("a.policy", "use \"b.policy\""), ("b.policy", " ")])), ["E0505"]);
    let latin = MemoryFiles::default().with("a.policy", b"param \xfc".to_vec());
    assert_eq!(codes_of(&compile("a.policy", &latin)), ["E0504"]);
}

#[test]
fn errors_of_all_files_come_in_one_run_and_in_order() {
    let found = files(&[
        ("a.policy", "public GET /a when x\nuse \"b.policy\"\npublic GET /a when y"),
        ("b.policy", "public GET /a when z"),
    ]);
    let lines: Vec<(String, usize)> = found
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.span.unwrap();
            (found.sources.name(span.source).to_owned(), found.sources.start(span).line)
        })
        .collect();
    let file = |name: &str, line| (name.to_owned(), line);
    assert_eq!(lines, [file("a.policy", 1), file("a.policy", 3), file("b.policy", 1)]);
}

#[test]
fn files_are_not_taken_in_without_end() {
    let deep = (0..80).fold(MemoryFiles::default(), |memory, at| {
        memory.with(format!("{at}.policy"), format!("use \"{}.policy\"\n", at + 1))
    });
    assert_eq!(codes_of(&compile("0.policy", &deep)), ["E0409"]);
    let wide: String = (0..1_100).map(|at| format!("use \"{at}.policy\"\n")).collect::<Vec<_>>().concat();
    let wide = (0..1_100).fold(MemoryFiles::default().with("a.policy", wide), |memory, at| {
        memory.with(format!("{at}.policy"), format!("param p{at}"))
    });
    assert_eq!(codes_of(&compile("a.policy", &wide)), ["E0407"]);
}
