//! `SnapStart`: a process that was frozen once it had started, and is restored weeks later, many times over.
//!
//! Nothing of it runs in between, and only the clock on the wall has moved. What it holds has grown old: keys, verified
//! tokens, answers of a userinfo endpoint. Before its first event the runtime calls `after_restore`.

use lambda_runtime::SnapStartResource;
use policy_authorizer::keys::{REFRESH_AFTER, STALE_LIMIT};
use serde_json::json;

use crate::desk::{Asked, Desk};
use crate::issuer::{Issuer, Mood, now};
use crate::keys::{lasting, policy};
use crate::policy::{Bundle, Source};
use crate::support::{System, key, other_key, token_event};

const JWKS: &str = "/jwks.json";
const DAY: i64 = 24 * 60 * 60;

/// A process that started at that time.
fn started(source: Source, issuer: &Issuer, start: i64) -> Desk {
    let desk = Desk::of(policy(source, &issuer.url()));
    desk.runtime.block_on(desk.authorizer.prefetch(start));
    desk
}

fn restore(desk: &Desk) {
    desk.runtime.block_on(desk.authorizer.after_restore()).unwrap();
}

fn ask(desk: &Desk, token: &str, now: i64) -> Asked {
    desk.ask_at(token_event(token, "GET/users/ana").to_string().as_bytes(), now)
}

#[test]
fn keys_that_grew_old_in_the_snapshot_are_fetched_before_the_first_event() {
    let issuer = Issuer::start(&[key(), other_key()]);
    let start = now() - 40 * DAY;
    let desk = started(Source::users(), &issuer, start);
    let (kept, removed) = (lasting(&issuer, key()), lasting(&issuer, other_key()));
    for token in [&kept, &removed, &kept, &removed] {
        assert_eq!(ask(&desk, token, start).line["decision"], "allow");
    }
    assert_eq!(issuer.requests(JWKS), 1);

    issuer.has_keys(&[key()]);
    restore(&desk);
    assert_eq!(issuer.requests(JWKS), 2, "before anybody asks");
    assert_eq!(ask(&desk, &kept, now()).line["decision"], "allow");
    assert_eq!(issuer.requests(JWKS), 2);
    let asked = ask(&desk, &removed, now());
    assert_eq!(asked.reason(), "key", "its signature was verified once, with a key that is gone: {asked:?}");
}

#[test]
fn tokens_that_ended_in_the_meantime_are_ended() {
    let issuer = Issuer::start(&[key()]);
    let start = now() - 40 * DAY;
    let desk = started(Source::users(), &issuer, start);
    let token =
        key().sign(&issuer.claims_with("ana", json!({ "iat": start, "exp": start + 3_600 }))).unwrap();
    for _ in 0..2 {
        assert_eq!(ask(&desk, &token, start).line["decision"], "allow", "it is remembered");
    }
    restore(&desk);
    let asked = ask(&desk, &token, now());
    assert_eq!((asked.reason(), &asked.answer), ("expired", &Err("Unauthorized".to_owned())));
}

#[test]
fn what_a_userinfo_endpoint_said_before_is_asked_anew() {
    let issuer = Issuer::start(&[key()]);
    let mut source = Source::users();
    source.issuer_field(&format!("userinfo \"{}/userinfo\"", issuer.url()));
    source.add("deny ANY /users/** unless userinfo.email_verified as verify_first");
    let start = now() - 40 * DAY;
    let desk = started(source, &issuer, start);
    let token = lasting(&issuer, key());
    issuer.says_userinfo(json!({ "sub": "ana", "email_verified": true }));
    assert_eq!(ask(&desk, &token, start).line["decision"], "allow");
    issuer.says_userinfo(json!({ "sub": "ana", "email_verified": false }));
    restore(&desk);
    let asked = ask(&desk, &token, now());
    assert_eq!(
        (asked.line["decision"].as_str(), &asked.line["rules"]),
        (Some("deny"), &json!(["verify_first"]))
    );
}

/// A restore that fails would be one more outage, and old keys would be a way in.
#[test]
fn an_issuer_that_is_down_at_the_restore_stops_nothing_and_opens_nothing() {
    let issuer = Issuer::start(&[key()]);
    let start = now() - STALE_LIMIT - 60;
    let desk = started(Source::users(), &issuer, start);
    let token = lasting(&issuer, key());
    assert_eq!(ask(&desk, &token, start).line["decision"], "allow");
    issuer.is(Mood::Answers(503, String::new()));
    restore(&desk);
    assert_eq!(ask(&desk, &token, now()).reason(), "no_keys", "the keys are too old");
    issuer.is(Mood::Well);
    assert_eq!(ask(&desk, &token, now() + 60).line["decision"], "allow");
}

#[test]
fn a_snapshot_of_this_minute_costs_the_issuer_nothing() {
    let issuer = Issuer::start(&[key()]);
    let desk = started(Source::users(), &issuer, now() - REFRESH_AFTER / 2);
    for _ in 0..10 {
        restore(&desk);
    }
    assert_eq!(issuer.requests(JWKS), 1);
}

/// The clock may stand earlier than in the snapshot, whose own was wrong.
#[test]
fn a_snapshot_from_the_future_is_no_way_to_keep_keys() {
    let issuer = Issuer::start(&[key(), other_key()]);
    let desk = started(Source::users(), &issuer, now() + 40 * DAY);
    issuer.has_keys(&[other_key()]);
    restore(&desk);
    assert_eq!(issuer.requests(JWKS), 2, "they are due at once");
    assert_eq!(ask(&desk, &lasting(&issuer, key()), now()).reason(), "key");
    assert_eq!(ask(&desk, &lasting(&issuer, other_key()), now()).line["decision"], "allow");
}

/// The binary under a runtime that freezes it: the hook runs, once it is restored, and before its first event.
#[test]
fn the_function_is_thawed_by_the_runtime() {
    let issuer = Issuer::start(&[key()]);
    issuer.is(Mood::Answers(503, String::new()));
    let snapstart = [("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")];
    let system = System::start_of(&snapstart, Bundle::of(Source::users()), issuer);
    wait_until(|| system.function.log().contains("keys not fetched"));
    system.issuer.is(Mood::Well);
    let (frozen, asked) = (now(), system.issuer.requests(""));
    // The issuer is not asked again within the second of a failure.
    wait_until(|| now() > frozen + 1);
    assert_eq!(system.issuer.requests(""), asked, "a frozen process does nothing");
    system.function.thaw();
    wait_until(|| system.issuer.requests(JWKS) == 1);
    system.ask(&system.token("ana")).answer();
    assert_eq!(system.issuer.requests(JWKS), 1, "the event found the keys there");
}

#[track_caller]
fn wait_until(holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("not within a minute");
}
