//! Running the `test` statements of a policy.

pub(crate) mod junit;

use policy_dsl::source::{Sources, Span};
use policy_dsl::{CompiledPolicy, Expectation, TestCase};
use policy_engine::{Caller, Policy, Request};
use serde::Serialize;

use crate::args::ParamArgs;
use crate::coverage::Tally;
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

/// Runs every test of a policy, and counts what they meet.
pub(crate) fn run(
    policy: &CompiledPolicy,
    sources: &Sources,
    given: &ParamArgs,
    mut tally: Option<&mut Tally>,
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
        if let Some(tally) = &mut tally {
            count(bound, test, tally);
        }
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

/// Every request of an expectation.
fn requests<'a>(test: &'a TestCase, expectation: &'a Expectation) -> impl Iterator<Item = Request<'a>> {
    let context = &test.context;
    expectation
        .paths
        .iter()
        .flat_map(move |path| expectation.verbs.iter().map(move |verb| Request { verb, path, context }))
}

fn count(policy: &Policy, test: &TestCase, tally: &mut Tally) {
    let caller = policy.caller(test.token.as_ref());
    for request in test.expectations.iter().flat_map(|expectation| requests(test, expectation)) {
        tally.count(&caller, &request, &caller.decide(&request));
    }
}

fn unmet<'a>(
    caller: &'a Caller<'_>,
    test: &'a TestCase,
    expectation: &'a Expectation,
    sources: &'a Sources,
) -> impl Iterator<Item = Unmet> + 'a {
    requests(test, expectation).filter_map(move |request| {
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
            verb: request.verb.name(),
            path: request.path.to_owned(),
            expected: word(expectation.allowed),
            by: expectation.by.clone(),
            explained,
        })
    })
}

fn place(span: Span, sources: &Sources) -> (String, usize) {
    (sources.name(span.source).to_owned(), sources.start(span).line)
}
