//! What can be seen of the function from outside: its log, its metrics, its traces; and the shadow policy.

use std::net::UdpSocket;
use std::time::Duration;

use policy_authorizer::dev::jwks;
use policy_engine::bundle::{self, ShippedKeys};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::function::TRACE;
use crate::issuer::{Issuer, Mood, now};
use crate::policy::{Bundle, Source};
use crate::support::{System, key, token_event, unauthorized};

/// The lines of the log with that message.
fn lines(system: &System, message: &str) -> Vec<Value> {
    let log = system.function.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == message).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[test]
fn the_start_says_what_was_loaded() {
    let bytes = bundle::write(&Source::users().program());
    let system = System::start_of(
        &[("POLICY_LOG_SAMPLE", "many"), ("POLICY_LOG_CLAIMS", "sub,nonsense")],
        Bundle::of_bytes(&bytes),
        Issuer::start(&[key()]),
    );
    system.ask("");
    let loaded = lines(&system, "policy loaded");
    assert_eq!(loaded.len(), 1);
    let line = &loaded[0];
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(line["bundle_digest"], hex(&Sha256::digest(&bytes)));
    assert_eq!(line["bundle_bytes"], bytes.len());
    assert_eq!(line["unknown_settings"], json!(["POLICY_LOG_SAMPLE=`many`"]));
    assert_eq!(line["unknown_claims"], json!(["nonsense"]));
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_decision_leaves_one_line_with_all_that_it_was_made_of() {
    let system = System::start_in(&[("POLICY_LOG_CLAIMS", "cognito:groups")], |_, _| {});
    let token = system.token_with("ana", json!({ "cognito:groups": ["staff"], "email": "ana@example.com" }));
    system.ask(&token).answer();
    let decided = lines(&system, "decided");
    assert_eq!(decided.len(), 1);
    let line = decided[0].as_object().unwrap();
    for (name, value) in [
        ("level", json!("INFO")),
        ("request_id", json!("request-1")),
        ("decision", json!("allow")),
        ("reason", json!("rule")),
        ("principal", json!("ana")),
        ("verb", json!("GET")),
        ("path", json!("/users/ana")),
        ("route", json!("/users/{userid}")),
        ("mode", json!("whole_api")),
        ("claims", json!({ "cognito:groups": ["staff"] })),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert!(line["rules"].as_array().is_some_and(|rules| rules.len() == 1));
    for name in ["duration_us", "verify_us", "decide_us"] {
        assert!(line[name].is_u64(), "{name}");
    }
    assert!(!system.function.log().contains("ana@example.com"), "no claim that nobody asked for");
    assert!(!system.function.log().contains(&token[..30]));
}

#[test]
fn metrics_are_written_to_standard_output_where_they_are_asked_for() {
    let system = System::start_in(&[("POLICY_METRICS", "Users")], |_, _| {});
    system.ask(&system.token("ana")).answer();
    system.ask(&system.token("ana")).answer();
    system.ask("none");
    let documents = system.function.output(3);
    assert_eq!(documents.len(), 3);
    for document in &documents {
        assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Users");
        assert_eq!(document["FunctionName"], "authorizer");
        assert!(document["Duration"].is_f64());
    }
    let kinds = |document: &Value| ["Allowed", "Denied", "Unauthorized"].map(|name| document[name].as_f64());
    assert_eq!(kinds(&documents[0]), [Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(kinds(&documents[2]), [Some(0.0), Some(0.0), Some(1.0)]);
    assert_eq!(documents[0]["KeyFetches"], 1.0, "that of the start");
    assert!(documents[0]["PolicyBytes"].as_f64().is_some_and(|bytes| bytes > 100.0));
    assert_eq!(documents[1].get("KeyFetches"), None);
    assert_eq!((&documents[2]["Reason"], &documents[2]["TokensRefused"]), (&json!("parts"), &json!(1)));
}

#[test]
fn traced_requests_leave_a_subsegment_with_the_daemon() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    let system = System::start_in(&[("AWS_XRAY_DAEMON_ADDRESS", &address)], |_, _| {});
    system.ask(&system.token("ana")).answer();
    let mut buffer = [0; 4_096];
    let length = daemon.recv(&mut buffer).unwrap();
    let datagram = std::str::from_utf8(&buffer[..length]).unwrap();
    let (header, document) = datagram.split_once('\n').unwrap();
    assert_eq!(header, r#"{"format":"json","version":1}"#);
    let document: Value = serde_json::from_str(document).unwrap();
    assert!(TRACE.contains(document["trace_id"].as_str().unwrap()));
    assert!(TRACE.contains(document["parent_id"].as_str().unwrap()));
    assert_eq!(document["annotations"]["decision"], "allow");
    assert!(document["end_time"].as_f64() >= document["start_time"].as_f64());
}

/// The Users system with the policy that the change makes beside it.
fn shadowed(change: impl FnOnce(&mut Source, &Issuer)) -> (System, Bundle) {
    let issuer = Issuer::start(&[key()]);
    let mut source = Source::users();
    change(&mut source, &issuer);
    let shadow = Bundle::of(source);
    let path = shadow.path().display().to_string();
    let environment = [("POLICY_SHADOW_BUNDLE", path.as_str()), ("POLICY_METRICS", "Users")];
    (System::start_of(&environment, Bundle::of(Source::users()), issuer), shadow)
}

#[test]
fn a_shadow_that_agrees_is_silent_and_fetches_nothing_of_its_own() {
    let (system, _shadow) = shadowed(|_, _| {});
    for _ in 0..3 {
        system.ask(&system.token("ana")).answer();
    }
    assert_eq!(system.ask("none"), unauthorized());
    assert_eq!(lines(&system, "shadow loaded").len(), 1);
    assert_eq!(lines(&system, "shadow differs"), Vec::<Value>::new());
    assert_eq!(system.issuer.requests("/jwks.json"), 1);
    assert!(system.function.output(4).iter().all(|document| document.get("ShadowDifferences").is_none()));
}

#[test]
fn a_shadow_is_logged_where_it_differs_and_never_answers() {
    let (system, _shadow) = shadowed(|policy, _| {
        policy.add("deny GET /users/{userid} when token.sub == \"ben\" as not_ben");
    });
    let plain = System::start();
    let asked = |system: &System, who: &str| {
        let event = token_event(&system.token(who), &format!("GET/users/{who}"));
        system.function.invoke(&event).answer()
    };
    for who in ["ana", "ben"] {
        assert_eq!(asked(&system, who), asked(&plain, who), "{who}");
    }
    let differs = lines(&system, "shadow differs");
    let line = differs.iter().find(|line| line["principal"] == "ben").unwrap();
    assert_eq!(line["level"], "WARN");
    assert_eq!((&line["decision"], &line["shadow"]["decision"]), (&json!("allow"), &json!("deny")));
    assert_eq!(line["shadow"]["rules"], json!(["not_ben"]));
    assert_eq!(line["differs"], json!(["decision", "policyDocument"]));
    assert_eq!(line["request_id"], "request-1");
    assert!(!differs.iter().any(|line| line["principal"] == "ana"), "{differs:#?}");
    assert_eq!(system.function.output(2)[1]["ShadowDifferences"], 1.0);
}

/// Of a token that the first has verified and remembered, nothing is missing that only the shadow reads.
#[test]
fn a_shadow_reads_claims_that_the_first_does_not() {
    let (system, _shadow) = shadowed(|policy, _| {
        policy.add("deny GET /users/{userid} when token.plan == \"free\" as not_free");
    });
    let mut claims = system.issuer.claims("ana");
    claims.insert("plan".to_owned(), json!("free"));
    let token = key().sign(&claims).unwrap();
    for _ in 0..2 {
        system.ask(&token).answer();
    }
    let differs = lines(&system, "shadow differs");
    assert_eq!(differs.len(), 2, "{differs:#?}");
    assert!(differs.iter().all(|line| line["shadow"]["rules"] == json!(["not_free"])), "{differs:#?}");
}

/// Of a token that the first accepts each time, the shadow asks each time what its own settings want.
#[test]
fn a_shadow_with_other_settings_refuses_what_the_first_remembers() {
    let (system, _shadow) =
        shadowed(|policy, _| policy.replace("token_use  \"id\"", "token_use  \"access\""));
    let token = system.token("ana");
    for _ in 0..4 {
        system.ask(&token).answer();
    }
    let differs = lines(&system, "shadow differs");
    assert_eq!(differs.len(), 4, "{differs:#?}");
    assert!(differs.iter().all(|line| line["shadow"]["reason"] == "token_use"), "{differs:#?}");
}

/// What neither can know of a TOKEN event is no difference; other `Condition`s are one of the answer.
#[test]
fn a_shadow_that_reads_the_address() {
    let outcast =
        |block: &str| format!("deny GET /users/{{userid}} when request.ip in \"{block}\" as outcast");
    for (first, second, differs, decisions) in [
        (None, Some("192.0.2.0/24"), json!(["decision", "policyDocument"]), ["allow", "conditional"]),
        (
            Some("192.0.2.0/24"),
            Some("192.0.2.0/25"),
            json!(["policyDocument"]),
            ["conditional", "conditional"],
        ),
        (Some("192.0.2.0/24"), Some("192.0.2.0/24"), Value::Null, ["", ""]),
        (Some("192.0.2.0/24"), None, json!(["decision", "policyDocument"]), ["conditional", "allow"]),
    ] {
        let [first, second] = [first, second].map(|block| {
            let mut source = Source::users();
            source.add(&block.map(outcast).unwrap_or_default());
            Bundle::of(source)
        });
        let path = second.path().display().to_string();
        let environment = [("POLICY_SHADOW_BUNDLE", path.as_str()), ("POLICY_METRICS", "Users")];
        let system = System::start_of(&environment, first, Issuer::start(&[key()]));
        system.ask(&system.token("ana")).answer();
        let lines = lines(&system, "shadow differs");
        let line = lines.first().unwrap_or(&Value::Null);
        assert_eq!(line["differs"], differs);
        let metrics = &system.function.output(1)[0];
        assert_eq!(metrics["ShadowDifferences"].as_f64(), (!differs.is_null()).then_some(1.0));
        if !differs.is_null() {
            assert_eq!([&line["decision"], &line["shadow"]["decision"]], decisions);
        }
        for (side, decision) in [(line, decisions[0]), (&line["shadow"], decisions[1])] {
            if decision == "conditional" {
                assert_eq!((&side["reason"], &side["rules"]), (&json!("address"), &json!(["outcast"])));
            }
        }
        let counted = ["Allowed", "Denied", "Unauthorized", "Conditional"].map(|name| metrics[name].as_f64());
        let expected = if decisions[0] == "allow" { [1.0, 0.0, 0.0] } else { [0.0; 3] };
        assert_eq!(counted[..3], expected.map(Some));
        assert_eq!(counted[3], (decisions[0] != "allow").then_some(1.0));
    }
}

#[test]
fn a_shadow_with_other_issuers_fetches_at_the_start_alone() {
    let elsewhere = Issuer::start(&[key()]);
    let keys = format!("{}/jwks.json", elsewhere.url());
    let (system, _shadow) = shadowed(move |policy, _| policy.issuer_field(&format!("jwks \"{keys}\"")));
    system.ask(&system.token("ana")).answer();
    elsewhere.has_keys(&[]);
    let stranger = crate::support::other_key().sign(&system.issuer.claims("ana")).unwrap();
    assert_eq!(system.ask(&stranger), unauthorized());
    assert_eq!(elsewhere.requests("/jwks.json"), 1);
    assert_eq!(lines(&system, "shadow differs"), Vec::<Value>::new());
}

#[test]
fn a_shadow_that_cannot_be_used_is_told_and_stops_nothing() {
    let (broken, missing) = (Bundle::of_bytes(b"not a bundle"), Bundle::of_bytes(b""));
    std::fs::remove_file(missing.path()).unwrap();
    let mut unbound = Source::users();
    unbound.add("param needed\nallow GET /x when token.sub == needed");
    for (bundle, named) in
        [(broken, "not a policy bundle"), (missing, "cannot read"), (Bundle::of(unbound), "`needed`")]
    {
        let path = bundle.path().display().to_string();
        let environment = [("POLICY_SHADOW_BUNDLE", path.as_str()), ("POLICY_METRICS", "Users")];
        let system = System::start_in(&environment, |_, _| {});
        system.ask(&system.token("ana")).answer();
        let told = lines(&system, "shadow not loaded");
        assert_eq!((told.len(), &told[0]["level"]), (1, &json!("ERROR")));
        assert!(told[0]["reason"].as_str().unwrap().contains(named), "{told:?}");
        assert_eq!(system.function.output(1)[0]["ShadowBroken"], 1.0);
    }
}

#[test]
fn shipped_keys_answer_while_the_issuer_is_down_at_a_cold_start() {
    let shipped =
        ShippedKeys { issuer: "cognito".to_owned(), jwks: jwks([key()]).to_string(), until: now() + 3_600 };
    let bytes = bundle::write_with_keys(&Source::users().program(), &[shipped]);
    let issuer = Issuer::start(&[key()]);
    issuer.is(Mood::Answers(503, String::new()));
    let system = System::start_of(&[("POLICY_METRICS", "Users")], Bundle::of_bytes(&bytes), issuer);
    system.ask(&system.token("ana")).answer();
    assert_eq!(lines(&system, "policy loaded")[0]["shipped_keys"], json!(["cognito"]));
    let failed = lines(&system, "keys not fetched");
    assert_eq!(failed[0]["stale_keys_in_use"], true);
    let document = &system.function.output(1)[0];
    assert_eq!(document["StaleKeyUses"], 1.0);
    // That of the start; and another one where the event came a second later.
    assert!(document["KeyFetchFailures"].as_f64().is_some_and(|failures| failures >= 1.0), "{document:#}");
}

/// Of the binary that is deployed: a debug build is larger. `--nocapture` shows what it needs.
#[test]
fn the_users_service_needs_little_memory() {
    const TIMES: usize = 1_000;
    let system = System::start_in(&[("POLICY_METRICS", "Users")], |_, _| {});
    let same = system.token("ana");
    for n in 0..TIMES {
        system.ask(&system.token_with("ana", json!({ "jti": n }))).answer();
    }
    for _ in 0..TIMES {
        system.ask(&same).answer();
    }
    let documents = system.function.output(2 * TIMES);
    let (new, known) = documents.split_at(TIMES);
    let mean = |documents: &[Value], name: &str| {
        let values: Vec<f64> = documents.iter().map(|document| document[name].as_f64().unwrap()).collect();
        values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
    };
    for name in ["Duration", "VerifyDuration", "DecideDuration"] {
        println!("{name}: {:.0} µs, {:.0} µs for a known token", mean(new, name), mean(known, name));
    }
    assert_eq!(known.iter().filter(|document| document.get("RememberedTokens").is_some()).count(), TIMES - 1);
    let Some(peak) = system.function.peak_memory() else { return };
    println!("peak memory: {peak} KiB");
    if !cfg!(debug_assertions) {
        assert!(peak <= 16 * 1_024, "{peak} KiB");
    }
}
