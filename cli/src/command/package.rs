//! `policyctl package`: the zip file that Lambda takes.

use std::io::{Cursor, Write};

use policy_engine::Program;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::args::PackageArgs;
use crate::command::build;
use crate::exit::{Exit, Failure};
use crate::input;
use crate::render::human::{hex, thousands};
use crate::render::note;

/// The largest package that Lambda takes without S3, in bytes ("Lambda quotas", deployment package).
const MAX_BYTES: usize = 50 * 1024 * 1024;

pub(super) fn run(args: &PackageArgs) -> Result<Exit, Failure> {
    let bootstrap = input::bytes(&args.bootstrap)?;
    let architecture = architecture(&bootstrap).ok_or_else(|| {
        let name = input::name(&args.bootstrap);
        Failure::invalid(format!("{name} is no 64-bit Linux executable for x86-64 or arm64"))
            .help("build one with `cargo build --release --package policy-authorizer`, or with `cargo lambda build --release --arm64`")
    })?;
    let (program, bundle) = build::bundle(&args.bundle)?;
    let package = zip(&bootstrap, &bundle)
        .map_err(|error| Failure::invalid(format!("the package cannot be made: {error}")))?;
    if package.len() > MAX_BYTES {
        return Err(Failure::invalid(format!(
            "the package would have {} bytes; Lambda takes {} at most",
            thousands(package.len()),
            thousands(MAX_BYTES)
        )));
    }
    build::write(&args.output, &package)?;
    note(&about(&program, architecture, [package.len(), bootstrap.len(), bundle.len()]));
    Ok(Exit::Fine)
}

fn about(program: &Program, architecture: &str, [package, bootstrap, bundle]: [usize; 3]) -> String {
    format!(
        "{} bytes for `{architecture}`: bootstrap {}, policy.bundle {}; the text's SHA-256 is {}",
        thousands(package),
        thousands(bootstrap),
        thousands(bundle),
        hex(&program.parts().source_digest)
    )
}

/// The architecture as Lambda names it, from the header of an ELF file ("ELF-64 Object File Format", file header).
fn architecture(binary: &[u8]) -> Option<&'static str> {
    const CLASS_64_LITTLE_ENDIAN: [u8; 2] = [2, 1];
    if !binary.starts_with(b"\x7fELF") || binary.get(4..6) != Some(&CLASS_64_LITTLE_ENDIAN) {
        return None;
    }
    match binary.get(18..20)? {
        [0x3e, 0] => Some("x86_64"),
        [0xb7, 0] => Some("arm64"),
        _ => None,
    }
}

/// The same bytes for the same files: no times, no owners.
fn zip(bootstrap: &[u8], bundle: &[u8]) -> Result<Vec<u8>, zip::result::ZipError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, mode) in [("bootstrap", bootstrap, 0o755), ("policy.bundle", bundle, 0o644)] {
        writer.start_file(name, options.unix_permissions(mode))?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}
