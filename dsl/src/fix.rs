//! Writing what was meant: the fixes that are certain, of what is an error, until nothing more is to be done.
//! A policy without errors stays as it is, byte by byte.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use crate::codes::Code;
use crate::compile::Compilation;
use crate::diagnostic::{Diagnostic, Edit, Severity};
use crate::source::{Files, Location, SourceId, Sources};

/// The most times that a policy is mended and looked at again: what is mended can bring to light what was
/// hidden behind it, and no more than [`MAX_REPORTED`](crate::limits::MAX_REPORTED) errors show at a time.
pub const MAX_ROUNDS: usize = 50;

/// Mends policies in memory. Files that several of them share are mended once.
pub struct Fixer<'f> {
    texts: Texts<'f>,
    mended: Vec<Mended>,
}

/// A finding that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// What it was about.
    pub code: Code,
    /// What was wrong.
    pub message: String,
    /// The file.
    pub file: String,
    /// Where, in the text as it was then.
    pub place: Location,
}

/// A file whose text is another one now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed<'t> {
    /// Its path.
    pub path: &'t str,
    /// The text as it was read.
    pub before: &'t str,
    /// The text as it should be.
    pub after: &'t str,
}

impl<'f> Fixer<'f> {
    /// For policies among those files, which are read once and never written.
    pub fn new(files: &'f dyn Files) -> Self {
        Self { texts: Texts { files, texts: RefCell::default() }, mended: Vec::new() }
    }

    /// Mends a policy and the files that it uses. What remains is what `compile` finds in the end.
    pub fn fix(&mut self, entry: &str, compile: &dyn Fn(&str, &dyn Files) -> Compilation) -> Compilation {
        let mut compilation = compile(entry, &self.texts);
        for _ in 0..MAX_ROUNDS {
            let Some(next) = self.round(entry, &compilation, compile) else { break };
            compilation = next;
        }
        compilation
    }

    /// What was mended, in the order in which it was.
    pub fn mended(&self) -> &[Mended] {
        &self.mended
    }

    /// Calls back for every file that is another one now, by path.
    pub fn changed<E>(&self, mut each: impl FnMut(Changed<'_>) -> Result<(), E>) -> Result<(), E> {
        let texts = self.texts.texts.borrow();
        let mut texts: Vec<&Text> = texts.values().filter(|text| text.before != text.after).collect();
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        texts.into_iter().filter_map(Text::changed).try_for_each(&mut each)
    }

    /// The text of a file as it should be, where that was read.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = self.texts.read(path).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Mends what can be mended at once; `None` where that is nothing.
    fn round(
        &mut self,
        entry: &str,
        found: &Compilation,
        compile: &dyn Fn(&str, &dyn Files) -> Compilation,
    ) -> Option<Compilation> {
        let chosen = Chosen::from(&found.diagnostics);
        if chosen.findings.is_empty() {
            return None;
        }
        self.texts.apply(&chosen, &found.sources);
        self.mended.extend(chosen.findings.iter().map(|finding| Mended::new(finding, &found.sources)));
        Some(compile(entry, &self.texts))
    }
}

/// The edits that can be made without asking: those that are certain, of what is always an error. A warning's
/// text decides something, here or in a policy that uses this one, and keeps on deciding it.
pub fn edits(finding: &Diagnostic) -> &[Edit] {
    match finding.code.severity() {
        Severity::Error => finding.certain_fix(),
        Severity::Warning => &[],
    }
}

impl Mended {
    fn new(finding: &Diagnostic, sources: &Sources) -> Self {
        let (file, place) = match finding.span {
            Some(span) => (sources.name(span.source), sources.start(span)),
            None => ("", Location { line: 1, column: 1 }),
        };
        Self { code: finding.code, message: finding.message.clone(), file: file.to_owned(), place }
    }
}

/// Findings whose edits can all be made at once.
struct Chosen<'d> {
    findings: Vec<&'d Diagnostic>,
    /// By text and place.
    edits: BTreeMap<(SourceId, usize), &'d Edit>,
}

impl<'d> Chosen<'d> {
    /// Of edits that overlap, those of the first finding.
    fn from(findings: impl IntoIterator<Item = &'d Diagnostic>) -> Self {
        let mut chosen = Self { findings: Vec::new(), edits: BTreeMap::new() };
        for finding in findings {
            let edits = edits(finding);
            if !edits.is_empty() && edits.iter().all(|edit| chosen.has_room_for(edit)) {
                chosen.edits.extend(edits.iter().map(|edit| ((edit.span.source, edit.span.start), edit)));
                chosen.findings.push(finding);
            }
        }
        chosen
    }

    fn has_room_for(&self, edit: &Edit) -> bool {
        let span = edit.span;
        let before = self.edits.range(..=(span.source, span.start)).next_back();
        let is_behind = before.is_none_or(|((source, start), other)| {
            *source != span.source || (other.span.end <= span.start && *start != span.start)
        });
        let after = self.edits.range((span.source, span.start)..).next();
        is_behind && after.is_none_or(|((source, start), _)| *source != span.source || span.end <= *start)
    }
}

/// Files as they were read, and as they should be.
struct Texts<'f> {
    files: &'f dyn Files,
    /// By identity.
    texts: RefCell<BTreeMap<String, Text>>,
}

struct Text {
    path: String,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Text {
    fn changed(&self) -> Option<Changed<'_>> {
        Some(Changed {
            path: &self.path,
            before: std::str::from_utf8(&self.before).ok()?,
            after: std::str::from_utf8(&self.after).ok()?,
        })
    }
}

impl Texts<'_> {
    fn apply(&self, chosen: &Chosen<'_>, sources: &Sources) {
        let mut texts = self.texts.borrow_mut();
        // The last place first, so that the others stay where they are.
        for ((source, _), edit) in chosen.edits.iter().rev() {
            let Some(text) = texts.get_mut(&self.files.identity(sources.name(*source))) else { continue };
            // The text that the places are in has no byte order mark.
            let mark = text.after.len().saturating_sub(without_mark(&text.after).len());
            let (start, end) = (edit.span.start + mark, edit.span.end + mark);
            if start <= end && end <= text.after.len() {
                text.after.splice(start..end, edit.replacement.bytes());
            }
        }
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

impl Files for Texts<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let identity = self.identity(path);
        if let Some(text) = self.texts.borrow().get(&identity) {
            return Ok(text.after.clone());
        }
        let bytes = self.files.read(path)?;
        let text = Text { path: path.to_owned(), before: bytes.clone(), after: bytes.clone() };
        self.texts.borrow_mut().insert(identity, text);
        Ok(bytes)
    }

    fn resolve(&self, from: &str, named: &str) -> String {
        self.files.resolve(from, named)
    }

    fn identity(&self, path: &str) -> String {
        self.files.identity(path)
    }
}
