//! The engine decides as the reference interpreter does, over random policies, tokens and requests.
//!
//! `POLICYCTL_TEST_SEED=N` runs the policy of that seed alone, as a failure prints it.

#![allow(clippy::expect_used, clippy::panic, reason = "a difference is a failed test")]

mod random;
mod reference;

use std::collections::BTreeMap;
use std::ops::Range;

use policy_engine::{Policy, Request, RuleId, bundle};
use random::{Asked, Case, Question, Rng, bind, compile, context, policy, token};

const POLICIES: u64 = 2_400;
const TOKENS: usize = 6;
const REQUESTS: usize = 12;

/// How often something came up.
type Tally = BTreeMap<&'static str, usize>;

#[test]
fn the_engine_decides_as_the_reference_does() {
    if let Ok(seed) = std::env::var("POLICYCTL_TEST_SEED") {
        let seed = seed.parse().expect("POLICYCTL_TEST_SEED is a number");
        println!("{:?}", run(seed..seed + 1));
        return;
    }
    let workers = 2;
    let share = POLICIES / workers;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || run(worker * share..(worker + 1) * share)))
            .collect();
        handles.into_iter().map(|handle| handle.join().expect("no difference")).collect()
    });
    let mut tally = Tally::new();
    for (what, count) in tallies.into_iter().flatten() {
        *tally.entry(what).or_default() += count;
    }
    println!("{tally:#?}");
    assert_well_spread(&tally);
}

/// A test over cases that are all alike shows nothing.
fn assert_well_spread(tally: &Tally) {
    for (what, least) in [
        ("cases", 100_000),
        ("allowed by one rule", 8_000),
        ("allowed by several rules", 3_000),
        ("denied by one rule", 5_000),
        ("denied by several rules", 300),
        ("default", 20_000),
        ("default with a near miss", 5_000),
        ("malformed path", 5_000),
        ("hostile claim", 3_000),
        ("without a token", 5_000),
        ("without a token, allowed", 300),
        ("without a token, denied by a rule", 500),
        ("in a second file", 50),
    ] {
        let count = tally.get(what).copied().unwrap_or(0);
        assert!(count >= least, "only {count} cases of `{what}`");
    }
}

fn run(seeds: Range<u64>) -> Tally {
    let mut tally = Tally::new();
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let draft = policy(&mut rng);
        let case =
            Case::build(&draft).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", draft.texts().0));
        let from_bundle = through_a_bundle(&case, seed);
        for _ in 0..TOKENS {
            let token = token(&mut rng, draft.issuers);
            for _ in 0..REQUESTS {
                let context = context(&mut rng, token.as_ref());
                let asked = Asked::draw(&mut rng, &draft, token.as_ref());
                let question = Question { draft: draft.clone(), token: token.clone(), asked, context };
                if let Some(difference) = difference(&case, &from_bundle, &question, &mut tally) {
                    report(seed, &question, &difference);
                }
            }
        }
        *tally.entry("in a second file").or_default() += usize::from(draft.split.is_some());
    }
    tally
}

/// The policy as a bundle's reader gets it; and the same text gives the same bytes.
fn through_a_bundle(case: &Case, seed: u64) -> Policy {
    let bytes = bundle::write(&case.program);
    let read = bundle::read(&bytes).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert_eq!(bundle::write(&read), bytes, "seed {seed}");
    bind(read).unwrap_or_else(|error| panic!("seed {seed}: {error}"))
}

fn report(seed: u64, question: &Question, difference: &str) -> ! {
    let differs = |question: &Question| {
        Case::build(&question.draft).is_ok_and(|case| {
            let from_bundle = through_a_bundle(&case, seed);
            self::difference(&case, &from_bundle, question, &mut Tally::new()).is_some()
        })
    };
    let smallest = question.clone().shrink(&differs);
    let case = Case::build(&smallest.draft).expect("a smaller policy that was built before");
    let from_bundle = through_a_bundle(&case, seed);
    let now = self::difference(&case, &from_bundle, &smallest, &mut Tally::new());
    panic!("seed {seed}: {difference}\n{}{}", smallest.describe(), now.unwrap_or_default());
}

/// What the engine says otherwise than the reference.
fn difference(case: &Case, from_bundle: &Policy, question: &Question, tally: &mut Tally) -> Option<String> {
    let Question { token, asked, context, .. } = question;
    let expected = case.reference.decide(token.as_ref(), asked.verb, &asked.path, context);
    let request = Request { verb: asked.verb, path: &asked.path, context };
    for (policy, from) in [(&case.policy, "compiled"), (from_bundle, "from a bundle")] {
        let decision = policy.caller(token.as_ref()).decide(&request);
        let rules: Vec<String> = decision.rules.iter().map(|rule| id(policy, *rule)).collect();
        let got = (decision.allowed, decision.reason.name(), &rules);
        if got != (expected.allowed, expected.reason, &expected.rules) {
            return Some(format!("{from}: {got:?}, expected {expected:?}"));
        }
    }
    let misses = case.policy.caller(token.as_ref()).near_misses(&request);
    if expected.reason == "default" {
        let within_reach = case.reference.within_reach(asked.verb, &asked.path);
        for miss in &misses {
            let id = id(&case.policy, miss.rule);
            if !within_reach.contains(&id) || miss.failed.is_empty() {
                return Some(format!("`{id}` is no near miss ({:?}): {within_reach:?}", miss.failed));
            }
        }
        if misses.is_empty() != within_reach.is_empty() {
            return Some(format!("no near misses of {within_reach:?}"));
        }
    }
    count(tally, &expected, token.is_none(), !misses.is_empty());
    None
}

fn id(policy: &Policy, rule: RuleId) -> String {
    policy.rule(rule).map_or_else(|| format!("no rule {}", rule.0), |rule| rule.id.clone())
}

fn count(tally: &mut Tally, outcome: &reference::Outcome, anonymous: bool, misses: bool) {
    let what = match (outcome.reason, outcome.allowed, outcome.rules.len()) {
        ("rule", true, 1) => "allowed by one rule",
        ("rule", true, _) => "allowed by several rules",
        ("rule", false, 1) => "denied by one rule",
        ("rule", false, _) => "denied by several rules",
        ("default", ..) => "default",
        ("malformed_path", ..) => "malformed path",
        ("hostile_claim", ..) => "hostile claim",
        (other, ..) => panic!("the reference says `{other}`"),
    };
    let mut add = |what| *tally.entry(what).or_default() += 1;
    add("cases");
    add(what);
    if outcome.reason == "default" && misses {
        add("default with a near miss");
    }
    if anonymous {
        add("without a token");
        if outcome.allowed {
            add("without a token, allowed");
        } else if outcome.reason == "rule" {
            add("without a token, denied by a rule");
        }
    }
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    for seed in 0..100 {
        let draft = policy(&mut Rng::new(seed));
        let bytes = || compile(&draft).map(|program| bundle::write(&program));
        let (first, second) = (bytes(), bytes());
        assert_eq!(first.as_ref().err(), None, "seed {seed}");
        assert!(first == second, "seed {seed}");
    }
}
