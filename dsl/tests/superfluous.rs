//! Rules that the lints call superfluous can go, all at once, and no decision is another one: over random policies,
//! tokens and requests.
//!
//! A failure prints its seed: `POLICYCTL_TEST_SEEDS=N` runs that one alone, `N..M` many others.

#![allow(clippy::expect_used, clippy::panic, reason = "a difference is a failed test")]

mod random;
mod reference;

use policy_dsl::codes::Code;
use policy_dsl::lint;
use policy_dsl::lint::{Level, Levels};
use policy_dsl::source::{MemoryFiles, Span};
use policy_dsl::syntax::StatementKind;
use policy_engine::{Policy, Reason, Request};
use random::{Asked, Rng, Tally, add, bind, context, policy, run_seeds, token};

const POLICIES: u64 = 4_000;
const TOKENS: usize = 4;
const REQUESTS: usize = 12;

const FILE: &str = "p.policy";

#[test]
fn superfluous_rules_decide_nothing() {
    let expected = [
        ("policies with such rules", 400),
        ("rules that never hold", 100),
        ("rules that others cover", 100),
        ("rules that are overridden", 50),
        ("allowed", 5_000),
        ("denied", 5_000),
    ];
    run_seeds(POLICIES, &expected, run);
}

fn run(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let draft = random::Draft { split: None, ..policy(&mut rng) };
    let (text, _) = draft.texts();
    let Some(shorter) = without_superfluous(&text, tally) else { return };
    add(tally, "policies with such rules");
    let (all, fewer) = (bound(&text, seed), bound(&shorter, seed));
    for _ in 0..TOKENS {
        let token = token(&mut rng, draft.issuers);
        for _ in 0..REQUESTS {
            let context = context(&mut rng, token.as_ref());
            let asked = Asked::draw(&mut rng, &draft, token.as_ref());
            let request = Request { verb: asked.verb, path: &asked.path, context: &context };
            let before = all.caller(token.as_ref()).decide(&request);
            // A rule that never counts makes a token hostile all the same.
            if before.reason == Reason::HostileClaim {
                continue;
            }
            let after = fewer.caller(token.as_ref()).decide(&request);
            add(tally, if before.allowed { "allowed" } else { "denied" });
            assert_eq!(
                before.allowed, after.allowed,
                "seed {seed}: {} {}\n{text}\n--- without what is superfluous:\n{shorter}",
                asked.verb, asked.path
            );
        }
    }
}

fn bound(text: &str, seed: u64) -> Policy {
    let compilation = policy_dsl::compile(FILE, &MemoryFiles::default().with(FILE, text));
    let compiled =
        compilation.policy.unwrap_or_else(|| panic!("seed {seed}: {:#?}", compilation.diagnostics));
    bind(compiled.program).unwrap_or_else(|error| panic!("seed {seed}: {error}"))
}

/// The text without the rules that lints call superfluous; nothing where there are none.
fn without_superfluous(text: &str, tally: &mut Tally) -> Option<String> {
    let mut levels = Levels::default();
    // It says of no rule that it is superfluous, and is much work for rules as odd as these.
    levels.set(Code::PerRequest, Level::Off);
    let compilation = lint(FILE, &MemoryFiles::default().with(FILE, text), &levels);
    let source = compilation.sources.ids().next()?;
    let (file, _) = policy_dsl::parse(source, text);
    let rules: Vec<Span> = file
        .statements
        .iter()
        .filter(|statement| matches!(statement.kind, StatementKind::Rule(_)))
        .map(|statement| statement.span)
        .collect();
    let mut shorter = text.to_owned();
    let mut is_shorter = false;
    for found in &compilation.diagnostics {
        let what = match found.code {
            Code::NeverHolds => "rules that never hold",
            Code::CoveredRule => "rules that others cover",
            Code::OverriddenRule => "rules that are overridden",
            _ => continue,
        };
        add(tally, what);
        let at = found.span.expect("a finding about a rule has a place").start;
        let rule = rules.iter().find(|rule| rule.start <= at && at < rule.end).expect("it is in a rule");
        let blank: String = text.get(rule.start..rule.end)?.bytes().map(blank).collect();
        shorter.replace_range(rule.start..rule.end, &blank);
        is_shorter = true;
    }
    is_shorter.then_some(shorter)
}

/// So that other rules stay on their lines.
const fn blank(byte: u8) -> char {
    if byte == b'\n' { '\n' } else { ' ' }
}
