//! The options of what is done around a policy: starting one, and setting up the shell and the manual.

use std::path::PathBuf;

use clap_complete::Shell;

/// Start a policy, with tests, a SAM template and a README
///
/// Nothing that exists is overwritten: where one of the files is there already, none is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  policyctl init notes && policyctl test notes")]
pub(crate) struct InitArgs {
    /// The folder, which is made if need be
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

/// Print a shell's script that completes subcommands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl completions bash > ~/.local/share/bash-completion/completions/policyctl
  policyctl completions zsh > ~/.zfunc/_policyctl
  policyctl completions fish > ~/.config/fish/completions/policyctl.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

/// Print the manual page, or write one for each subcommand
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  policyctl man | man -l -
  policyctl man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder for the pages of all subcommands, which is made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
