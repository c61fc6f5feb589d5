//! `policyctl test --format junit`.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::support::Folder;

/// The elements in order, as `name` or `/name`; panics where the text is not well-formed.
fn elements(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => {
                let attributes = element.attributes().map(Result::unwrap).count();
                assert!(attributes > 0, "{xml}");
                found.push(element.name().as_ref().to_owned());
            }
            Event::Empty(element) => found.push(format!("{}/", element.name().as_ref())),
            Event::End(element) => found.push(format!("/{}", element.name().as_ref())),
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn a_suite_a_policy_and_a_case_a_test() {
    let folder = Folder::new();
    folder
        .write("all/a.policy", "public GET /a\ntest \"<good> & \\\"fine\\\"\" { anonymous allow GET /a }\n");
    folder.write(
        "all/b.policy",
        "allow GET /a when token.sub == \"<x>\" as b\ntest \"bad\" { token { \"sub\": \"&\" } allow GET PUT /a }\n",
    );
    folder.write("all/c.policy", "public GET /a when nothing\n");
    let run = folder.run(&["test", "all", "--format", "junit"]).ends(3).says("nothing");
    assert_eq!(
        elements(&run.out),
        [
            "testsuites",
            "testsuite",
            "testcase/",
            "/testsuite",
            "testsuite",
            "testcase",
            "failure",
            "/failure",
            "/testcase",
            "/testsuite",
            "testsuite",
            "testcase",
            "error",
            "/error",
            "/testcase",
            "/testsuite",
            "/testsuites",
        ]
    );
    for part in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"policyctl\" tests=\"3\" failures=\"1\" errors=\"1\">",
        "<testsuite name=\"all/b.policy\" tests=\"1\" failures=\"1\" errors=\"0\">",
        "<testcase name=\"&lt;good&gt; &amp; &quot;fine&quot;\" classname=\"all/a.policy\" time=\"0\"/>",
        "message=\"GET /a: expected allow, and it is deny, and 1 unmet expectation more\"",
        "all/b.policy:2: GET /a\n    expected allow, and it is deny:",
        "`token.sub` is `&amp;`, not `&lt;x&gt;`",
        "<error message=\"the policy is invalid\" type=\"error\">",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
}

#[test]
fn the_same_tests_give_the_same_bytes() {
    let folder = Folder::new();
    let run = || folder.run(&["test", "p.policy", "--format", "junit"]).ends(0).out;
    assert_eq!(run(), run());
    assert_eq!(elements(&run()), ["testsuites", "testsuite", "testcase/", "/testsuite", "/testsuites"]);
}
