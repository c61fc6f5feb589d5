//! `policyctl token keys`: a development key pair.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use policy_authorizer::dev::{self, DevKey};
use serde::Serialize;
use serde_json::Value;

use crate::args::KeysArgs;
use crate::exit::{Exit, Failure};
use crate::mint;
use crate::render::json::versioned;
use crate::render::{self, note};

#[derive(Serialize)]
struct Keys<'a> {
    algorithm: &'static str,
    kid: &'a str,
    private_key: String,
    public_key: String,
    jwks: Value,
}

pub(in crate::command) fn run(args: &KeysArgs) -> Result<Exit, Failure> {
    let key = DevKey::generate(args.algorithm).map_err(mint::failed)?;
    let private_key = key.to_pem().map_err(mint::failed)?;
    let public_key = key.to_public_pem().map_err(mint::failed)?;
    let jwks = dev::jwks([&key]);
    if let Some(folder) = &args.out {
        write(folder, &private_key, &jwks)?;
    } else {
        let algorithm = key.algorithm().name();
        render::print_json(&versioned(Keys { algorithm, kid: key.kid(), private_key, public_key, jwks }))?;
    }
    Ok(Exit::Fine)
}

fn write(folder: &Path, private_key: &str, jwks: &Value) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let private = folder.join("private.pem");
    let mut file = private_file(&private).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::invalid(format!("`{}` exists, and is not overwritten", private.display()))
                .help("name another folder, or delete the key")
        }
        _ => unwritable(&private, &error),
    })?;
    file.write_all(private_key.as_bytes()).map_err(|error| unwritable(&private, &error))?;
    let public = folder.join("jwks.json");
    fs::write(&public, format!("{jwks:#}\n")).map_err(|error| unwritable(&public, &error))?;
    note(&format!("wrote `{}` (private) and `{}` (public)", private.display(), public.display()));
    Ok(())
}

/// A new file that nobody else can read.
fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::invalid(format!("`{}` cannot be written: {error}", path.display()))
}
