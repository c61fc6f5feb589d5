//! Whatever policy, token and request come together, the engine decides as the reference interpreter does, and the
//! IAM policy that it emits says the same.
//!
//! An input is a policy, a line `---`, the token, a line `---`, and the request. The token is a line with its claims as
//! JSON, and perhaps one with what the userinfo endpoint says, or nothing; the request a line with verb and path, and
//! perhaps others such as `ip 192.0.2.1`, `time 1800000000`, `query room 1` and `header x-tenant acme`; and
//! `issuer 1`, where the token is of another issuer than the first, and `param stage test`, where one has a value.
#![no_main]

#[allow(dead_code, reason = "a part of it is used")]
#[path = "../../dsl/tests/iam/mod.rs"]
mod iam;
#[path = "../../dsl/tests/reference/mod.rs"]
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use iam::{Document, has_expired, hides_address};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use policy_dsl::source::{MemoryFiles, Sources};
use policy_engine::condition::IssuerId;
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::text::ParamValues;
use policy_engine::{Decision, Policy, Program, Request, RequestContext, Token, Verb, bundle};
use reference::{Reference, is_malformed};

const NAME: &str = "fuzz.policy";
const PREFIX: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123";
const STAGE: &str = "prod";
const NOW: i64 = 1_800_000_000;

/// The interpreter and the matcher of documents are slow on purpose.
const MAX_POLICY_BYTES: usize = 4_096;
const MAX_CLAIMS_BYTES: usize = 2_048;
const MAX_PATH_BYTES: usize = 120;

/// How often lines are taken out.
const MAX_TRIES: usize = 4;

struct Case {
    policies: [Policy; 2],
    reference: Reference,
}

struct Asked {
    verb: Verb,
    path: String,
    context: RequestContext,
    issuer: IssuerId,
    params: BTreeMap<String, String>,
}

fuzz_target!(|text: &str| {
    let mut parts = text.split("\n---\n");
    let (Some(policy), Some(claims), Some(request)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    if policy.len() > MAX_POLICY_BYTES || claims.len() > MAX_CLAIMS_BYTES {
        return;
    }
    let Some(asked) = Asked::read(request) else { return };
    let Some(case) = Case::build(policy, &asked.params) else { return };
    let issuers = case.policies[0].issuer_count();
    let token = token(claims, asked.issuer).filter(|token| (token.issuer().0 as usize) < issuers);
    check_decision(&case, token.as_ref(), &asked);
    check_document(&case, token.as_ref(), &asked);
});

/// The token of that issuer with those claims; none where they are none.
fn token(text: &str, issuer: IssuerId) -> Option<Token> {
    let mut objects = text.lines().map(|line| serde_json::from_str(line).ok());
    let token = Token::new(issuer, objects.next()??);
    match objects.next() {
        Some(userinfo) => Some(token.with_userinfo(userinfo?)),
        None => Some(token),
    }
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (verb, path) = lines.next()?.split_once(' ')?;
        let mut context =
            RequestContext { stage: Some(STAGE.to_owned()), time: Some(NOW), ..RequestContext::default() };
        let (mut issuer, mut params) = (IssuerId(0), BTreeMap::new());
        for line in lines {
            let (what, value) = line.split_once(' ')?;
            let named = value.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()));
            match what {
                "ip" => context.ip = Some(value.parse().ok()?),
                "time" => context.time = Some(value.parse().ok().filter(is_date)?),
                "header" => context.headers.push(named?),
                "query" => context.query.push(named?),
                "param" => params.extend(named),
                "issuer" => issuer = IssuerId(value.parse().ok()?),
                _ => return None,
            }
        }
        if path.len() > MAX_PATH_BYTES {
            return None;
        }
        Some(Self { verb: Verb::parse(verb)?, path: path.to_owned(), context, issuer, params })
    }

    fn request(&self) -> Request<'_> {
        Request { verb: self.verb, path: &self.path, context: &self.context }
    }

    fn arn(&self) -> String {
        format!("{PREFIX}/{STAGE}/{}{}", self.verb, self.path)
    }

    /// The same with another verb and path.
    fn with(&self, verb: Verb, path: String) -> Self {
        let (context, params) = (self.context.clone(), BTreeMap::new());
        Self { verb, path, context, issuer: self.issuer, params }
    }

    /// Requests for what lies around its path.
    fn around(&self) -> impl Iterator<Item = Self> + '_ {
        let path = self.path.as_str();
        let above =
            path.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        let paths =
            [path.to_owned(), format!("{path}/"), format!("{path}/a"), format!("{path}a"), above.to_owned()];
        let all = paths.into_iter().flat_map(|path| Verb::ALL.map(|verb| self.with(verb, path.clone())));
        all.filter(|asked| asked.path.starts_with('/'))
    }
}

impl Case {
    /// None where there is no policy left, and of one whose parameters have no values, or not such ones.
    fn build(text: &str, params: &BTreeMap<String, String>) -> Option<Self> {
        let (text, program) = compiled(text)?;
        let bundled = bundle::read(&bundle::write(&program)).expect("a bundle that was written is read");
        let policies = [bind(program, params)?, bind(bundled, params)?];
        let mut sources = Sources::default();
        let id = sources.add(NAME, text.as_str());
        let file = policy_dsl::parse(id, sources.text(id)).0;
        Some(Self { policies, reference: Reference::new(&sources, &[file], params) })
    }

    fn expects(&self, token: Option<&Token>, asked: &Asked) -> bool {
        self.reference.decide(token, asked.verb, &asked.path, &asked.context).allowed
    }
}

/// The policy, without the lines that keep it from being one: most of what the fuzzer changes breaks some line.
fn compiled(text: &str) -> Option<(String, Program)> {
    let mut text = text.to_owned();
    for _ in 0..MAX_TRIES {
        let compilation = policy_dsl::compile(NAME, &MemoryFiles::default().with(NAME, text.as_str()));
        if let Some(policy) = compilation.policy {
            return Some((text, policy.program));
        }
        let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let lines: BTreeSet<usize> = errors
            .filter_map(|error| error.span)
            .map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count())
            .collect();
        let kept = text.split('\n').enumerate().filter(|(line, _)| !lines.contains(line));
        text = kept.map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    }
    None
}

fn bind(program: Program, params: &BTreeMap<String, String>) -> Option<Policy> {
    let values = ParamValues::new(&program.parts().params, |name| params.get(name).cloned());
    Policy::bind(program, values).ok()
}

fn check_decision(case: &Case, token: Option<&Token>, asked: &Asked) {
    let expected = case.reference.decide(token, asked.verb, &asked.path, &asked.context);
    let holds = |policy: &Policy, decision: &Decision| {
        let id = |rule| policy.rule(rule).map(|rule| rule.id.clone());
        let rules: Vec<String> = decision.rules.iter().filter_map(|rule| id(*rule)).collect();
        let got = (decision.allowed, decision.reason.name(), rules);
        assert_eq!(got, (expected.allowed, expected.reason, expected.rules.clone()));
    };
    for policy in &case.policies {
        let caller = policy.caller(token);
        holds(policy, &caller.decide(&asked.request()));
        if let Some(token) = token {
            holds(policy, &policy.caller_standing_as(token, &caller.standing()).decide(&asked.request()));
        }
    }
}

fn check_document(case: &Case, token: Option<&Token>, asked: &Asked) {
    let Ok(arn) = MethodArn::parse(&asked.arn()) else { return };
    let [policy, _] = &case.policies;
    let emission = policy.caller(token).emit(&arn, &asked.context);
    assert_eq!(emission.decision.allowed, case.expects(token, asked));
    let json = serde_json::to_value(&emission.document).expect("a document is JSON");
    let document = Document::read(&json);
    let is_whole = emission.mode == Mode::WholeApi;
    let others = asked.around().filter(|_| is_whole);
    for one in others.chain([asked.with(asked.verb, asked.path.clone())]) {
        let (allows, expected) = (document.allows(&one.arn(), &one.context), case.expects(token, &one));
        let is_declared = case.reference.is_declared(one.verb, &one.path);
        let can_come = is_declared || is_malformed(&one.path) || !is_whole;
        assert!(!allows || expected || !can_come, "too much: {} {:?}\n{json:#}", one.verb, one.path);
        let can_be_said = if is_whole { is_declared } else { !one.path.contains(['*', '?', '$']) };
        let is_held_back = has_expired(policy, token, &one.context) || hides_address(policy, &one.context);
        assert!(
            allows || !expected || !can_be_said || is_held_back,
            "too little: {} {:?}\n{json:#}",
            one.verb,
            one.path
        );
    }
}

fn is_date(seconds: &i64) -> bool {
    Timestamp::from_second(*seconds).is_ok()
}
