//! How bad each warning is.

use policy_dsl::codes::Code;

use super::value;

/// What comes of each warning, whatever `policyctl.toml` says.
#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// Take a warning for an error, by its code or name
    #[arg(long, value_name = "WARNING", value_parser = value::warning)]
    pub(crate) deny: Vec<Code>,
    /// Take a warning for a warning
    #[arg(long, value_name = "WARNING", value_parser = value::warning)]
    pub(crate) warn: Vec<Code>,
    /// Say nothing of a warning
    #[arg(long, value_name = "WARNING", value_parser = value::warning)]
    pub(crate) allow: Vec<Code>,
}
