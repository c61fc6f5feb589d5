//! `policyctl check`: what is wrong with policies.

use std::collections::HashSet;
use std::io::Write;

use policy_dsl::diagnostic::Diagnostic;
use serde::Serialize;

use crate::args::{CheckArgs, Format};
use crate::exit::{Exit, Failure};
use crate::paths::{self, Unit};
use crate::render::diagnostics::{self, Finding};
use crate::render::human::count;
use crate::render::json::versioned;
use crate::render::{self, Paint};

#[derive(Debug, Default, Serialize)]
struct Report {
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding>,
    #[serde(skip)]
    seen: HashSet<Finding>,
}

pub(super) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let units = paths::compile(&args.paths)?;
    let mut report = Report::default();
    for unit in &units {
        let fresh: Vec<_> =
            unit.compilation.diagnostics.iter().filter(|found| report.add(found, unit)).collect();
        if args.format == Format::Human {
            diagnostics::tell(fresh, &unit.compilation.sources, Paint::stderr());
        }
    }
    let exit = exit(&report, &units, args.deny_warnings);
    match args.format {
        Format::Json => render::print_json(&versioned(report))?,
        Format::Human => print(&report, units.len())?,
    }
    Ok(exit)
}

impl Report {
    /// Whether the finding is new: a file that several policies use is looked at for each of them.
    fn add(&mut self, found: &Diagnostic, unit: &Unit) -> bool {
        let finding = Finding::new(found, &unit.compilation.sources, &unit.path);
        if !self.seen.insert(finding.clone()) {
            return false;
        }
        if found.is_error() {
            self.errors += 1;
        } else {
            self.warnings += 1;
        }
        self.diagnostics.push(finding);
        true
    }
}

fn exit(report: &Report, units: &[Unit], deny_warnings: bool) -> Exit {
    if units.iter().any(|unit| unit.compilation.diagnostics.iter().any(diagnostics::is_unreadable_entry)) {
        Exit::Invalid
    } else if report.errors > 0 || (deny_warnings && report.warnings > 0) {
        Exit::Findings
    } else {
        Exit::Fine
    }
}

fn print(report: &Report, policies: usize) -> Result<(), Failure> {
    let mut out = render::stdout();
    let (errors, warnings) = (count(report.errors, "error"), count(report.warnings, "warning"));
    let policies = if policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    writeln!(out, "{errors}, {warnings} in {policies}")?;
    out.flush()?;
    Ok(())
}
