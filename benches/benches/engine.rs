//! Per token and per request: facts, decisions, IAM policies; and the loading of a bundle.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "criterion's macros; a benchmark may panic"
)]

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use policy_benches::{RECORDS, USERS, many_routes, many_rules, policy, program, token};
use policy_engine::iam::{MethodArn, Mode};
use policy_engine::text::ParamValues;
use policy_engine::{Policy, Request, RequestContext, Verb, bundle};
use serde_json::json;
use std::hint::black_box;

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod";
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

/// A policy for the whole API, beside a direct write of the same bytes.
fn emit(c: &mut Criterion) {
    let policy = policy(RECORDS).unwrap();
    let arn = MethodArn::parse(ARN).unwrap();
    let context = RequestContext::default();
    let token = token(&json!({"sub": "ana", "scope": "get:profile"}));
    let caller = policy.caller(Some(&token));
    let emission = caller.emit(&arn, &context);
    assert_eq!(emission.mode, Mode::WholeApi);
    assert_eq!(emission.document.as_json(), write_records(STAGE, "ana"));
    assert_eq!(emission.document.as_json().matches("arn:").count(), 14);
    let mut group = c.benchmark_group("emit, 14 resources");
    group.bench_function("direct write", |b| {
        b.iter(|| write_records(black_box(STAGE), black_box("ana")));
    });
    group.bench_function("from facts", |b| b.iter(|| caller.emit(black_box(&arn), &context)));
    group.bench_function("from claims", |b| {
        b.iter(|| policy.caller(Some(black_box(&token))).emit(&arn, &context));
    });
    let unseen = || policy_benches::policy(RECORDS).unwrap();
    let planned = || {
        let policy = unseen();
        policy.prepare();
        policy
    };
    let first = |policy: Policy| {
        let size = policy.caller(Some(&token)).emit(&arn, &context).document.size();
        (policy, size)
    };
    group.bench_function("the first token of its kind", |b| {
        b.iter_batched(unseen, first, BatchSize::LargeInput);
    });
    group.bench_function("the first token of its kind, planned ahead", |b| {
        b.iter_batched(planned, first, BatchSize::LargeInput);
    });
    group.bench_function("planning ahead", |b| {
        b.iter_batched(
            || policy_benches::policy(RECORDS).unwrap(),
            |policy| {
                policy.prepare();
                policy
            },
            BatchSize::LargeInput,
        );
    });
}

/// What a token may do by [`RECORDS`], written without a rule looked at.
fn write_records(prefix: &str, user: &str) -> String {
    let mut out = String::with_capacity(1_536);
    out.push_str(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["#);
    let mut comma = "";
    for (below, own) in [
        ("/DELETE/albums/", true),
        ("/DELETE/drafts/", true),
        ("/DELETE/feeds/", true),
        ("/DELETE/keys/", true),
        ("/DELETE/notes/", true),
        ("/DELETE/users/", true),
        ("/GET/albums/", true),
        ("/GET/drafts/", true),
        ("/GET/feeds/", true),
        ("/GET/keys/", true),
        ("/GET/notes/", true),
        ("/GET/profile", false),
        ("/GET/status", false),
        ("/GET/users/", true),
    ] {
        for part in [comma, "\"", prefix, below, if own { user } else { "" }, "\""] {
            out.push_str(part);
        }
        comma = ",";
    }
    out.push_str("]}]}");
    out
}

fn emit_among_many(c: &mut Criterion) {
    let context = RequestContext::default();
    let text = many_routes(10_000);
    let policy = policy(&text).unwrap();
    let token = token(&json!({"groups": ["g7"]}));
    let caller = policy.caller(Some(&token));
    let arn = MethodArn::parse(ARN).unwrap();
    let emission = caller.emit(&arn, &context);
    assert_eq!(emission.mode, Mode::WholeApi);
    assert_eq!(emission.document.as_json().matches("arn:").count(), 100);
    let mut group = c.benchmark_group("emit, 100 of 10,000 rules apply");
    group.bench_function("from facts", |b| b.iter(|| caller.emit(black_box(&arn), &context)));
    group.bench_function("from claims", |b| {
        b.iter(|| policy.caller(Some(black_box(&token))).emit(&arn, &context));
    });
    // For another stage each time: nothing of it is known.
    let stages: Vec<MethodArn> = (0..4_096)
        .map(|number| MethodArn::parse(&ARN.replace("/prod/", &format!("/stage{number}/"))).unwrap())
        .collect();
    let mut stages = stages.iter().cycle();
    group.bench_function("the first token of its kind", |b| {
        b.iter(|| caller.emit(black_box(stages.next().unwrap()), &context));
    });
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

criterion_group!(benches, decide, decide_among_many, emit, emit_among_many, load);
criterion_main!(benches);
