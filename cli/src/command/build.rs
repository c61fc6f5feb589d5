//! `policyctl build`: from text to a bundle.

use std::io::{self, Write};
use std::path::Path;

use policy_engine::bundle;
use tempfile::NamedTempFile;

use crate::args::BuildArgs;
use crate::exit::{Exit, Failure};
use crate::input::STDIN;
use crate::load;
use crate::render::human::{hex, thousands};
use crate::render::{Paint, diagnostics, note};

pub(super) fn run(args: &BuildArgs) -> Result<Exit, Failure> {
    let compilation = load::compile(&args.policy);
    diagnostics::tell(&compilation.diagnostics, &compilation.sources, Paint::stderr());
    let policy = compilation.policy.ok_or(Failure::Told(Exit::Invalid))?;
    let bytes = bundle::write(&policy.program);
    write(&args.output, &bytes)?;
    let digest = hex(&policy.program.parts().source_digest);
    note(&format!("{} bytes; the text's SHA-256 is {digest}", thousands(bytes.len())));
    Ok(Exit::Fine)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path == Path::new(STDIN) {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        return Ok(());
    }
    replace(path, bytes)
        .map_err(|error| Failure::invalid(format!("`{}` cannot be written: {error}", path.display())))
}

/// Puts the whole file there, or leaves what was there: whoever reads it meanwhile never sees a part.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    readable(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// As any new file: a temporary one can be read by its owner only, and Lambda runs as somebody else.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) -> io::Result<()> {
    Ok(())
}
