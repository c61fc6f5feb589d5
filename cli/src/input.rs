//! What is taken in: files, standard input, and JSON that may stand on the command line itself.

use std::fs::File;
use std::io::{self, Read};

use serde_json::{Map, Value};

use crate::exit::Failure;

/// Standard input, wherever a file is taken.
pub(crate) const STDIN: &str = "-";
/// The largest file that is read as a whole, in bytes: as large as a bundle can be.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The bytes of a file.
pub(crate) fn bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let bytes = if path == STDIN { stdin_bytes() } else { File::open(path).and_then(read) };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::invalid(format!(
            "{} is longer than {} MiB",
            name(path),
            MAX_BYTES / (1024 * 1024)
        )));
    }
    Ok(bytes)
}

/// All of standard input.
pub(crate) fn stdin_bytes() -> io::Result<Vec<u8>> {
    read(io::stdin().lock())
}

fn read(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file, which must hold something.
pub(crate) fn text(path: &str) -> Result<String, Failure> {
    let text = String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::invalid(format!("{} is not UTF-8 text", name(path))))?;
    if text.trim().is_empty() {
        return Err(Failure::invalid(format!("{} is empty", name(path))));
    }
    Ok(text)
}

/// A JSON object: `given` itself, or what the file of that name holds. `what` says what it is for.
pub(crate) fn object(given: &str, what: &str) -> Result<Object, Failure> {
    let (text, place) = if given.trim_start().starts_with(['{', '[']) {
        (given.to_owned(), String::new())
    } else {
        (text(given)?, format!(" in {}", name(given)))
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::invalid(format!("the {what}{place} are no JSON object"))
            .help("write them as `{\"sub\": \"ana\"}`")),
        Err(error) => Err(Failure::invalid(format!("the {what}{place} are not JSON: {error}"))),
    }
}

/// Refuses to take standard input for two things.
pub(crate) fn check_stdin<'a>(given: impl IntoIterator<Item = Option<&'a str>>) -> Result<(), Failure> {
    match given.into_iter().filter(|given| *given == Some(STDIN)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("standard input (`-`) can be taken for one thing only")),
    }
}

/// The failure to open or read a file.
pub(crate) fn unreadable(path: &str, error: &io::Error) -> Failure {
    let name = name(path);
    Failure::invalid(match error.kind() {
        io::ErrorKind::NotFound => format!("{name} does not exist"),
        io::ErrorKind::IsADirectory => format!("{name} is a directory"),
        _ => format!("{name} cannot be read: {error}"),
    })
}

/// The file as it is called in messages.
pub(crate) fn name(path: &str) -> String {
    if path == STDIN { "standard input".to_owned() } else { format!("`{path}`") }
}
