//! `policyctl test`: the `test` statements of policies.

use std::io::Write;

use serde::Serialize;

use crate::args::{Format, TestArgs};
use crate::cases::{self, TestResult, Unmet};
use crate::exit::{Exit, Failure};
use crate::paths::{self, Unit};
use crate::render::json::versioned;
use crate::render::{self, Paint, human};
use crate::{load, params};

#[derive(Debug, Default, Serialize)]
struct Report {
    passed: usize,
    failed: usize,
    tests: Vec<TestResult>,
}

pub(super) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let units = paths::compile(&args.paths)?;
    check_params(args, &units)?;
    let mut exit = Exit::Fine;
    let mut report = Report::default();
    for unit in units {
        let Some(policy) = unit.compilation.policy else {
            load::tell_errors(&unit.compilation);
            exit = Exit::Invalid;
            continue;
        };
        report.tests.extend(cases::run(&policy, &unit.compilation.sources, &args.params)?);
    }
    report.passed = report.tests.iter().filter(|test| test.passed).count();
    report.failed = report.tests.len() - report.passed;
    if report.failed > 0 {
        exit = exit.max(Exit::Findings);
    }
    match args.format {
        Format::Json => render::print_json(&versioned(report))?,
        Format::Human => print(&report)?,
    }
    Ok(exit)
}

/// Refuses a value of a param that none of the policies has.
fn check_params(args: &TestArgs, units: &[Unit]) -> Result<(), Failure> {
    let policies = || units.iter().filter_map(|unit| unit.compilation.policy.as_ref());
    if policies().count() < units.len() {
        // A policy that is invalid may have it.
        return Ok(());
    }
    let params: Vec<_> =
        policies().flat_map(|policy| policy.program.parts().params.iter().cloned()).collect();
    params::check_names(&params, &args.params)
}

fn print(report: &Report) -> Result<(), Failure> {
    let paint = Paint::stdout();
    let mut out = render::stdout();
    for test in report.tests.iter().filter(|test| !test.passed) {
        writeln!(
            out,
            "{}  {}  {}",
            paint.error("FAILED"),
            test.name,
            paint.faint(&format!("{}:{}", test.file, test.line))
        )?;
        for unmet in &test.failures {
            write!(out, "{}", failure(unmet, paint))?;
        }
        writeln!(out)?;
    }
    if report.tests.is_empty() {
        writeln!(out, "there are no tests")?;
    }
    writeln!(out, "{} passed, {} failed", report.passed, report.failed)?;
    out.flush()?;
    Ok(())
}

fn failure(unmet: &Unmet, paint: Paint) -> String {
    let Unmet { file, line, verb, path, expected, by, explained } = unmet;
    let by = by.as_ref().map_or_else(String::new, |by| format!(" by `{by}`"));
    let decision = explained.decision;
    let reasons = human::reasons(explained, "      ", paint);
    format!("  {file}:{line}: {verb} {path}\n    expected {expected}{by}, and it is {decision}:\n{reasons}")
}
