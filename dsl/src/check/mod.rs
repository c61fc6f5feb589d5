//! From the syntax tree to the checked [`Model`]: names, types, and what the design lists as errors.
//!
//! Every independent error is reported in one run; what depends on something reported is passed over.

mod address;
mod authorizer;
mod cases;
mod condition;
mod ids;
mod issuers;
mod key;
mod lets;
pub(crate) mod model;
mod names;
mod output;
mod paths;
mod relation;
mod routes;
mod rules;
mod url;
mod value;

use std::collections::BTreeMap;

use model::{LetModel, Model};
use names::{Declared, Names};

use crate::diagnostic::Diagnostic;
use crate::load::Unit;
use crate::source::{Sources, Span};

/// Checks a policy whose files were all read. No model where there is any error.
pub(crate) fn check(unit: &Unit, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Option<Model> {
    let (names, declared) = names::declare(unit, sources, diagnostics);
    let any = |has: fn(&crate::syntax::Issuer) -> bool| {
        declared.unread_issuer || declared.issuers.iter().any(|issuer| has(issuer))
    };
    let checker = Checker {
        groups: Source::new(any(|issuer| issuer.groups.is_some())),
        userinfo: Source::new(any(|issuer| issuer.userinfo.is_some())),
        unit,
        sources,
        diagnostics,
        names,
        declared,
        lets: Vec::new(),
        rule_ids: BTreeMap::new(),
    };
    let model = checker.run().ok();
    model.filter(|_| !diagnostics.iter().any(Diagnostic::is_error))
}

struct Checker<'a> {
    unit: &'a Unit,
    sources: &'a Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
    names: Names,
    declared: Declared<'a>,
    /// By [`model::LetId`]; nothing where a `let` has an error.
    lets: Vec<Option<LetModel>>,
    /// Every rule's id, and where the rule is.
    rule_ids: BTreeMap<String, Span>,
    groups: Source,
    userinfo: Source,
}

/// What is wrong has been reported: here, or where its cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reported;

/// What was checked, or the knowledge that its errors are reported.
type Checked<T> = Result<T, Reported>;

/// Whether any issuer says where something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Known,
    Missing,
    /// Missing, and reported.
    Reported,
}

impl Source {
    const fn new(is_known: bool) -> Self {
        if is_known { Self::Known } else { Self::Missing }
    }

    /// Whether this is the first use of something that is missing: the one to report.
    fn is_first_miss(&mut self) -> bool {
        let first = *self == Self::Missing;
        if first {
            *self = Self::Reported;
        }
        first
    }
}

impl Checker<'_> {
    fn run(mut self) -> Checked<Model> {
        self.check_lets();
        let rules = self.rules();
        self.check_invariants();
        let routes = self.routes();
        let issuers = self.issuers();
        let authorizer = self.authorizer();
        let output = self.output();
        let tests = self.cases(issuers.as_deref().ok());
        let lets = self.lets.into_iter().collect::<Option<Vec<_>>>().ok_or(Reported)?;
        let output = output?;
        Ok(Model {
            params: self.declared.params,
            issuers: issuers?,
            lets,
            rules: rules?,
            routes: routes?,
            principal: output.principal,
            context: output.context,
            usage_key: output.usage_key,
            authorizer: authorizer?,
            tests: tests?,
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.diagnostics.push(diagnostic);
        Reported
    }
}
