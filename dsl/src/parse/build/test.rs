//! `test "NAME" { … }`

use super::Builder;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::grammar::{Pair, Rule};
use crate::source::Span;
use crate::syntax::{Caller, Claims, Expectation, Name, Plain, Spanned, Test};

/// A test as far as it has been read.
#[derive(Default)]
struct Draft {
    caller: Option<(Caller, Span)>,
    issuer: Option<Name>,
    userinfo: Option<Spanned<Claims>>,
    headers: Vec<(Name, Plain)>,
    query: Vec<(Name, Plain)>,
    ip: Option<Plain>,
    now: Option<Plain>,
    stage: Option<Plain>,
    params: Vec<(Name, Plain)>,
    expectations: Vec<Expectation>,
}

impl Builder {
    /// A test.
    pub(super) fn test(&mut self, pair: Pair<'_>) -> Option<Test> {
        let mut inner = pair.into_inner();
        let string = inner.nth(1)?;
        let name_span = self.span(&string);
        let name = self.plain(&string);
        let mut draft = Draft::default();
        let mut is_whole = true;
        for item in inner.filter(|inner| inner.as_rule() == Rule::test_item) {
            is_whole &= self.test_item(item, &mut draft).is_some();
        }
        if is_whole && draft.caller.is_none() {
            self.report(
                Diagnostic::new(Code::BadExpectation, "this test does not say who asks")
                    .at(name_span)
                    .help("add `token { … }`, `token \"file.json\"` or `anonymous`"),
            );
        }
        if is_whole && draft.expectations.is_empty() {
            self.report(
                Diagnostic::new(Code::BadExpectation, "this test expects nothing")
                    .at(name_span)
                    .help("add a line such as `allow GET /users/ana` or `deny GET /users`"),
            );
            is_whole = false;
        }
        let (caller, _) = draft.caller.filter(|_| is_whole)?;
        Some(Test {
            name: name?,
            caller,
            issuer: draft.issuer,
            userinfo: draft.userinfo,
            headers: draft.headers,
            query: draft.query,
            ip: draft.ip,
            now: draft.now,
            stage: draft.stage,
            params: draft.params,
            expectations: draft.expectations,
        })
    }

    fn test_item(&mut self, pair: Pair<'_>, draft: &mut Draft) -> Option<()> {
        let mut inner = pair.into_inner();
        let item = inner.next()?;
        for separator in inner {
            self.separator(&separator, "nothing ends a line");
        }
        let span = self.span(&item);
        match item.as_rule() {
            Rule::test_token | Rule::test_anonymous => self.caller(item, span, draft)?,
            Rule::test_issuer => {
                let name = self.name(&item.into_inner().nth(1)?);
                self.once(draft.issuer.as_ref().map(|first| first.span), span, "`issuer`")?;
                draft.issuer = Some(name);
            }
            Rule::test_userinfo => {
                let claims = self.claims_object(item.into_inner().nth(1)?)?;
                self.once(draft.userinfo.as_ref().map(|first| first.span), span, "`userinfo`")?;
                draft.userinfo = Some(claims);
            }
            Rule::test_header => {
                let header = self.keyed(item, 1)?;
                self.once_named(&draft.headers, &header.0, "header", str::eq_ignore_ascii_case)?;
                draft.headers.push(header);
            }
            Rule::test_query => draft.query.push(self.keyed(item, 1)?),
            Rule::test_param => {
                let mut inner = item.into_inner();
                let name = self.name(&inner.nth(1)?);
                let value = self.plain(&inner.nth(1)?)?;
                self.once_named(&draft.params, &name, "param", str::eq)?;
                draft.params.push((name, value));
            }
            Rule::test_ip => self.setting(item, "`ip`", &mut draft.ip)?,
            Rule::test_now => self.setting(item, "`now`", &mut draft.now)?,
            Rule::test_stage => self.setting(item, "`stage`", &mut draft.stage)?,
            _ => draft.expectations.push(self.expectation(item)?),
        }
        Some(())
    }

    fn caller(&mut self, pair: Pair<'_>, span: Span, draft: &mut Draft) -> Option<()> {
        let caller = if pair.as_rule() == Rule::test_anonymous {
            Caller::Anonymous(span)
        } else {
            let body = pair.into_inner().nth(1)?;
            match body.as_rule() {
                Rule::string => Caller::TokenFile(self.plain(&body)?),
                _ => Caller::Token(self.claims_object(body)?),
            }
        };
        self.once(draft.caller.as_ref().map(|(_, first)| *first), span, "the caller")?;
        draft.caller = Some((caller, span));
        Some(())
    }

    fn keyed(&mut self, pair: Pair<'_>, key_at: usize) -> Option<(Name, Plain)> {
        let mut inner = pair.into_inner();
        let key = self.key(inner.nth(key_at)?);
        let value = self.plain(&inner.next()?);
        Some((key?, value?))
    }

    fn setting(&mut self, pair: Pair<'_>, what: &str, slot: &mut Option<Plain>) -> Option<()> {
        let span = self.span(&pair);
        let value = self.plain_in(pair)?;
        self.once(slot.as_ref().map(|first| first.span), span, what)?;
        *slot = Some(value);
        Some(())
    }

    /// Reports what is said a second time.
    fn once(&mut self, first: Option<Span>, second: Span, what: &str) -> Option<()> {
        let Some(first) = first else { return Some(()) };
        self.report(
            Diagnostic::new(Code::Repeated, format!("{what} is given twice"))
                .at(second)
                .related("first here", first)
                .help("write a test for each"),
        );
        None
    }

    fn once_named(
        &mut self,
        given: &[(Name, Plain)],
        name: &Name,
        what: &str,
        is_same: fn(&str, &str) -> bool,
    ) -> Option<()> {
        let first = given.iter().find(|(first, _)| is_same(&first.node, &name.node));
        self.once(first.map(|(first, _)| first.span), name.span, &format!("the {what} `{}`", name.node))
    }

    fn expectation(&mut self, pair: Pair<'_>) -> Option<Expectation> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let decision = inner.next()?;
        let allowed = Spanned::new(decision.as_str() == "allow", self.span(&decision));
        let verbs = self.verbs(inner.next()?);
        let paths = self.request_paths(inner.next()?);
        let by = match inner.next() {
            Some(by) => Some(self.rule_name(by)?),
            None => None,
        };
        Some(Expectation { allowed, verbs: verbs?, paths: paths?, by, span })
    }

    fn request_paths(&mut self, pair: Pair<'_>) -> Option<Vec<Plain>> {
        let mut paths = Vec::new();
        let mut is_whole = true;
        for inner in pair.into_inner() {
            if inner.as_rule() != Rule::request_path {
                self.separator(&inner, "paths are separated by spaces");
                continue;
            }
            match self.request_path(inner) {
                Some(path) => paths.push(path),
                None => is_whole = false,
            }
        }
        is_whole.then_some(paths)
    }

    fn rule_name(&mut self, pair: Pair<'_>) -> Option<Name> {
        let name = pair.into_inner().nth(1)?;
        match name.as_rule() {
            Rule::string => self.plain(&name),
            _ => Some(self.name(&name)),
        }
    }
}
