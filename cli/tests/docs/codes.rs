//! A page a diagnostic code.

use std::collections::BTreeSet;

use policy_dsl::codes::Code;
use policy_dsl::diagnostic::Severity;

use crate::book::{Page, pages};
use crate::policies::{Findings, is_checked};

/// What no few lines of policy can bring about: limits, files that are damaged, and faults of policyctl.
fn needs_no_example(code: &str) -> bool {
    code.starts_with("E04")
        || (code.starts_with("E05") && code != "E0501")
        || code.starts_with("E09")
        || matches!(code, "E0602" | "E0702")
}

fn code_pages() -> Vec<Page> {
    let folder = "docs/codes/";
    let is_code = |page: &Page| page.name.starts_with(folder) && page.name != "docs/codes/README.md";
    pages().into_iter().filter(is_code).collect()
}

fn code_of(page: &Page) -> &str {
    page.name.trim_start_matches("docs/codes/").trim_end_matches(".md")
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages = code_pages();
    let written: BTreeSet<&str> = pages.iter().map(code_of).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let missing: Vec<_> = codes.difference(&written).collect();
    let unknown: Vec<_> = written.difference(&codes).collect();
    assert!(
        missing.is_empty(),
        "write docs/codes/CODE.md for {missing:?}, and list it in SUMMARY.md and README.md"
    );
    assert!(unknown.is_empty(), "no such code, or no more: {unknown:?}");
}

#[test]
fn every_page_has_the_codes_title_and_an_example_that_gives_it() {
    let mut wrong = Vec::new();
    for page in code_pages() {
        let Some(code) = Code::parse(code_of(&page)) else { continue };
        let heading = format!("# {code}: {}\n", code.title());
        if !page.text.starts_with(&heading) {
            wrong.push(format!("{}: it does not start with `{}`", page.name, heading.trim_end()));
        }
        let mut gives = false;
        for fence in page.fences().iter().filter(|fence| is_checked(fence)) {
            let is_example = fence.value("error").or(fence.value("warning")) == Some(code.as_str());
            let has_it = Findings::of(fence).has(code.as_str());
            gives |= is_example && has_it;
            if has_it && !is_example {
                wrong.push(format!("{}:{}: this gives {code}, too", page.name, fence.line));
            }
        }
        if !gives && !needs_no_example(code.as_str()) {
            wrong.push(format!("{}: it has no example that gives {code}", page.name));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_list_of_codes_is_whole() {
    let list = pages().into_iter().find(|page| page.name == "docs/codes/README.md").unwrap();
    for code in Code::ALL {
        let name = match code.severity() {
            Severity::Warning => format!("`{}` | ", code.name()),
            Severity::Error => String::new(),
        };
        let row = format!("| [`{code}`]({code}.md) | {name}{} |", code.title());
        assert!(list.text.contains(&row), "docs/codes/README.md lacks the row\n{row}");
    }
}
