//! The whole authorizer, from an event's bytes to its answer's, beside the least that can be done: parsing, and the
//! bare verification of the signature. RS256, tokens of 900 bytes, 14 resources in the answer; the keys were fetched
//! before. "new tokens" come in turns, and are more than the authorizer remembers.

#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "criterion's macros; a benchmark may panic"
)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use policy_authorizer::cache::KEPT_TOKENS;
use policy_authorizer::dev::{DevKey, jwks};
use policy_authorizer::handler::{Authorizer, Invocation};
use policy_authorizer::log::{Level, Log};
use policy_authorizer::token::{KeysFrom, Verifier};
use policy_benches::corpus::{Corpus, SEED, Shape};
use policy_benches::events::{NOW, claims, request_event, token, token_event};
use policy_benches::floor::Floor;
use policy_benches::{RECORDS, policy, token as verified};
use policy_engine::{Algorithm, Request, RequestContext, Verb};
use serde_json::{Value, json};

/// More than are remembered, so that each is forgotten before it comes again.
const TOKENS: usize = KEPT_TOKENS + 64;

/// Serves the JWKS on a loopback address, for as long as the process lives.
fn serve(jwks: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", jwks.len());
            let _ = stream.write_all(&[head.as_bytes(), jwks.as_bytes()].concat());
        }
    });
    format!("http://{address}/jwks.json")
}

/// An authorizer that has fetched its keys.
fn authorizer(jwks_url: &str, log: Log) -> Authorizer {
    let (policy, log) = (policy(RECORDS).unwrap(), Arc::new(log));
    let verifier = Verifier::new(&policy, KeysFrom::Url(jwks_url), &log).unwrap();
    let verifier = verifier.remembering(KEPT_TOKENS).keeping_what_is_read();
    let authorizer = Authorizer::with_verifier(policy, verifier, log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(authorizer.prefetch(NOW));
    authorizer
}

/// The bytes of the answer. Nothing is waited for: the keys are there.
fn answer(authorizer: &Authorizer, event: &[u8]) -> Vec<u8> {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    let invocation = Invocation { request_id: Some("request-1"), trace: None, time };
    let answer = pin!(authorizer.handle(event, invocation));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => serde_json::to_vec(&answer.unwrap()).unwrap(),
        Poll::Pending => unreachable!("the keys were fetched"),
    }
}

fn check(floor: &Floor, authorizer: &Authorizer, event: &[u8]) {
    assert_eq!(floor.verify(event).unwrap().sub, "ana");
    let answer: Value = serde_json::from_slice(&answer(authorizer, event)).unwrap();
    assert_eq!(answer["principalId"], "ana");
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    assert_eq!((statements.len(), statements[0]["Resource"].as_array().unwrap().len()), (1, 14));
}

fn events(c: &mut Criterion) {
    let key = DevKey::generate(Algorithm::RS256).unwrap();
    let floor = Floor::new(&key.to_public_pem().unwrap()).unwrap();
    let url = serve(jwks([&key]).to_string());
    let tokens: Vec<String> = (0..TOKENS).map(|number| token(&key, number).unwrap()).collect();
    assert!(tokens.iter().all(|token| (897..=903).contains(&token.len())), "{}", tokens[0].len());
    for (shape, event) in [("TOKEN", token_event as fn(&str) -> Vec<u8>), ("REQUEST", request_event)] {
        let events: Vec<Vec<u8>> = tokens.iter().map(|token| event(token)).collect();
        let silent = authorizer(&url, Log::off());
        let logging = authorizer(&url, Log::new(Some(Level::Info), std::io::sink()));
        events.iter().take(2).for_each(|event| check(&floor, &silent, event));
        let mut group = c.benchmark_group(format!("{shape} event, RS256"));
        let mut turns = events.iter().cycle();
        group.bench_function("floor: parse and verify", |b| {
            b.iter(|| floor.verify(black_box(turns.next().unwrap())));
        });
        group.bench_function("new tokens", |b| b.iter(|| answer(&silent, black_box(turns.next().unwrap()))));
        group.bench_function("new tokens, a line of the log each", |b| {
            b.iter(|| answer(&logging, black_box(turns.next().unwrap())));
        });
        let same = &events[0];
        group.bench_function("a token seen before", |b| b.iter(|| answer(&silent, black_box(same))));
        group.bench_function("a token seen before, a line of the log each", |b| {
            b.iter(|| answer(&logging, black_box(same)));
        });
    }
}

/// What the rules make of a token's claims, worked out once a token: it grows with the claims, and not with the rules.
fn facts(c: &mut Criterion) {
    let mut claims = claims(0);
    claims["groups"] = json!(["g7", "g300", "visitors"]);
    let token = verified(&claims);
    let mut group = c.benchmark_group("claims to facts");
    for count in [10, 1_000, 100_000] {
        let policy = Corpus::new(Shape::DistinctPrefixes, count, SEED).policy().unwrap();
        let request = Request { verb: Verb::Get, path: "/svc7/items/1", context: &RequestContext::default() };
        assert!(policy.caller(Some(&token)).decide(&request).allowed);
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| policy.caller(Some(black_box(&token))));
        });
    }
}

criterion_group!(benches, events, facts);
criterion_main!(benches);
