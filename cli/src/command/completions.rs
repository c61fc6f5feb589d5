//! `policyctl completions`: a script for a shell.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};
use crate::exit::{Exit, Failure};
use crate::render;

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    // By way of memory: the generator takes a closed pipe for a fault of its own.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    let mut out = render::stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Exit::Fine)
}
