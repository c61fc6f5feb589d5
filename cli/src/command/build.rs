//! `policyctl build`: from text to a bundle.

use std::io::{self, Write};
use std::path::Path;

use policy_authorizer::keys;
use policy_engine::bundle::{self, ShippedKeys};
use policy_engine::{Issuer, KeySource, Program};
use tempfile::NamedTempFile;

use crate::args::{BuildArgs, BundleArgs};
use crate::exit::{Exit, Failure};
use crate::input::{self, STDIN};
use crate::load;
use crate::render::human::{hex, thousands};
use crate::render::{Paint, diagnostics, note};

pub(super) fn run(args: &BuildArgs) -> Result<Exit, Failure> {
    let (program, bytes) = bundle(&args.bundle)?;
    write(&args.output, &bytes)?;
    let digest = hex(&program.parts().source_digest);
    note(&format!("{} bytes; the text's SHA-256 is {digest}", thousands(bytes.len())));
    Ok(Exit::Fine)
}

/// The compiled policy, alone and as a bundle.
pub(super) fn bundle(args: &BundleArgs) -> Result<(Program, Vec<u8>), Failure> {
    let compilation = load::compile(&args.policy);
    diagnostics::tell(&compilation.diagnostics, &compilation.sources, Paint::stderr());
    let program = compilation.policy.ok_or(Failure::Told(Exit::Invalid))?.program;
    let keys = shipped_keys(&program, args)?;
    let bytes = bundle::write_with_keys(&program, &keys);
    Ok((program, bytes))
}

/// The keys that go with the policy, in the order of its issuers.
fn shipped_keys(program: &Program, args: &BundleArgs) -> Result<Vec<ShippedKeys>, Failure> {
    let Some(until) = args.keys_until else { return Ok(Vec::new()) };
    let issuers = &program.parts().issuers;
    for (at, (name, _)) in args.keys.iter().enumerate() {
        let unusable = match issuers.iter().find(|issuer| issuer.name == *name) {
            None => Some("the policy has no issuer of that name"),
            Some(Issuer { keys: KeySource::Pem(_), .. }) => Some("its key is fixed in the policy"),
            Some(_) if args.keys.iter().take(at).any(|(before, _)| before == name) => {
                Some("its keys are given twice")
            }
            Some(_) => None,
        };
        if let Some(why) = unusable {
            return Err(Failure::invalid(format!("no keys can be shipped for `{name}`: {why}")));
        }
    }
    let given = issuers.iter().filter_map(|issuer| args.keys.iter().find(|(name, _)| *name == issuer.name));
    given.map(|(issuer, file)| shipped(issuer, file, until)).collect()
}

fn shipped(issuer: &str, file: &str, until: i64) -> Result<ShippedKeys, Failure> {
    let bytes = input::bytes(file)?;
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::invalid(format!("the JWKS {} cannot be shipped: {why}", input::name(file)))
    };
    keys::check_shipped(&bytes).map_err(|error| unusable(&error))?;
    let jwks = String::from_utf8(bytes).map_err(|_| unusable(&"it is not UTF-8"))?;
    Ok(ShippedKeys { issuer: issuer.to_owned(), jwks, until })
}

/// Puts a result there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
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
