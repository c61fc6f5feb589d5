//! How a run ends: the exit status, and what is said about a failure.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::render::Paint;

/// The exit statuses that others script against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All is well; a deny is, too.
    Fine = 0,
    /// Findings, or an unmet expectation.
    Findings = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Something given cannot be read, or is invalid.
    Invalid = 3,
}

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to tell.
    Said {
        /// The status to end with.
        exit: Exit,
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// It was told already.
    Told(Exit),
    /// Standard output does not take the results.
    Output(io::Error),
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Said { exit: Exit::Usage, message: message.into(), help: None }
    }

    /// Something given cannot be read, or is invalid.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Said { exit: Exit::Invalid, message: message.into(), help: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        self.maybe_help(Some(text.into()))
    }

    /// Says what to do about it, where something is known.
    #[must_use]
    pub(crate) fn maybe_help(self, text: Option<String>) -> Self {
        match self {
            Self::Said { exit, message, .. } => Self::Said { exit, message, help: text },
            other => other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { message, .. } => f.write_str(message),
            Self::Told(_) => Ok(()),
            Self::Output(error) => write!(f, "the results cannot be written: {error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Tells why a run failed, if it did, and gives the process its exit status.
pub(crate) fn finish(result: Result<Exit, Failure>) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        // Whoever read the results has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(failure) => tell(&failure),
    };
    ExitCode::from(exit as u8)
}

/// Tells why something failed, and the exit status that follows from it.
pub(crate) fn tell(failure: &Failure) -> Exit {
    let (exit, help) = match failure {
        Failure::Told(exit) => return *exit,
        Failure::Said { exit, help, .. } => (*exit, help.as_deref()),
        Failure::Output(_) => (Exit::Invalid, None),
    };
    let paint = Paint::stderr();
    let mut text = format!("{} {failure}\n", paint.error("error:"));
    if let Some(help) = help {
        text = format!("{text}{} {help}\n", paint.help("help:"));
    }
    // Where standard error is closed, the status still tells.
    let _ = io::stderr().write_all(text.as_bytes());
    exit
}
