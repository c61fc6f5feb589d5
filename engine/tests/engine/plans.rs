//! A policy is planned once for each kind of token: what is kept from one token is right for the next.

use policy_engine::condition::{Atom, Comparison, Literal, Operand};
use policy_engine::iam::{IamEffect, MethodArn, Mode, Resources, Statement};
use policy_engine::{Effect, Policy, Request, RequestContext, Token, Verb};
use serde_json::json;

use crate::support::{Draft, pattern, token};

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod";
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

/// Rules on all that is left of a path that come to texts and globs of single segments.
fn rest_draft() -> Draft {
    let mut draft = Draft::new();
    let rest = pattern("/docs/{rest+}").binding("rest").unwrap();
    let like =
        |draft: &mut Draft, glob: &str| draft.conditions.atom(Atom::Like(Operand::Path(rest), glob.into()));
    let exact = like(&mut draft, "a/b");
    let either = like(&mut draft, "{a/ben,root*}");
    let own = draft.owner("/docs/a/{id}", "id", "sub");
    let partner = draft.owner("/docs/{id}", "id", "partner");
    draft.rule(Effect::Deny, "GET", "/docs/{rest+}", exact);
    draft.rule(Effect::Allow, "GET", "/docs/a/{id}", own);
    draft.rule(Effect::Allow, "PUT", "/docs/{rest+}", either);
    draft.rule(Effect::Deny, "PUT", "/docs/a/{id}", own);
    draft.rule(Effect::Deny, "PUT", "/docs/{id}", partner);
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
    let prepared = draft().policy();
    prepared.prepare();
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
            let alone = answer(&draft().policy(), token);
            assert_eq!(answer(&shared, token), alone, "{token:?}");
            assert_eq!(answer(&prepared, token), alone, "{token:?}");
        }
    }
}

/// What is planned ahead is for any stage, in any API, and for each token's own end.
#[test]
fn what_is_planned_ahead_is_filled_in() {
    let ending = || {
        let mut draft = draft();
        draft.parts.authorizer.expire_with_token = true;
        draft.policy()
    };
    let prepared = ending();
    prepared.prepare();
    let long = format!("arn:aws:execute-api:eu-west-1:123456789012:{}/prod/GET/users/ana", "x".repeat(440));
    let arns = [ARN, "arn:aws-cn:execute-api:cn-north-1:123456789012:xyz/$default/GET/users/ana", &long];
    for (arn, end) in arns.iter().flat_map(|arn| [1_800_000_000, 1_800_000_600].map(|end| (arn, end))) {
        let arn = MethodArn::parse(arn).unwrap();
        for sub in STRINGS {
            let token = token(json!({"sub": sub, "partner": "p", "exp": end}));
            let emission = prepared.caller(Some(&token)).emit(&arn, &RequestContext::default());
            let alone = ending();
            assert_eq!(emission, alone.caller(Some(&token)).emit(&arn, &RequestContext::default()), "{sub}");
            assert!(!emission.document.as_json().contains("\u{e000}s\u{e000}"), "{emission:?}");
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

/// `*` is any characters, none and `/` included; `?` is one.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        ([b'?', pattern @ ..], [_, text @ ..]) => matches(pattern, text),
        ([a, pattern @ ..], [b, text @ ..]) => a == b && matches(pattern, text),
        ([], text) => text.is_empty(),
        (_, []) => false,
    }
}

fn allows(statements: &[Statement], arn: &str) -> bool {
    let says = |effect| {
        statements.iter().filter(|statement| statement.effect == effect).any(|statement| {
            let Resources::These(list) = &statement.resources else { panic!("{statement:?}") };
            list.iter().any(|pattern| matches(pattern.as_bytes(), arn.as_bytes()))
        })
    };
    says(IamEffect::Allow) && !says(IamEffect::Deny)
}

#[test]
fn a_plan_that_is_shared_says_what_the_rules_say() {
    let names = [
        "users",
        "teams",
        "docs",
        "x",
        "files",
        "photos",
        "ana",
        "ben",
        "root",
        "root-1",
        "me",
        "a",
        "b",
        "report-1.pdf",
        "other",
    ];
    let mut paths = Vec::new();
    for first in ["users", "teams", "docs"] {
        for second in names {
            paths.push(format!("/{first}/{second}"));
            paths.extend(names.map(|third| format!("/{first}/{second}/{third}")));
        }
    }
    let subs = ["ana", "ben", "root", "me", "report-1.pdf", "a", "b", "root-1"];
    let (mut checked, mut allowed) = (0, 0);
    for policy in [draft().policy(), rest_draft().policy()] {
        for (sub, partner) in subs.iter().flat_map(|sub| subs.map(|partner| (sub, partner))) {
            let token = token(json!({"sub": sub, "partner": partner, "groups": [partner, "x"]}));
            let caller = policy.caller(Some(&token));
            let context = RequestContext::default();
            let emission = caller.emit(&MethodArn::parse(ARN).unwrap(), &context);
            if emission.mode != Mode::WholeApi {
                continue;
            }
            let statements = emission.document.statements();
            for (verb, path) in
                [Verb::Get, Verb::Put].into_iter().flat_map(|verb| paths.iter().map(move |path| (verb, path)))
            {
                let arn = format!("{STAGE}/{verb}{path}");
                let decision = caller.decide(&Request { verb, path, context: &context });
                assert_eq!(
                    allows(&statements, &arn),
                    decision.allowed,
                    "{token:?} {verb} {path} {statements:#?}"
                );
                checked += 1;
                allowed += usize::from(decision.allowed);
            }
        }
    }
    assert!(checked > 50_000 && allowed > 500, "{checked} {allowed}");
}

/// A string that looks like a stand-in stays what it is, also where an example is told.
#[test]
fn strings_that_look_like_stand_ins_are_not_filled() {
    let mut draft = Draft::new();
    let part = pattern("/users/{id}/photos/{q}").binding("id").unwrap();
    let query = pattern("/users/{id}/photos/{q}").binding("q").unwrap();
    let team = draft.conditions.atom(Atom::Member { item: Operand::Path(part), list: Operand::Groups });
    let like = draft.conditions.atom(Atom::Like(Operand::Path(query), "a?b".into()));
    let both = draft.conditions.all(vec![team, like]);
    draft.rule(Effect::Allow, "GET", "/users/{id}/photos/{q}", both);
    let policy = draft.policy();
    let mark = |number: usize| format!("\u{e000}{number}\u{e000}").repeat(8);
    let groups: Vec<String> = (0..30).map(|number| mark(2 * number + 1)).collect();
    let answer = answer(&policy, &token(json!({"sub": "ana", "groups": groups})));
    assert!(answer.starts_with("PerRequest") && answer.len() < 10_000, "{}", answer.len());
}
