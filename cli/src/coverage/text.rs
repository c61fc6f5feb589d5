//! Coverage for people: beside the text of the rules.

use std::fmt::Write as _;

use super::{AtomCoverage, Coverage, RuleCoverage};
use crate::render::Paint;

/// The rules, with how often each decided, and what the tests never met.
pub(crate) fn annotated(coverage: &Coverage, paint: Paint) -> String {
    let mut out = String::new();
    for (file, rules) in coverage.files() {
        let most = rules.iter().map(|(_, rule)| rule.decided).max().unwrap_or(0);
        let last = rules.iter().map(|(_, rule)| rule.text.first + rule.text.lines.len()).max();
        let widths =
            Widths { count: most.to_string().len().max(2), line: last.unwrap_or(0).to_string().len() };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{file}");
        for (_, rule) in rules {
            write_rule(&mut out, rule, widths, paint);
        }
        out.push('\n');
    }
    let share = coverage.share();
    let _ = writeln!(
        out,
        "coverage {share}: {} of {} rules made a decision, {} of {} outcomes of their conditions were met",
        share.rules_decided, share.rules, share.outcomes_met, share.outcomes
    );
    out
}

#[derive(Clone, Copy)]
struct Widths {
    count: usize,
    line: usize,
}

fn write_rule(out: &mut String, rule: &RuleCoverage, widths: Widths, paint: Paint) {
    let Widths { count, line: width } = widths;
    for (number, line) in (rule.text.first..).zip(&rule.text.lines) {
        let times = match number == rule.text.first {
            true if rule.decided == 0 => paint.error(&format!("{:>count$}×", 0)),
            true => paint.good(&format!("{:>count$}×", rule.decided)),
            false => format!("{:count$} ", ""),
        };
        let gutter = paint.faint(&format!("{number:>width$} |"));
        let _ = writeln!(out, "  {times} {gutter} {line}");
    }
    for lack in lacks(rule) {
        let _ = writeln!(out, "  {:count$}  {:width$} {} {lack}", "", "", paint.error("!"));
    }
}

/// What the tests never met of the rule.
fn lacks(rule: &RuleCoverage) -> Vec<String> {
    if rule.consulted == 0 {
        let whose = if rule.effect == "allow" { " with a token" } else { "" };
        return vec![format!("no test asks{whose} for one of its verbs and paths")];
    }
    let never = (rule.decided == 0).then(|| "it never made a decision".to_owned());
    never.into_iter().chain(rule.atoms.iter().filter_map(lack)).collect()
}

fn lack(atom: &AtomCoverage) -> Option<String> {
    let never = match (atom.held, atom.failed) {
        (0, 0) => "true and never false",
        (0, _) => "true",
        (_, 0) => "false",
        _ => return None,
    };
    Some(format!("`{}` was never {never}", atom.text))
}
