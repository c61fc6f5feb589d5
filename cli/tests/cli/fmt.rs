//! `policyctl fmt`.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use super::support::{Folder, POLICY, run_at_home};

const LOOSE: &str = "allow GET /a\n\n\nallow   POST /b  # why\n";
const NEAT: &str = "allow GET  /a\n\nallow POST  /b  # why\n";

#[test]
fn files_are_rewritten_and_named() {
    let folder = Folder::new();
    folder.write("all/loose.policy", LOOSE);
    folder.write("all/deep/neat.policy", NEAT);
    folder.write("all/notes.txt", LOOSE);
    folder.run(&["fmt", "all"]).ends(0).prints("all/loose.policy\n");
    assert_eq!(fs::read_to_string(folder.path("all/loose.policy")).unwrap(), NEAT);
    assert_eq!(fs::read_to_string(folder.path("all/notes.txt")).unwrap(), LOOSE);
    folder.run(&["fmt", "all", "all/loose.policy"]).ends(0).prints_nothing();
    let names = fs::read_dir(folder.path("all")).unwrap().count();
    assert_eq!(names, 3, "nothing is left behind");
}

#[test]
fn a_check_shows_what_would_change_and_changes_nothing() {
    let folder = Folder::new();
    folder.write("p.policy", LOOSE);
    folder.write("neat.policy", NEAT);
    let diff = "--- p.policy\n+++ p.policy\n@@ -1,4 +1,3 @@\n-allow GET /a\n-\n+allow GET  /a\n \n\
                -allow   POST /b  # why\n+allow POST  /b  # why\n";
    folder.run(&["fmt", "--check", "neat.policy", "p.policy"]).ends(1).prints(diff);
    assert_eq!(fs::read_to_string(folder.path("p.policy")).unwrap(), LOOSE);
    folder.run(&["fmt", "--check", "neat.policy"]).ends(0).prints_nothing();
}

#[test]
fn line_ends_of_windows_are_a_difference() {
    let folder = Folder::new();
    folder.write("p.policy", NEAT.replace('\n', "\r\n"));
    let run = folder.run(&["fmt", "--check", "p.policy"]).ends(1);
    assert!(run.out.contains("-allow GET  /a\r\n-\r\n"), "{}", run.out);
    folder.run(&["fmt", "p.policy"]).ends(0);
    assert_eq!(fs::read_to_string(folder.path("p.policy")).unwrap(), NEAT);
}

#[test]
fn a_file_that_cannot_be_formatted_is_left_alone_and_the_others_are_not() {
    let folder = Folder::new();
    folder.write("all/a.policy", "allow GET\n");
    folder.write("all/b.policy", b"allow GET /\xff\n");
    folder.write("all/c.policy", LOOSE);
    let run = folder.run(&["fmt", "none.policy", "all"]).ends(3).prints("all/c.policy\n");
    let run = run.says("all/a.policy:1:").says("`all/b.policy` is not UTF-8 text");
    run.says("`none.policy` does not exist");
    assert_eq!(fs::read_to_string(folder.path("all/a.policy")).unwrap(), "allow GET\n");
    folder.run(&["fmt", "--check", "all"]).ends(3).prints_nothing();
}

#[test]
fn what_only_the_checker_minds_is_formatted() {
    let folder = Folder::new();
    folder.write("p.policy", "allow GET /a when nothing\n");
    folder.run(&["fmt", "p.policy"]).ends(0).prints("p.policy\n");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    folder.run_with(&["fmt", "-"], &[], LOOSE.as_bytes()).ends(0).prints(NEAT);
    folder.run_with(&["fmt", "-"], &[], NEAT.as_bytes()).ends(0).prints(NEAT);
    folder.run_with(&["fmt", "-"], &[], b"allow GET").ends(3).prints_nothing().says("E0101");
    folder.run_with(&["fmt", "-", "--check"], &[], NEAT.as_bytes()).ends(0).prints_nothing();
    folder.run_with(&["fmt", "-", "--check"], &[], LOOSE.as_bytes()).ends(1);
    folder.run_with(&["fmt", "-"], &[], b"").ends(0).prints_nothing();
    folder.run(&["fmt", "-", "-"]).ends(2);
    folder.run(&["fmt"]).ends(2);
}

#[test]
fn a_formatted_policy_decides_as_before() {
    let folder = Folder::new();
    folder.write("p.policy", POLICY.replace("  ", " ").replace('\n', "\n\n"));
    let ana = r#"{"sub": "ana"}"#;
    let args = ["simulate", "p.policy", "GET", "/users/ana", "--claims", ana, "--format", "json"];
    let decide = || folder.run(&args);
    let before = decide().ends(0).out;
    folder.run(&["fmt", "p.policy"]).ends(0).prints("p.policy\n");
    let without_lines = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(without_lines(&before), without_lines(&decide().ends(0).out));
    folder.run(&["fmt", "--check", "p.policy"]).ends(0);
    folder.run(&["test", "p.policy"]).ends(0);
}

#[test]
fn the_repository_is_formatted() {
    run_at_home(&["fmt", "--check", "policies"]).ends(0).prints_nothing();
}

#[test]
fn a_large_difference_is_shown_in_reasonable_time() {
    let folder = Folder::new();
    let mut text = String::new();
    for at in 0..10_000 {
        writeln!(text, "allow   GET /users/{at} when group \"g{at}\" as rule{at}").unwrap();
    }
    folder.write("p.policy", text);
    let start = Instant::now();
    let run = folder.run(&["fmt", "--check", "p.policy"]).ends(1);
    assert_eq!(run.out.lines().filter(|line| line.starts_with("+allow ")).count(), 10_000);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
