//! Statements.

use policy_engine::{Effect, Verb, VerbSet};

use super::{Builder, is_separator, spaced};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{
    Api, Condition, ConditionKind, ContextEntry, ContextValue, Invariant, InvariantKind, Let, Name, Param,
    Route, Segment, Spanned, StatementKind, Text, Verbs,
};
use crate::syntax::{Path, Rule as PolicyRule};

/// What follows a rule's paths.
#[derive(Default)]
struct Clauses {
    when: Option<Condition>,
    unless: Option<Condition>,
    id: Option<Name>,
    because: Option<Text>,
    /// The words that the clauses start with.
    seen: Vec<(Rule, Span)>,
    is_wrong: bool,
}

impl Builder {
    /// A statement, `None` where part of it could not be understood; and where it is written.
    pub(in crate::parse) fn statement(&mut self, pair: Pair<'_>) -> (Option<StatementKind>, Span) {
        let whole = self.span(&pair);
        let mut inner = pair.into_inner();
        let Some(statement) = inner.next() else { return (None, whole) };
        let span = self.span(&statement);
        let kind = self.statement_kind(statement);
        for separator in inner {
            self.separator(&separator, "nothing ends a statement");
        }
        (kind, span)
    }

    fn statement_kind(&mut self, pair: Pair<'_>) -> Option<StatementKind> {
        match pair.as_rule() {
            Rule::policy_rule => self.rule(pair).map(StatementKind::Rule),
            Rule::invariant => self.invariant(pair).map(StatementKind::Invariant),
            Rule::let_statement => self.let_statement(pair).map(StatementKind::Let),
            Rule::param => self.param(pair).map(StatementKind::Param),
            Rule::issuer => self.issuer(pair).map(StatementKind::Issuer),
            Rule::api => self.api(pair).map(StatementKind::Api),
            Rule::principal => self.value(pair.into_inner().nth(1)?).map(StatementKind::Principal),
            Rule::context => self.context(pair).map(StatementKind::Context),
            Rule::usage_key => self.value(pair.into_inner().nth(1)?).map(StatementKind::UsageKey),
            Rule::authorizer => self.authorizer(pair).map(StatementKind::Authorizer),
            Rule::use_statement => self.plain_in(pair).map(StatementKind::Use),
            Rule::test => self.test(pair).map(StatementKind::Test),
            _ => None,
        }
    }

    fn rule(&mut self, pair: Pair<'_>) -> Option<PolicyRule> {
        let mut inner = pair.into_inner();
        let effect = self.effect(&inner.next()?);
        let verbs = self.verbs(inner.next()?);
        let paths = self.paths(inner.next()?);
        let clauses = self.clauses(inner);
        Some(PolicyRule {
            effect: effect?,
            verbs: verbs?,
            paths: paths?,
            when: clauses.when,
            unless: clauses.unless,
            id: clauses.id,
            because: clauses.because,
        })
        .filter(|_| !clauses.is_wrong)
    }

    fn effect(&mut self, pair: &Pair<'_>) -> Option<Spanned<Effect>> {
        let effect = match pair.as_str() {
            "allow" => Effect::Allow,
            "public" => Effect::Public,
            "deny" => Effect::Deny,
            "permit" => self.foreign_effect(pair, Effect::Allow),
            "forbid" => self.foreign_effect(pair, Effect::Deny),
            _ => return None,
        };
        Some(Spanned::new(effect, self.span(pair)))
    }

    fn foreign_effect(&mut self, pair: &Pair<'_>, effect: Effect) -> Effect {
        self.foreign_keyword(pair, effect.keyword());
        effect
    }

    fn foreign_keyword(&mut self, pair: &Pair<'_>, keyword: &str) {
        let span = self.span(pair);
        self.report(
            Diagnostic::new(Code::ForeignKeyword, format!("`{}` is not a keyword here", pair.as_str()))
                .at(span)
                .help(format!("write `{keyword}`"))
                .replace(span, keyword),
        );
    }

    /// Verbs of a rule, a route or an expectation.
    pub(super) fn verbs(&mut self, pair: Pair<'_>) -> Option<Verbs> {
        let span = self.span(&pair);
        let mut named = Vec::new();
        let mut is_whole = true;
        for inner in pair.into_inner() {
            if inner.as_rule() != Rule::verb {
                self.separator(&inner, "verbs are separated by spaces");
                continue;
            }
            match self.verb(&inner) {
                Some(verb) => named.push(Spanned::new(verb, self.span(&inner))),
                None => is_whole = false,
            }
        }
        is_whole.then_some(Verbs { named, span })
    }

    fn verb(&mut self, pair: &Pair<'_>) -> Option<VerbSet> {
        let word = pair.as_str();
        if word == "ANY" {
            return Some(VerbSet::ANY);
        }
        if let Some(verb) = Verb::parse(word) {
            return Some(verb.into());
        }
        let names = || Verb::ALL.iter().map(|verb| verb.name()).chain(["ANY"]);
        let upper = word.to_ascii_uppercase();
        let meant = match upper.as_str() {
            "*" | "ALL" => Some("ANY"),
            _ => names().find(|name| *name == upper),
        };
        let span = self.span(pair);
        let diagnostic = Diagnostic::new(Code::BadVerb, format!("`{word}` is not a verb")).at(span);
        if let Some(meant) = meant {
            self.report(diagnostic.help(format!("write `{meant}`")).replace(span, meant));
            return Some(Verb::parse(meant).map_or(VerbSet::ANY, VerbSet::from));
        }
        let help = match nearest(word, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "the verbs are `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, and `ANY` for all of \
                 them; a path starts with `/`"
                    .to_owned()
            }
        };
        self.report(diagnostic.help(help));
        None
    }

    fn clauses<'t>(&mut self, pairs: impl Iterator<Item = Pair<'t>>) -> Clauses {
        let mut clauses = Clauses::default();
        for pair in pairs {
            self.clause(pair, &mut clauses);
        }
        clauses
    }

    fn clause(&mut self, pair: Pair<'_>, clauses: &mut Clauses) {
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        let (Some(keyword), Some(body)) = (inner.next(), inner.next()) else {
            clauses.is_wrong = true;
            return;
        };
        let span = self.span(&keyword);
        if let Some((_, first)) = clauses.seen.iter().find(|(seen, _)| *seen == rule) {
            let help = match rule {
                Rule::when | Rule::unless => "join the conditions with `and` or `or`",
                _ => "keep one of them",
            };
            let diagnostic =
                Diagnostic::new(Code::Repeated, format!("`{}` is given twice", keyword.as_str()))
                    .at(span)
                    .related("first here", *first)
                    .help(help);
            self.report(diagnostic);
            clauses.is_wrong = true;
            return;
        }
        clauses.seen.push((rule, span));
        if keyword.as_str() == "if" {
            self.foreign_keyword(&keyword, "when");
        }
        let is_read = match rule {
            Rule::when => store(&mut clauses.when, self.condition(body)),
            Rule::unless => store(&mut clauses.unless, self.condition(body)),
            Rule::because => store(&mut clauses.because, self.text(&body)),
            Rule::as_id => store(&mut clauses.id, Some(self.name(&body))),
            _ => false,
        };
        clauses.is_wrong |= !is_read;
    }

    fn invariant(&mut self, pair: Pair<'_>) -> Option<Invariant> {
        let mut inner = pair.into_inner();
        let keyword = inner.next()?;
        let kind = match keyword.as_rule() {
            Rule::kw_never => InvariantKind::Never,
            _ => InvariantKind::Always,
        };
        let kind = Spanned::new(kind, self.span(&keyword));
        let verbs = self.verbs(inner.nth(1)?);
        let paths = self.paths(inner.next()?);
        let clauses = self.clauses(inner);
        for (rule, span) in &clauses.seen {
            if matches!(rule, Rule::as_id | Rule::because) {
                let message =
                    format!("an invariant has no `{}`", if *rule == Rule::as_id { "as" } else { "because" });
                self.report(
                    Diagnostic::new(Code::UnexpectedText, message).at(*span).help(
                        "only `when` and `unless` follow its paths; say more in a `##` comment above it",
                    ),
                );
                return None;
            }
        }
        Some(Invariant { kind, verbs: verbs?, paths: paths?, when: clauses.when, unless: clauses.unless })
            .filter(|_| !clauses.is_wrong)
    }

    fn let_statement(&mut self, pair: Pair<'_>) -> Option<Let> {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.nth(1)?);
        let condition = self.condition(inner.nth(1)?)?;
        Some(Let { name, condition })
    }

    fn param(&mut self, pair: Pair<'_>) -> Option<Param> {
        let mut inner = pair.into_inner();
        let name = self.name(&inner.nth(1)?);
        let default = match inner.nth(1) {
            Some(string) => Some(self.plain(&string)?),
            None => None,
        };
        Some(Param { name, default })
    }

    fn api(&mut self, pair: Pair<'_>) -> Option<Api> {
        let mut routes = Vec::new();
        let mut is_whole = true;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::string => return self.plain(&inner).map(Api::File),
                Rule::route => match self.route(inner) {
                    Some(route) => routes.push(route),
                    None => is_whole = false,
                },
                _ => {}
            }
        }
        is_whole.then_some(Api::Routes(routes))
    }

    fn route(&mut self, pair: Pair<'_>) -> Option<Route> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let verbs = self.verbs(inner.next()?);
        let paths = self.paths(inner.next()?);
        for separator in inner {
            self.separator(&separator, "routes are separated by white space");
        }
        let paths = paths?;
        let is_concrete = self.has_no_globs(&paths);
        Some(Route { verbs: verbs?, paths, span }).filter(|_| is_concrete)
    }

    fn has_no_globs(&mut self, paths: &[Path]) -> bool {
        let globs = paths
            .iter()
            .flat_map(|path| &path.segments)
            .filter(|segment| matches!(segment.node, Segment::Glob(_)));
        let mut has_none = true;
        for glob in globs {
            has_none = false;
            self.report(
                Diagnostic::new(Code::BadPath, "a route has no globs")
                    .at(glob.span)
                    .help("write the route as API Gateway has it: `{name}` for a segment, `{name+}` for all that follow"),
            );
        }
        has_none
    }

    fn context(&mut self, pair: Pair<'_>) -> Option<Vec<ContextEntry>> {
        let mut entries = Vec::new();
        let mut is_whole = true;
        for entry in pair.into_inner().filter(|inner| inner.as_rule() == Rule::entry) {
            match self.entry(entry) {
                Some(entry) => entries.push(entry),
                None => is_whole = false,
            }
        }
        is_whole.then_some(entries)
    }

    fn entry(&mut self, pair: Pair<'_>) -> Option<ContextEntry> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let key = self.key(inner.next()?);
        let assign = inner.next()?;
        if is_separator(assign.as_rule()) {
            self.not_equals(&assign);
        }
        let value = inner.next()?;
        let value = match value.as_rule() {
            Rule::json_of => {
                let value = value.into_inner().find(|inner| inner.as_rule() == Rule::value)?;
                self.value(value).map(ContextValue::Json)
            }
            _ => self.condition(value).map(|condition| match condition.kind {
                ConditionKind::Value(value) => ContextValue::Value(value),
                _ => ContextValue::Condition(condition),
            }),
        };
        for separator in inner {
            self.separator(&separator, "entries are separated by white space");
        }
        Some(ContextEntry { key: key?, value: value?, span })
    }

    fn not_equals(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        let message = format!("`{}` does not belong here", pair.as_str());
        self.report(
            Diagnostic::new(Code::Separator, message)
                .at(span)
                .help("write `=`")
                .replace(span, spaced(pair, "=")),
        );
    }
}

/// Fills the slot; `false` where there is nothing to fill it with.
fn store<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    *slot = value;
    slot.is_some()
}
