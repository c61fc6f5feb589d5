//! How bad each warning is: as `policyctl.toml` says, and above all as the command line does.

use std::path::Path;

use policy_dsl::config::Config;
use policy_dsl::lint::{Level, Levels};

use crate::args::LintArgs;
use crate::exit::Failure;

/// What the command line says.
pub(super) fn levels(args: &LintArgs) -> Result<Levels, Failure> {
    let mut levels = Levels::default();
    for (codes, level) in
        [(&args.deny, Level::Error), (&args.warn, Level::Warning), (&args.allow, Level::Off)]
    {
        let mut given = Levels::default();
        for code in codes {
            if levels.has(*code) {
                let message = format!("`{code}` is given to more than one of --deny, --warn and --allow");
                return Err(Failure::usage(message));
            }
            given.set(*code, level);
        }
        levels = levels.with(&given);
    }
    Ok(levels)
}

/// What counts for a policy.
pub(super) fn levels_for(policy: &str, given: &Levels) -> Result<Levels, Failure> {
    match Config::find(Path::new(policy)) {
        Ok(config) => Ok(config.unwrap_or_default().levels.with(given)),
        Err(error) => Err(Failure::invalid(error.to_string()).maybe_help(error.help().map(str::to_owned))),
    }
}
