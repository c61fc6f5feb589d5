//! That emitted policies are exact, for every path at once, over many random policies and tokens; and for how
//! many of these there is a policy for the whole API.

use policy_engine::iam::Mode;

use super::bound::can_be_said;
use super::exact::{self, Verdict};
use crate::random::{
    Case, Question, Rng, Tally, add, api_policy, circumstances, policy, run_seeds, tangled_policy, token,
};
use crate::{PREFIXES, around, asked, paths};

const POLICIES: u64 = 4_200;
const TOKENS: usize = 5;
/// Of so many policies, one is looked at for what could be said and is not.
const SAMPLE: u64 = 21;

/// Where a policy comes from, and what is counted of it.
struct Kind {
    draw: fn(&mut Rng) -> crate::random::Draft,
    pairs: &'static str,
    whole: &'static str,
    allowing: &'static str,
    whole_allowing: &'static str,
}

/// Policies of APIs as they are designed.
const API: Kind = Kind {
    draw: api_policy,
    pairs: "api: pairs",
    whole: "api: for the whole API",
    allowing: "api: something is allowed",
    whole_allowing: "api: something is allowed, for the whole API",
};

/// Policies with any paths.
const TANGLED: Kind = Kind {
    draw: tangled_policy,
    pairs: "tangled: pairs",
    whole: "tangled: for the whole API",
    allowing: "tangled: something is allowed",
    whole_allowing: "tangled: something is allowed, for the whole API",
};

/// Policies with any paths and conditions.
const ANY: Kind = Kind {
    draw: policy,
    pairs: "any: pairs",
    whole: "any: for the whole API",
    allowing: "any: something is allowed",
    whole_allowing: "any: something is allowed, for the whole API",
};

#[test]
fn what_is_emitted_is_exactly_what_is_allowed() {
    let expected = [
        ("decided", 20_000),
        (API.pairs, 12_000),
        (API.allowing, 5_000),
        (TANGLED.pairs, 4_000),
        (ANY.pairs, 4_000),
        (ANY.whole_allowing, 500),
        ("in several circumstances", 500),
        ("not reached, and cannot be said", 30),
    ];
    let Some(tally) = run_seeds(POLICIES, &expected, run) else { return };
    let count = |what: &str| tally.get(what).copied().unwrap_or(0);
    let share = |part: &str, all: &str| count(part) * 1_000 / count(all);
    for kind in [API, TANGLED, ANY] {
        let (tokens, allowing) = (share(kind.whole, kind.pairs), share(kind.whole_allowing, kind.allowing));
        println!(
            "{}: {tokens} of 1,000 for the whole API; {allowing} where something is allowed",
            kind.pairs
        );
    }
    assert!(share(API.whole, API.pairs) >= 955, "the whole-API form is reached too rarely");
    assert!(share(API.whole_allowing, API.allowing) >= 935, "the whole-API form is reached too rarely");
    assert!(count("automata too large") * 1_000 <= count("decided"), "too many are undecided");
    let missed = count("not reached, and can be said");
    assert!(missed * 5 <= count("not reached, and cannot be said"), "{missed} could be said, and are not");
}

fn run(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let kind = match seed % 10 {
        0..=5 => API,
        6 | 7 => TANGLED,
        _ => ANY,
    };
    let draft = (kind.draw)(&mut rng);
    let text = draft.texts();
    let case = Case::build(&draft).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", text.0));
    let text = text.0 + &text.1.unwrap_or_default();
    for _ in 0..TOKENS {
        let token = token(&mut rng, draft.issuers);
        let prefix = rng.pick(PREFIXES);
        let paths = paths(&mut rng, &draft, token.as_ref());
        let context = around(&mut rng, token.as_ref(), prefix);
        let asked = asked(&mut rng, &case, token.as_ref(), &paths, &context);
        let question = Question { draft: draft.clone(), token, asked, context };
        let contexts = circumstances(&text, question.token.as_ref(), &question.context);
        match exact::decide(&case, &question, prefix, &contexts) {
            Verdict::Differs(difference) => report(seed, question, prefix, &difference),
            Verdict::Undecided(why) => add(tally, why),
            Verdict::Same(mode) => {
                if contexts.len() > 1 {
                    add(tally, "in several circumstances");
                }
                count(tally, &kind, &case, &question, &mode, seed);
            }
        }
    }
}

fn count(tally: &mut Tally, kind: &Kind, case: &Case, question: &Question, mode: &Mode, seed: u64) {
    add(tally, "decided");
    add(tally, kind.pairs);
    let whole = *mode == Mode::WholeApi;
    if whole {
        add(tally, kind.whole);
    }
    if exact::allows_something(case, question) {
        add(tally, kind.allowing);
        if whole {
            add(tally, kind.whole_allowing);
        }
    }
    if !whole && kind.pairs != ANY.pairs && seed.is_multiple_of(SAMPLE) {
        add(
            tally,
            match can_be_said(case, question) {
                Some(true) => {
                    println!("seed {seed}: not reached, {mode:?}\n{}", question.describe());
                    "not reached, and can be said"
                }
                Some(false) => "not reached, and cannot be said",
                None => "not reached, and too large to try",
            },
        );
    }
}

fn report(seed: u64, question: Question, prefix: &str, difference: &str) -> ! {
    let differs = |question: &Question| {
        let case = Case::build(&question.draft).ok()?;
        let (first, second) = question.draft.texts();
        let text = first + &second.unwrap_or_default();
        let contexts = circumstances(&text, question.token.as_ref(), &question.context);
        match exact::decide(&case, question, prefix, &contexts) {
            Verdict::Differs(difference) => Some(difference),
            _ => None,
        }
    };
    let smallest = question.shrink(&|question| differs(question).is_some());
    let now = differs(&smallest).unwrap_or_default();
    panic!("seed {seed}: {difference}\n{}--- {prefix}\n{now}", smallest.describe());
}
