//! What the policy defines, and looking it up.

use std::collections::{BTreeMap, BTreeSet};

use policy_engine::condition::IssuerId;
use policy_engine::text::{Param, ParamId};

use super::model::LetId;
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_ISSUERS, MAX_PARAMS, MAX_SUGGESTIONS};
use crate::load::Unit;
use crate::source::{Sources, Span};
use crate::suggest::did_you_mean;
use crate::syntax::{self, Name, StatementKind};

/// What a bare name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    Param(ParamId),
    Let(LetId),
}

/// Every name, and where it is defined first.
#[derive(Debug, Default)]
pub(super) struct Names {
    bare: BTreeMap<String, (Bare, Span)>,
    issuers: BTreeMap<String, (IssuerId, Span)>,
    /// Names that a statement which could not be read seems to define.
    broken: BTreeSet<String>,
    /// Some of the policy could not be read: any name may be defined there.
    incomplete: bool,
    suggestions: usize,
}

/// What is defined, in the order of the text; a second definition of a name included.
#[derive(Debug, Default)]
pub(super) struct Declared<'a> {
    pub(super) params: Vec<Param>,
    pub(super) lets: Vec<&'a syntax::Let>,
    pub(super) issuers: Vec<&'a syntax::Issuer>,
    /// An issuer could not be read.
    pub(super) unread_issuer: bool,
}

/// Collects the names, and reports those that are defined twice.
pub(super) fn declare<'a>(
    unit: &'a Unit,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Names, Declared<'a>) {
    let mut names = Names { incomplete: unit.incomplete, ..Names::default() };
    let mut declared = Declared { unread_issuer: unit.incomplete, ..Declared::default() };
    for broken in unit.files.iter().flat_map(|file| &file.syntax.broken) {
        let text = sources.slice(broken.span);
        names.incomplete |= text.starts_with("use");
        declared.unread_issuer |= text.starts_with("issuer");
        names.broken.extend(broken.name.clone());
    }
    for statement in unit.statements() {
        match &statement.kind {
            StatementKind::Param(param) => names.declare_param(param, &mut declared, diagnostics),
            StatementKind::Let(definition) => {
                let id = Bare::Let(LetId(declared.lets.len()));
                declared.lets.push(definition);
                names.declare_bare(&definition.name, id, diagnostics);
            }
            StatementKind::Issuer(issuer) => names.declare_issuer(issuer, &mut declared, diagnostics),
            _ => {}
        }
    }
    (names, declared)
}

impl Names {
    fn declare_param(
        &mut self,
        param: &syntax::Param,
        declared: &mut Declared<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let next = declared.params.len();
        let Some(id) = within(next, MAX_PARAMS) else {
            if next == MAX_PARAMS {
                let message = format!("the policy has more than {MAX_PARAMS} params");
                let diagnostic = Diagnostic::new(Code::TooManyParams, message).at(param.name.span);
                out.push(diagnostic.help("write what is the same in every deployment into the policy"));
            }
            // Known all the same, so that its uses are no further errors.
            self.broken.insert(param.name.node.clone());
            return;
        };
        let default = param.default.as_ref().map(|text| text.node.clone());
        declared.params.push(Param { name: param.name.node.clone(), default });
        self.declare_bare(&param.name, Bare::Param(ParamId(id)), out);
    }

    fn declare_issuer<'a>(
        &mut self,
        issuer: &'a syntax::Issuer,
        declared: &mut Declared<'a>,
        out: &mut Vec<Diagnostic>,
    ) {
        let next = declared.issuers.len();
        declared.issuers.push(issuer);
        let Some(id) = within(next, MAX_ISSUERS) else {
            if next == MAX_ISSUERS {
                let message = format!("the policy has more than {MAX_ISSUERS} issuers");
                let diagnostic = Diagnostic::new(Code::TooManyIssuers, message).at(issuer.name.span);
                out.push(diagnostic.help("make several policies of it, one for each API"));
            }
            self.broken.insert(issuer.name.node.clone());
            return;
        };
        let name = &issuer.name;
        if let Some((_, first)) = self.issuers.get(&name.node) {
            out.push(twice(Code::DuplicateIssuer, &format!("the issuer `{}`", name.node), name.span, *first));
            return;
        }
        self.issuers.insert(name.node.clone(), (IssuerId(id), name.span));
    }

    fn declare_bare(&mut self, name: &Name, meaning: Bare, out: &mut Vec<Diagnostic>) {
        if let Some((_, first)) = self.bare.get(&name.node) {
            out.push(twice(Code::DuplicateName, &format!("`{}`", name.node), name.span, *first));
            return;
        }
        self.bare.insert(name.node.clone(), (meaning, name.span));
    }

    pub(super) fn bare(&self, name: &str) -> Option<Bare> {
        self.bare.get(name).map(|(meaning, _)| *meaning)
    }

    fn is_perhaps_defined(&self, name: &str) -> bool {
        self.incomplete || self.broken.contains(name)
    }

    /// Each suggestion compares with every name: a policy of misspelt names must not take forever.
    const fn may_suggest(&mut self) -> bool {
        self.suggestions += 1;
        self.suggestions <= MAX_SUGGESTIONS
    }
}

/// The report of something that is defined twice.
fn twice(code: Code, what: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(code, format!("{what} is defined twice"))
        .at(second)
        .related("first defined here", first)
        .help("give one of them another name, or drop it")
}

fn within(count: usize, limit: usize) -> Option<u32> {
    u32::try_from(count).ok().filter(|_| count < limit)
}

impl Checker<'_> {
    /// The parameter that stands where only a string can.
    pub(super) fn expect_param(&mut self, name: &Name) -> Checked<ParamId> {
        match self.names.bare(&name.node) {
            Some(Bare::Param(id)) => Ok(id),
            Some(Bare::Let(_)) => {
                let message = format!("`{}` is a condition, and no string", name.node);
                Err(self.report(Diagnostic::new(Code::NotAValue, message).at(name.span)))
            }
            None => Err(self.report_unknown_param(name)),
        }
    }

    fn report_unknown_param(&mut self, name: &Name) -> Reported {
        if self.names.is_perhaps_defined(&name.node) {
            return Reported;
        }
        let may_suggest = self.names.may_suggest();
        let params = self.declared.params.iter().map(|param| param.name.as_str());
        let near = may_suggest.then(|| did_you_mean(&name.node, params)).flatten();
        let help = near.unwrap_or_else(|| format!("declare it with `param {}`", name.node));
        let message = format!("there is no param `{}`", name.node);
        self.report(Diagnostic::new(Code::UnknownParam, message).at(name.span).help(help))
    }

    /// Reports a bare name that is neither a `let` nor a `param`.
    pub(super) fn report_unknown_name(&mut self, name: &str, span: Span) -> Reported {
        if self.names.is_perhaps_defined(name) {
            return Reported;
        }
        let help = if self.names.issuers.contains_key(name) {
            Some(format!("`issuer {name}` is true for a token of that issuer"))
        } else if self.names.may_suggest() {
            did_you_mean(name, self.names.bare.keys().map(String::as_str))
        } else {
            None
        };
        let help = help.unwrap_or_else(|| {
            format!("define it with `let {name} = …` or `param {name}`; a claim is `token.{name}`, text is `\"{name}\"`")
        });
        let message = format!("`{name}` is neither a `let` nor a `param`");
        self.report(Diagnostic::new(Code::UnknownName, message).at(span).help(help))
    }

    pub(super) fn expect_issuer(&mut self, name: &Name) -> Checked<IssuerId> {
        if let Some((id, _)) = self.names.issuers.get(&name.node) {
            return Ok(*id);
        }
        if !self.names.is_perhaps_defined(&name.node) {
            let may_suggest = self.names.may_suggest();
            let known = self.names.issuers.keys().map(String::as_str);
            let near = may_suggest.then(|| did_you_mean(&name.node, known)).flatten();
            let help = near.unwrap_or_else(|| format!("define it with `issuer {} {{ … }}`", name.node));
            let message = format!("there is no issuer `{}`", name.node);
            self.report(Diagnostic::new(Code::UnknownIssuer, message).at(name.span).help(help));
        }
        Err(Reported)
    }

    /// Checks that a rule has this id.
    pub(super) fn expect_rule(&mut self, name: &Name) -> Checked<String> {
        if self.rule_ids.contains_key(&name.node) {
            return Ok(name.node.clone());
        }
        if !self.names.is_perhaps_defined(&name.node) {
            let may_suggest = self.names.may_suggest();
            let known = self.rule_ids.keys().map(String::as_str);
            let near = may_suggest.then(|| did_you_mean(&name.node, known)).flatten();
            let help = near.unwrap_or_else(|| format!("name a rule with `as {}`", name.node));
            let message = format!("there is no rule `{}`", name.node);
            self.report(Diagnostic::new(Code::UnknownRule, message).at(name.span).help(help));
        }
        Err(Reported)
    }
}
