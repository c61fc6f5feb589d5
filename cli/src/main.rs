//! `policyctl`: the policy engine for people. Each subcommand is a thin way to a function of the libraries.

mod answer;
mod args;
mod batch;
mod cases;
mod command;
mod content;
mod coverage;
mod exit;
mod explain;
mod input;
mod issuer;
mod load;
mod matrix;
mod mint;
mod params;
mod paths;
mod render;
mod rewrite;
mod scene;
mod sizes;
mod verify;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    exit::finish(command::run(args::Args::parse()))
}
