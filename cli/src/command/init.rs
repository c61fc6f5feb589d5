//! `policyctl init`: something to start from.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::args::InitArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, note};

/// Every file, with its text.
const FILES: [(&str, &str); 4] = [
    ("api.policy", include_str!("../init/api.policy")),
    ("template.yaml", include_str!("../init/template.yaml")),
    ("README.md", include_str!("../init/README.md")),
    (".gitignore", include_str!("../init/gitignore")),
];

pub(super) fn run(args: &InitArgs) -> Result<Exit, Failure> {
    let folder = &args.folder;
    check_free(folder)?;
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut written = Vec::new();
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Err(error) = create(&path, text) {
            // A second run would refuse to overwrite them.
            for path in &written {
                let _ = fs::remove_file(path);
            }
            return Err(unwritable(&path, &error));
        }
        written.push(path);
    }
    tell(folder, &written)?;
    Ok(Exit::Fine)
}

/// Refuses a folder in which one of the files is there already.
fn check_free(folder: &Path) -> Result<(), Failure> {
    // A link that leads nowhere is something, too.
    let is_there = |name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
    let taken: Vec<String> = FILES
        .iter()
        .filter(|(name, _)| is_there(name))
        .map(|(name, _)| format!("`{}`", folder.join(name).display()))
        .collect();
    match taken.as_slice() {
        [] => Ok(()),
        [one] => Err(taken_failure(&format!("{one} exists, and is not overwritten"))),
        _ => Err(taken_failure(&format!("{} exist, and are not overwritten", taken.join(", ")))),
    }
}

fn taken_failure(message: &str) -> Failure {
    Failure::invalid(message).help("name another folder: `policyctl init DIR`")
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(text.as_bytes());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

fn tell(folder: &Path, written: &[PathBuf]) -> Result<(), Failure> {
    let mut out = render::stdout();
    for path in written {
        writeln!(out, "{}", path.display())?;
    }
    out.flush()?;
    let folder = folder.display();
    note(&format!("try `policyctl check {folder}` and `policyctl test {folder}`; the README says more"));
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::invalid(format!("`{}` cannot be written: {error}", path.display()))
}
