//! `policyctl check`: what is wrong with policies.

mod lints;
mod mend;

use std::collections::HashSet;
use std::io::Write;

use policy_dsl::fix::Fixer;
use policy_dsl::source::Files;
use serde::Serialize;

use self::mend::Fixed;
use crate::args::{CheckArgs, CheckFormat};
use crate::exit::{Exit, Failure};
use crate::load;
use crate::paths::{self, Unit};
use crate::render::diagnostics::{self, Finding, Found};
use crate::render::human::count;
use crate::render::json::versioned;
use crate::render::{self, Paint, github, note, sarif};

#[derive(Debug, Serialize)]
struct Report {
    errors: usize,
    warnings: usize,
    /// What was mended, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<Fixed>>,
    diagnostics: Vec<Finding>,
}

pub(super) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    mend::check_output(args)?;
    let given = lints::levels(&args.lints)?;
    let files = load::files();
    let mut fixer = Fixer::new(&files);
    let units = paths::compile_with(&args.paths, |path| {
        let levels = lints::levels_for(path, &given)?;
        let lint = |entry: &str, files: &dyn Files| {
            policy_dsl::lint_with_templates(entry, files, &levels, &args.template)
        };
        Ok(if args.fix { fixer.fix(path, &lint) } else { lint(path, &files) })
    })?;
    let found = fresh(&units);
    let report = Report::new(&found, args.fix.then(|| mend::fixed(&fixer)));
    let would_change = mend::write(&fixer, args)?;
    let exit = exit(&report, &units, args).max(if would_change { Exit::Findings } else { Exit::Fine });
    match args.format {
        CheckFormat::Json => render::print_json(&versioned(report))?,
        CheckFormat::Sarif => render::print_json(&sarif::log(&found))?,
        CheckFormat::Github => print(&github::commands(&found))?,
        CheckFormat::Human => tell(&found, &report, units.len(), args)?,
    }
    Ok(exit)
}

/// Every finding once: a file that several policies use is looked at for each of them.
fn fresh(units: &[Unit]) -> Vec<Found<'_>> {
    let mut seen = HashSet::new();
    let found = units.iter().flat_map(|unit| {
        let Unit { compilation, path, .. } = unit;
        let found = |finding| Found { finding, sources: &compilation.sources, entry: path };
        compilation.diagnostics.iter().map(found)
    });
    found.filter(|found| seen.insert(Finding::new(found))).collect()
}

impl Report {
    fn new(found: &[Found<'_>], fixed: Option<Vec<Fixed>>) -> Self {
        let errors = found.iter().filter(|found| found.finding.is_error()).count();
        let diagnostics = found.iter().map(Finding::new).collect();
        Self { errors, warnings: found.len() - errors, fixed, diagnostics }
    }
}

fn exit(report: &Report, units: &[Unit], args: &CheckArgs) -> Exit {
    if units.iter().any(|unit| unit.compilation.diagnostics.iter().any(diagnostics::is_unreadable_entry)) {
        Exit::Invalid
    } else if report.errors > 0 || (args.deny_warnings && report.warnings > 0) {
        Exit::Findings
    } else {
        Exit::Fine
    }
}

fn tell(found: &[Found<'_>], report: &Report, policies: usize, args: &CheckArgs) -> Result<(), Failure> {
    for found in found {
        diagnostics::tell([found.finding], found.sources, Paint::stderr());
    }
    let (errors, warnings) = (count(report.errors, "error"), count(report.warnings, "warning"));
    let policies = if policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    let fixed = report.fixed.as_ref().map_or_else(String::new, |fixed| {
        format!("{} {}, ", fixed.len(), if args.dry_run { "to be fixed" } else { "fixed" })
    });
    let summary = format!("{fixed}{errors}, {warnings} in {policies}");
    if mend::takes_output(args) {
        note(&summary);
        return Ok(());
    }
    print(&format!("{summary}\n"))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = render::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
