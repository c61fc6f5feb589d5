//! How results look: for people, and for programs.

pub(crate) mod diagnostics;
pub(crate) mod diff;
pub(crate) mod github;
pub(crate) mod human;
mod indent;
pub(crate) mod inspection;
pub(crate) mod json;
pub(crate) mod policy;
pub(crate) mod sarif;

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use serde::Serialize;

pub(crate) use indent::pretty;

/// Standard output, as a whole and not line by line.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Prints a JSON object for programs, and a line end.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut out = stdout();
    writeln!(out, "{}", pretty(value)?)?;
    out.flush()
}

/// Tells people something beside the results.
pub(crate) fn note(text: &str) {
    // Where standard error is closed, nobody wants to know.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Plain text.
    #[cfg(test)]
    pub(crate) const NONE: Self = Self(false);

    /// As standard output takes them.
    pub(crate) fn stdout() -> Self {
        Self(io::stdout().is_terminal() && wants_colour())
    }

    /// As standard error takes them.
    pub(crate) fn stderr() -> Self {
        Self(io::stderr().is_terminal() && wants_colour())
    }

    /// Whether there are colours.
    pub(crate) const fn is_on(self) -> bool {
        self.0
    }

    /// What is well.
    pub(crate) fn good(self, text: &str) -> String {
        self.wrap("1;32", text)
    }

    /// What is refused, or wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// What helps.
    pub(crate) fn help(self, text: &str) -> String {
        self.wrap("1;36", text)
    }

    /// What matters less.
    pub(crate) fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// <https://no-color.org>: set, and not empty.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
