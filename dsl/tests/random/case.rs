//! A drawn policy in both forms: compiled, and for the reference interpreter.

use std::collections::BTreeMap;
use std::fmt::Write;

use policy_dsl::source::{MemoryFiles, Sources};
use policy_dsl::syntax::File;
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Program, RequestContext, Token};

use super::draft::{Draft, SECOND};
use super::request::Asked;
use super::shrink::{smaller_contexts, smaller_policies, smaller_tokens};
use crate::reference::Reference;

const FIRST: &str = "first.policy";

/// A policy, compiled and as it is written.
pub(crate) struct Case {
    pub(crate) program: Program,
    pub(crate) policy: Policy,
    pub(crate) reference: Reference,
}

/// The parameters that a drawn policy has no defaults for.
fn given() -> BTreeMap<String, String> {
    [("team", "admins"), ("pool", "p1")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl Case {
    /// Compiles the draft; or what the compiler says against it.
    pub(crate) fn build(draft: &Draft) -> Result<Self, String> {
        let program = compile(draft)?;
        let policy = bind(program.clone())?;
        // What is planned ahead must change nothing.
        if draft.texts().0.len().is_multiple_of(4) {
            policy.prepare();
        }
        Ok(Self { program, policy, reference: reference(draft) })
    }
}

/// The program with its parameters given.
pub(crate) fn bind(program: Program) -> Result<Policy, String> {
    let values = ParamValues::new(&program.parts().params, |name| given().get(name).cloned());
    Policy::bind(program, values).map_err(|error| error.to_string())
}

/// The program of a draft; or what the compiler says against it.
pub(crate) fn compile(draft: &Draft) -> Result<Program, String> {
    let (first, second) = draft.texts();
    let files = MemoryFiles::default().with(FIRST, first);
    let files = match second {
        Some(second) => files.with(SECOND, second),
        None => files,
    };
    let compilation = policy_dsl::compile(FIRST, &files);
    let errors: Vec<String> = compilation
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| {
            let text = diagnostic.span.map_or("", |span| compilation.sources.slice(span));
            format!("{}: {} at `{text}`", diagnostic.code, diagnostic.message)
        })
        .collect();
    match compilation.policy {
        Some(policy) if errors.is_empty() => Ok(policy.program),
        _ => Err(errors.join("\n")),
    }
}

fn reference(draft: &Draft) -> Reference {
    let (sources, files) = parse(draft);
    Reference::new(&sources, &files, &given())
}

/// The syntax trees of the draft's files.
pub(super) fn parse(draft: &Draft) -> (Sources, Vec<File>) {
    let (first, second) = draft.texts();
    let mut sources = Sources::default();
    let mut files = Vec::new();
    let texts = [(FIRST, Some(first)), (SECOND, second)];
    for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        let id = sources.add(name, text);
        files.push(policy_dsl::parse(id, sources.text(id)).0);
    }
    (sources, files)
}

/// One question to one policy.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) draft: Draft,
    pub(crate) token: Option<Token>,
    pub(crate) asked: Asked,
    pub(crate) context: RequestContext,
}

impl Question {
    /// The smallest question, by taking away one thing at a time, that still has the same thing wrong with it.
    pub(crate) fn shrink(mut self, is_wrong: &dyn Fn(&Self) -> bool) -> Self {
        while let Some(smaller) = self.smaller().into_iter().find(is_wrong) {
            self = smaller;
        }
        self
    }

    fn smaller(&self) -> Vec<Self> {
        let policies = smaller_policies(&self.draft).into_iter().map(|draft| Self { draft, ..self.clone() });
        let tokens = self.token.iter().flat_map(smaller_tokens);
        let tokens = tokens.map(|token| Self { token: Some(token), ..self.clone() });
        let contexts = smaller_contexts(&self.context).into_iter();
        let contexts = contexts.map(|context| Self { context, ..self.clone() });
        policies.chain(tokens).chain(contexts).collect()
    }

    /// All that is needed to ask again.
    pub(crate) fn describe(&self) -> String {
        let (first, second) = self.draft.texts();
        let mut out = format!("--- {FIRST}\n{first}");
        if let Some(second) = second {
            let _ = write!(out, "--- {SECOND}\n{second}");
        }
        match &self.token {
            None => out.push_str("--- no token\n"),
            Some(token) => {
                let claims = serde_json::Value::Object(token.claims().clone());
                let userinfo = token.userinfo().map(|userinfo| serde_json::Value::Object(userinfo.clone()));
                let _ = writeln!(out, "--- token of issuer {}\n{claims}", token.issuer().0);
                let _ = writeln!(out, "--- userinfo {}", userinfo.unwrap_or_default());
            }
        }
        let _ = writeln!(out, "--- request\n{} {:?}\n{:?}", self.asked.verb, self.asked.path, self.context);
        out
    }
}
