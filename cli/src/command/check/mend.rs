//! `policyctl check --fix`: writing what is certain, or showing it.

use policy_dsl::fix::{Fixer, Mended};
use serde::Serialize;

use super::print;
use crate::args::{CheckArgs, CheckFormat};
use crate::exit::Failure;
use crate::input::STDIN;
use crate::render::{Paint, diff, note};
use crate::rewrite;

/// What was mended, in the shape that `check --fix --format json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Fixed {
    code: &'static str,
    message: String,
    file: String,
    line: usize,
    column: usize,
}

impl Fixed {
    fn new(mended: &Mended) -> Self {
        Self {
            code: mended.code.as_str(),
            message: mended.message.clone(),
            file: mended.file.clone(),
            line: mended.place.line,
            column: mended.place.column,
        }
    }
}

/// Refuses to print two things on standard output.
pub(super) fn check_output(args: &CheckArgs) -> Result<(), Failure> {
    if writes_text(args) && args.format != CheckFormat::Human {
        return Err(Failure::usage(
            "standard output cannot take both the findings and the mended text of `-`",
        )
        .help("leave --format out, or add --dry-run"));
    }
    Ok(())
}

/// Whether standard output holds texts or a diff, and nothing else may go there.
pub(super) fn takes_output(args: &CheckArgs) -> bool {
    args.dry_run || writes_text(args)
}

fn writes_text(args: &CheckArgs) -> bool {
    args.fix && !args.dry_run && args.paths.iter().any(|path| path == STDIN)
}

/// What was mended.
pub(super) fn fixed(fixer: &Fixer<'_>) -> Vec<Fixed> {
    fixer.mended().iter().map(Fixed::new).collect()
}

/// Writes the mended texts, or shows what would change; whether there is anything that would.
pub(super) fn write(fixer: &Fixer<'_>, args: &CheckArgs) -> Result<bool, Failure> {
    let mut would_change = false;
    fixer.changed(|file| {
        if !args.dry_run {
            return if file.path == STDIN {
                Ok(())
            } else {
                rewrite::file(file.path, file.before, file.after)
            };
        }
        would_change = true;
        if args.format == CheckFormat::Human {
            print(&diff::unified(file.path, file.before, file.after, Paint::stdout()))?;
        }
        Ok(())
    })?;
    if writes_text(args)
        && let Some(text) = fixer.text(STDIN)
    {
        print(&text)?;
    }
    if !args.dry_run && args.format != CheckFormat::Json {
        for Fixed { code, message, file, line, column } in fixed(fixer) {
            note(&format!("fixed {file}:{line}:{column}: {message} ({code})"));
        }
    }
    Ok(would_change)
}
