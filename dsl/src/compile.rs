//! From policy files to a program: the crate's front door.

use policy_engine::{Program, RequestContext, Token, VerbSet};

use crate::check::check;
use crate::codes::Code;
use crate::diagnostic::{self, Diagnostic};
use crate::lint::allowed::{self, Review};
use crate::lint::{self, Levels};
use crate::load::{Unit, load};
use crate::lower::lower;
use crate::source::{Files, Sources, Span};
use crate::template;

/// What came of compiling a policy.
#[derive(Debug)]
pub struct Compilation {
    /// Every text that was read, the entry file first.
    pub sources: Sources,
    /// Every finding, in the order of the texts and places.
    pub diagnostics: Vec<Diagnostic>,
    /// The policy; `None` where any finding is an error.
    pub policy: Option<CompiledPolicy>,
}

/// A policy without errors.
#[derive(Debug)]
pub struct CompiledPolicy {
    /// What the engine runs.
    pub program: Program,
    /// Where each of the program's rules comes from, by the same index.
    pub rules: Vec<RuleOrigin>,
    /// Where each of the program's routes is declared, by the same index: in the policy, or in the API
    /// description that it names.
    pub routes: Vec<Span>,
    /// Its `test` statements, in the order of the files.
    pub tests: Vec<TestCase>,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOrigin {
    /// Its statement.
    pub span: Span,
    /// The doc comment above it.
    pub doc: Option<String>,
}

/// A `test` statement, ready to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// The whole statement.
    pub span: Span,
    /// The token, taken as verified; `None` for `anonymous`.
    pub token: Option<Token>,
    /// The rest of the request. What the test does not say is unknown.
    pub context: RequestContext,
    /// The parameters that the test sets, by name. The others have the values given from outside, or their
    /// defaults.
    pub params: Vec<(String, String)>,
    /// What is expected.
    pub expectations: Vec<Expectation>,
}

/// Each of the verbs on each of the paths is so decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Whether the request is let through.
    pub allowed: bool,
    /// The verbs; at least one.
    pub verbs: VerbSet,
    /// The request paths as sent; at least one.
    pub paths: Vec<String>,
    /// The id of a rule that is among those that decide.
    pub by: Option<String>,
    /// Its line.
    pub span: Span,
}

/// Compiles a policy: reads the entry file and those that it uses, checks them, and makes a program.
///
/// It always comes to an end with something to show: what is wrong is in the diagnostics. The same bytes
/// give the same program and the same diagnostics.
pub fn compile(entry: &str, files: &dyn Files) -> Compilation {
    compile_with(entry, files, None, &[])
}

/// Reads and checks a policy as [`compile`] does, and makes no program.
pub fn diagnose(entry: &str, files: &dyn Files) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let unit = load(entry, files, &mut sources, &mut diagnostics);
    // What could be lowered is of no use here.
    drop(check(&unit, &sources, &mut diagnostics));
    allowed::apply(&unit, &sources, Review::Names, &mut diagnostics);
    diagnostic::sort(&mut diagnostics);
    diagnostics
}

/// Compiles a policy, and looks for what is probably not meant: the lints. With their levels, a warning may
/// be an error, and then there is no program.
pub fn lint(entry: &str, files: &dyn Files, levels: &Levels) -> Compilation {
    compile_with(entry, files, Some(levels), &[])
}

/// [`lint()`], and holds the policy against what deploys its API: templates of AWS SAM, CloudFormation or Serverless
/// Framework, by their paths. Nothing is said of them where the policy has errors.
pub fn lint_with_templates(
    entry: &str,
    files: &dyn Files,
    levels: &Levels,
    templates: &[String],
) -> Compilation {
    compile_with(entry, files, Some(levels), templates)
}

fn compile_with(
    entry: &str,
    files: &dyn Files,
    levels: Option<&Levels>,
    templates: &[String],
) -> Compilation {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let unit = load(entry, files, &mut sources, &mut diagnostics);
    let model = check(&unit, &sources, &mut diagnostics);
    let mut policy = model.and_then(|model| {
        let lowered = lower(model, &unit, &sources);
        if lowered.is_none() {
            let message = "the checker let something pass that it should have refused";
            diagnostics.push(
                Diagnostic::new(Code::Fault, message).help("this is a fault of policyctl: please report it"),
            );
        }
        lowered
    });
    if let Some(policy) = &policy {
        for path in templates {
            template::check(path, files, policy, &mut sources, &mut diagnostics);
        }
    }
    match levels {
        None => allowed::apply(&unit, &sources, Review::Names, &mut diagnostics),
        Some(levels) => {
            lint_all(&unit, &sources, policy.as_ref(), levels, &mut diagnostics);
            levels.apply(&mut diagnostics);
            policy = policy.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
        }
    }
    diagnostic::sort(&mut diagnostics);
    Compilation { sources, diagnostics, policy }
}

fn lint_all(
    unit: &Unit,
    sources: &Sources,
    policy: Option<&CompiledPolicy>,
    levels: &Levels,
    diagnostics: &mut Vec<Diagnostic>,
) {
    lint::check_text(unit, sources, diagnostics);
    if let Some(policy) = policy {
        lint::check_policy(unit, sources, policy, levels, diagnostics);
    }
    let review = if policy.is_some() { Review::Needs } else { Review::Reasons };
    allowed::apply(unit, sources, review, diagnostics);
}
