//! `policyctl inspect`: what is in a bundle.

use std::io::Write;

use crate::args::{Format, InspectArgs};
use crate::content::Content;
use crate::exit::{Exit, Failure};
use crate::load;
use crate::render::json::versioned;
use crate::render::{self, Paint, inspection};

pub(super) fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    let content = Content::of(&load::program(&args.bundle)?);
    match args.format {
        Format::Json => render::print_json(&versioned(content))?,
        Format::Human => {
            let mut out = render::stdout();
            out.write_all(inspection::human(&content, Paint::stdout()).as_bytes())?;
            out.flush()?;
        }
    }
    Ok(Exit::Fine)
}
