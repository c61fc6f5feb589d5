//! Whether a policy's answers hold for the whole API is worked out when it is built: what is reported is so,
//! and what is not reported is not so.
//!
//! A failure prints its seed: `POLICYCTL_TEST_SEEDS=N` runs that one alone, `N..M` many others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what is not as expected is a failed test")]

mod random;
mod reference;

use policy_dsl::prove::{Conflict, Coverage, Mend, Proof, whole_api};
use policy_dsl::source::{DiskFiles, MemoryFiles};
use policy_dsl::{CompiledPolicy, compile};
use policy_engine::iam::{Inexact, MethodArn, Mode, Obstacle};
use policy_engine::text::ParamValues;
use policy_engine::{Policy, RequestContext, Token};
use random::{Rng, Tally, add, path_policy, policy, run_seeds, token};
use serde_json::json;

const ISSUER: &str = "issuer main { url \"https://issuer.example\" audience \"api\" groups token.groups }\n";

fn compiled(text: &str) -> CompiledPolicy {
    let files = MemoryFiles::default().with("p.policy", format!("{ISSUER}{text}"));
    let compilation = compile("p.policy", &files);
    compilation.policy.unwrap_or_else(|| panic!("{text}: {:?}", compilation.diagnostics))
}

/// With the values that the search takes for parameters that have none.
fn bound(policy: &CompiledPolicy) -> Policy {
    let program = policy.program.clone();
    let values = ParamValues::new(&program.parts().params, |name| {
        let param = program.parts().params.iter().find(|param| param.name == name)?;
        param.default.is_none().then(|| format!("{name}-value"))
    });
    Policy::bind(program, values).unwrap()
}

fn inexact(policy: &Policy, token: Option<&Token>, stage: &str) -> Option<Inexact> {
    let arn = format!("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/{stage}/GET/");
    let emission = policy.caller(token).emit(&MethodArn::parse(&arn).unwrap(), &RequestContext::default());
    match emission.mode {
        Mode::WholeApi => None,
        Mode::PerRequest(inexact) => Some(inexact),
    }
}

/// The ids of a conflict's rules, the one in the way first.
fn ids<'p>(policy: &'p CompiledPolicy, conflict: &Conflict) -> Vec<&'p str> {
    let rules = &policy.program.parts().rules;
    std::iter::once(conflict.rule)
        .chain(conflict.others.iter().copied())
        .filter_map(|id| Some(rules.get(id.0 as usize)?.id.as_str()))
        .collect()
}

#[test]
fn conflicts_are_found_with_an_example() {
    for (text, rules, obstacle, claims, request) in [
        (
            "allow GET /users/{id} as one\nallow GET /users/{id}/photos when path.id == token.sub as photos",
            &["one", "photos"][..],
            Obstacle::Wildcard,
            json!({ "sub": "ana" }),
            "GET /users/any",
        ),
        (
            "allow GET /a/{id} when path.id < \"m\" as early",
            &["early"],
            Obstacle::PathCondition,
            json!({}),
            "GET /a/any",
        ),
        (
            "allow GET /a when request.header.tenant == token.tenant and group \"staff\" as tenant",
            &["tenant"],
            Obstacle::ReadsRequest,
            json!({ "groups": ["staff"] }),
            "GET /a",
        ),
        (
            "allow GET /files/v[0-9]x as old\nallow GET /other when group \"a\" as other",
            &["old"],
            Obstacle::Wildcard,
            json!({}),
            "GET /files/v0x",
        ),
        (
            "allow ANY /** when group \"admin\" as all\nallow GET /a as a\n\
             deny DELETE /s/{id} unless token.verified as unverified",
            &["all", "unverified"],
            Obstacle::Wildcard,
            json!({ "groups": ["admin"] }),
            "DELETE /any",
        ),
    ] {
        let policy = compiled(text);
        let proof = whole_api(&policy);
        let [conflict] = proof.conflicts.as_slice() else { panic!("{text}: {proof:#?}") };
        assert_eq!(ids(&policy, conflict), rules, "{text}");
        assert_eq!(conflict.obstacle, obstacle, "{text}");
        assert_eq!(json!(conflict.token.as_ref().unwrap().claims()), claims, "{text}");
        assert_eq!(format!("{} {}", conflict.verb, conflict.path), request, "{text}");
    }
}

#[test]
fn what_iam_can_say_is_proved() {
    for text in [
        "",
        "allow GET /a /b/c",
        "allow ANY /**",
        "public GET /docs/** as docs\nallow GET /users/{id} when path.id == token.sub",
        "allow GET /users/{id} /users/{id}/** when path.id == token.sub\n\
         allow ANY /users/** when group \"admin\"\nallow GET POST /users when group \"admin\"",
        "allow GET /users/{id}\ndeny GET /users/{id} when path.id == token.banned",
        "api { GET /users/{id} /users/{id}/photos }\nallow GET /users/{id}\nallow GET /users/{id}/photos",
        "allow GET /a/{x}/b when token.level > 3 and token.level < 7\nallow GET /a/{x} when token.level > 10",
        "allow ANY /** when group \"admin\"\ndeny ANY /s/** when token.suspended",
        "allow GET /t/{tenant}/** when path.tenant in token.tenants\ndeny GET /t/{tenant}/secret unless scope \"s\"",
        "allow GET /files/report-*.pdf when scope \"read\"",
        "allow GET /{x} when request.stage == \"dev\"",
    ] {
        let policy = compiled(text);
        let proof = whole_api(&policy);
        assert!(proof.is_whole(), "{text}\n{proof:#?}");
    }
}

#[test]
fn the_policies_of_the_repository_are_whole() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "policy") {
            let compilation = compile(path.to_str().unwrap(), &DiskFiles);
            let proof = whole_api(&compilation.policy.unwrap());
            assert_eq!(proof, Proof { coverage: Coverage::Complete, conflicts: Vec::new() }, "{path:?}");
        }
    }
}

#[test]
fn a_change_that_helps_is_named() {
    for (text, mend) in [
        ("allow GET /files/v[12]", "write `v{1,2}` in place of `v[12]`"),
        ("allow ANY /**\ndeny ANY /s/{id}", "let the `deny` hold for `/s/{id}/**` as well"),
        ("allow GET /a/{x}/b/{y}/**", "declare the routes that exist: `api { … }`"),
        (
            "authorizer { max_policy_bytes 1024 }\nallow GET /users/{id} as one",
            "write `max_policy_bytes 8192`",
        ),
    ] {
        let policy = compiled(text);
        let proof = whole_api(&policy);
        let found: Vec<_> =
            proof.conflicts.iter().filter_map(|one| one.mend.as_ref().map(Mend::to_string)).collect();
        assert_eq!(found, [mend], "{text}: {proof:#?}");
    }
}

#[test]
fn too_large_documents_are_found() {
    let rules: Vec<String> = (0..200)
        .map(|at| format!("allow GET PUT /service-{at}/{{id}} when group \"g{at}\" as rule{at}"))
        .collect();
    let policy = compiled(&rules.join("\n"));
    let proof = whole_api(&policy);
    let [conflict] = proof.conflicts.as_slice() else { panic!("{proof:#?}") };
    assert_eq!(conflict.obstacle, Obstacle::DocumentTooLarge);
    let token = conflict.token.as_ref().unwrap();
    let groups = token.claims()["groups"].as_array().unwrap().len();
    assert_eq!(groups, 1 + conflict.others.len(), "one group for each rule");
    assert!(groups < 60, "{groups}");
}

/// The completeness check: a random token that needs answers for single requests means that there is a
/// finding, wherever the search says that it looked at every token.
#[test]
fn a_complete_search_misses_nothing() {
    let expected = [
        ("policies", 400),
        ("complete", 150),
        ("complete, with conflicts", 60),
        ("proved whole", 60),
        ("tokens for single requests, found", 60),
        ("tokens for the whole API, proved", 300),
        ("conflicts", 150),
    ];
    run_seeds(400, &expected, check);
}

fn check(seed: u64, tally: &mut Tally) {
    let mut rng = Rng::new(seed);
    let draft = if seed.is_multiple_of(3) { policy(&mut rng) } else { path_policy(&mut rng) };
    let (first, second) = draft.texts();
    let files = MemoryFiles::default().with("first.policy", first.clone());
    let files = match second.clone() {
        Some(second) => files.with("second.policy", second),
        None => files,
    };
    let policy = compile("first.policy", &files).policy.unwrap();
    let bound = bound(&policy);
    let proof = whole_api(&policy);
    add(tally, "policies");
    for conflict in &proof.conflicts {
        add(tally, "conflicts");
        let stage = conflict.stage.as_deref().unwrap_or("prod");
        let found = inexact(&bound, conflict.token.as_ref(), stage);
        assert!(found.is_some(), "seed {seed}: {conflict:?}\n{first}{}", second.unwrap_or_default());
    }
    let is_complete = proof.coverage == Coverage::Complete;
    if is_complete {
        add(tally, if proof.is_whole() { "proved whole" } else { "complete, with conflicts" });
        add(tally, "complete");
    }
    for _ in 0..12 {
        let token = token(&mut rng, draft.issuers);
        let stage = rng.pick(&["prod", "dev"]);
        let found = inexact(&bound, token.as_ref(), stage);
        match found {
            None if proof.is_whole() => add(tally, "tokens for the whole API, proved"),
            // How long a random claim is in its encodings is not looked at.
            Some(Inexact { obstacle: Obstacle::DocumentTooLarge, .. }) => add(tally, "too large"),
            Some(found) if is_complete => {
                let claims = token.as_ref().map(Token::claims);
                assert!(
                    !proof.conflicts.is_empty(),
                    "seed {seed}: {found:?}\n{claims:?} on {stage}\n{first}{}",
                    second.unwrap_or_default()
                );
                add(tally, "tokens for single requests, found");
            }
            _ => {}
        }
    }
}
