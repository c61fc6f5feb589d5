//! The pages, and what stands in them.

use std::fs;
use std::path::{Path, PathBuf};

/// A page in Markdown.
pub(crate) struct Page {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path from the repository's root, for messages.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

/// A fenced block of code.
pub(crate) struct Fence<'p> {
    /// The language, and what stands behind it, at its commas.
    pub(crate) info: Vec<&'p str>,
    /// The code.
    pub(crate) text: String,
    /// The line that its code starts on, counted from 1.
    pub(crate) line: usize,
}

impl Fence<'_> {
    /// The language.
    pub(crate) fn language(&self) -> &str {
        self.info.first().copied().unwrap_or_default()
    }

    /// The value of `key=value` behind the language.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.info.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// Whether the word stands behind the language.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.info.iter().skip(1).any(|other| *other == word)
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every page of the book, by name.
pub(crate) fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    let mut open = vec![root().join("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| page(path)).collect()
}

/// The repository's README.
pub(crate) fn readme() -> Page {
    page(&root().join("README.md"))
}

pub(crate) fn page(path: &Path) -> Page {
    let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    Page { path: path.to_owned(), name, text: fs::read_to_string(path).unwrap() }
}

impl Page {
    /// Its fenced blocks, in order.
    pub(crate) fn fences(&self) -> Vec<Fence<'_>> {
        let mut fences = Vec::new();
        let mut lines = (1..).zip(self.text.lines());
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let code: Vec<&str> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let text = code.iter().flat_map(|line| [line, "\n"]).collect();
            fences.push(Fence { info: info.split(',').map(str::trim).collect(), text, line: number + 1 });
        }
        fences
    }

    /// Its lines without those of fenced blocks, each with its number.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut is_code = false;
        (1..).zip(self.text.lines()).filter(move |(_, line)| {
            let is_border = line.starts_with("```");
            is_code ^= is_border;
            !is_code && !is_border
        })
    }

    /// The anchors of its headings, as GitHub and mdbook make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|(_, line)| line.starts_with('#'));
        headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
