//! Running the `test` statements of a policy.

use policy_dsl::source::{Sources, Span};
use policy_dsl::{CompiledPolicy, Expectation, TestCase};
use policy_engine::{Caller, Policy, Request};
use serde::Serialize;

use crate::args::ParamArgs;
use crate::exit::Failure;
use crate::explain::{Explained, word};
use crate::params::{self, More};

/// A test that was run. As JSON, it has the shape that `test --format json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct TestResult {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) passed: bool,
    pub(crate) failures: Vec<Unmet>,
}

/// An expectation that was not met.
#[derive(Debug, Serialize)]
pub(crate) struct Unmet {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) verb: &'static str,
    pub(crate) path: String,
    pub(crate) expected: &'static str,
    pub(crate) by: Option<String>,
    #[serde(flatten)]
    pub(crate) explained: Explained,
}

/// Runs every test of a policy.
pub(crate) fn run(
    policy: &CompiledPolicy,
    sources: &Sources,
    given: &ParamArgs,
) -> Result<Vec<TestResult>, Failure> {
    // For the tests that set no param; those that do may be the only ones that can be run.
    let mut shared = None;
    let mut results = Vec::with_capacity(policy.tests.len());
    for test in &policy.tests {
        let own;
        let bound = if test.params.is_empty() {
            match &mut shared {
                Some(bound) => bound,
                none => none.insert(bind(policy, test, given)?),
            }
        } else {
            own = bind(policy, test, given)?;
            &own
        };
        results.push(run_one(bound, test, sources));
    }
    Ok(results)
}

fn bind(policy: &CompiledPolicy, test: &TestCase, given: &ParamArgs) -> Result<Policy, Failure> {
    let more = More { first: &test.params, ..More::default() };
    params::bind_with(policy.program.clone(), given, &more)
}

fn run_one(policy: &Policy, test: &TestCase, sources: &Sources) -> TestResult {
    let caller = policy.caller(test.token.as_ref());
    let unmet = test.expectations.iter().flat_map(|expectation| unmet(&caller, test, expectation, sources));
    let failures: Vec<Unmet> = unmet.collect();
    let (file, line) = place(test.span, sources);
    TestResult { file, line, name: test.name.clone(), passed: failures.is_empty(), failures }
}

fn unmet<'a>(
    caller: &'a Caller<'_>,
    test: &'a TestCase,
    expectation: &'a Expectation,
    sources: &'a Sources,
) -> impl Iterator<Item = Unmet> + 'a {
    let pairs =
        expectation.paths.iter().flat_map(|path| expectation.verbs.iter().map(move |verb| (verb, path)));
    pairs.filter_map(move |(verb, path)| {
        let request = Request { verb, path, context: &test.context };
        let explained = Explained::of(caller, &request);
        let by_whom =
            expectation.by.as_ref().is_none_or(|by| explained.rules.iter().any(|rule| rule.id == *by));
        if explained.is_allowed() == expectation.allowed && by_whom {
            return None;
        }
        let (file, line) = place(expectation.span, sources);
        Some(Unmet {
            file,
            line,
            verb: verb.name(),
            path: path.clone(),
            expected: word(expectation.allowed),
            by: expectation.by.clone(),
            explained,
        })
    })
}

fn place(span: Span, sources: &Sources) -> (String, usize) {
    (sources.name(span.source).to_owned(), sources.start(span).line)
}
