//! The compiler on large policies: all of it, and the parser alone.

#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros; a benchmark may panic")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use policy_benches::{many_rules, program};
use policy_dsl::source::Sources;
use std::hint::black_box;

fn compile(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for count in [1_000u64, 10_000] {
        let text = many_rules(usize::try_from(count).unwrap());
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("whole", count), |b| {
            b.iter(|| program(black_box(&text)).unwrap());
        });
        let mut sources = Sources::default();
        let source = sources.add("bench.policy", text.clone());
        group.bench_function(BenchmarkId::new("parse", count), |b| {
            b.iter(|| policy_dsl::parse(source, black_box(&text)));
        });
    }
}

criterion_group!(benches, compile);
criterion_main!(benches);
