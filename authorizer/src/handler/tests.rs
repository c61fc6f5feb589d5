//! Who is told about an event, and who is not.

use policy_dsl::source::MemoryFiles;
use policy_engine::text::ParamValues;
use serde_json::{Value, json};

use super::*;
use crate::log::tests::Memory;
use crate::metrics::{Metrics, Namespace};

const POLICY: &str = "public GET /health as health\n";

fn policy(text: &str) -> Policy {
    let compiled = policy_dsl::compile("p.policy", &MemoryFiles::default().with("p.policy", text));
    let program = compiled.policy.unwrap().program;
    Policy::bind(program, ParamValues::new(&[], |_| None)).unwrap()
}

/// The policy of that text with everybody told, and what they hear: the log, the metrics.
fn watched(share: &str) -> (Authorizer, Memory, Memory) {
    let (log, metrics) = (Memory::default(), Memory::default());
    let mut authorizer = Authorizer::new(policy(POLICY), Arc::new(log.log())).unwrap();
    authorizer.observer.sampling = Sampling::parse(share).unwrap();
    let namespace = Namespace::parse("Users").unwrap();
    authorizer.observer.metrics = Some(Metrics::new(namespace, "f".to_owned(), metrics.clone()));
    (authorizer, log, metrics)
}

async fn ask(authorizer: &Authorizer, id: &str, path: &str) {
    let arn = format!("arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET{path}");
    let event = json!({ "type": "TOKEN", "methodArn": arn }).to_string();
    let time = UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
    let _ = authorizer.handle(event.as_bytes(), Invocation { request_id: Some(id), trace: None, time }).await;
}

fn lines(memory: &Memory) -> Vec<Value> {
    memory.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn samples_are_of_allowed_requests_alone_and_metrics_count_all() {
    for (share, allowed) in [("1", 100), ("0", 0)] {
        let (authorizer, log, metrics) = watched(share);
        for n in 0..100 {
            ask(&authorizer, &format!("allowed-{n}"), "/health").await;
            ask(&authorizer, &format!("refused-{n}"), "/users").await;
        }
        let count = |decision: &str| lines(&log).iter().filter(|line| line["decision"] == decision).count();
        assert_eq!((count("allow"), count("unauthorized")), (allowed, 100), "{share}");
        let metrics = lines(&metrics);
        let ones = |name: &str| metrics.iter().filter(|line| line[name] == json!(1.0)).count();
        assert_eq!([ones("Allowed"), ones("Denied"), ones("Unauthorized")], [100, 0, 100]);
    }
    let (authorizer, log, _) = watched("0.5");
    for n in 0..100 {
        ask(&authorizer, &format!("allowed-{n}"), "/health").await;
        ask(&authorizer, &format!("refused-{n}"), "/users").await;
    }
    let lines = lines(&log);
    let samples = lines.iter().filter(|line| line["decision"] == "allow").collect::<Vec<_>>();
    assert!((25..75).contains(&samples.len()), "{}", samples.len());
    assert!(samples.iter().all(|line| line["sample"] == json!(0.5)));
    assert!(lines.iter().filter(|line| line["decision"] != "allow").all(|line| line.get("sample").is_none()));
}

#[tokio::test]
async fn a_shadow_is_judged_by_the_decision_first() {
    let (mut authorizer, log, metrics) = watched("0");
    let shadow = policy("public GET /users as users\npublic GET /health as health\n");
    let verifier = Verifier::new(&shadow, KeysFrom::Issuers, &authorizer.observer.log).unwrap();
    let judge = Judge::new(shadow.into(), Arc::new(verifier), LoggedClaims::default());
    authorizer.shadow = Shadow::Judge(Box::new(judge));
    ask(&authorizer, "1", "/health").await;
    ask(&authorizer, "2", "/users").await;
    ask(&authorizer, "3", "/nowhere").await;
    let told: Vec<Value> =
        lines(&log).into_iter().filter(|line| line["message"] == "shadow differs").collect();
    assert_eq!(told.len(), 1, "only the answer differs for 1, and such lines are samples: {told:#?}");
    assert_eq!(told[0]["request_id"], "2");
    assert_eq!(told[0]["differs"], json!(["decision"]));
    assert_eq!((&told[0]["decision"], &told[0]["reason"]), (&json!("unauthorized"), &json!("no_token")));
    assert_eq!(told[0]["shadow"], json!({ "decision": "allow", "reason": "rule", "rules": ["users"] }));
    let counted =
        lines(&metrics).iter().map(|line| line.get("ShadowDifferences").is_some()).collect::<Vec<_>>();
    assert_eq!(counted, [true, true, false]);
}
