//! From the entry file to every text that belongs to the policy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_FILES, MAX_TOTAL_BYTES, MAX_USE_DEPTH};
use crate::parse::parse;
use crate::source::{FileError, Files, SourceId, Sources, Span};
use crate::syntax::{self, Api, Caller, Statement, StatementKind};

/// Every file of a policy, parsed.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    /// The policy's files: the entry first, each before those that it uses.
    pub(crate) files: Vec<PolicyFile>,
    /// The texts of other files, by the place that names them.
    pub(crate) attached: BTreeMap<Span, SourceId>,
    /// Every file's name relative to the entry's folder, in the order of [`Sources::ids`].
    pub(crate) names: Vec<String>,
    /// Some of the policy could not be taken in: a name may be defined there.
    pub(crate) incomplete: bool,
}

/// One file of a policy.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    /// Its name relative to the entry's folder.
    pub(crate) name: String,
    /// What it says.
    pub(crate) syntax: syntax::File,
}

impl Unit {
    /// Every statement, in the order of the files.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.files.iter().flat_map(|file| &file.syntax.statements)
    }
}

/// Reads the entry file and all that it needs.
pub(crate) fn load(
    entry: &str,
    files: &dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Unit {
    let mut loader = Loader {
        entry,
        files,
        sources,
        diagnostics,
        unit: Unit::default(),
        taken: BTreeSet::new(),
        attached: BTreeMap::new(),
        open: Vec::new(),
        bytes: 0,
        full: false,
    };
    loader.take(entry, None);
    loader.unit
}

struct Loader<'a> {
    entry: &'a str,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    unit: Unit,
    /// The policy files that were read, or could not be, by identity.
    taken: BTreeSet<String>,
    /// The other files that were read, or could not be, by identity.
    attached: BTreeMap<String, Option<SourceId>>,
    /// The files on the way from the entry to this one.
    open: Vec<Open>,
    bytes: usize,
    /// A limit was reached, and reported.
    full: bool,
}

struct Open {
    identity: String,
    path: String,
}

/// A file that a statement names.
enum Reference {
    Policy(String, Span),
    Attached(String, Span),
}

impl Loader<'_> {
    fn take(&mut self, path: &str, named_at: Option<Span>) {
        let identity = self.files.identity(path);
        if let Some(first) = self.open.iter().position(|open| open.identity == identity) {
            self.report_cycle(first, path, named_at);
            return;
        }
        if !self.taken.insert(identity.clone()) {
            return;
        }
        if self.open.len() >= MAX_USE_DEPTH {
            self.unit.incomplete = true;
            let message = format!("`{path}` is taken in through more than {MAX_USE_DEPTH} files");
            let help = "take it in nearer to the entry";
            self.report(Diagnostic::new(Code::UsedTooDeep, message).help(help), named_at);
            return;
        }
        let Some(source) = self.read(path, named_at, None) else {
            self.unit.incomplete = true;
            return;
        };
        let (syntax, found) = parse(source, self.sources.text(source));
        self.unit.incomplete |= found.iter().any(|diagnostic| leaves_out(diagnostic.code));
        self.diagnostics.extend(found);
        let references = references(&syntax);
        let name = self.unit.names.last().cloned().unwrap_or_default();
        self.unit.files.push(PolicyFile { name, syntax });
        self.open.push(Open { identity, path: path.to_owned() });
        for reference in references {
            match reference {
                Reference::Policy(named, span) => self.take(&self.files.resolve(path, &named), Some(span)),
                Reference::Attached(named, span) => self.attach(&self.files.resolve(path, &named), span),
            }
        }
        self.open.pop();
    }

    fn attach(&mut self, path: &str, span: Span) {
        let identity = self.files.identity(path);
        let source = if let Some(source) = self.attached.get(&identity) {
            *source
        } else {
            let source = self.read(path, Some(span), Some("name a text file beside the policy"));
            self.attached.insert(identity, source);
            source
        };
        if let Some(source) = source {
            self.unit.attached.insert(span, source);
        }
    }

    /// The file's text, or a report of why there is none.
    fn read(&mut self, path: &str, named_at: Option<Span>, help: Option<&str>) -> Option<SourceId> {
        if self.full {
            return None;
        }
        if self.unit.names.len() >= MAX_FILES {
            self.full = true;
            let message = format!("the policy has more than {MAX_FILES} files");
            let help = "put the statements of several files into one";
            self.report(Diagnostic::new(Code::TooManyFiles, message).help(help), named_at);
            return None;
        }
        let source = match self.sources.load(self.files, path) {
            Ok(source) => source,
            Err(error) => {
                self.report_unread(&error, named_at, help);
                return None;
            }
        };
        self.unit.names.push(relative(self.entry, path));
        self.bytes = self.bytes.saturating_add(self.sources.text(source).len());
        if self.bytes > MAX_TOTAL_BYTES {
            self.full = true;
            let mib = MAX_TOTAL_BYTES / (1024 * 1024);
            let message = format!("with `{path}`, the policy's files are longer than {mib} MiB");
            let help = "make several policies of it, one for each API";
            self.report(Diagnostic::new(Code::TooManyBytes, message).help(help), named_at);
            return None;
        }
        Some(source)
    }

    fn report_unread(&mut self, error: &FileError, named_at: Option<Span>, help: Option<&str>) {
        let diagnostic = error.diagnostic(named_at);
        let diagnostic = match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        };
        self.diagnostics.push(diagnostic);
    }

    fn report_cycle(&mut self, first: usize, path: &str, named_at: Option<Span>) {
        let chain: Vec<String> = self
            .open
            .iter()
            .skip(first)
            .map(|open| open.path.as_str())
            .chain([path])
            .map(|path| format!("`{path}`"))
            .collect();
        let message = format!("`{path}` takes itself in: {}", chain.join(" → "));
        let help = "move what both files need into a third one, or drop this `use`";
        self.report(Diagnostic::new(Code::UseCycle, message).help(help), named_at);
    }

    fn report(&mut self, diagnostic: Diagnostic, named_at: Option<Span>) {
        self.diagnostics.push(Diagnostic { span: named_at, ..diagnostic });
    }
}

/// Whether what comes behind such an error is not looked at.
const fn leaves_out(code: Code) -> bool {
    matches!(code, Code::TooManyErrors | Code::TooManyStatements | Code::FileTooLarge)
}

fn references(file: &syntax::File) -> Vec<Reference> {
    file.statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Use(path) => Some(Reference::Policy(path.node.clone(), path.span)),
            StatementKind::Issuer(issuer) => {
                issuer.key.as_ref().map(|key| Reference::Attached(key.node.clone(), key.span))
            }
            StatementKind::Api(Api::File(path)) => Some(Reference::Attached(path.node.clone(), path.span)),
            StatementKind::Test(test) => match &test.caller {
                Caller::TokenFile(path) => Some(Reference::Attached(path.node.clone(), path.span)),
                Caller::Anonymous(_) | Caller::Token(_) => None,
            },
            _ => None,
        })
        .collect()
}

/// The path as it is seen from the entry's folder, so that a policy's bytes do not tell where it was built.
fn relative(entry: &str, path: &str) -> String {
    let folder = Path::new(entry).parent().unwrap_or(Path::new(""));
    let (folder, path) = (steps(folder), steps(Path::new(path)));
    let shared = folder.iter().zip(&path).take_while(|(a, b)| a == b).count();
    let up = folder.iter().skip(shared);
    let is_fixed = |step: &Component<'_>| matches!(step, Component::RootDir | Component::Prefix(_));
    let unknown_way = up.clone().any(|step| is_fixed(step) || *step == Component::ParentDir);
    if unknown_way || path.iter().skip(shared).any(is_fixed) {
        // No way leads from there to here without knowing where the folders are: the name has to do.
        return path.last().map_or_else(String::new, |step| step.as_os_str().to_string_lossy().into_owned());
    }
    let steps: Vec<String> = up
        .map(|_| "..".to_owned())
        .chain(path.iter().skip(shared).map(|step| step.as_os_str().to_string_lossy().into_owned()))
        .collect();
    steps.join("/")
}

fn steps(path: &Path) -> Vec<Component<'_>> {
    path.components().filter(|step| *step != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn names_are_relative_to_the_entrys_folder() {
        for (entry, path, name) in [
            ("users.policy", "users.policy", "users.policy"),
            ("p/users.policy", "p/users.policy", "users.policy"),
            ("./p/users.policy", "p/common/a.policy", "common/a.policy"),
            ("p/q/users.policy", "p/a.policy", "../a.policy"),
            ("/srv/p/users.policy", "/srv/p/users.policy", "users.policy"),
            ("/srv/p/users.policy", "/etc/a.policy", "../../etc/a.policy"),
            ("p/users.policy", "/etc/a.policy", "a.policy"),
            ("../users.policy", "../../a.policy", "../a.policy"),
            ("../x/users.policy", "a.policy", "a.policy"),
            ("-", "a.policy", "a.policy"),
        ] {
            assert_eq!(relative(entry, path), name, "{entry} {path}");
        }
    }
}
