//! The engine decides as the reference interpreter does, over random policies, tokens and requests.
//!
//! A failure prints its seed: `POLICYCTL_TEST_SEEDS=N` runs that one alone, `N..M` many others.

#![allow(clippy::expect_used, clippy::panic, reason = "a difference is a failed test")]

mod random;
mod reference;

use policy_engine::{Outlook, Policy, Request, RequestContext, RuleId, bundle};
use random::{
    Asked, Case, Question, Rng, Tally, add, bind, circumstances, compile, conditions, context, policy,
    run_seeds, token,
};
use reference::Outcome;

const POLICIES: u64 = 3_000;
const TOKENS: usize = 6;
const REQUESTS: usize = 12;

#[test]
fn the_engine_decides_as_the_reference_does() {
    let expected = [
        ("cases", 200_000),
        ("allowed by one rule", 25_000),
        ("allowed by several rules", 4_000),
        ("denied by one rule", 10_000),
        ("denied by several rules", 400),
        ("default", 50_000),
        ("default with a near miss", 20_000),
        ("malformed path", 20_000),
        ("hostile claim", 4_000),
        ("without a token", 10_000),
        ("without a token, allowed", 400),
        ("without a token, denied by a rule", 700),
        ("policies in two files", 200),
        ("settled without the address, allowed", 30_000),
        ("settled without the address, denied", 60_000),
        ("open without the address", 800),
        ("open, and addresses differ", 500),
    ];
    run_seeds(POLICIES, &expected, run);
}

fn run(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let draft = policy(&mut rng);
    let case =
        Case::build(&draft).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", draft.texts().0));
    let from_bundle = through_a_bundle(&case, seed);
    if draft.split.is_some() {
        add(tally, "policies in two files");
    }
    for _ in 0..TOKENS {
        let token = token(&mut rng, draft.issuers);
        for _ in 0..REQUESTS {
            let context = context(&mut rng, token.as_ref());
            let asked = Asked::draw(&mut rng, &draft, token.as_ref());
            let question = Question { draft: draft.clone(), token: token.clone(), asked, context };
            if let Some(difference) = difference(&case, &from_bundle, &question, tally) {
                report(seed, &question, &difference);
            }
        }
    }
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
    let known_before = |policy: &Policy| {
        let token = token.as_ref()?;
        Some(policy.caller_standing_as(token, &policy.caller(Some(token)).standing()).decide(&request))
    };
    let decisions = [
        (&case.policy, "compiled", Some(case.policy.caller(token.as_ref()).decide(&request))),
        (from_bundle, "from a bundle", Some(from_bundle.caller(token.as_ref()).decide(&request))),
        (from_bundle, "its standing known before", known_before(from_bundle)),
    ];
    for (policy, from, decision) in decisions {
        let Some(decision) = decision else { continue };
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
    difference_without_address(case, question, tally)
}

/// What is settled without the caller's address is decided so with any; what is open depends on a rule that reads it.
fn difference_without_address(case: &Case, question: &Question, tally: &mut Tally) -> Option<String> {
    let Question { token, asked, context, .. } = question;
    let caller = case.policy.caller(token.as_ref());
    let decide = |context: &RequestContext| {
        caller.decide(&Request { verb: asked.verb, path: &asked.path, context }).allowed
    };
    let without_address = |context: &RequestContext| {
        caller.decide_without_address(&Request { verb: asked.verb, path: &asked.path, context })
    };
    let unplaced = RequestContext { ip: None, ..context.clone() };
    let outlook = without_address(&unplaced);
    if outlook != without_address(context) {
        return Some(format!("the address is looked at: {outlook:?}"));
    }
    let here = circumstances("request.ip", None, context).into_iter().filter(|context| context.ip.is_some());
    let decided: Vec<bool> = here.map(|context| decide(&context)).collect();
    match outlook {
        Outlook::Settled(decision) => {
            let (allowed, denied) =
                ("settled without the address, allowed", "settled without the address, denied");
            add(tally, if decision.allowed { allowed } else { denied });
            let other = decided.iter().any(|allowed| *allowed != decision.allowed);
            other.then(|| format!("settled as {decision:?}, and with addresses {decided:?}"))
        }
        Outlook::Open(rules) => {
            add(tally, "open without the address");
            if decided.contains(&true) && decided.contains(&false) {
                add(tally, "open, and addresses differ");
            }
            rules.is_empty().then(|| "open, and no rule asks for the address".to_owned())
        }
    }
}

fn id(policy: &Policy, rule: RuleId) -> String {
    policy.rule(rule).map_or_else(|| format!("no rule {}", rule.0), |rule| rule.id.clone())
}

fn count(tally: &mut Tally, outcome: &Outcome, anonymous: bool, misses: bool) {
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
    add(tally, "cases");
    add(tally, what);
    if outcome.reason == "default" && misses {
        add(tally, "default with a near miss");
    }
    if anonymous {
        add(tally, "without a token");
        if outcome.allowed {
            add(tally, "without a token, allowed");
        } else if outcome.reason == "rule" {
            add(tally, "without a token, denied by a rule");
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

#[test]
fn conditions_are_parsed_as_they_were_drafted() {
    let mut count = 0;
    for seed in 0..500 {
        let (drafted, parsed) = conditions(&policy(&mut Rng::new(seed)));
        assert_eq!(drafted, parsed, "seed {seed}");
        count += drafted.iter().filter(|condition| condition.contains("or(")).count();
    }
    assert!(count > 200, "only {count} conditions of several parts");
}
