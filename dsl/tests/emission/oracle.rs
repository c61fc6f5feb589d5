//! The automata against what they stand for: the interpreter's decisions and the matcher of documents, request by
//! request.

use policy_engine::Verb;

use super::exact::{Verdict, decide};
use super::language::Language;
use crate::random::{Asked, Case, Draft, Piece, Question, Rng, Tally, add, policy, run_seeds, token};
use crate::reference::Regular;
use crate::{PREFIXES, arn, around, emitted, paths};

#[test]
fn automata_say_of_each_request_what_the_interpreters_say() {
    let expected =
        [("requests", 100_000), ("allowed by the rules", 2_000), ("allowed by the document", 2_000)];
    run_seeds(150, &expected, agrees);
}

fn agrees(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let draft = policy(&mut rng);
    let case = Case::build(&draft).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    for _ in 0..4 {
        let token = token(&mut rng, draft.issuers);
        let prefix = rng.pick(PREFIXES);
        let context = around(&mut rng, token.as_ref(), prefix);
        let paths = paths(&mut rng, &draft, token.as_ref());
        let asked = Asked { verb: Verb::Get, path: paths[0].clone() };
        let question = Question { draft: draft.clone(), token, asked, context };
        let Ok(rules) = case.reference.allowed(question.token.as_ref(), &question.context) else { continue };
        let (document, ..) = emitted(&case, &question, prefix);
        let rules = Language::of(&rules).expect("few states");
        let allowed = Language::of(&document.allowed(prefix, &question.context)).expect("few states");
        let declared = Language::of(&case.reference.declared()).expect("few states");
        for path in paths {
            for verb in Verb::ALL {
                let (asked, context) = (Asked { verb, path: path.clone() }, &question.context);
                let text = format!("{verb}{path}");
                let decision = case.reference.decide(question.token.as_ref(), verb, &path, context);
                let describe = || format!("seed {seed}: `{text}`\n{}", question.describe());
                assert_eq!(rules.holds(&text), decision.allowed, "{}", describe());
                let allows = document.allows(&arn(prefix, &asked), context);
                assert_eq!(allowed.holds(&text), allows, "{}", describe());
                // Of what is malformed, the interpreter does not ask whether it is declared.
                if !crate::reference::is_malformed(&path) {
                    let is_declared = case.reference.is_declared(verb, &path);
                    assert_eq!(declared.holds(&text), is_declared, "{}", describe());
                }
                add(tally, "requests");
                if decision.allowed {
                    add(tally, "allowed by the rules");
                }
                if allows {
                    add(tally, "allowed by the document");
                }
            }
        }
    }
}

#[test]
fn languages_are_combined_as_sets() {
    let matching = |text: &str| Regular::Matching(text.to_owned());
    let both = Regular::All(vec![matching("a.*"), matching(".*b"), Regular::Not(Box::new(matching("a.b")))]);
    let language = Language::of(&both).expect("few states");
    for (text, is_in) in [("ab", true), ("axb", false), ("axxb", true), ("b", false), ("a", false)] {
        assert_eq!(language.holds(text), is_in, "{text}");
    }
    assert_eq!(language.example().as_deref(), Some(&b"ab"[..]));
    let same = Regular::Any(vec![Regular::text("ab"), matching("a.{2,}b")]);
    assert_eq!(language, Language::of(&same).expect("few states"), "there is one smallest automaton");
    assert!(Language::of(&Regular::nothing()).expect("few states").is_empty());
}

/// A document that says too much, and one that says too little, are told apart from the right one.
#[test]
fn a_difference_is_found_and_shown() {
    let prefix = PREFIXES[0];
    let case = |text: &str| {
        let draft = Draft { pieces: vec![Piece::Fixed(text.to_owned())], ..Draft::default() };
        let case = Case::build(&draft).unwrap_or_else(|error| panic!("{error}"));
        let asked = Asked { verb: Verb::Get, path: "/a".to_owned() };
        (case, Question { draft, token: None, asked, context: around(&mut Rng::new(1), None, prefix) })
    };
    let (narrow, question) = case("public GET /a/*");
    let (wide, _) = case("public GET /a/**");
    assert!(matches!(decide(&narrow, &question, prefix, &[]), Verdict::Same(_)));
    let too_wide = Case { policy: wide.policy, reference: narrow.reference, program: wide.program };
    let too_narrow = Case { policy: narrow.policy, reference: wide.reference, program: narrow.program };
    for (case, found) in [
        (too_wide, "`GET/a/b/b` is allowed, and the rules deny it"),
        (too_narrow, "`GET/a/b/b` is not allowed, and the rules allow it"),
    ] {
        match decide(&case, &question, prefix, &[]) {
            Verdict::Differs(difference) => assert!(difference.starts_with(found), "{difference}"),
            Verdict::Same(_) | Verdict::Undecided(_) => panic!("no difference is found"),
        }
    }
}
