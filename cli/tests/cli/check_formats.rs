//! `policyctl check --format sarif` and `--format github`.

use jsonschema::Draft;
use serde_json::{Value, json};

use super::support::{Folder, run_at_home};

const WRONG: &str = "public get /ü/:id as x\npublic GET /b as x\n";

/// OASIS's own schema.
fn assert_valid(log: &Value) {
    let mut schema: Value = serde_json::from_str(include_str!("../sarif/sarif-schema-2.1.0.json")).unwrap();
    // Its pattern for languages has a bracket too many, and is no regular expression; the log names no language.
    for owner in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{owner}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator =
        jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn sarif(folder: &Folder, path: &str, status: i32) -> Value {
    let log = folder.run(&["check", path, "--format", "sarif"]).ends(status).json();
    assert_valid(&log);
    log
}

#[test]
fn sarif_says_what_is_wrong_where_and_what_to_write() {
    let folder = Folder::new();
    folder.write("a b/wrong.policy", WRONG);
    let log = sarif(&folder, "a b/wrong.policy", 1);
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().unwrap();
    let region = |line: u32, from: u32, to: u32| json!({ "startLine": line, "startColumn": from, "endLine": line, "endColumn": to });
    let uri = json!({ "uri": "a%20b/wrong.policy" });
    let fixes = |region: &Value, text: &str, help: &str, certain: bool| {
        json!([{
            "description": { "text": help },
            "artifactChanges": [{
                "artifactLocation": uri,
                "replacements": [{ "deletedRegion": region, "insertedContent": { "text": text } }],
            }],
            "properties": { "certain": certain },
        }])
    };
    let verb = results.iter().find(|result| result["ruleId"] == "E0108").unwrap();
    assert_eq!(verb["level"], "error");
    assert_eq!(verb["message"]["text"], "`get` is not a verb\nhelp: write `GET`");
    assert_eq!(
        verb["locations"],
        json!([{ "physicalLocation": { "artifactLocation": uri, "region": region(1, 8, 11) } }])
    );
    assert_eq!(verb["fixes"], fixes(&region(1, 8, 11), "GET", "write `GET`", true));
    let path = results.iter().find(|result| result["ruleId"] == "E0109").unwrap();
    assert_eq!(path["locations"][0]["physicalLocation"]["region"], region(1, 13, 14), "{path:#}");
    assert_eq!(path["fixes"][0]["properties"]["certain"], false);
}

#[test]
fn sarif_points_to_related_places() {
    let folder = Folder::new();
    folder.write("wrong.policy", "public GET /a as x\npublic GET /b as x\n");
    let log = sarif(&folder, "wrong.policy", 1);
    let results = &log["runs"][0]["results"];
    let twice = results.as_array().unwrap().iter().find(|result| result["ruleId"] == "E0207").unwrap();
    let related = &twice["relatedLocations"][0];
    assert_eq!(related["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(related["id"], 1);
    assert!(!related["message"]["text"].as_str().unwrap().is_empty());
}

#[test]
fn every_code_is_a_rule_with_a_page() {
    let folder = Folder::new();
    let log = sarif(&folder, "nowhere.policy", 3);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.len() > 100, "{}", rules.len());
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        let page = format!("/codes/{id}.md");
        assert!(rule["helpUri"].as_str().unwrap().ends_with(&page), "{rule}");
        let level = if id.starts_with('E') { "error" } else { "warning" };
        assert_eq!(rule["defaultConfiguration"]["level"], level);
        assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
    }
    let result = &run["results"][0];
    let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[number]["id"], result["ruleId"]);
    let place = json!([{ "physicalLocation": { "artifactLocation": { "uri": "nowhere.policy" } } }]);
    assert_eq!(result["locations"], place);
}

#[test]
fn sarif_of_every_fixture_is_valid() {
    for folder in ["invalid", "checked", "codes"] {
        let log =
            run_at_home(&["check", &format!("dsl/tests/fixtures/{folder}"), "--format", "sarif"]).json();
        assert_valid(&log);
        assert!(log["runs"][0]["results"].as_array().unwrap().len() > 10, "{folder}");
    }
    let log = run_at_home(&["check", "policies", "--format", "sarif"]).ends(0).json();
    assert_valid(&log);
}

#[test]
fn github_gets_a_command_a_finding() {
    let folder = Folder::clean();
    folder.write("a,b.policy", "public GET /100%\n# ü\npublic GET /a as x public get /b as y\n");
    let run = folder.run(&["check", "a,b.policy", "nowhere.policy", "--format", "github"]).ends(3);
    assert!(run.err.is_empty(), "{}", run.err);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=a%2Cb.policy,line=1,endLine=1,col=16,endColumn=17,title=E0109::this `%25` encodes nothing\
         %0Ahelp: write `%25` and two hexadecimal digits, and `%2525` for a percent sign itself"
    );
    assert_eq!(
        lines[1],
        "::error file=a%2Cb.policy,line=3,endLine=3,col=27,endColumn=30,title=E0108::`get` is not a verb\
         %0Ahelp: write `GET`"
    );
    assert!(lines[2].starts_with("::error file=nowhere.policy,title=E0501::"), "{}", lines[2]);
    folder.run(&["check", "p.policy", "--format", "github"]).ends(0).prints_nothing();
}
