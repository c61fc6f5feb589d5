use policy_engine::condition::{Atom, Comparison, Literal, Operand};
use policy_engine::iam::{Emission, MethodArn, Mode, Obstacle, Purpose, Resources};
use policy_engine::{Effect, RequestContext, Token};
use serde_json::json;

use crate::support::{Draft, ana, token};

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod";

fn emit(draft: Draft, token: Option<&Token>, request: &str) -> Emission {
    let policy = draft.policy();
    let arn = MethodArn::parse(&format!("{STAGE}/{request}")).unwrap();
    policy.caller(token).emit(&arn, &RequestContext::default())
}

/// Each statement's effect and its resources below the stage; the guards against malformed paths as one `!`.
fn outline(emission: &Emission) -> Vec<String> {
    let statements = emission.document.statements().into_iter();
    statements
        .map(|statement| {
            let (all_but, list) = match &statement.resources {
                Resources::These(list) => ("", list),
                Resources::AllBut(list) => ("but ", list),
            };
            let mut list: Vec<_> = list.iter().map(|one| one.strip_prefix(STAGE).unwrap()).collect();
            let is_guard = |one: &&str| one.starts_with("/*") && one.len() > 2 && !one.contains("users");
            let guards = list.iter().filter(|one| is_guard(one)).count();
            assert!(guards == 0 || guards == 14, "{list:?}");
            if guards > 0 {
                list.retain(|one| !is_guard(one));
                list.push("!");
            }
            format!("{:?} {all_but}{}", statement.effect, list.join(" "))
        })
        .collect()
}

fn owner_draft() -> Draft {
    let mut draft = Draft::new();
    let owner = draft.owner("/users/{id}", "id", "sub");
    draft.rule(Effect::Allow, "GET PUT", "/users/{id}", owner);
    draft.rule(Effect::Allow, "GET", "/users/{id}/**", owner);
    draft
}

#[test]
fn claim_bound_paths_are_written_out_in_every_encoding() {
    let emission = emit(owner_draft(), Some(&token(json!({"sub": "a|b"}))), "GET/elsewhere");
    assert_eq!(emission.mode, Mode::WholeApi);
    assert!(!emission.decision.allowed);
    assert_eq!(
        outline(&emission),
        [
            "Allow /GET/users/a|b /GET/users/a|b/* /GET/users/a%7Cb /GET/users/a%7Cb/* /PUT/users/a|b /PUT/users/a%7Cb",
            "Deny !",
        ]
    );
}

#[test]
fn a_name_that_would_climb_is_left_out() {
    let emission = emit(owner_draft(), Some(&token(json!({"sub": ".."}))), "GET/users/..");
    assert_eq!((&emission.mode, outline(&emission)), (&Mode::WholeApi, vec!["Deny /*".to_owned()]));
}

#[test]
fn who_has_no_right_is_denied_everything() {
    for token in [None, Some(&token(json!({"sub": "*"}))), Some(&token(json!({})))] {
        let emission = emit(owner_draft(), token, "GET/users/ana");
        assert_eq!((&emission.mode, outline(&emission)), (&Mode::WholeApi, vec!["Deny /*".to_owned()]));
    }
}

#[test]
fn a_deny_takes_away_what_it_covers_and_is_written_where_it_only_meets() {
    let mut draft = owner_draft();
    let always = draft.always();
    draft.rule(Effect::Deny, "PUT", "/users/**", always);
    draft.rule(Effect::Deny, "ANY", "/users/ana/secret", always);
    let emission = emit(draft, Some(&ana()), "GET/users/ana");
    assert_eq!(outline(&emission), ["Allow /GET/users/ana /GET/users/ana/*", "Deny /GET/users/ana/secret !"]);
}

#[test]
fn everything_below_the_root_does_not_reach_the_root() {
    let mut draft = Draft::new();
    let always = draft.always();
    draft.rule(Effect::Allow, "GET", "/**", always);
    draft.rule(Effect::Public, "POST", "/", always);
    let emission = emit(draft, Some(&ana()), "GET/x");
    assert_eq!(outline(&emission), ["Allow /GET/?* /POST/", "Deny !"]);
}

#[test]
fn what_iam_cannot_say_simply_is_answered_for_the_request_at_hand() {
    let wildcard = || {
        let mut draft = Draft::new();
        let always = draft.always();
        let owner = draft.owner("/users/{id}/photos", "id", "sub");
        draft.rule(Effect::Allow, "GET", "/users/{id}", always);
        draft.rule(Effect::Allow, "GET", "/users/{id}/photos", owner);
        draft
    };
    let header = || {
        let mut draft = Draft::new();
        let tenant = Operand::Literal(Literal::Text("a".into()));
        let atom = Atom::Compare(Operand::Header("x-tenant".to_owned()), Comparison::Equal, tenant);
        let header = draft.conditions.atom(atom);
        let not_header = draft.conditions.not(header);
        draft.rule(Effect::Allow, "GET", "/users/ana", not_header);
        draft
    };
    for (draft, obstacle) in [(wildcard(), Obstacle::Wildcard), (header(), Obstacle::ReadsRequest)] {
        let emission = emit(draft, Some(&ana()), "GET/users/ana");
        let Mode::PerRequest(inexact) = &emission.mode else { panic!("{emission:?}") };
        assert_eq!(inexact.obstacle, obstacle);
        assert_eq!(outline(&emission), ["Allow /GET/users/ana"]);
    }
    for request in [
        "GET/users/ana/x",
        "POST/users/ana",
        "GET/users/*",
        "GET/users/a?",
        "GET/users/${a}",
        "TRACE/users/ana",
    ] {
        let emission = emit(wildcard(), Some(&ana()), request);
        assert_eq!(outline(&emission), ["Deny /*"], "{request}");
    }
}

/// What one rule `allow GET` of everybody, with others, comes to.
fn whole(rules: &[(Effect, &str)], routes: &[&str]) -> Vec<String> {
    let mut draft = Draft::new();
    let always = draft.always();
    for (effect, path) in rules {
        draft.rule(*effect, "GET", path, always);
    }
    for route in routes {
        let verbs = policy_engine::VerbSet::ANY;
        draft.parts.routes.push(policy_engine::Route { verbs, pattern: crate::support::pattern(route) });
    }
    let emission = emit(draft, Some(&ana()), "GET/elsewhere");
    match emission.mode {
        Mode::WholeApi => outline(&emission),
        Mode::PerRequest(inexact) => {
            vec![format!("{:?} {:?}", inexact.obstacle, inexact.example.unwrap_or_default())]
        }
    }
}

#[test]
fn wildcards_are_guarded_where_they_reach_too_far() {
    use Effect::{Allow, Deny};
    type Case = (&'static [(Effect, &'static str)], &'static [&'static str], &'static [&'static str]);
    let table: [Case; 13] = [
        (&[(Allow, "/users/{id}")], &[], &["Allow /GET/users/*", "Deny /GET/users/*/* !"]),
        (&[(Allow, "/{id}")], &[], &["Allow /GET/?*", "Deny /GET/*/* !"]),
        (&[(Allow, "/a/*/c")], &[], &["Allow /GET/a/*/c", "Deny /GET/a/*/*/c !"]),
        // The guard that the first needs would hit the second.
        (&[(Allow, "/users/{id}"), (Allow, "/users/{id}/photos/**")], &[], &["Wildcard \"/users/{any}\""]),
        // Everything below is allowed anyway.
        (&[(Allow, "/users/{id}"), (Allow, "/users/*/**")], &[], &["Allow /GET/users/*", "Deny !"]),
        (
            &[(Allow, "/users/**"), (Deny, "/users/{id}/secret")],
            &["/users/{id}", "/users/{id}/secret"],
            &["Allow /GET/users/*", "Deny /GET/users/*/* !"],
        ),
        (&[(Allow, "/f/report-*.pdf")], &[], &["Allow /GET/f/report-*.pdf", "Deny /GET/f/*/* !"]),
        (&[(Allow, "/f/{a,b}x")], &[], &["Allow /GET/f/ax /GET/f/bx"]),
        // What can be no segment is never written out, and stars are one star.
        (&[(Allow, "/f/.{.,b}")], &[], &["Allow /GET/f/.b"]),
        (&[(Allow, "/{*,a}*")], &[], &["Allow /GET/?*", "Deny /GET/*/* !"]),
        (&[(Allow, "/f/[ab]")], &[], &["Wildcard \"/f/{any}\""]),
        // Only the declared routes can be asked for.
        (
            &[(Allow, "/users/{id}"), (Allow, "/users/{id}/photos")],
            &["/users/{id}", "/users/{id}/photos", "/users/{id}/books"],
            &["Allow /GET/users/*", "Deny /GET/users/*/books !"],
        ),
        (&[(Allow, "/users/{id}")], &["/users/{id}"], &["Allow /GET/users/*", "Deny /GET/users/*/* !"]),
    ];
    for (rules, routes, expected) in table {
        assert_eq!(whole(rules, routes), expected, "{rules:?} {routes:?}");
    }
}

/// `path.id COMPARISON text`, where the text can be no segment, or only one of its alternatives can.
#[test]
fn a_text_that_can_be_no_segment_is_not_written_as_a_path() {
    let like = |glob: &str| {
        let mut draft = Draft::new();
        let id = Operand::Path(crate::support::pattern("/users/{id}").binding("id").unwrap());
        let text = Operand::Literal(Literal::Text("a/b".into()));
        let like = draft.conditions.atom(Atom::Like(id.clone(), glob.into()));
        let is = draft.conditions.atom(Atom::Compare(id, Comparison::Equal, text));
        let is_not = draft.conditions.not(is);
        draft.rule(Effect::Allow, "GET", "/users/{id}", like);
        draft.rule(Effect::Allow, "PUT", "/users/{id}", is_not);
        draft
    };
    for (glob, expected) in [
        ("{a/b,c}", "Allow /GET/users/c /PUT/users/*"),
        ("{..,c}", "Allow /GET/users/c /PUT/users/*"),
        ("*/b", "Allow /PUT/users/*"),
        ("**", "Allow /GET/users/* /PUT/users/*"),
    ] {
        let outline = outline(&emit(like(glob), Some(&ana()), "GET/users/c"));
        assert_eq!(outline.first().map(String::as_str), Some(expected), "{glob}");
    }
}

#[test]
fn a_resource_policy_and_an_end_are_heeded() {
    let mut draft = owner_draft();
    draft.parts.authorizer.resource_policy = true;
    draft.parts.authorizer.expire_with_token = true;
    let ana = token(json!({"sub": "ana", "exp": 1_767_225_600}));
    let emission = emit(draft, Some(&ana), "GET/users/ana");
    assert_eq!(
        outline(&emission),
        [
            "Allow /GET/users/ana /GET/users/ana/* /PUT/users/ana",
            "Deny /*",
            "Deny !",
            "Deny but /GET/users/ana /GET/users/ana/* /PUT/users/ana",
        ]
    );
    let json = serde_json::to_value(&emission.document).unwrap();
    assert_eq!(
        json["Statement"][0]["Condition"],
        json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})
    );
    assert_eq!(
        json["Statement"][1]["Condition"],
        json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})
    );
}

#[test]
fn a_document_over_the_limit_is_not_sent() {
    let mut draft = owner_draft();
    draft.parts.authorizer.max_policy_bytes = 300;
    let emission = emit(draft, Some(&ana()), "GET/users/ana");
    let Mode::PerRequest(inexact) = &emission.mode else { panic!("{emission:?}") };
    assert_eq!(inexact.obstacle, Obstacle::DocumentTooLarge);
    assert_eq!(outline(&emission), ["Allow /GET/users/ana"]);
}

#[test]
fn a_document_is_written_as_api_gateway_reads_it() {
    let emission = emit(owner_draft(), Some(&ana()), "GET/users/ana");
    let json = serde_json::to_value(&emission.document).unwrap();
    assert_eq!(json["Version"], "2012-10-17");
    assert_eq!(
        json["Statement"][0],
        json!({
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": [
                format!("{STAGE}/GET/users/ana"), format!("{STAGE}/GET/users/ana/*"), format!("{STAGE}/PUT/users/ana")
            ],
        })
    );
}

#[test]
fn an_address_and_a_time_become_conditions() {
    let mut draft = Draft::new();
    let office = draft.conditions.atom(Atom::AddressIn("10.0.0.0/8".into()));
    let lab = draft.conditions.atom(Atom::AddressIn("10.1.0.0/16".into()));
    let until = |draft: &mut Draft, time: &str| {
        let time = Operand::Literal(Literal::Instant(time.into()));
        draft.conditions.atom(Atom::Compare(Operand::Time, Comparison::LessOrEqual, time))
    };
    let opening = until(&mut draft, "2026-01-01T07:59:59Z");
    let open = draft.conditions.not(opening);
    let both = draft.conditions.all(vec![office, open]);
    draft.rule(Effect::Allow, "GET", "/a", both);
    draft.rule(Effect::Deny, "GET", "/a", lab);
    let always = draft.always();
    draft.rule(Effect::Allow, "GET", "/b", always);
    let emission = emit(draft, Some(&ana()), "GET/elsewhere");
    assert_eq!(emission.mode, Mode::WholeApi);
    assert_eq!(outline(&emission), ["Allow /GET/b", "Allow /GET/a"]);
    let statements = emission.document.statements();
    assert_eq!(statements[0].condition, None);
    assert_eq!(
        serde_json::to_value(&statements[1].condition).unwrap(),
        json!({
            "DateGreaterThanEquals": { "aws:CurrentTime": "2026-01-01T08:00:00Z" },
            "IpAddress": { "aws:SourceIp": ["10.0.0.0/8"] },
            "NotIpAddress": { "aws:SourceIp": ["10.1.0.0/16"] }
        })
    );
}

#[test]
fn a_connection_is_let_in_by_its_own_arn() {
    for (path, allowed) in [("/$connect", true), ("/**", true), ("/{id}", true), ("/connect", false)] {
        let mut draft = Draft::new();
        let always = draft.always();
        draft.rule(Effect::Allow, "GET POST", path, always);
        let policy = draft.policy();
        let arn = MethodArn::parse(&format!("{STAGE}/$connect")).unwrap();
        let emission = policy.caller(Some(&ana())).emit(&arn, &RequestContext::default());
        assert_eq!((emission.decision.allowed, &emission.mode), (allowed, &Mode::WholeApi), "{path}");
        let expected = if allowed { "Allow /$connect" } else { "Deny /*" };
        assert_eq!(outline(&emission), [expected], "{path}");
    }
}

#[test]
fn verbs_are_merged_only_to_keep_the_limit() {
    let draft = |limit: u32, routes: &[(&str, &str)]| {
        let mut draft = Draft::new();
        let always = draft.always();
        draft.rule(Effect::Allow, "GET PUT DELETE", "/users/{id}", always);
        draft.rule(Effect::Allow, "GET", "/public", always);
        for (verbs, path) in routes {
            draft.route(verbs, path);
        }
        draft.parts.authorizer.max_policy_bytes = limit;
        draft
    };
    let plain = "Allow /DELETE/users/* /GET/public /GET/users/* /PUT/users/*";
    let apart = &[("GET PUT DELETE", "/users/{id}"), ("GET", "/public")][..];
    let roomy = emit(draft(8_192, apart), Some(&ana()), "GET/public");
    assert_eq!(outline(&roomy)[0], plain);
    let limit = u32::try_from(roomy.document.size() - 1).unwrap();
    let tight = emit(draft(limit, apart), Some(&ana()), "GET/public");
    assert_eq!((outline(&tight)[0].as_str(), &tight.mode), ("Allow /*/users/* /GET/public", &Mode::WholeApi));
    assert!(tight.document.size() <= limit as usize);
    // What a `*` for the verb would let in.
    for more in
        [("ANY", "/users/{id}"), ("POST", "/users/{id}"), ("GET", "/old/users/{id}"), ("GET", "/{proxy+}")]
    {
        let close = [apart, &[more]].concat();
        let tight = emit(draft(limit, &close), Some(&ana()), "GET/public");
        assert!(!tight.document.as_json().contains("/*/users/*\""), "{more:?}");
    }
}

#[test]
fn each_resource_has_the_rules_behind_it() {
    let mut draft = Draft::new();
    let always = draft.always();
    let all = draft.rule(Effect::Allow, "GET", "/users/{id}", always);
    let own = draft.rule(Effect::Allow, "GET", "/me", always);
    let no = draft.rule(Effect::Deny, "GET", "/users/root", always);
    let policy = draft.policy();
    let arn = MethodArn::parse(&format!("{STAGE}/GET/me")).unwrap();
    let token = ana();
    let caller = policy.caller(Some(&token));
    let emission = caller.emit(&arn, &RequestContext::default());
    let traced = caller.trace(&arn, &emission.document);
    let rules: Vec<_> = traced
        .iter()
        .filter(|one| one.purpose != Purpose::Malformed)
        .map(|one| (one.resource.strip_prefix(STAGE).unwrap(), one.purpose, one.rules.clone()))
        .collect();
    assert_eq!(
        rules,
        [
            ("/GET/me", Purpose::Rule, vec![own]),
            ("/GET/users/*", Purpose::Rule, vec![all]),
            ("/GET/users/*/*", Purpose::Guard, vec![all]),
            ("/GET/users/root", Purpose::Rule, vec![no]),
        ]
    );
    assert_eq!(traced.len(), rules.len() + 14);
}
