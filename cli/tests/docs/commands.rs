//! The commands in the pages, run.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::book::{Page, pages, readme, root};

/// A command with the output that the page shows.
struct Step {
    /// From behind the `$`; several lines where each but the last ends with a backslash.
    command: String,
    shown: Vec<String>,
}

fn steps(fence: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = fence.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let mut command = command.to_owned();
            while command.ends_with('\\') {
                command = format!("{command}\n{}", lines.next().unwrap());
            }
            steps.push(Step { command, shown: Vec::new() });
        } else {
            steps.last_mut().unwrap().shown.push(line.to_owned());
        }
    }
    steps
}

/// A folder for the commands of one page: the repository's policies, and the files that the page shows.
fn scratch() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    for entry in fs::read_dir(root().join("policies")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("policies").join(path.file_name().unwrap())).unwrap();
    }
    folder
}

/// What a terminal would show, and whether the command succeeded.
fn run(command: &str, folder: &Path) -> (Vec<String>, bool) {
    let binaries = Path::new(env!("CARGO_BIN_EXE_policyctl")).parent().unwrap();
    let run = Command::new("/bin/sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", binaries.display()))
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(|line| line.trim_end().to_owned()).collect(), run.status.success())
}

/// Whether the output is as shown: a line `…` stands for any lines, and inside a line for any text.
fn matches(shown: &[String], real: &[String]) -> bool {
    match shown.split_first() {
        None => real.is_empty(),
        Some((first, rest)) if first == "…" => {
            (0..=real.len()).any(|from| real.get(from..).is_some_and(|real| matches(rest, real)))
        }
        Some((first, rest)) => real
            .split_first()
            .is_some_and(|(line, others)| line_matches(first, line) && matches(rest, others)),
    }
}

fn line_matches(shown: &str, real: &str) -> bool {
    match shown.split_once('…') {
        None => shown == real,
        Some((before, after)) => real.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

/// Runs the page's commands, and gives the page with their real output where that is not as shown.
fn rerun(page: &Page, wrong: &mut Vec<String>) -> String {
    let folder = scratch();
    let mut real_fences: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for fence in page.fences() {
        if let Some(name) = fence.value("file") {
            fs::write(folder.path().join(name), &fence.text).unwrap();
        }
        if fence.language() != "console" {
            continue;
        }
        let mut real_fence: Vec<String> = Vec::new();
        for step in steps(&fence.text) {
            let (real, _) = run(&step.command, folder.path());
            let as_shown = matches(&step.shown, &real);
            if !as_shown {
                let (command, line) = (&step.command, fence.line);
                wrong.push(format!("{}:{line}: $ {command}\nprints\n{}\n", page.name, real.join("\n")));
            }
            real_fence.extend(format!("$ {}", step.command).lines().map(str::to_owned));
            real_fence.extend(if as_shown { step.shown } else { real });
        }
        real_fences.push((fence.line - 1, fence.text.lines().count(), real_fence));
    }
    let mut lines: Vec<String> = page.text.lines().map(str::to_owned).collect();
    for (start, count, real) in real_fences.into_iter().rev() {
        lines.splice(start..start + count, real);
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_command_prints_what_the_page_shows() {
    let mut wrong = Vec::new();
    let mut commands = 0;
    for page in pages() {
        commands += page.fences().iter().filter(|fence| fence.language() == "console").count();
        let real = rerun(&page, &mut wrong);
        if std::env::var_os("UPDATE_DOCS").is_some() && real != page.text {
            fs::write(&page.path, real).unwrap();
        }
    }
    assert!(commands > 5, "only {commands} blocks of commands are found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The README shows commands without their output: they have to succeed.
#[test]
fn every_command_of_the_readme_succeeds() {
    let folder = scratch();
    let page = readme();
    let mut commands = 0;
    let mut lines = page.prose().filter_map(|(_, line)| line.strip_prefix("    "));
    while let Some(line) = lines.next() {
        let line = line.strip_prefix("target/release/").unwrap_or(line);
        if !line.starts_with("policyctl ") {
            continue;
        }
        let mut command = line.to_owned();
        while command.ends_with('\\') {
            command = format!("{command}\n{}", lines.next().unwrap());
        }
        let (real, succeeded) = run(&command, folder.path());
        assert!(succeeded, "$ {command}\n{}", real.join("\n"));
        commands += 1;
    }
    assert!(commands > 5, "only {commands} commands are found");
}

#[test]
fn ellipses_stand_for_any_text() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (shown, real, same) in [
        ("a\nb", "a\nb", true),
        ("a", "a\nb", false),
        ("a\n…", "a\nb\nc", true),
        ("…\nc", "a\nb\nc", true),
        ("…\nb", "a\nb\nc", false),
        ("a…c", "abc", true),
        ("a…c…", "ac", true),
        ("a…c", "abd", false),
    ] {
        assert_eq!(matches(&lines(shown), &lines(real)), same, "{shown:?} {real:?}");
    }
}
