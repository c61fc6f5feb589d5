//! A policy is planned once for each kind of token: what is kept from one token is right for the next.

use policy_engine::condition::{Atom, Comparison, Literal, Operand};
use policy_engine::iam::MethodArn;
use policy_engine::{Effect, Policy, RequestContext, Token};
use serde_json::json;

use crate::support::{Draft, pattern, token};

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/users/ana";

/// Strings that the rules name, that their globs match, that need an encoding, and others.
const STRINGS: [&str; 12] = [
    "ana",
    "ben",
    "root",
    "me",
    "report-1.pdf",
    "report-",
    ".pdf",
    "a|b",
    "a",
    "b",
    "..",
    "\u{e000}0\u{e000}",
];

/// Rules in which a token's strings meet names, globs, one another and what is left of a path.
fn draft() -> Draft {
    let mut draft = Draft::new();
    let own = draft.owner("/users/{id}", "id", "sub");
    let other = draft.owner("/users/{id}", "id", "partner");
    let always = draft.always();
    draft.rule(Effect::Allow, "GET PUT", "/users/{id}", own);
    draft.rule(Effect::Allow, "GET", "/users/{id}/files/report-*.pdf", own);
    let not_other = draft.conditions.not(other);
    draft.rule(Effect::Allow, "GET", "/users/{id}/photos", not_other);
    draft.rule(Effect::Allow, "GET", "/users/me", always);
    draft.rule(Effect::Deny, "PUT", "/users/root", always);
    let part = pattern("/teams/{team}").binding("team").unwrap();
    let in_teams = draft.conditions.atom(Atom::Member { item: Operand::Path(part), list: Operand::Groups });
    draft.rule(Effect::Allow, "GET", "/teams/{team}/**", in_teams);
    let glob = draft.conditions.atom(Atom::Like(Operand::Path(part), "report-*".into()));
    let both = draft.conditions.all(vec![in_teams, glob]);
    draft.rule(Effect::Deny, "GET", "/teams/{team}/x", both);
    let rest = pattern("/docs/{rest+}").binding("rest").unwrap();
    let named = Operand::Literal(Literal::Text("a/b".into()));
    let exact = draft.conditions.atom(Atom::Compare(Operand::Path(rest), Comparison::Equal, named));
    draft.rule(Effect::Allow, "GET", "/docs/{rest+}", exact);
    let sub = draft.claim("sub");
    let mine = Atom::Compare(Operand::Path(rest), Comparison::Equal, Operand::Claim(sub));
    let mine = draft.conditions.atom(mine);
    draft.rule(Effect::Deny, "GET", "/docs/{rest+}", mine);
    draft
}

fn answer(policy: &Policy, token: &Token) -> String {
    let arn = MethodArn::parse(ARN).unwrap();
    let emission = policy.caller(Some(token)).emit(&arn, &RequestContext::default());
    format!("{:?} {}", emission.mode, emission.document.as_json())
}

#[test]
fn what_was_asked_before_changes_nothing() {
    let shared = draft().policy();
    let mut tokens = Vec::new();
    for sub in STRINGS {
        for partner in STRINGS {
            tokens.push(token(json!({"sub": sub, "partner": partner})));
        }
        for team in STRINGS {
            tokens.push(token(json!({"sub": sub, "groups": [team, "other"]})));
        }
    }
    for asked in [&tokens, &tokens] {
        for token in asked {
            assert_eq!(answer(&shared, token), answer(&draft().policy(), token), "{token:?}");
        }
    }
}

#[test]
fn strings_do_not_leak_into_the_answers_for_others() {
    let shared = draft().policy();
    let first = answer(&shared, &token(json!({"sub": "first-user", "partner": "first-partner"})));
    let second = answer(&shared, &token(json!({"sub": "second-user", "partner": "second-partner"})));
    assert!(first.contains("first-user") && first.contains("first-partner"));
    assert!(!second.contains("first"), "{second}");
    assert_eq!(first.replace("first", "second"), second);
}
