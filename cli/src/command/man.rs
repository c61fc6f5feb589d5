//! `policyctl man`: the manual, one page a subcommand.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args::{Args, ManArgs};
use crate::exit::{Exit, Failure};
use crate::render::human::count;
use crate::render::{self, note};

pub(super) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let mut command = without_help(Args::command());
    // Gives the subcommands their full names.
    command.build();
    if let Some(folder) = &args.out {
        let written = write(&command, folder)?;
        note(&format!("wrote {} to `{}`", count(written, "page"), folder.display()));
    } else {
        let mut out = render::stdout();
        out.write_all(&page(&command)?.1)?;
        out.flush()?;
    }
    Ok(Exit::Fine)
}

/// The `help` subcommands have nothing to say that a page does not.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

/// How many pages were written.
fn write(command: &Command, folder: &Path) -> Result<usize, Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut written = 0;
    let mut open = vec![command];
    while let Some(command) = open.pop() {
        let (name, text) = page(command)?;
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        written += 1;
        open.extend(command.get_subcommands());
    }
    Ok(written)
}

/// A page's file name, and its text.
fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    // A subcommand has no version of its own.
    let man = Man::new(command.clone()).source(concat!("policyctl ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok((man.get_filename(), text))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::invalid(format!("`{}` cannot be written: {error}", path.display()))
}
