//! The pages about the authorizer, held to the code: whoever reads a reason in the log finds it there.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The names that a function or a list of constants of the source gives: its texts between `start` and `end`.
fn names(path: &str, start: &str, end: &str) -> BTreeSet<String> {
    let source = read(path);
    let (_, rest) = source.split_once(start).unwrap_or_else(|| panic!("{path} has no `{start}`"));
    let (body, _) = rest.split_once(end).unwrap();
    let names: BTreeSet<String> = body.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(!names.is_empty(), "{path}: {start}");
    names
}

/// Every reason that a line of the log can have.
fn reasons() -> BTreeSet<String> {
    let mut reasons = names("authorizer/src/token/refusal.rs", "pub const fn code(&self)", "\n    }");
    reasons.extend(names("engine/src/decide.rs", "pub const fn name(self)", "\n    }"));
    let source = read("authorizer/src/verdict.rs");
    let constants =
        source.split("/// [`Verdict::reason`]").skip(1).map(|text| text.split('"').nth(1).unwrap());
    reasons.extend(constants.map(str::to_owned));
    reasons
}

/// The first cells of the rows of the table that follows this heading of a column.
fn first_cells(page: &str, heading: &str) -> Vec<String> {
    let text = read(page);
    let (_, table) = text.split_once(heading).unwrap_or_else(|| panic!("{page} has no `{heading}`"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    rows.map(|row| row.trim_start_matches("| `").split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn every_reason_is_explained_and_every_explanation_is_of_a_reason() {
    let reasons = reasons();
    for known in ["rule", "hostile_claim", "no_token", "event", "answer", "expired", "userinfo"] {
        assert!(reasons.contains(known), "{known}: {reasons:?}");
    }
    for (page, heading) in
        [("docs/operations.md", "| `reason` | means"), ("docs/authorizer.md", "| `reason` | the request |")]
    {
        let rows = first_cells(page, heading);
        let explained: BTreeSet<String> = rows.iter().cloned().collect();
        assert_eq!(explained, reasons, "{page}");
        assert_eq!(rows.len(), explained.len(), "{page} explains one twice");
    }
}

#[test]
fn every_metric_and_every_setting_is_described() {
    let page = read("docs/authorizer.md");
    let metrics = names("authorizer/src/metrics.rs", "fn metrics(&self)", "\n    }");
    let units = ["Microseconds", "Bytes"];
    for metric in metrics.iter().filter(|name| !units.contains(&name.as_str())) {
        assert!(page.contains(&format!("`{metric}`")), "{metric}");
    }
    let settings = names("authorizer/src/config.rs", "let mut settings =", "Ok(Self {");
    for setting in &settings {
        assert!(page.contains(&format!("`{setting}`")), "{setting}");
    }
    assert!(settings.contains("POLICY_METRICS") && metrics.contains("StaleKeyUses"));
}
