//! Per token and per request: facts, decisions, IAM policies; and the loading of a bundle.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "criterion's macros; a benchmark may panic"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use policy_benches::{USERS, many_rules, policy, program, token};
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Request, RequestContext, Verb, bundle};
use serde_json::json;
use std::hint::black_box;

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/users/ana";

fn decide(c: &mut Criterion) {
    let policy = policy(USERS).unwrap();
    let context = RequestContext::default();
    let owner = token(&json!({"sub": "ana", "email_verified": true, "scope": "openid"}));
    let admin = token(&json!({"sub": "root", "cognito:groups": ["staff", "apiAdmins"]}));
    let mut group = c.benchmark_group("decide");
    for (name, token, verb, path, allowed) in [
        ("owner GET", &owner, Verb::Get, "/users/ana", true),
        ("stranger GET", &owner, Verb::Get, "/users/ben", false),
        ("administrator list", &admin, Verb::Get, "/users", true),
        ("profile without the scope", &owner, Verb::Get, "/profile", false),
    ] {
        let caller = policy.caller(Some(token));
        let request = Request { verb, path, context: &context };
        assert_eq!(caller.decide(&request).allowed, allowed, "{name}");
        group.bench_function(BenchmarkId::new("from facts", name), |b| {
            b.iter(|| caller.decide(black_box(&request)));
        });
        group.bench_function(BenchmarkId::new("from claims", name), |b| {
            b.iter(|| policy.caller(Some(black_box(token))).decide(&request));
        });
    }
}

fn decide_among_many(c: &mut Criterion) {
    let context = RequestContext::default();
    let mut group = c.benchmark_group("decide among many");
    for count in [10, 100, 1_000, 10_000] {
        let policy = policy(&many_rules(count)).unwrap();
        let token = token(&json!({"groups": [format!("g{}", (count - 1) % 100)]}));
        let caller = policy.caller(Some(&token));
        let last = format!("/svc{}/items/1", count - 1);
        for (name, path, allowed) in
            [("last rule", last.as_str(), true), ("no rule", "/other/items/1", false)]
        {
            let request = Request { verb: Verb::Get, path, context: &context };
            assert_eq!(caller.decide(&request).allowed, allowed);
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter(|| caller.decide(black_box(&request)));
            });
        }
    }
}

fn emit(c: &mut Criterion) {
    let policy = policy(USERS).unwrap();
    let arn = MethodArn::parse(ARN).unwrap();
    let context = RequestContext::default();
    let token = token(&json!({"sub": "ana", "email_verified": true, "scope": "get:profile"}));
    let caller = policy.caller(Some(&token));
    assert_eq!(caller.emit(&arn, &context).mode, Mode::WholeApi);
    c.bench_function("emit/owner", |b| b.iter(|| caller.emit(black_box(&arn), &context)));
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(20);
    for count in [100, 10_000] {
        let bytes = bundle::write(&program(&many_rules(count)).unwrap());
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                let program = bundle::read(black_box(&bytes)).unwrap();
                let values = ParamValues::new(&program.parts().params, |_| None);
                Policy::bind(program, values).unwrap()
            });
        });
    }
}

criterion_group!(benches, decide, decide_among_many, emit, load);
criterion_main!(benches);
