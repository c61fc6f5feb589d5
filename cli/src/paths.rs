//! Policies by the paths that are given: files, and folders that are searched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::Compilation;

use crate::exit::Failure;
use crate::input;
use crate::load;

/// A compiled file.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Its path.
    pub(crate) path: String,
    /// What came of it.
    pub(crate) compilation: Compilation,
    /// It was found in a folder, and not named.
    found: bool,
}

/// Compiles files, and those that lie in folders, in the order given and then by name. A file in a folder
/// that another one uses is a part of that one, and not a policy of its own.
pub(crate) fn compile(paths: &[String]) -> Result<Vec<Unit>, Failure> {
    compile_with(paths, |path| Ok(load::compile(path)))
}

/// The same, each file in a way of its own.
pub(crate) fn compile_with(
    paths: &[String],
    mut compile: impl FnMut(&str) -> Result<Compilation, Failure>,
) -> Result<Vec<Unit>, Failure> {
    let files = found(paths)?.into_iter();
    let units = files.map(|(path, found)| Ok(Unit { compilation: compile(&path)?, path, found }));
    Ok(without_parts(units.collect::<Result<_, Failure>>()?))
}

/// The files, and those that lie in folders, in the order given and then by name, each once.
pub(crate) fn files(paths: &[String]) -> Result<Vec<String>, Failure> {
    Ok(found(paths)?.into_iter().map(|(path, _)| path).collect())
}

/// The files, and whether each was found in a folder.
fn found(paths: &[String]) -> Result<Vec<(String, bool)>, Failure> {
    input::check_stdin(paths.iter().map(|path| Some(path.as_str())))?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let folder = Path::new(path);
        let is_folder = path != input::STDIN && folder.is_dir();
        let files = if is_folder { search(folder)? } else { vec![path.clone()] };
        let fresh = files.into_iter().filter(|path| seen.insert(identity(path)));
        found.extend(fresh.map(|path| (path, is_folder)));
    }
    Ok(found)
}

/// Every `.policy` file below a folder, by name. What is hidden is left out, and links to folders are not
/// followed.
fn search(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let unreadable = |error| input::unreadable(&folder.to_string_lossy(), &error);
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "policy") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::invalid(format!("there is no `.policy` file in `{}`", folder.display())));
    }
    found.sort();
    Ok(found.iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

fn without_parts(units: Vec<Unit>) -> Vec<Unit> {
    let files: Vec<BTreeSet<PathBuf>> = units.iter().map(files_of).collect();
    let names: Vec<PathBuf> = units.iter().map(|unit| identity(&unit.path)).collect();
    let is_part = |number: usize, unit: &Unit| {
        let uses = |user: usize, used: usize| {
            let name = names.get(used);
            user != used && name.is_some_and(|name| files.get(user).is_some_and(|files| files.contains(name)))
        };
        // Files that use each other are an error of both.
        unit.found && (0..names.len()).any(|other| uses(other, number) && !uses(number, other))
    };
    let keep: Vec<bool> = units.iter().enumerate().map(|(number, unit)| !is_part(number, unit)).collect();
    units.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(unit, _)| unit).collect()
}

fn files_of(unit: &Unit) -> BTreeSet<PathBuf> {
    let sources = &unit.compilation.sources;
    sources.ids().map(|id| identity(sources.name(id))).collect()
}

fn identity(path: &str) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path))
}
