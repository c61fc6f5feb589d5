//! Coverage as an lcov tracefile (`geninfo(1)`, "FILES"): a rule is a function, its lines are hit when it makes a
//! decision, and each atom of its condition is two branches, true and false.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::{Coverage, Place, RuleCoverage};

/// The tracefile's text.
pub(crate) fn tracefile(coverage: &Coverage) -> String {
    let mut out = String::new();
    for (file, rules) in coverage.files() {
        // Writing to a string cannot fail.
        let _ = write_file(&mut out, file, &rules);
    }
    out
}

fn write_file(out: &mut String, file: &str, rules: &[(&Place, &RuleCoverage)]) -> fmt::Result {
    writeln!(out, "TN:\nSF:{}", one_line(file))?;
    for (place, _) in rules {
        writeln!(out, "FN:{},{}", place.line, name(place))?;
    }
    for (place, rule) in rules {
        writeln!(out, "FNDA:{},{}", rule.decided, name(place))?;
    }
    let hit = rules.iter().filter(|(_, rule)| rule.decided > 0).count();
    writeln!(out, "FNF:{}\nFNH:{hit}", rules.len())?;
    write_branches(out, rules)?;
    write_lines(out, rules)?;
    writeln!(out, "end_of_record")
}

fn write_branches(out: &mut String, rules: &[(&Place, &RuleCoverage)]) -> fmt::Result {
    let (mut found, mut hit) = (0, 0);
    for (block, (place, rule)) in rules.iter().enumerate() {
        let outcomes = rule.atoms.iter().flat_map(|atom| [atom.held, atom.failed]);
        for (branch, count) in outcomes.enumerate() {
            found += 1;
            hit += usize::from(count > 0);
            let taken = if rule.consulted == 0 { "-".to_owned() } else { count.to_string() };
            writeln!(out, "BRDA:{},{block},{branch},{taken}", place.line)?;
        }
    }
    writeln!(out, "BRF:{found}\nBRH:{hit}")
}

fn write_lines(out: &mut String, rules: &[(&Place, &RuleCoverage)]) -> fmt::Result {
    let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
    for (_, rule) in rules {
        for number in (rule.text.first..).take(rule.text.lines.len()) {
            *lines.entry(number).or_default() += rule.decided;
        }
    }
    for (line, count) in &lines {
        writeln!(out, "DA:{line},{count}")?;
    }
    let hit = lines.values().filter(|count| **count > 0).count();
    writeln!(out, "LF:{}\nLH:{hit}", lines.len())
}

/// A rule without an id is named by its file, and a comma ends a field.
fn name(place: &Place) -> String {
    one_line(&place.id).replace(',', "_")
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], "_")
}
