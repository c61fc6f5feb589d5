//! The policy for the whole API.

use std::hint::black_box;

use criterion::Criterion;
use policy_engine::Token;
use policy_peers::cedar::Cedar;
use policy_peers::emission;
use serde_json::{Value, json};

/// From parsed claims, 14 resources.
pub fn emit(c: &mut Criterion) {
    let token = emission::token();
    let ours = emission::Ours::new();
    let cedar = Cedar::records();
    let mut group = c.benchmark_group("peers, emit 14 resources");
    let mut line = |name: &str, emit: &dyn Fn(&Token) -> String| {
        assert_expected(name, &emit(&token));
        group.bench_function(name, |b| b.iter(|| emit(black_box(&token))));
    };
    line("direct write", &emission::direct);
    line("policyctl", &|token| ours.emit(token));
    line("aws_lambda_events", &emission::lambda_events);
    line("Cedar, route by route", &|token| emission::by_route(&cedar, token));
}

fn assert_expected(name: &str, text: &str) {
    let mut policy: Value = serde_json::from_str(text).expect("a policy is JSON");
    // IAM takes one action and a list of one for the same.
    let action = &mut policy["Statement"][0]["Action"];
    if *action == json!(["execute-api:Invoke"]) {
        *action = json!("execute-api:Invoke");
    }
    let expected: Value = serde_json::from_str(emission::EXPECTED).expect("a policy is JSON");
    assert_eq!(policy, expected, "{name}");
}
