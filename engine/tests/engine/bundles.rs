use policy_engine::bundle::{self, BundleError, FORMAT_VERSION};
use policy_engine::text::ParamValues;
use policy_engine::{BindError, Effect, Policy, Program, RuleId};

use crate::support::{Draft, param};

fn program() -> Program {
    let mut draft = Draft::new();
    let owner = draft.owner("/users/{id}/**", "id", "sub");
    draft.rule(Effect::Allow, "GET PUT", "/users/{id}/**", owner);
    let staff = draft.group("staff");
    draft.rule(Effect::Deny, "ANY", "/internal/report-*.pdf", staff);
    draft.program()
}

#[test]
fn a_program_comes_back_whole_and_the_same_program_gives_the_same_bytes() {
    let bytes = bundle::write(&program());
    assert_eq!(bytes, bundle::write(&program()));
    assert_eq!(bundle::read(&bytes), Ok(program()));
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let bytes = bundle::write(&program());
    for end in 0..bytes.len() {
        let error = bundle::read(&bytes[..end]).unwrap_err();
        let expected = if end < 10 { BundleError::NotABundle } else { BundleError::Damaged };
        assert_eq!(error, expected, "cut at {end}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(bundle::read(&longer), Err(BundleError::Damaged));
}

#[test]
fn a_bundle_with_one_byte_changed_is_refused() {
    let bytes = bundle::write(&program());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert!(bundle::read(&changed).is_err(), "changed at {at}");
    }
}

#[test]
fn the_digest_is_that_of_all_bytes() {
    use sha2::{Digest, Sha256};
    let bytes = bundle::write(&program());
    let contents = bundle::contents(&bytes.clone().into()).unwrap();
    assert_eq!(contents.digest, <[u8; 32]>::from(Sha256::digest(&bytes)));
    assert_eq!((contents.program, contents.keys), (program(), Vec::new()));
}

#[test]
fn rules_and_clauses_are_the_same_one_by_one_and_all_at_once() {
    let mut draft = Draft::new();
    for number in 0..100 {
        let group = draft.group(&format!("g{number}"));
        draft.rule(Effect::Allow, "GET", &format!("/svc{number}/{{id}}"), group);
    }
    let program = draft.program();
    let read = || bundle::read(&bundle::write(&program)).unwrap();
    let (one_by_one, at_once) = (read(), read());
    assert_eq!(at_once.parts().rules.iter().count(), 100);
    let (rules, clauses) = (&one_by_one.parts().rules, &one_by_one.parts().clauses);
    assert_eq!((rules.len(), clauses.len()), (100, 100));
    for index in (0..101).rev() {
        assert_eq!(rules.get(index), at_once.parts().rules.as_slice().get(index));
        assert_eq!(clauses.get(index), program.parts().clauses.as_slice().get(index));
    }
    assert_eq!(one_by_one, program);
}

#[test]
fn a_bundle_whose_clause_has_no_rule_is_refused() {
    let mut parts = program().parts().clone();
    assert_eq!(bundle::read(&bundle::write(&parts.clone().into_program())), Ok(program()));
    let none = u32::try_from(parts.rules.len()).unwrap();
    parts.clauses[0].rule = RuleId(none);
    let bytes = bundle::write(&parts.into_program());
    assert_eq!(bundle::read(&bytes), Err(BundleError::Damaged));
}

#[test]
fn a_bundle_of_another_version_is_named() {
    let mut bytes = bundle::write(&program());
    bytes[10..14].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let error = bundle::read(&bytes).unwrap_err();
    assert_eq!(error, BundleError::Version(FORMAT_VERSION + 1));
    assert!(error.to_string().contains("version 3"), "{error}");
}

#[test]
fn a_param_is_missed_only_where_it_is_needed() {
    let mut draft = Draft::new();
    draft.parts.params = vec![param("issuer_url", None)];
    let policy = draft.policy();
    let missing = policy.issuer_config(policy_engine::condition::IssuerId(0)).unwrap().unwrap_err();
    assert_eq!(missing.to_string(), "the param `issuer_url` has no value");

    let mut draft = Draft::new();
    draft.parts.params = vec![param("issuer_url", Some("x")), param("team", None)];
    let part = policy_engine::text::Part::Param(policy_engine::text::ParamId(1));
    let item = policy_engine::condition::Operand::Literal(policy_engine::condition::Literal::Text(
        policy_engine::text::Text::Template(vec![part]),
    ));
    let list = policy_engine::condition::Operand::Groups;
    let team = draft.conditions.atom(policy_engine::condition::Atom::Member { item, list });
    draft.rule(Effect::Allow, "GET", "/", team);
    let program = draft.program();
    let without = ParamValues::new(&program.parts().params, |_| None);
    let error = Policy::bind(program.clone(), without).unwrap_err();
    assert!(matches!(&error, BindError::Param(missing) if missing.name == "team"), "{error}");
    let with = ParamValues::new(&program.parts().params, |name| (name == "team").then(|| "red".to_owned()));
    assert!(Policy::bind(program, with).is_ok());
}

/// A checksum that fits says nothing of what it fits: no content may hang the reader or overflow its stack.
#[test]
fn a_bundle_whose_checksum_was_made_to_fit_does_no_harm() {
    use policy_engine::{Request, RequestContext, Verb};
    use sha2::{Digest, Sha256};
    let bytes = bundle::write(&program());
    let context = RequestContext::default();
    let mut read = 0;
    let end = bytes.len() - 32;
    for at in 14..end {
        for change in [1, 2, 3, 0x40, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let sum = Sha256::digest(&changed[..end]);
            changed[end..].copy_from_slice(&sum);
            let Ok(program) = bundle::read(&changed) else { continue };
            read += 1;
            let values = ParamValues::new(&program.parts().params, |_| Some("x".to_owned()));
            let Ok(policy) = Policy::bind(program, values) else { continue };
            let token = crate::support::ana();
            for path in ["/users/ana/x", "/internal/report-1.pdf", "/"] {
                let _ =
                    policy.caller(Some(&token)).decide(&Request { verb: Verb::Get, path, context: &context });
            }
        }
    }
    assert!(read > 100, "{read}");
}

#[test]
fn keys_go_with_a_program() {
    let keys = |issuer: &str| bundle::ShippedKeys {
        issuer: issuer.to_owned(),
        jwks: "{\"keys\": []}".to_owned(),
        until: 1_800_000_000,
    };
    let keys = [keys("cognito"), keys("auth0")];
    let bytes = bundle::write_with_keys(&program(), &keys);
    assert_eq!(bytes, bundle::write_with_keys(&program(), &keys));
    assert_eq!(bundle::read_with_keys(&bytes), Ok((program(), keys.to_vec())));
    assert_eq!(bundle::read(&bytes), Ok(program()), "who does not want them passes over them");
    assert_eq!(bundle::write_with_keys(&program(), &[]), bundle::write(&program()));
    assert_eq!(bundle::read_with_keys(&bundle::write(&program())), Ok((program(), Vec::new())));
    for end in 0..bytes.len() {
        assert_eq!(
            bundle::read_with_keys(&bytes[..end]).unwrap_err(),
            bundle::read(&bytes[..end]).unwrap_err()
        );
    }
}
