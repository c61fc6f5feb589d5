//! Running the binary, and what it runs on.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A policy with a rule of every kind.
pub(crate) const POLICY: &str = r#"param tenant = "a"
param pool

issuer main {
    url       "https://issuer.example/${pool}"
    audience  "app"
    groups    token.groups
}

allow GET PUT  /users/{id}  when path.id == token.sub  as own
allow GET      /users       when group "admins"        as list
public GET     /health                                 as health
deny  PUT      /users/**    unless token.verified      as verified  because "verify your address first"
allow GET      /tenant      when request.header."x-tenant" == tenant  as tenant_page

principal token.sub

test "people read their own record" {
    token { "sub": "ana" }
    allow GET /users/ana by own
    deny  GET /users/ben
}
"#;

/// The folder of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("p.policy", POLICY);
        folder
    }

    /// With the policy of every rule, about which nothing is said where no answer is kept.
    pub(crate) fn clean() -> Self {
        let folder = Self::new();
        folder.write("p.policy", format!("{POLICY}\nauthorizer {{ cache 0 }}\n"));
        folder
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the binary in the folder.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[], b"")
    }

    /// Runs the binary in the folder, with variables and standard input.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Run {
        run(self.0.path(), args, variables, input)
    }
}

/// Runs the binary beside the repository's own policies.
pub(crate) fn run_at_home(args: &[&str]) -> Run {
    run(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), args, &[], b"")
}

fn run(folder: &Path, args: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_policyctl"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Beside this thread: the child may fill its output before it has read everything.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        args: args.join(" "),
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap_or_else(|error| format!("{error}")),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a run said, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    args: String,
    status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// It ended with that status.
    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "policyctl {}\n{}\n{}", self.args, self.out, self.err);
        self
    }

    /// It said that on standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "policyctl {}\nexpected: {text}\nerr: {}", self.args, self.err);
        self
    }

    /// It printed exactly that.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert_eq!(self.out, text, "policyctl {}\n{}", self.args, self.err);
        self
    }

    /// It printed nothing.
    #[track_caller]
    pub(crate) fn prints_nothing(self) -> Self {
        self.prints("")
    }

    /// It printed one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}\n{}", self.args, self.out, self.err))
    }

    /// It printed a JSON value a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
