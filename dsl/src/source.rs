//! Source texts: where they come from, their names, and places in them.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_FILE_BYTES;

/// Index of a text in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A piece of a source text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The piece between two byte offsets.
    pub const fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start, end }
    }

    /// From the start of this piece to the end of another one of the same text.
    #[must_use]
    pub const fn to(self, last: Self) -> Self {
        Self { source: self.source, start: self.start, end: last.end }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.source.0, self.start, self.end)
    }
}

/// A place in a text, as people count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1, in characters.
    pub column: usize,
}

/// Every text of one run, with its name.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

impl Sources {
    /// Takes in a text. A byte order mark at its start is left out.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        self.sources.push(Source { name: name.into(), text, line_starts });
        id
    }

    /// Reads a file and takes in its text.
    pub fn load(&mut self, files: &dyn Files, path: &str) -> Result<SourceId, FileError> {
        let fail = |problem| FileError { path: path.to_owned(), problem };
        let bytes = files.read(path).map_err(|error| fail(FileProblem::from(error)))?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(fail(FileProblem::TooLarge));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let read = error.as_bytes().get(..valid).unwrap_or_default();
            let line = read.split(|byte| *byte == b'\n').count();
            fail(FileProblem::NotUtf8 { line })
        })?;
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(fail(FileProblem::Empty));
        }
        Ok(self.add(path, text))
    }

    /// The name that a text was given; empty for an index that is not one of these.
    pub fn name(&self, id: SourceId) -> &str {
        self.source(id).map_or("", |source| &source.name)
    }

    /// A whole text.
    pub fn text(&self, id: SourceId) -> &str {
        self.source(id).map_or("", |source| &source.text)
    }

    /// The text of a piece.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.source).get(span.start..span.end).unwrap_or_default()
    }

    /// The place of a byte offset.
    pub fn location(&self, id: SourceId, offset: usize) -> Location {
        let Some(source) = self.source(id) else {
            return Location { line: 1, column: 1 };
        };
        let line = source.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = source.line_starts.get(line - 1).copied().unwrap_or(0);
        let rest = source.text.get(start..).unwrap_or_default();
        let before = rest.char_indices().take_while(|(at, _)| start + at < offset).count();
        Location { line, column: 1 + before }
    }

    /// The place of a piece's first byte.
    pub fn start(&self, span: Span) -> Location {
        self.location(span.source, span.start)
    }

    /// The place behind a piece's last byte.
    pub fn end(&self, span: Span) -> Location {
        self.location(span.source, span.end)
    }

    /// Offset of the first byte of a line, counted from 1.
    pub(crate) fn line_start(&self, id: SourceId, line: usize) -> Option<usize> {
        self.source(id)?.line_starts.get(line.checked_sub(1)?).copied()
    }

    /// Every text's index, in the order in which they were taken in.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..u32::try_from(self.sources.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(usize::try_from(id.0).ok()?)
    }
}

/// Where files are read from.
pub trait Files {
    /// The bytes of a file. One that is longer than [`MAX_FILE_BYTES`] may be cut off behind one byte more.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The path of a file that is named in another one: relative to the folder of that one, with `.` and
    /// `..` worked out.
    fn resolve(&self, from: &str, named: &str) -> String {
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let mut resolved = PathBuf::new();
        for component in folder.join(named).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir if matches!(last(&resolved), Some(Component::Normal(_))) => {
                    resolved.pop();
                }
                _ => resolved.push(component),
            }
        }
        resolved.to_string_lossy().replace('\\', "/")
    }

    /// What two paths of the same file have in common.
    fn identity(&self, path: &str) -> String {
        path.to_owned()
    }
}

fn last(path: &Path) -> Option<Component<'_>> {
    path.components().next_back()
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn identity(&self, path: &str) -> String {
        std::fs::canonicalize(path)
            .map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
    }
}

/// Files that are only in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// With one file more.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.into(), bytes.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// A file whose text cannot be taken in.
#[derive(Debug)]
pub struct FileError {
    /// Its path.
    pub path: String,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// Why a file's text cannot be taken in.
#[derive(Debug)]
pub enum FileProblem {
    /// It is not there.
    Missing,
    /// It is a directory.
    Directory,
    /// Reading it failed.
    Unreadable(io::Error),
    /// It is not UTF-8 text.
    NotUtf8 {
        /// The line of the first byte that does not belong, counted from 1.
        line: usize,
    },
    /// It holds nothing but white space.
    Empty,
    /// It is longer than [`MAX_FILE_BYTES`].
    TooLarge,
}

impl From<io::Error> for FileProblem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::IsADirectory => Self::Directory,
            _ => Self::Unreadable(error),
        }
    }
}

impl FileError {
    /// The code it is reported with.
    pub const fn code(&self) -> Code {
        match self.problem {
            FileProblem::Missing => Code::FileMissing,
            FileProblem::Directory => Code::FileIsDirectory,
            FileProblem::Unreadable(_) => Code::FileUnreadable,
            FileProblem::NotUtf8 { .. } => Code::FileNotUtf8,
            FileProblem::Empty => Code::FileEmpty,
            FileProblem::TooLarge => Code::FileTooLarge,
        }
    }

    /// The report of it; at the `use` that names the file, where there is one.
    pub fn diagnostic(&self, named_at: Option<Span>) -> Diagnostic {
        let diagnostic = Diagnostic::new(self.code(), self.to_string());
        let diagnostic = match self.problem {
            FileProblem::NotUtf8 { .. } => diagnostic.help("save it as UTF-8"),
            FileProblem::Empty => diagnostic.help("a policy holds at least one statement"),
            FileProblem::Directory => diagnostic.help("name a `.policy` file"),
            FileProblem::Unreadable(_) => {
                diagnostic.help("see who may read it, and whether the disk is there")
            }
            FileProblem::TooLarge => diagnostic.help("split it, and take the parts in with `use`"),
            FileProblem::Missing => diagnostic,
        };
        match named_at {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.problem {
            FileProblem::Missing => write!(f, "`{path}` does not exist"),
            FileProblem::Directory => write!(f, "`{path}` is a directory"),
            FileProblem::Unreadable(error) => write!(f, "`{path}` cannot be read: {error}"),
            FileProblem::NotUtf8 { line } => write!(f, "`{path}` is not UTF-8 text (line {line})"),
            FileProblem::Empty => write!(f, "`{path}` is empty"),
            FileProblem::TooLarge => {
                write!(f, "`{path}` is longer than {} MiB", MAX_FILE_BYTES / (1024 * 1024))
            }
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            FileProblem::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut sources = Sources::default();
        let id = sources.add("a", "\u{feff}ab\nüx\r\n\nend");
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 1, 3),
            (3, 2, 1),
            (5, 2, 2),
            (6, 2, 3),
            (8, 3, 1),
            (9, 4, 1),
            (12, 4, 4),
            (99, 4, 4),
        ] {
            assert_eq!(sources.location(id, offset), Location { line, column }, "{offset}");
        }
    }

    #[test]
    fn a_used_file_is_found_beside_the_one_that_names_it() {
        for (from, named, path) in [
            ("a.policy", "b.policy", "b.policy"),
            ("x/a.policy", "b.policy", "x/b.policy"),
            ("x/a.policy", "../b.policy", "b.policy"),
            ("x/a.policy", "./y/./b.policy", "x/y/b.policy"),
            ("../a.policy", "../b.policy", "../../b.policy"),
            ("x/a.policy", "/etc/b.policy", "/etc/b.policy"),
        ] {
            assert_eq!(MemoryFiles::default().resolve(from, named), path, "{from} {named}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        let files = MemoryFiles::default()
            .with("empty", " \n")
            .with("latin", b"a\n\xfc".to_vec())
            .with("large", vec![b'#'; MAX_FILE_BYTES + 1]);
        let mut sources = Sources::default();
        let mut message = |path: &str| sources.load(&files, path).unwrap_err().to_string();
        assert_eq!(message("empty"), "`empty` is empty");
        assert_eq!(message("latin"), "`latin` is not UTF-8 text (line 2)");
        assert_eq!(message("large"), "`large` is longer than 8 MiB");
        assert_eq!(message("none"), "`none` does not exist");
        let folder = sources.load(&DiskFiles, env!("CARGO_MANIFEST_DIR")).unwrap_err();
        assert_eq!(folder.code(), Code::FileIsDirectory);
    }
}
