//! The subcommands, one a file.

mod build;
mod check;
mod completions;
mod fmt;
mod iam;
mod init;
mod inspect;
mod man;
mod matrix;
mod package;
mod simulate;
mod test;
mod token;

use crate::args::{Args, Command};
use crate::exit::{Exit, Failure};

/// Does what was asked.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Iam(args) => iam::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Matrix(args) => matrix::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Token(command) => token::run(&command),
        Command::Init(args) => init::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
