//! Policies, from text or from a bundle.

use std::io;

use policy_dsl::render::{Colour, render};
use policy_dsl::source::{DiskFiles, Files, Sources};
use policy_dsl::{Compilation, RuleOrigin, TestCase};
use policy_engine::Program;
use policy_engine::bundle::{self, BundleError, ShippedKeys};

use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::{Paint, diagnostics};

/// A compiled policy.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The policy.
    pub(crate) program: Program,
    /// The keys that go with it in its bundle.
    pub(crate) shipped_keys: Vec<ShippedKeys>,
    /// Where its rules come from; unknown for a bundle.
    pub(crate) origins: Vec<RuleOrigin>,
    /// The texts that it was made of; none for a bundle.
    pub(crate) sources: Sources,
    /// Its `test` statements; a bundle holds none.
    pub(crate) tests: Vec<TestCase>,
    /// The size of the bundle, in bytes, where it came from one.
    pub(crate) bundle_bytes: Option<usize>,
}

/// The policy of a bundle, or of a policy file; the errors of its text are told.
pub(crate) fn program(path: &str) -> Result<Loaded, Failure> {
    let bytes = input::bytes(path)?;
    match bundle::read_with_keys(&bytes) {
        Ok((program, shipped_keys)) => Ok(Loaded {
            program,
            shipped_keys,
            origins: Vec::new(),
            sources: Sources::default(),
            tests: Vec::new(),
            bundle_bytes: Some(bytes.len()),
        }),
        Err(BundleError::NotABundle) if !bytes.contains(&0) => {
            let compilation = policy_dsl::compile(path, &PolicyFiles { read: Some((path, bytes)) });
            let Some(policy) = compilation.policy else {
                tell_errors(&compilation);
                return Err(Failure::Told(Exit::Invalid));
            };
            Ok(Loaded {
                program: policy.program,
                shipped_keys: Vec::new(),
                origins: policy.rules,
                sources: compilation.sources,
                tests: policy.tests,
                bundle_bytes: None,
            })
        }
        Err(error) => Err(Failure::invalid(format!("{} cannot be used: {error}", input::name(path)))),
    }
}

/// Compiles a policy file.
pub(crate) fn compile(path: &str) -> Compilation {
    policy_dsl::compile(path, &files())
}

/// The files that policies are read from.
pub(crate) fn files() -> impl Files {
    PolicyFiles { read: None }
}

/// Tells the errors of a policy that cannot be used.
pub(crate) fn tell_errors(compilation: &Compilation) {
    let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    diagnostics::tell(errors, &compilation.sources, Paint::stderr());
}

/// What is wrong with a policy that cannot be used, as text.
pub(crate) fn error_text(compilation: &Compilation) -> String {
    let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let render = |error| render(&compilation.sources, error, Colour::Never);
    errors.map(render).collect::<Vec<_>>().join("\n\n")
}

/// The files of this machine, and standard input as `-`.
struct PolicyFiles<'a> {
    /// One that was read already.
    read: Option<(&'a str, Vec<u8>)>,
}

impl Files for PolicyFiles<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match &self.read {
            Some((read, bytes)) if *read == path => Ok(bytes.clone()),
            _ if path == input::STDIN => input::stdin_bytes(),
            _ => DiskFiles.read(path),
        }
    }

    fn identity(&self, path: &str) -> String {
        DiskFiles.identity(path)
    }
}
