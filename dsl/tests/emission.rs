//! The IAM policies that are emitted allow what the reference interpreter allows, and never more.
//!
//! A failure prints its seed: `POLICYCTL_TEST_SEEDS=N` runs that one alone, `N..M` many others.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a difference is a failed test"
)]

mod iam;
mod random;
mod reference;

mod emission {
    mod bound;
    pub(crate) mod exact;
    pub(crate) mod language;
    mod oracle;
    mod personas;
    mod reached;
    pub(crate) mod second;
    mod share;
}

use std::collections::BTreeSet;

use emission::second;
use iam::{Document, has_expired, hides_address};
use policy_engine::iam::{Emission, MethodArn, Mode};
use policy_engine::{RequestContext, Token, Verb};
use random::{
    Asked, Case, Draft, Piece, Question, Rng, Tally, add, context, malformed, path_policy, policy, run_seeds,
    token,
};
use reference::{Regular, is_malformed};
use serde_json::Value as Json;

const POLICIES: u64 = 1_000;
const TOKENS: usize = 3;
const PATHS: usize = 30;
/// The start of the request's ARN, up to and with the stage.
const PREFIXES: &[&str] = &[
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev",
    "arn:aws:execute-api:us-east-1:123456789012:abc123/$default",
    "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/prod",
    "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc123/prod",
];

/// What is asked of a document.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    asked: Asked,
    context: RequestContext,
}

#[test]
fn emitted_policies_allow_what_the_reference_allows() {
    let expected = [
        ("documents", 1_500),
        ("for the whole API", 500),
        ("for the whole API, allowing something", 200),
        ("for the whole API, reading the time", 20),
        ("for the request at hand", 200),
        ("for the request at hand, allowing it", 100),
        ("probes", 500_000),
        ("probes allowed", 10_000),
        ("second opinions", 2_000),
        ("second opinions, allowed", 500),
    ];
    run_seeds(POLICIES, &expected, run);
}

fn run(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let draft = if seed.is_multiple_of(4) { policy(&mut rng) } else { path_policy(&mut rng) };
    let case =
        Case::build(&draft).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", draft.texts().0));
    for _ in 0..TOKENS {
        let token = token(&mut rng, draft.issuers);
        let prefix = rng.pick(PREFIXES);
        let paths = paths(&mut rng, &draft, token.as_ref());
        let contexts = [(); 3].map(|()| around(&mut rng, token.as_ref(), prefix));
        let asked = asked(&mut rng, &case, token.as_ref(), &paths, &contexts[0]);
        let question = Question { draft: draft.clone(), token, asked, context: contexts[0].clone() };
        let mut probes = probes(&paths, &contexts);
        let (document, ..) = emitted(&case, &question, prefix);
        probes.extend(within_reach(&mut rng, &document, prefix, &contexts));
        if let Some((probe, difference)) = differs(&case, &question, prefix, &probes, tally) {
            report(seed, &question, prefix, &probe, &difference);
        }
    }
}

/// What random policies brought to light, kept small.
#[test]
fn what_was_wrong_before_is_right() {
    let cases = [(
        "a guard behind an open first segment, where another Allow begins with another one",
        "api { POST /{p0}/{p1}/{proxy+} /{p0}/{proxy+} }\npublic POST /photos/photos/photos /a/*",
        &["/photos/photos/photos", "/a/b", "/a/b/c", "/photos/photos"][..],
    )];
    for (what, text, paths) in cases {
        let draft = Draft { pieces: vec![Piece::Fixed(text.to_owned())], ..Draft::default() };
        let case = Case::build(&draft).unwrap_or_else(|error| panic!("{what}: {error}"));
        let context = RequestContext {
            stage: Some("prod".to_owned()),
            time: Some(1_767_225_600),
            ..RequestContext::default()
        };
        let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        let asked = Asked { verb: Verb::Post, path: paths[0].clone() };
        let probes = probes(&paths, std::slice::from_ref(&context));
        let question = Question { draft, token: None, asked, context };
        let difference = differs(&case, &question, PREFIXES[0], &probes, &mut Tally::new());
        assert!(difference.is_none(), "{what}: {difference:?}");
    }
}

/// What a request to that stage carries. There is always a time where IAM decides.
fn around(rng: &mut Rng, token: Option<&Token>, prefix: &str) -> RequestContext {
    let drawn = context(rng, token);
    let stage = prefix.rsplit('/').next().map(str::to_owned);
    RequestContext { stage, time: drawn.time.or(Some(1_767_225_600)), ..drawn }
}

/// The request at hand: one that the reference allows, where one is soon found.
fn asked(
    rng: &mut Rng,
    case: &Case,
    token: Option<&Token>,
    paths: &[String],
    context: &RequestContext,
) -> Asked {
    let mut draw = || Asked { verb: rng.pick(&Verb::ALL), path: rng.choose(paths).clone() };
    let first = draw();
    let is_allowed = |asked: &Asked| case.reference.decide(token, asked.verb, &asked.path, context).allowed;
    (0..30).map(|_| draw()).find(is_allowed).unwrap_or(first)
}

/// Paths around the policy's patterns. No ARN holds a control character, or a path without its first slash.
fn paths(rng: &mut Rng, draft: &Draft, token: Option<&Token>) -> Vec<String> {
    let mut paths: BTreeSet<String> = ["/", "/users", "/users/ana"].map(str::to_owned).into();
    while paths.len() < PATHS {
        let path = Asked::draw(rng, draft, token).path;
        for path in [malformed(rng, &path), path] {
            if path.starts_with('/') && !path.chars().any(char::is_control) {
                paths.insert(path);
            }
        }
        if rng.percent(2) {
            paths.insert(format!("/users/{}", "a".repeat(600)));
        }
    }
    paths.into_iter().collect()
}

fn probes(paths: &[String], contexts: &[RequestContext]) -> Vec<Probe> {
    let mut probes = Vec::new();
    for path in paths {
        for verb in Verb::ALL {
            for context in contexts {
                let asked = Asked { verb, path: path.clone() };
                probes.push(Probe { asked, context: context.clone() });
            }
        }
    }
    probes
}

/// Requests that the document's own patterns match.
fn within_reach(rng: &mut Rng, document: &Document, prefix: &str, contexts: &[RequestContext]) -> Vec<Probe> {
    let fillings =
        ["", "a", "ana", "users", "a/b", "/", "x/y/z", "a//b", "../x", ".", "a%2Fb", "\\", "ü", "a:b", "a/"];
    let mut probes = Vec::new();
    for pattern in document.patterns() {
        for _ in 0..3 {
            let filled: String = pattern
                .iter()
                .map(|c| match c {
                    '*' => rng.pick(&fillings).to_owned(),
                    '?' => rng.pick(&["a", "/", ":", "ü"]).to_owned(),
                    c => c.to_string(),
                })
                .collect();
            let Some(request) = filled.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let Some((verb, path)) = request.split_at_checked(request.find('/').unwrap_or(request.len()))
            else {
                continue;
            };
            let verbs = Verb::parse(verb).map_or(Verb::ALL.to_vec(), |verb| vec![verb]);
            for (verb, context) in verbs.iter().flat_map(|verb| contexts.iter().map(move |one| (*verb, one)))
            {
                let path = if path.is_empty() { "/" } else { path }.to_owned();
                probes.push(Probe { asked: Asked { verb, path }, context: context.clone() });
            }
        }
    }
    probes
}

fn report(seed: u64, question: &Question, prefix: &str, probe: &Probe, difference: &str) -> ! {
    let differs = |question: &Question| {
        Case::build(&question.draft).ok().and_then(|case| {
            self::differs(&case, question, prefix, std::slice::from_ref(probe), &mut Tally::new())
        })
    };
    let smallest = question.clone().shrink(&|question| differs(question).is_some());
    let now = differs(&smallest).map(|(_, difference)| difference).unwrap_or_default();
    panic!("seed {seed}: {difference}\n{}--- {prefix}\n{probe:?}\n{now}", smallest.describe());
}

/// The first probe that the document answers otherwise than it should, and how.
fn differs(
    case: &Case,
    question: &Question,
    prefix: &str,
    probes: &[Probe],
    tally: &mut Tally,
) -> Option<(Probe, String)> {
    let (document, json, emission) = emitted(case, question, prefix);
    let answer = Answer { case, question, prefix, document, whole_api: emission.mode == Mode::WholeApi };
    let first = Probe { asked: question.asked.clone(), context: question.context.clone() };
    if let Some(wrong) = answer.wrong_as_a_whole(&emission) {
        return Some((first, format!("{wrong}\n{json:#}")));
    }
    answer.count(tally);
    for probe in probes.iter().chain([&first]) {
        if !answer.is_about(probe) {
            continue;
        }
        let allows = answer.document.allows(&arn(prefix, &probe.asked), &probe.context);
        if let Some(wrong) = answer.wrong_at(probe, allows) {
            return Some((probe.clone(), format!("{wrong}\n{:?}\n{json:#}", emission.mode)));
        }
        let is_in_sample =
            probe.asked == question.asked || tally.get("probes").is_none_or(|count| count % 401 == 0);
        if is_in_sample
            && let Some(second) = second::allows(&json, &arn(prefix, &probe.asked), &probe.context)
        {
            if second != allows {
                return Some((probe.clone(), format!("`iam-rs` says {second}\n{json:#}")));
            }
            add(tally, "second opinions");
            add(tally, if second { "second opinions, allowed" } else { "second opinions, denied" });
        }
        add(tally, "probes");
        add(tally, if allows { "probes allowed" } else { "probes denied" });
    }
    None
}

fn emitted(case: &Case, question: &Question, prefix: &str) -> (Document, Json, Emission) {
    let Question { token, asked, context, .. } = question;
    let text = arn(prefix, asked);
    let arn = MethodArn::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let emission = case.policy.caller(token.as_ref()).emit(&arn, context);
    let json = serde_json::to_value(&emission.document).expect("a document is JSON");
    (Document::read(&json), json, emission)
}

fn arn(prefix: &str, asked: &Asked) -> String {
    format!("{prefix}/{}{}", asked.verb, asked.path)
}

struct Answer<'a> {
    case: &'a Case,
    question: &'a Question,
    prefix: &'a str,
    document: Document,
    whole_api: bool,
}

impl Answer<'_> {
    /// An answer for the request at hand says nothing about requests with another context.
    fn is_about(&self, probe: &Probe) -> bool {
        self.whole_api || probe.context == self.question.context
    }

    fn reference_allows(&self, asked: &Asked, context: &RequestContext) -> bool {
        let token = self.question.token.as_ref();
        self.case.reference.decide(token, asked.verb, &asked.path, context).allowed
    }

    fn wrong_as_a_whole(&self, emission: &Emission) -> Option<String> {
        let Question { asked, context, .. } = self.question;
        let expected = self.reference_allows(asked, context);
        if emission.decision.allowed != expected {
            return Some(format!("the decision is {:?}, expected {expected}", emission.decision));
        }
        if self.document.patterns().any(|pattern| pattern.len() > 512) {
            return Some("a resource is longer than 512 characters".to_owned());
        }
        let (size, limit) = (emission.document.size(), self.case.policy.settings().max_policy_bytes);
        if self.whole_api && size > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Some(format!("{size} bytes are more than {limit}"));
        }
        let mut elsewhere = vec![
            (self.prefix.replace("abc123", "abc124"), "GET"),
            (self.prefix.replace("123456789012", "123456789013"), "GET"),
            (self.prefix.replace("-1:", "-2:"), "GET"),
            (format!("{}2", self.prefix), "GET"),
        ];
        if self.case.reference.declared() == Regular::everything() {
            // No declared route has such a verb.
            elsewhere.extend(["TRACE", "get"].map(|verb| (self.prefix.to_owned(), verb)));
        }
        for (prefix, verb) in elsewhere {
            let other = format!("{prefix}/{verb}{}", asked.path);
            if self.document.allows(&other, context) {
                return Some(format!("`{other}` is allowed"));
            }
        }
        None
    }

    fn wrong_at(&self, probe: &Probe, allows: bool) -> Option<&'static str> {
        let Probe { asked, context } = probe;
        let expected = self.reference_allows(asked, context);
        let settings = self.case.policy.settings();
        let expires = self.question.token.as_ref().and_then(Token::expires);
        let has_expired = has_expired(&self.case.policy, self.question.token.as_ref(), context);
        // Where routes are declared, no well-formed path beside them ever comes to be asked for.
        let declared = self.case.reference.is_declared(asked.verb, &asked.path);
        if allows && !expected && (declared || is_malformed(&asked.path) || !self.whole_api) {
            return Some("allowed, and the reference denies it");
        }
        if allows && !self.whole_api && *asked != self.question.asked {
            return Some("allowed, and not the request at hand");
        }
        if allows && has_expired && expires.is_some() {
            return Some("allowed, and the token has expired");
        }
        if settings.resource_policy && !allows && !self.document.denies(&arn(self.prefix, asked), context) {
            return Some("neither allowed nor denied, and the API has a resource policy");
        }
        if !expected || allows || has_expired || hides_address(&self.case.policy, context) {
            return None;
        }
        if self.whole_api {
            return declared.then_some("not allowed, and the reference allows it");
        }
        if *asked == self.question.asked {
            let can_be_said = !asked.path.contains(['*', '?'])
                && !asked.path.contains("${")
                && arn(self.prefix, asked).chars().count() <= 512;
            return can_be_said.then_some("the request at hand is not allowed, and the reference allows it");
        }
        None
    }

    fn count(&self, tally: &mut Tally) {
        add(tally, "documents");
        let asked = &self.question.asked;
        let allows_it = self.document.allows(&arn(self.prefix, asked), &self.question.context);
        if self.whole_api {
            add(tally, "for the whole API");
            if self.document.allows_something() {
                add(tally, "for the whole API, allowing something");
            }
            if self.document.reads_time() {
                add(tally, "for the whole API, reading the time");
            }
        } else {
            add(tally, "for the request at hand");
            if allows_it {
                add(tally, "for the request at hand, allowing it");
            }
        }
    }
}
