//! Test results as `JUnit` XML, in the form that Jenkins, GitLab and GitHub's reporters read: a suite for each policy,
//! a case for each test.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{TestResult, Unmet};
use crate::render::human;

/// The tests of one policy.
#[derive(Debug)]
pub(crate) struct Suite<'a> {
    /// The policy's path.
    pub(crate) policy: &'a str,
    /// Its tests; none where it is invalid.
    pub(crate) tests: &'a [TestResult],
    /// The errors of a policy that cannot be tested.
    pub(crate) error: Option<String>,
}

type Xml = Writer<Vec<u8>>;

/// The whole report, a line end behind it.
pub(crate) fn report(suites: &[Suite<'_>]) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let [tests, failures, errors] = suites.iter().map(counts).fold([0; 3], |sum, counts| {
        let [a, b, c] = counts;
        let [tests, failures, errors] = sum;
        [tests + a, failures + b, errors + c]
    });
    xml.create_element("testsuites")
        .with_attribute(("name", "policyctl"))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", errors.to_string().as_str()))
        .write_inner_content(|xml| suites.iter().try_for_each(|suite| write_suite(xml, suite)))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Tests, failures and errors. A policy that is invalid counts as one test with an error.
fn counts(suite: &Suite<'_>) -> [usize; 3] {
    let errors = usize::from(suite.error.is_some());
    let failures = suite.tests.iter().filter(|test| !test.passed).count();
    [suite.tests.len() + errors, failures, errors]
}

fn write_suite(xml: &mut Xml, suite: &Suite<'_>) -> io::Result<()> {
    let [tests, failures, errors] = counts(suite);
    xml.create_element("testsuite")
        .with_attribute(("name", allowed(suite.policy).as_str()))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", errors.to_string().as_str()))
        .write_inner_content(|xml| {
            if let Some(error) = &suite.error {
                write_case(
                    xml,
                    (suite.policy, suite.policy),
                    Some(("error", "the policy is invalid", error)),
                )?;
            }
            suite.tests.iter().try_for_each(|test| write_test(xml, test))
        })?;
    Ok(())
}

fn write_test(xml: &mut Xml, test: &TestResult) -> io::Result<()> {
    let names = (test.name.as_str(), test.file.as_str());
    match test.failures.as_slice() {
        [] => write_case(xml, names, None),
        [first, others @ ..] => {
            let more = match others.len() {
                0 => String::new(),
                more => format!(", and {} more", human::count(more, "unmet expectation")),
            };
            let message = format!("{}{more}", expectation(first));
            let details: String =
                test.failures.iter().map(|unmet| human::unmet(unmet, human::PLAIN)).collect();
            write_case(xml, names, Some(("failure", &message, &details)))
        }
    }
}

fn expectation(unmet: &Unmet) -> String {
    let Unmet { verb, path, expected, explained, .. } = unmet;
    format!("{verb} {path}: expected {expected}, and it is {}", explained.decision)
}

/// A case; `problem` is the element that says what went wrong, its message, and its text.
fn write_case(
    xml: &mut Xml,
    (name, file): (&str, &str),
    problem: Option<(&str, &str, &str)>,
) -> io::Result<()> {
    let (name, file) = (allowed(name), allowed(file));
    let case = xml
        .create_element("testcase")
        .with_attribute(("name", name.as_str()))
        .with_attribute(("classname", file.as_str()))
        // Decisions are counted and not timed: the same tests, the same report.
        .with_attribute(("time", "0"));
    match problem {
        None => case.write_empty()?,
        Some((kind, message, text)) => case.write_inner_content(|xml| {
            let message = allowed(message);
            xml.create_element(kind)
                .with_attribute(("message", message.as_str()))
                .with_attribute(("type", kind))
                .write_text_content(BytesText::new(&allowed(text)))?;
            Ok(())
        })?,
    };
    Ok(())
}

/// The text without the characters that XML cannot hold (XML 1.0, section 2.2), and without colours.
fn allowed(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_the_rest_escaped() {
        let name = "<a & \"b\">\u{0}\u{1b}\u{ffff}ü";
        let test = TestResult {
            file: "p.policy".to_owned(),
            line: 1,
            name: name.to_owned(),
            passed: true,
            failures: Vec::new(),
        };
        let suite = Suite { policy: "p.policy", tests: &[test], error: Some("a < b]]>".to_owned()) };
        let xml = String::from_utf8(report(&[suite]).unwrap()).unwrap();
        assert!(xml.contains("name=\"&lt;a &amp; &quot;b&quot;&gt;\u{fffd}\u{fffd}\u{fffd}ü\""), "{xml}");
        assert!(xml.contains(">a &lt; b]]&gt;</error>"), "{xml}");
        assert!(xml.contains("tests=\"2\" failures=\"0\" errors=\"1\""), "{xml}");
    }
}
