//! `policyctl token`: development keys and tokens.

mod decode;
mod keys;
mod mint;

use crate::args::TokenCommand;
use crate::exit::{Exit, Failure};

pub(super) fn run(command: &TokenCommand) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Keys(args) => keys::run(args),
        TokenCommand::Mint(args) => mint::run(args),
        TokenCommand::Decode(args) => decode::run(args),
    }
}
