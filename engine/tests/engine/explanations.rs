#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "a method's path is no function of callers of every lifetime"
)]

use policy_engine::condition::{Atom, Comparison, Literal, Operand};
use policy_engine::pattern::PathRef;
use policy_engine::text::{ParamId, Part, Text};
use policy_engine::{
    Caller, ClauseId, Effect, HostileWhy, Lack, Policy, Request, RequestContext, SeenAtom, Token, Verb,
    malformed_at,
};
use serde_json::json;

use crate::support::{Draft, ana, param, token};

fn owner_or_admin() -> Policy {
    let mut draft = Draft::new();
    let owner = draft.owner("/users/{id}", "id", "sub");
    let (admin, staff) = (draft.group("admins"), draft.group("staff"));
    let verified = draft.claim("verified");
    let verified = draft.conditions.atom(Atom::True(verified));
    let either = draft.conditions.any(vec![owner, admin]);
    let both = draft.conditions.all(vec![staff, verified, admin]);
    let unverified = draft.conditions.not(verified);
    draft.rule(Effect::Allow, "GET", "/users/{id}", both); // rule1
    draft.rule(Effect::Allow, "GET", "/users/{id}", either); // rule2
    draft.rule(Effect::Allow, "GET", "/users/{id}", admin); // rule3
    draft.rule(Effect::Deny, "PUT", "/users/{id}", unverified); // rule4
    draft.policy()
}

fn ask<T>(
    policy: &Policy,
    token: Option<&Token>,
    verb: Verb,
    path: &str,
    what: impl Fn(&Caller<'_>, &Request<'_>) -> T,
) -> T {
    let context = RequestContext::default();
    what(&policy.caller(token), &Request { verb, path, context: &context })
}

/// `path.id == token.sub: path.id="ana" token.sub=?`, with a `!` before what does not hold.
fn outline(atom: &SeenAtom) -> String {
    let seen: Vec<_> = atom
        .seen
        .iter()
        .filter(|seen| !seen.is_constant)
        .map(|seen| {
            format!("{}={}", seen.name, seen.value.as_ref().map_or("?".to_owned(), ToString::to_string))
        })
        .collect();
    format!("{}{}: {}", if atom.holds { "" } else { "!" }, atom.text, seen.join(" "))
}

#[test]
fn the_atoms_of_a_rule_say_what_they_saw() {
    let policy = owner_or_admin();
    let seen = |token: &Token, verb, path| -> Vec<String> {
        let explanation = ask(&policy, Some(token), verb, path, |caller, request| caller.explain(request));
        assert_eq!(
            explanation.rules.iter().map(|seen| seen.rule).collect::<Vec<_>>(),
            explanation.decision.rules.to_vec()
        );
        explanation.rules.iter().flat_map(|rule| rule.atoms.iter().map(outline)).collect()
    };
    assert_eq!(
        seen(&ana(), Verb::Get, "/users/ana"),
        ["path.id == token.sub: path.id=\"ana\" token.sub=\"ana\"", "!group \"admins\": groups=[]"]
    );
    assert_eq!(seen(&ana(), Verb::Put, "/users/ana"), ["!token.verified: token.verified=?"]);
    let text = token(json!({"sub": "ana", "verified": "true"}));
    assert_eq!(seen(&text, Verb::Put, "/users/ana"), ["!token.verified: token.verified=\"true\""]);
}

#[test]
fn the_nearest_misses_come_first() {
    let policy = owner_or_admin();
    let token = token(json!({"sub": "ana", "groups": ["staff"]}));
    let misses =
        ask(&policy, Some(&token), Verb::Get, "/users/ben", |caller, request| caller.near_misses(request));
    let order: Vec<_> = misses.iter().map(|miss| (miss.rule.0 + 1, miss.lack.count())).collect();
    assert_eq!(order, [(2, 1), (3, 1), (1, 2)]);
    let Lack::Any(ways) = &misses[0].lack else { panic!("{misses:?}") };
    assert_eq!(ways.len(), 2);
    let Lack::All(parts) = &misses[2].lack else { panic!("{misses:?}") };
    assert_eq!(parts.len(), 2);
    assert_eq!(
        misses[2].lack.atoms().into_iter().map(outline).collect::<Vec<_>>(),
        ["!group \"admins\": groups=[\"staff\"]", "!token.verified: token.verified=?"]
    );
}

#[test]
fn what_no_rule_is_about_is_told_apart() {
    let policy = owner_or_admin();
    let verbs = |verb, path| {
        ask(&policy, None, verb, path, |caller, request| caller.explain(request).other_verbs.to_string())
    };
    assert_eq!(verbs(Verb::Post, "/users/ana"), "GET");
    assert_eq!(verbs(Verb::Post, "/elsewhere"), "");
    // There is a near miss: a token is missing.
    assert_eq!(verbs(Verb::Get, "/users/ana"), "");
}

#[test]
fn what_lies_below_is_told_apart() {
    let mut draft = Draft::new();
    let (always, staff) = (draft.always(), draft.group("staff"));
    draft.rule(Effect::Public, "GET", "/{kind}/**", always); // rule1
    draft.rule(Effect::Deny, "GET", "/files/**", always); // rule2
    draft.rule(Effect::Allow, "GET", "/files/{area}/**", staff); // rule3
    draft.rule(Effect::Allow, "POST", "/**", staff); // rule4
    let policy = draft.policy();
    let below = |verb, path| {
        let below = ask(&policy, None, verb, path, |caller, request| caller.explain(request).below);
        below.iter().map(|rule| rule.0 + 1).collect::<Vec<_>>()
    };
    assert_eq!(below(Verb::Post, "/"), [4]);
    assert_eq!(below(Verb::Get, "/pages"), [1]);
    // Neither what denies, nor what lies further below.
    assert_eq!(below(Verb::Get, "/files"), [1]);
    assert_eq!(below(Verb::Get, "/"), [0; 0]);
    assert_eq!(below(Verb::Put, "/pages"), [0; 0]);
    // There is another reason: a rule allows it, a path is malformed, a token is missing.
    assert_eq!(below(Verb::Get, "/pages/1"), [0; 0]);
    assert_eq!(below(Verb::Get, "/pages/"), [0; 0]);
    assert_eq!(below(Verb::Post, "/pages"), [0; 0]);
}

#[test]
fn a_hostile_claim_is_shown_with_what_is_wrong() {
    let policy = owner_or_admin();
    for (sub, why, said) in [
        ("", HostileWhy::Empty, "it is empty"),
        ("a/b", HostileWhy::Holds('/'), "it holds `/`"),
        ("a\nb*", HostileWhy::Holds('\n'), "it holds a control character"),
    ] {
        let token = token(json!({ "sub": sub }));
        let hostile = policy.caller(Some(&token)).hostile().unwrap();
        assert_eq!((hostile.claim.as_str(), hostile.value.as_str(), hostile.why), ("token.sub", sub, why));
        assert_eq!(hostile.why.to_string(), said);
    }
    assert_eq!(policy.caller(Some(&ana())).hostile(), None);
}

#[test]
fn the_malformed_part_of_a_path_is_found() {
    for (path, part) in [
        ("/a//b", Some("//")),
        ("/a/", Some("/")),
        ("/a/./b", Some(".")),
        ("/a.b/..", Some("..")),
        ("/a\\b", Some("\\")),
        ("/a\u{7}b", Some("\u{7}")),
        ("/a%2Eb%2f", Some("%2E")),
        ("a", None),
        ("/a", None),
    ] {
        assert_eq!(malformed_at(path).map(|at| &path[at]), part, "{path:?}");
    }
}

#[test]
fn what_a_request_consults_is_counted_with_its_truth() {
    let policy = owner_or_admin();
    let consulted = |token: Option<&Token>, verb, path| -> Vec<(u32, Vec<(String, bool)>)> {
        ask(&policy, token, verb, path, |caller, request| caller.consulted(request))
            .into_iter()
            .map(|one| {
                let text = |atom| policy.program().atom_text(one.clause, atom);
                assert_eq!(policy.program().atoms_of(one.clause).len(), one.atoms.len());
                (one.rule.0 + 1, one.atoms.iter().map(|(atom, holds)| (text(*atom), *holds)).collect())
            })
            .collect()
    };
    let rules = |token: Option<&Token>, verb, path| -> Vec<u32> {
        consulted(token, verb, path).into_iter().map(|(rule, _)| rule).collect()
    };
    assert_eq!(rules(Some(&ana()), Verb::Get, "/users/ben"), [1, 2, 3]);
    assert_eq!(
        consulted(Some(&ana()), Verb::Put, "/users/ana"),
        [(4, vec![("token.verified".to_owned(), false)])]
    );
    // An allow rule is not asked without a token; a deny rule is.
    assert_eq!(rules(None, Verb::Get, "/users/ana"), [] as [u32; 0]);
    assert_eq!(rules(None, Verb::Put, "/users/ana"), [4]);
    assert_eq!(rules(Some(&ana()), Verb::Get, "/users//"), [] as [u32; 0]);
    assert_eq!(rules(Some(&token(json!({"sub": "*"}))), Verb::Put, "/users/ana"), [] as [u32; 0]);
}

#[test]
fn params_stand_in_conditions_by_value_or_by_name() {
    let mut draft = Draft::new();
    draft.parts.params = vec![param("admins", Some("ops"))];
    let alone = Text::Template(vec![Part::Param(ParamId(0))]);
    let within = Text::Template(vec![Part::Fixed("team-".to_owned()), Part::Param(ParamId(0))]);
    let group = |text| Atom::Member { item: Operand::Literal(Literal::Text(text)), list: Operand::Groups };
    let (alone, within) = (draft.conditions.atom(group(alone)), draft.conditions.atom(group(within)));
    let sub = Operand::Claim(draft.claim("sub"));
    let same = Atom::Compare(sub, Comparison::Equal, Operand::Literal(Literal::Text("x".into())));
    let same = draft.conditions.atom(same);
    let other = draft.conditions.not(same);
    let all = draft.conditions.all(vec![alone, within, other]);
    draft.rule(Effect::Allow, "GET", "/a", all);
    let policy = draft.policy();
    let texts: Vec<_> = policy
        .program()
        .atoms_of(ClauseId(0))
        .into_iter()
        .map(|atom| policy.program().atom_text(ClauseId(0), atom))
        .collect();
    assert_eq!(texts, ["group admins", "group \"team-${admins}\"", "token.sub == \"x\""]);
    let token = token(json!({"sub": "x", "groups": ["ops", "team-ops"]}));
    let misses = ask(&policy, Some(&token), Verb::Get, "/a", |caller, request| caller.near_misses(request));
    assert_eq!(misses[0].failed, "token.sub != \"x\"");
    let misses = ask(&policy, Some(&ana()), Verb::Get, "/a", |caller, request| caller.near_misses(request));
    assert_eq!(misses[0].failed, "group \"ops\"");
}

#[test]
fn what_is_compared_with_the_path_is_known() {
    let policy = owner_or_admin();
    let compared = |path| {
        ask(&policy, Some(&ana()), Verb::Get, path, |caller, request| caller.path_comparisons(request))
    };
    let [one] = &compared("/users/x")[..] else { panic!("one comparison") };
    assert_eq!((one.part, one.with.as_str(), one.is_constant), (PathRef::Segment(1), "token.sub", false));
    assert_eq!(one.values, ["ana"]);
    assert_eq!(compared("/elsewhere"), []);
}
