//! `policyctl test`: the `test` statements of policies.

use std::io::Write;

use serde::Serialize;

use crate::args::{TestArgs, TestFormat};
use crate::cases::junit::{self, Suite};
use crate::cases::{self, TestResult};
use crate::coverage::{Coverage, CoverageShown, Tally, lcov, text};
use crate::exit::{Exit, Failure};
use crate::input;
use crate::paths::{self, Unit};
use crate::render::json::versioned;
use crate::render::{self, Paint, human, note};
use crate::{load, params};

pub(super) fn run(args: &TestArgs) -> Result<Exit, Failure> {
    if args.coverage_out.as_deref() == Some(input::STDIN) {
        return Err(Failure::usage("the coverage needs a file: standard output is for the results"));
    }
    let units = paths::compile(&args.paths)?;
    check_params(args, &units)?;
    let ran = Ran::of(args, &units)?;
    match args.format {
        TestFormat::Json => render::print_json(&versioned(ran.report()))?,
        TestFormat::Junit => ran.print_junit(&units)?,
        TestFormat::Human => ran.print()?,
    }
    ran.write_tracefile(args)?;
    Ok(ran.exit().max(ran.coverage_exit(args)))
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

/// What came of the tests of all policies.
struct Ran {
    /// The tests of each policy; nothing where it is invalid.
    policies: Vec<Option<Vec<TestResult>>>,
    /// Counted only where it was asked for.
    coverage: Option<Coverage>,
}

/// As `test --format json` prints it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    passed: usize,
    failed: usize,
    tests: Vec<&'a TestResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<CoverageShown<'a>>,
}

impl Ran {
    fn of(args: &TestArgs, units: &[Unit]) -> Result<Self, Failure> {
        let mut coverage = args.wants_coverage().then(Coverage::default);
        let mut policies = Vec::with_capacity(units.len());
        for unit in units {
            let Some(policy) = &unit.compilation.policy else {
                load::tell_errors(&unit.compilation);
                policies.push(None);
                continue;
            };
            let sources = &unit.compilation.sources;
            let mut tally = coverage.is_some().then(|| Tally::new(policy, sources));
            policies.push(Some(cases::run(policy, sources, &args.params, tally.as_mut())?));
            if let (Some(coverage), Some(tally)) = (&mut coverage, tally) {
                coverage.add(tally);
            }
        }
        Ok(Self { policies, coverage })
    }

    fn tests(&self) -> impl Iterator<Item = &TestResult> {
        self.policies.iter().flatten().flatten()
    }

    fn report(&self) -> Report<'_> {
        let tests: Vec<_> = self.tests().collect();
        let passed = tests.iter().filter(|test| test.passed).count();
        let coverage = self.coverage.as_ref().map(Coverage::shown);
        Report { passed, failed: tests.len() - passed, tests, coverage }
    }

    fn exit(&self) -> Exit {
        if self.policies.iter().any(Option::is_none) {
            Exit::Invalid
        } else if self.tests().any(|test| !test.passed) {
            Exit::Findings
        } else {
            Exit::Fine
        }
    }

    fn coverage_exit(&self, args: &TestArgs) -> Exit {
        let (Some(coverage), Some(least)) = (&self.coverage, args.min_coverage) else { return Exit::Fine };
        let share = coverage.share();
        if share.reaches(least) {
            return Exit::Fine;
        }
        note(&format!("the coverage is {share}, and at least {least}% is asked for"));
        Exit::Findings
    }

    fn write_tracefile(&self, args: &TestArgs) -> Result<(), Failure> {
        let (Some(coverage), Some(path)) = (&self.coverage, &args.coverage_out) else { return Ok(()) };
        std::fs::write(path, lcov::tracefile(coverage))
            .map_err(|error| Failure::invalid(format!("`{path}` cannot be written: {error}")))
    }

    fn print_junit(&self, units: &[Unit]) -> Result<(), Failure> {
        let suites: Vec<_> = units
            .iter()
            .zip(&self.policies)
            .map(|(unit, tests)| Suite {
                policy: &unit.path,
                tests: tests.as_deref().unwrap_or_default(),
                error: tests.is_none().then(|| load::error_text(&unit.compilation)),
            })
            .collect();
        let mut out = render::stdout();
        out.write_all(&junit::report(&suites)?)?;
        out.flush()?;
        Ok(())
    }

    fn print(&self) -> Result<(), Failure> {
        let paint = Paint::stdout();
        let mut out = render::stdout();
        let report = self.report();
        for test in report.tests.iter().filter(|test| !test.passed) {
            let place = paint.faint(&format!("{}:{}", test.file, test.line));
            writeln!(out, "{}  {}  {place}", paint.error("FAILED"), test.name)?;
            for unmet in &test.failures {
                write!(out, "{}", human::unmet(unmet, paint))?;
            }
            writeln!(out)?;
        }
        if let Some(coverage) = &self.coverage {
            writeln!(out, "{}", text::annotated(coverage, paint))?;
        }
        if report.tests.is_empty() {
            writeln!(out, "there are no tests")?;
        }
        writeln!(out, "{} passed, {} failed", report.passed, report.failed)?;
        out.flush()?;
        Ok(())
    }
}
