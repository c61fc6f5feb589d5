//! A formatted policy compiles to the same program.

use policy_dsl::parse_in_batches;
use policy_dsl::source::{MemoryFiles, SourceId};
use policy_engine::bundle;

use super::scramble::scrambled;
use super::support::{formatted, policies};
use crate::random::{Rng, Tally, add, policy, run_seeds};

const POLICIES: u64 = 1_000;
const FIRST: &str = "first.policy";
const SECOND: &str = "second.policy";

#[test]
fn random_policies_keep_their_meaning() {
    let expected = [
        ("policies", 1_000),
        ("policies in two files", 50),
        ("with comments inside statements", 500),
        ("with broken rules", 500),
        ("compiled", 1_000),
    ];
    run_seeds(POLICIES, &expected, run);
}

fn run(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let (first, second) = policy(&mut rng).texts();
    let texts = [Some(first), second].map(|text| text.map(|text| scrambled(&text, &mut rng)));
    texts.iter().flatten().for_each(|text| assert_read_in_any_batches(text));
    let results = texts.clone().map(|text| text.map(|text| formatted(&text)));
    add(tally, "policies");
    if results[1].is_some() {
        add(tally, "policies in two files");
    }
    let lines = || results.iter().flatten().flat_map(|text| text.lines());
    if lines().any(|line| line.starts_with("    #")) {
        add(tally, "with comments inside statements");
    }
    if lines().any(|line| line.starts_with("    when")) {
        add(tally, "with broken rules");
    }
    let (before, after) = (compiled(&texts), compiled(&results));
    assert!(before == after, "seed {seed}:\n{texts:#?}\n{results:#?}");
    if before.is_some() {
        add(tally, "compiled");
    }
}

fn assert_read_in_any_batches(text: &str) {
    let read = |batch_bytes| parse_in_batches(SourceId(0), text, batch_bytes);
    let whole = read(usize::MAX);
    for batch_bytes in [0, 300] {
        assert!(read(batch_bytes) == whole, "{batch_bytes} bytes of\n{text}");
    }
}

/// The bundle of a policy, without what a text's layout decides: the digest, the lines, and the names of rules that
/// are called by theirs.
fn compiled(texts: &[Option<String>; 2]) -> Option<Vec<u8>> {
    let files = [FIRST, SECOND].iter().zip(texts).filter_map(|(name, text)| Some((name, text.clone()?)));
    let files = files.fold(MemoryFiles::default(), |files, (name, text)| files.with(*name, text));
    let mut parts = policy_dsl::compile(FIRST, &files).policy?.program.parts().clone();
    parts.source_digest = [0; 32];
    for rule in &mut parts.rules {
        rule.line = 0;
        if let Some((file, _)) = rule.id.split_once(':') {
            rule.id = file.to_owned();
        }
    }
    Some(bundle::write(&parts.into_program()))
}

#[test]
fn the_policies_of_this_repository_keep_their_meaning() {
    for (at, path) in policies("../policies").into_iter().chain(policies("tests/fixtures/valid")).enumerate()
    {
        let text = std::fs::read_to_string(path).unwrap();
        for seed in 0..50 {
            let scrambled = scrambled(&text, &mut Rng::new(seed * 100 + at as u64));
            formatted(&scrambled);
        }
    }
}

#[test]
fn formatting_does_not_depend_on_the_white_space_within_a_line() {
    for path in policies("../policies").into_iter().chain(policies("tests/fixtures/valid")) {
        let text = std::fs::read_to_string(path).unwrap();
        let once = formatted(&text);
        for variant in [once.replace("  ", " "), once.replace('\n', "\r\n"), once.replace("    ", "\t")] {
            // Only where no string and no comment holds what is replaced.
            if !["\"  ", "#  ", "##  "].iter().any(|inside| text.contains(inside)) {
                assert_eq!(formatted(&variant), once);
            }
        }
    }
}

#[test]
fn a_comment_stays_with_the_statement_that_it_stands_in() {
    let text = "let a = b context {\n    c = a # allow(W0501): one\n} let b = x # allow(W0502): two\n";
    assert_eq!(
        formatted(text),
        "let a = b\ncontext {\n    c = a  # allow(W0501): one\n}\nlet b = x  # allow(W0502): two\n"
    );
    // On one line with the statement before, and yet not its own.
    formatted("let a = b context { c = a # allow(W0501): one\n}\n");
}
