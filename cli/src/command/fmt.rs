//! `policyctl fmt`: the one layout of policies.

use std::io::Write;

use policy_dsl::format::format;
use policy_dsl::source::Sources;

use crate::args::FmtArgs;
use crate::exit::{self, Exit, Failure};
use crate::input::{self, STDIN};
use crate::render::{self, Paint, diagnostics, diff};
use crate::{paths, rewrite};

pub(super) fn run(args: &FmtArgs) -> Result<Exit, Failure> {
    let mut out = render::stdout();
    let mut worst = Exit::Fine;
    for path in paths::files(&args.paths)? {
        let exit = match one(&path, args.check, &mut out) {
            Ok(exit) => exit,
            Err(Failure::Output(error)) => return Err(Failure::Output(error)),
            // The other files are formatted all the same.
            Err(failure) => exit::tell(&failure),
        };
        worst = worst.max(exit);
    }
    out.flush()?;
    Ok(worst)
}

fn one(path: &str, is_check: bool, out: &mut impl Write) -> Result<Exit, Failure> {
    let text = String::from_utf8(input::bytes(path)?)
        .map_err(|_| Failure::invalid(format!("{} is not UTF-8 text", input::name(path))))?;
    let formatted = match format(&text) {
        Ok(formatted) => formatted,
        Err(errors) => {
            let mut sources = Sources::default();
            sources.add(path, text);
            diagnostics::tell(&errors, &sources, Paint::stderr());
            return Ok(Exit::Invalid);
        }
    };
    let is_changed = formatted != text;
    if is_check {
        write!(out, "{}", diff::unified(path, &text, &formatted, Paint::stdout()))?;
        return Ok(if is_changed { Exit::Findings } else { Exit::Fine });
    }
    if path == STDIN {
        write!(out, "{formatted}")?;
    } else if is_changed {
        rewrite::file(path, &text, &formatted)?;
        writeln!(out, "{path}")?;
    }
    Ok(Exit::Fine)
}
