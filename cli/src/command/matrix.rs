//! `policyctl matrix`: who may do what.

use std::io::Write;

use crate::args::{Format, MatrixArgs};
use crate::exit::{Exit, Failure};
use crate::matrix::persona::Personas;
use crate::matrix::{Matrix, text};
use crate::render::json::versioned;
use crate::render::{self, Paint};

pub(super) fn run(args: &MatrixArgs) -> Result<Exit, Failure> {
    let personas = Personas::read(args)?;
    let matrix = Matrix::new(&personas);
    match args.format {
        Format::Json => render::print_json(&versioned(matrix))?,
        Format::Human => {
            let mut out = render::stdout();
            out.write_all(text::table(&matrix, Paint::stdout()).as_bytes())?;
            out.flush()?;
        }
    }
    Ok(Exit::Fine)
}
