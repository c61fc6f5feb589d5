//! What is wrong with a policy, and what to do about it.

use std::fmt;

use crate::codes::Code;
use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy cannot be used.
    Error,
    /// The policy can be used, and is probably not what was meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Whether a fix writes what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It does: [`fix`](crate::fix) writes it without asking.
    Certain,
    /// It most likely does: somebody has to say so.
    Likely,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about.
    pub code: Code,
    /// How bad it is; the code's own unless changed.
    pub severity: Severity,
    /// What is wrong, in the user's words: lower case, no full stop, user input in backquotes.
    pub message: String,
    /// What to write instead, or where to look.
    pub help: Option<String>,
    /// Where; `None` where it is not about a place in a text, such as a file that cannot be read.
    pub span: Option<Span>,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// The edits that mend it, where something is known that does. They do not overlap.
    pub fix: Vec<Edit>,
    /// Whether those edits write what was meant.
    pub certainty: Certainty,
}

/// Another place that a finding has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// A piece of text, and what to put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What is put there.
    pub replacement: String,
}

impl Diagnostic {
    /// A finding, not yet placed, with the code's severity.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            help: None,
            span: None,
            related: Vec::new(),
            fix: Vec::new(),
            certainty: Certainty::Certain,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do, where something is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    /// Points to another place.
    #[must_use]
    pub fn related(mut self, message: impl Into<String>, span: Span) -> Self {
        self.related.push(Related { message: message.into(), span });
        self
    }

    /// Adds an edit that mends it for certain.
    #[must_use]
    pub fn replace(self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit(span, replacement, Certainty::Certain)
    }

    /// Adds an edit that mends it, if it was meant so.
    #[must_use]
    pub fn suggest(self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit(span, replacement, Certainty::Likely)
    }

    /// Adds an edit that mends it. All edits together are as certain as the least certain one.
    #[must_use]
    pub fn edit(mut self, span: Span, replacement: impl Into<String>, certainty: Certainty) -> Self {
        self.fix.push(Edit { span, replacement: replacement.into() });
        self.certainty = self.certainty.max(certainty);
        self
    }

    /// The edits that mend it for certain; none where somebody has to say what was meant.
    pub fn certain_fix(&self) -> &[Edit] {
        match self.certainty {
            Certainty::Certain => &self.fix,
            Certainty::Likely => &[],
        }
    }

    /// Whether the policy cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Brings findings into the order of their texts and places; those without a place come first.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.code));
}
