//! `policyctl test --coverage`, in each of its forms.

use serde_json::{Value, json};

use super::support::Folder;

const COVERED: &str = r#"issuer main { url "https://i.example" groups token.groups }
param admins = "ops"
let admin = group admins

allow GET PUT  /users/{id}  /users/{id}/**
    when path.id == token.sub or admin
    as own
deny  PUT      /users/**    unless token.verified  as verified
public GET     /health      as health
allow GET      /never       when admin             as spare

test "own" {
    token { "sub": "ana" }
    allow GET  /users/ana
    deny  GET  /users/ben
    deny  PUT  /users/ana
    deny  GET  /never
}
test "nobody" { anonymous deny GET /users/ana deny PUT /users/ana }
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("p.policy", COVERED);
    folder
}

#[test]
fn what_was_never_met_stands_beside_the_text() {
    let folder = folder();
    folder.run(&["test", "p.policy", "--coverage"]).ends(0).prints(
        "p.policy\n   \
         1×  5 | allow GET PUT  /users/{id}  /users/{id}/**\n       \
               6 |     when path.id == token.sub or admin\n       \
               7 |     as own\n         \
               ! `group admins` was never true\n   \
         2×  8 | deny  PUT      /users/**    unless token.verified  as verified\n         \
               ! `token.verified` was never true\n   \
         0×  9 | public GET     /health      as health\n         \
               ! no test asks for one of its verbs and paths\n   \
         0× 10 | allow GET      /never       when admin             as spare\n         \
               ! it never made a decision\n         \
               ! `group admins` was never true\n\n\
         coverage 58.3%: 2 of 4 rules made a decision, 5 of 8 outcomes of their conditions were met\n\n\
         2 passed, 0 failed\n",
    );
    // Not asked for, not shown.
    folder.run(&["test", "p.policy"]).ends(0).prints("2 passed, 0 failed\n");
}

#[test]
fn programs_read_every_count() {
    let report = folder().run(&["test", "p.policy", "--coverage", "--format", "json"]).ends(0).json();
    let coverage = &report["coverage"];
    assert_eq!(
        (&coverage["percent"], &coverage["met"], &coverage["all"]),
        (&json!(58.3), &json!(7), &json!(12))
    );
    assert_eq!(
        coverage["rules"][0],
        json!({ "file": "p.policy", "line": 5, "id": "own", "effect": "allow", "consulted": 3, "decided": 1,
                "atoms": [{ "text": "path.id == token.sub", "held": 2, "failed": 1 },
                          { "text": "group admins", "held": 0, "failed": 3 }] })
    );
    let ids: Vec<_> = coverage["rules"].as_array().unwrap().iter().map(|rule| rule["id"].clone()).collect();
    assert_eq!(ids, ["own", "verified", "health", "spare"]);
}

#[test]
fn a_tracefile_is_written() {
    let folder = folder();
    folder.run(&["test", "p.policy", "--coverage-out", "c.info"]).ends(0);
    let text = std::fs::read_to_string(folder.path("c.info")).unwrap();
    assert_eq!(
        text,
        "TN:\nSF:p.policy\nFN:5,own\nFN:8,verified\nFN:9,health\nFN:10,spare\n\
         FNDA:1,own\nFNDA:2,verified\nFNDA:0,health\nFNDA:0,spare\nFNF:4\nFNH:2\n\
         BRDA:5,0,0,2\nBRDA:5,0,1,1\nBRDA:5,0,2,0\nBRDA:5,0,3,3\nBRDA:8,1,0,0\nBRDA:8,1,1,2\n\
         BRDA:10,3,0,0\nBRDA:10,3,1,1\nBRF:8\nBRH:5\n\
         DA:5,1\nDA:6,1\nDA:7,1\nDA:8,2\nDA:9,0\nDA:10,0\nLF:6\nLH:4\nend_of_record\n"
    );
    folder.run(&["test", "p.policy", "--coverage-out", "-"]).ends(2).says("the coverage needs a file");
    folder
        .run(&["test", "p.policy", "--coverage-out", "no/where"])
        .ends(3)
        .says("`no/where` cannot be written");
}

#[test]
fn too_little_coverage_is_a_finding() {
    let folder = folder();
    let run = |least: &str| folder.run(&["test", "p.policy", "--min-coverage", least]);
    run("58").ends(0);
    run("59").ends(1).says("the coverage is 58.3%, and at least 59% is asked for");
    run("101").ends(2);
    folder.write("empty.policy", "api { GET /a }\n");
    folder.run(&["test", "empty.policy", "--min-coverage", "100"]).ends(0);
}

#[test]
fn a_rule_that_two_policies_use_is_covered_by_the_tests_of_both() {
    let folder = Folder::new();
    folder.write("shared.policy", "public GET /a when request.query.x == \"1\" as shared\n");
    for (name, query, decision) in [("one", "1", "allow"), ("two", "2", "deny")] {
        folder.write(
            &format!("{name}.policy"),
            format!("use \"shared.policy\"\ntest \"{name}\" {{ anonymous query x \"{query}\" {decision} GET /a }}\n"),
        );
    }
    let percent = |paths: &[&str]| -> Value {
        let args: Vec<_> = ["test", "--coverage", "--format", "json"].iter().chain(paths).copied().collect();
        folder.run(&args).ends(0).json()["coverage"]["percent"].clone()
    };
    assert_eq!(percent(&["one.policy"]), 66.6);
    assert_eq!(percent(&["one.policy", "two.policy"]), 100.0);
}
