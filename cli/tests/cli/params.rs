//! Deploy-time values.

use super::support::{Folder, Run};

fn decide(folder: &Folder, args: &[&str], variables: &[(&str, &str)]) -> Run {
    let all: Vec<_> = ["simulate", "p.policy", "GET", "/a", "--claims", r#"{"tenant": "a"}"#]
        .iter()
        .chain(args)
        .copied()
        .collect();
    folder.run_with(&all, variables, b"")
}

#[test]
fn a_value_comes_from_the_line_the_environment_or_the_policy() {
    let folder = Folder::new();
    folder.write("p.policy", "param my_tenant = \"b\"\nissuer main { url \"https://i.example\" }\nallow GET /a when token.tenant == my_tenant\n");
    let variable = [("POLICY_PARAM_MY_TENANT", "a")];
    for (args, variables, word) in [
        (&[][..], &[][..], "DENY"),
        (&["--param", "my_tenant=a"], &[], "ALLOW"),
        (&[], &variable, "ALLOW"),
        (&["--param", "my_tenant=c"], &variable, "DENY"),
        (&["--param", "my_tenant=c", "--param", "my_tenant=a"], &[], "ALLOW"),
        (&["--param", "my_tenant="], &variable, "DENY"),
    ] {
        let run = decide(&folder, args, variables).ends(0);
        assert!(run.out.starts_with(word), "{args:?} {variables:?}: {}", run.out);
    }
}

#[test]
fn a_missing_value_is_an_error_only_where_it_is_needed() {
    let folder = Folder::new();
    folder.write(
        "p.policy",
        "param tenant\nissuer main { url \"https://i.example\" }\nallow GET /a when token.tenant == tenant\n",
    );
    decide(&folder, &[], &[])
        .ends(3)
        .says("the param `tenant` has no value")
        .says("--param tenant=…")
        .says("POLICY_PARAM_TENANT");
    folder.run(&["check", "p.policy"]).ends(0);
    folder.run(&["build", "p.policy", "-o", "b"]).ends(0);
    folder.run(&["inspect", "b"]).ends(0);
    // Only the issuer needs it: claims that are taken as verified do not.
    folder.write(
        "p.policy",
        "param tenant\nissuer main { url \"https://i.example/${tenant}\" }\nallow GET /a\n",
    );
    decide(&folder, &[], &[]).ends(0);
    let token = ["simulate", "p.policy", "GET", "/a", "--token", "a.b.c"];
    folder.run(&token).ends(3).says("the param `tenant` has no value").says("--param tenant=…");
}

#[test]
fn only_a_token_made_on_the_spot_has_values_made_up() {
    let folder = Folder::new();
    folder.write("p.policy", "param pool\nparam domain\nparam tenant\nissuer main { url \"https://i.example/${pool}\" audience domain }\nallow GET /a when token.tenant == tenant\n");
    let mint = ["simulate", "p.policy", "GET", "/a", "--mint", r#"{"tenant": "a"}"#];
    folder.run(&mint).ends(3).says("the param `tenant` has no value");
    let given: Vec<_> = mint.iter().chain(&["--param", "tenant=a"]).copied().collect();
    let run = folder
        .run(&given)
        .ends(0)
        .says("`pool` has no value")
        .says("`development-pool` is made up")
        .says("`domain`");
    assert!(run.out.starts_with("ALLOW"), "{}", run.out);
    let all: Vec<_> = given.iter().chain(&["--param", "pool=p", "--param", "domain=d"]).copied().collect();
    assert!(!folder.run(&all).ends(0).err.contains("made up"));
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_text_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    let folder = Folder::new();
    let output = Command::new(env!("CARGO_BIN_EXE_policyctl"))
        .args(["simulate", "p.policy", "GET", "/health", "--anonymous"])
        .env("POLICY_PARAM_TENANT", OsStr::from_bytes(b"\xff"))
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("`POLICY_PARAM_TENANT`"));
}
