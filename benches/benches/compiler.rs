//! The compiler on large policies, stage after stage, and the formatter. Each stage holds those before it:
//! what the checker costs is `check` less `parse`, the lowering `compile` less `check`, the lints `lint` less
//! `compile`. `lint` is all that `policyctl check` does.

#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros; a benchmark may panic")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use policy_benches::{many_rules, rich_rules};
use policy_dsl::lint::Levels;
use policy_dsl::source::{MemoryFiles, Sources};

const NAME: &str = "bench.policy";

fn stages(c: &mut Criterion, corpus: &str, text: impl Fn(usize) -> String) {
    let mut group = c.benchmark_group(corpus);
    group.sample_size(10);
    for count in [1_000u64, 10_000] {
        let text = text(usize::try_from(count).unwrap());
        let files = MemoryFiles::default().with(NAME, text.clone());
        let levels = Levels::default();
        assert!(policy_dsl::lint(NAME, &files, &levels).policy.is_some());
        let mut sources = Sources::default();
        let source = sources.add(NAME, text.clone());
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("parse", count), |b| {
            b.iter(|| policy_dsl::parse(source, black_box(&text)));
        });
        group.bench_function(BenchmarkId::new("check", count), |b| {
            b.iter(|| policy_dsl::diagnose(NAME, black_box(&files)));
        });
        group.bench_function(BenchmarkId::new("compile", count), |b| {
            b.iter(|| policy_dsl::compile(NAME, black_box(&files)));
        });
        group.bench_function(BenchmarkId::new("lint", count), |b| {
            b.iter(|| policy_dsl::lint(NAME, black_box(&files), &levels));
        });
        group.bench_function(BenchmarkId::new("format", count), |b| {
            b.iter(|| policy_dsl::format::format(black_box(&text)).unwrap());
        });
    }
}

fn plain(c: &mut Criterion) {
    stages(c, "compiler, plain rules", many_rules);
}

fn rich(c: &mut Criterion) {
    stages(c, "compiler, rich rules", rich_rules);
}

criterion_group!(benches, plain, rich);
criterion_main!(benches);
