//! `policyctl init`, `completions` and `man`.

use std::fs;

use super::support::Folder;

const WRITTEN: [&str; 4] = ["api.policy", "template.yaml", "README.md", ".gitignore"];

#[test]
fn what_init_writes_is_clean_and_passes_its_tests() {
    let folder = Folder::new();
    let run = folder.run(&["init", "new/notes"]).ends(0).says("policyctl test new/notes");
    assert_eq!(run.out, WRITTEN.map(|name| format!("new/notes/{name}\n")).concat());
    folder
        .run(&["check", "new/notes", "--deny-warnings"])
        .ends(0)
        .prints("0 errors, 0 warnings in 1 policy\n");
    let tests = folder.run(&["test", "new/notes", "--format", "json"]).ends(0).json();
    assert_eq!((tests["passed"].as_u64(), tests["failed"].as_u64()), (Some(5), Some(0)), "{tests}");
    folder.run(&["build", "new/notes/api.policy", "-o", "policy.bundle"]).ends(0);
    let text = fs::read_to_string(folder.path("new/notes/api.policy")).unwrap();
    assert_eq!(policy_dsl::format::format(&text), Ok(text));
}

#[test]
fn what_the_written_readme_shows_can_be_done() {
    let folder = Folder::new();
    folder.run(&["init", "."]).ends(0);
    fs::remove_file(folder.path("p.policy")).unwrap();
    let readme = fs::read_to_string(folder.path("README.md")).unwrap();
    let mut commands = 0;
    for line in readme.lines().filter_map(|line| line.strip_prefix("    policyctl ")) {
        fs::create_dir_all(folder.path("authorizer")).unwrap();
        let args: Vec<String> =
            line.split('\'').enumerate().flat_map(|(at, piece)| words(at, piece)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        folder.run(&args).ends(0);
        commands += 1;
    }
    assert_eq!(commands, 5);
}

/// What stands between quotes is one word.
fn words(at: usize, piece: &str) -> Vec<String> {
    if at % 2 == 1 { vec![piece.to_owned()] } else { piece.split_whitespace().map(str::to_owned).collect() }
}

#[test]
fn the_template_has_the_routes_and_params_of_the_policy() {
    let folder = Folder::new();
    folder.run(&["init", "n"]).ends(0);
    let template = fs::read_to_string(folder.path("n/template.yaml")).unwrap();
    let shown = folder.run(&["inspect", "n/api.policy", "--format", "json"]).ends(0).json();
    let mut routes = 0;
    for route in shown["routes"].as_array().unwrap() {
        for verb in route["verbs"].as_array().unwrap() {
            let event = format!("Path: {}, Method: {}}}", route["path"], verb.as_str().unwrap());
            assert!(template.contains(&event), "{event}");
            routes += 1;
        }
    }
    assert_eq!(template.matches("Type: Api\n").count(), routes);
    let params: Vec<&str> =
        shown["params"].as_array().unwrap().iter().filter_map(|param| param["name"].as_str()).collect();
    for param in &params {
        assert!(template.contains(&format!("POLICY_PARAM_{}:", param.to_uppercase())), "{param}");
    }
    assert_eq!(template.matches("POLICY_PARAM_").count(), params.len());
    let cache = format!("ReauthorizeEvery: {}", shown["authorizer"]["cache"]);
    assert!(template.contains(&cache), "{cache}");
}

#[test]
fn init_overwrites_nothing() {
    for name in WRITTEN {
        let folder = Folder::new();
        folder.write(&format!("n/{name}"), "mine");
        let said = format!("`n/{name}` exists, and is not overwritten");
        folder.run(&["init", "n"]).ends(3).says(&said).says("name another folder").prints_nothing();
        assert_eq!(fs::read_to_string(folder.path("n").join(name)).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path("n")).unwrap().count(), 1, "nothing beside it is written");
    }
    let folder = Folder::new();
    folder.run(&["init"]).ends(0).says("policyctl check .");
    folder
        .run(&["init"])
        .ends(3)
        .says("`./api.policy`, `./template.yaml`, `./README.md`, `./.gitignore` exist");
    folder.run(&["init", "p.policy"]).ends(3).says("`p.policy` cannot be written");
}

#[test]
fn every_shell_gets_a_script() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.run(&["completions", shell]).ends(0).out;
        for word in ["policyctl", "simulate", "deny-warnings", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert_eq!(folder.run(&["completions", shell]).ends(0).out, script);
    }
    folder.run(&["completions"]).ends(2).says("SHELL");
    folder.run(&["completions", "tcsh"]).ends(2).says("powershell");
}

#[test]
fn every_subcommand_has_a_page() {
    let folder = Folder::new();
    folder.run(&["man", "--out", "man/man1"]).ends(0).prints_nothing().says("pages to `man/man1`");
    let page = |name: &str| fs::read_to_string(folder.path("man/man1").join(name)).unwrap();
    let main = page("policyctl.1");
    assert_eq!(folder.run(&["man"]).ends(0).out, main);
    let mut commands = 0;
    for line in main.lines().filter_map(|line| line.strip_prefix("policyctl\\-")) {
        let name = line.trim_end_matches("(1)").replace('\\', "");
        assert!(page(&format!("policyctl-{name}.1")).contains(".SH SYNOPSIS"), "{name}");
        commands += 1;
    }
    assert!(commands >= 10, "{main}");
    let mint = page("policyctl-token-mint.1");
    assert!(mint.contains("policyctl token mint") && mint.contains("\"policyctl 0."), "{mint}");
    let names = fs::read_dir(folder.path("man/man1")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_str().unwrap().contains("help")));
    folder.run(&["man", "--out", "p.policy"]).ends(3).says("`p.policy` cannot be written");
}
