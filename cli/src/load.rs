//! Policies, from text or from a bundle.

use std::io;

use policy_dsl::Compilation;
use policy_dsl::source::{DiskFiles, Files};
use policy_engine::Program;
use policy_engine::bundle::{self, BundleError};

use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{Paint, diagnostics};

/// A compiled policy.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The policy.
    pub(crate) program: Program,
    /// The size of the bundle, in bytes, where it came from one.
    pub(crate) bundle_bytes: Option<usize>,
}

/// The policy of a bundle, or of a policy file; the errors of its text are told.
pub(crate) fn program(path: &str) -> Result<Loaded, Failure> {
    let bytes = input::bytes(path)?;
    match bundle::read(&bytes) {
        Ok(program) => Ok(Loaded { program, bundle_bytes: Some(bytes.len()) }),
        Err(BundleError::NotABundle) if !bytes.contains(&0) => {
            let compilation = policy_dsl::compile(path, &WithEntry { path, bytes });
            let Some(policy) = compilation.policy else {
                tell_errors(&compilation);
                return Err(Failure::Told(Exit::Invalid));
            };
            Ok(Loaded { program: policy.program, bundle_bytes: None })
        }
        Err(error) => Err(Failure::invalid(format!("{} cannot be used: {error}", input::name(path)))),
    }
}

/// Compiles a policy file.
pub(crate) fn compile(path: &str) -> Compilation {
    if path != input::STDIN {
        return policy_dsl::compile(path, &DiskFiles);
    }
    policy_dsl::compile(path, &StdinFiles)
}

/// Tells the errors of a policy that cannot be used.
pub(crate) fn tell_errors(compilation: &Compilation) {
    let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    diagnostics::tell(errors, &compilation.sources, Paint::stderr());
}

/// The files of this machine, of which the entry was read already.
struct WithEntry<'a> {
    path: &'a str,
    bytes: Vec<u8>,
}

impl Files for WithEntry<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == self.path { Ok(self.bytes.clone()) } else { DiskFiles.read(path) }
    }

    fn identity(&self, path: &str) -> String {
        DiskFiles.identity(path)
    }
}

/// The files of this machine, with standard input as `-`.
struct StdinFiles;

impl Files for StdinFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path != input::STDIN {
            return DiskFiles.read(path);
        }
        input::stdin_bytes()
    }

    fn identity(&self, path: &str) -> String {
        DiskFiles.identity(path)
    }
}
