//! The Users system's policy as a bundle, and variants of it.

use std::path::{Path, PathBuf};

use policy_dsl::source::MemoryFiles;
use policy_engine::{Program, bundle};
use tempfile::TempDir;

/// Policy text, before it is built.
pub(crate) struct Source {
    text: String,
    files: MemoryFiles,
}

impl Source {
    /// The policy of the Users service as it is deployed.
    pub(crate) fn users() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/users.policy");
        Self { text: std::fs::read_to_string(file).unwrap(), files: MemoryFiles::default() }
    }

    /// Puts one text in another's place.
    #[track_caller]
    pub(crate) fn replace(&mut self, old: &str, new: &str) {
        assert_eq!(self.text.matches(old).count(), 1, "{old}");
        self.text = self.text.replace(old, new);
    }

    /// Gives the issuer another field.
    pub(crate) fn issuer_field(&mut self, field: &str) {
        self.replace("issuer cognito {", &format!("issuer cognito {{\n{field}"));
    }

    /// Adds statements.
    pub(crate) fn add(&mut self, statements: &str) {
        self.text = format!("{}\n{statements}\n", self.text);
    }

    /// Adds a file beside the policy.
    pub(crate) fn file(&mut self, name: &str, text: &str) {
        self.files = std::mem::take(&mut self.files).with(name, text);
    }

    pub(crate) fn program(self) -> Program {
        let compiled = policy_dsl::compile("users.policy", &self.files.with("users.policy", self.text));
        let diagnostics = compiled.diagnostics;
        compiled.policy.unwrap_or_else(|| panic!("{diagnostics:#?}")).program
    }
}

/// A bundle in a folder that goes with it.
pub(crate) struct Bundle {
    folder: TempDir,
}

impl Bundle {
    pub(crate) fn of(source: Source) -> Self {
        Self::of_bytes(&bundle::write(&source.program()))
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let bundle = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(bundle.path(), bytes).unwrap();
        bundle
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("policy.bundle")
    }
}
