//! Links lead somewhere, and the book lists every page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::book::{Page, page, pages, readme, root};

/// The targets of a line's links.
fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some((_, after)) = rest.split_once("](") {
        let Some((target, behind)) = after.split_once(')') else { break };
        targets.push(target);
        rest = behind;
    }
    targets
}

/// The folder with the names that go up taken out of the path.
fn resolve(folder: &Path, target: &str) -> PathBuf {
    let mut resolved = folder.to_owned();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                resolved.pop();
            }
            name => resolved.push(name),
        }
    }
    resolved
}

fn check(from: &Page, target: &str) -> Result<(), String> {
    if target.starts_with("https://") {
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let path = if file.is_empty() { from.path.clone() } else { resolve(from.path.parent().unwrap(), file) };
    if !path.exists() {
        return Err("there is no such file".to_owned());
    }
    let book = root().join("docs");
    if from.path.starts_with(&book) && !path.starts_with(&book) {
        return Err("it leads out of the book".to_owned());
    }
    match anchor {
        Some(anchor) if !page(&path).anchors().iter().any(|other| other == anchor) => {
            Err("there is no such heading".to_owned())
        }
        _ => Ok(()),
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages().iter().chain([&readme()]) {
        for (number, line) in page.prose() {
            for target in targets(line) {
                if let Err(why) = check(page, target) {
                    wrong.push(format!("{}:{number}: `{target}`: {why}", page.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_book_lists_every_page_once() {
    let summary = page(&root().join("docs/SUMMARY.md"));
    let listed: Vec<PathBuf> = summary
        .prose()
        .flat_map(|(_, line)| targets(line))
        .map(|target| resolve(&root().join("docs"), target))
        .collect();
    let once: BTreeSet<PathBuf> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let all: BTreeSet<PathBuf> =
        pages().into_iter().map(|page| page.path).filter(|path| *path != summary.path).collect();
    let missing: Vec<_> = all.difference(&once).collect();
    let unknown: Vec<_> = once.difference(&all).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "not listed: {missing:?}, not there: {unknown:?}");
}

/// mdbook reads nothing in the summary but headings, lists of links, and links alone.
#[test]
fn the_summary_is_one_that_mdbook_reads() {
    let summary = page(&root().join("docs/SUMMARY.md"));
    for (number, line) in summary.prose().filter(|(_, line)| !line.trim().is_empty()) {
        let item = line.trim_start().strip_prefix("- ").unwrap_or(line);
        let is_link = item.starts_with('[') && item.ends_with(')') && targets(item).len() == 1;
        let indent = line.len() - line.trim_start().len();
        assert!(is_link && indent % 2 == 0 || line.starts_with("# "), "SUMMARY.md:{number}: {line}");
    }
    let settings = fs::read_to_string(root().join("book.toml")).unwrap();
    assert!(settings.contains("src = \"docs\""), "the book is made from `docs`");
}
