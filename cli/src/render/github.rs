//! Findings as workflow commands of GitHub Actions, which shows them beside the changed lines.
//!
//! The commands and their escaping are those of GitHub Docs, "Workflow commands for GitHub Actions", and of
//! `@actions/core` (`command.ts`), which is where the escaping is written down.

use std::fmt::Write as _;

use policy_dsl::diagnostic::Severity;

use super::diagnostics::Found;

/// A command a line.
pub(crate) fn commands(findings: &[Found<'_>]) -> String {
    findings.iter().map(command).collect()
}

fn command(found: &Found<'_>) -> String {
    let kind = match found.finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = format!("::{kind} file={}", property(found.file()));
    if let Some((start, end)) = found.place() {
        let _ = write!(text, ",line={},endLine={}", start.line, end.line);
        // Columns of different lines are refused.
        if start.line == end.line {
            let _ = write!(text, ",col={},endColumn={}", start.column, end.column);
        }
    }
    let mut message = found.finding.message.clone();
    if let Some(help) = &found.finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    let _ = writeln!(text, ",title={}::{}", property(found.finding.code.as_str()), data(&message));
    text
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of one of a command's properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use policy_dsl::codes::Code;
    use policy_dsl::diagnostic::Diagnostic;
    use policy_dsl::source::{Sources, Span};

    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let mut sources = Sources::default();
        let id = sources.add("a,b:c%.policy", "one\ntwo\nthree");
        let finding =
            |start, end| Diagnostic::new(Code::BadPath, "100%\r::error::").at(Span::new(id, start, end));
        let commands = |finding: Diagnostic| {
            commands(&[Found { finding: &finding, sources: &sources, entry: "entry.policy" }])
        };
        assert_eq!(
            commands(finding(5, 6).help("a\nb")),
            "::error file=a%2Cb%3Ac%25.policy,line=2,endLine=2,col=2,endColumn=3,title=E0109::100%25%0D::error::%0Ahelp: a%0Ab\n"
        );
        assert_eq!(
            commands(finding(0, 6)),
            "::error file=a%2Cb%3Ac%25.policy,line=1,endLine=2,title=E0109::100%25%0D::error::\n"
        );
        assert_eq!(
            commands(Diagnostic::new(Code::UnusedLet, "x")),
            "::warning file=entry.policy,title=W0501::x\n"
        );
    }
}
