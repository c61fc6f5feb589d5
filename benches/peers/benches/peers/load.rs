//! 10,000 rules, from the form in which they are deployed to the first answer.

use std::hint::black_box;

use criterion::Criterion;
use policy_benches::corpus::{Corpus, SEED, Shape};
use policy_engine::bundle;
use policy_peers::globs::Globs;
use policy_peers::{cedar, floor, ours};

const RULES: usize = 10_000;

/// policyctl's bundle, the trie's lines, Cedar's policies and globset's patterns.
pub fn load(c: &mut Criterion) {
    let corpus = Corpus::new(Shape::DistinctPrefixes, RULES, SEED);
    let bundle = bundle::write(&corpus.program().expect("the policy compiles"));
    let (lines, policies) = (floor::many(RULES), cedar::many(RULES));
    assert_eq!(ours::load(&bundle).program().parts().rules.len(), RULES);
    assert_eq!(cedar::load(&policies).policies().count(), RULES);
    let mut group = c.benchmark_group("peers, load 10,000 rules");
    group.sample_size(20);
    group.bench_function("trie", |b| b.iter(|| floor::Trie::load(black_box(&lines))));
    group.bench_function("policyctl", |b| b.iter(|| ours::load(black_box(&bundle))));
    group.bench_function("globset", |b| b.iter(|| Globs::new(black_box(RULES))));
    group.bench_function("Cedar", |b| b.iter(|| cedar::load(black_box(&policies))));
}
