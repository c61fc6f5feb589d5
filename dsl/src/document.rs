//! YAML and JSON documents, with the places of their keys: API descriptions and templates.

mod json;
pub(crate) mod tree;
mod yaml;

use std::ffi::OsStr;
use std::path::Path;

use self::tree::{Tree, Unread};
use crate::source::{SourceId, Sources};

/// Reads a document: by the name's ending; else JSON is what starts with a brace.
pub(crate) fn read(source: SourceId, sources: &Sources) -> Result<Tree, Unread> {
    let text = sources.text(source);
    let ending = Path::new(sources.name(source)).extension().map(OsStr::to_ascii_lowercase);
    let is_json = match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("json") => true,
        Some("yaml" | "yml") => false,
        _ => text.trim_start().starts_with('{'),
    };
    if is_json { json::read(source, sources) } else { yaml::read(source, text) }
}
