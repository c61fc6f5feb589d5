//! Decisions among 10 to 10,000 rules that resemble one another in different ways: a request for the last rule, and
//! one for none. The time has to stay the same however many rules there are.

#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros; a benchmark may panic")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use policy_benches::corpus::{Corpus, SEED, Shape};
use policy_benches::token;
use policy_engine::{Request, RequestContext, Verb};

fn decide(c: &mut Criterion) {
    let context = RequestContext::default();
    for shape in Shape::ALL {
        let mut group = c.benchmark_group(format!("decide among many, {}", shape.name()));
        for count in [10, 100, 1_000, 10_000] {
            let corpus = Corpus::new(shape, count, SEED);
            let policy = corpus.policy().unwrap();
            for (name, probe, allowed) in
                [("last rule", &corpus.last, true), ("no rule", &corpus.none, false)]
            {
                let token = token(&probe.claims);
                let caller = policy.caller(Some(&token));
                let request = Request { verb: Verb::Get, path: &probe.path, context: &context };
                assert_eq!(caller.decide(&request).allowed, allowed, "{} {name} {count}", shape.name());
                group.bench_function(BenchmarkId::new(name, count), |b| {
                    b.iter(|| caller.decide(black_box(&request)));
                });
            }
        }
    }
}

criterion_group!(benches, decide);
criterion_main!(benches);
