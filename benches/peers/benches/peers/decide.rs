//! Decisions: the Users rules in three ways, and one among many rules.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use policy_peers::casbin::{Cached, Casbin, Form};
use policy_peers::cedar::Cedar;
use policy_peers::floor::{CheckedMatch, NestedMatch, Trie};
use policy_peers::globs::Globs;
use policy_peers::ours::Ours;
use policy_peers::rego::{self, Rego};
use policy_peers::workload::{self, Asked, Workload};
use policy_peers::{Peer, assert_agrees};

/// An iteration decides all four requests.
pub fn users(c: &mut Criterion) {
    let mut group = c.benchmark_group("peers, Users");
    let workload = Workload::Users;
    let malformed = workload::malformed();
    assert_agrees("policyctl", &Ours::new(workload), &malformed);
    assert_agrees("nested match, paths checked", &CheckedMatch, &malformed);
    three(&mut group, "nested match", &NestedMatch);
    three(&mut group, "nested match, paths checked", &CheckedMatch);
    three(&mut group, "trie", &Trie::new(workload));
    three(&mut group, "policyctl", &Ours::new(workload));
    three(&mut group, "regorus", &Rego::new(workload));
    three(&mut group, "Cedar", &Cedar::new(workload));
    three(&mut group, "casbin tuned", &Casbin::new(workload, Form::Tuned));
    three(&mut group, "casbin cached", &Cached::new(workload));
    three(&mut group, "casbin documented", &Casbin::new(workload, Form::Documented));
}

fn three<P: Peer>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, peer: &P) {
    assert_agrees(name, peer, &workload::more_users());
    let all = workload::users();
    assert_agrees(name, peer, &all);
    let inputs: Vec<P::Input<'_>> = all.iter().map(|asked| peer.prepare(asked)).collect();
    group.bench_function(BenchmarkId::new(name, "from its own input"), |b| {
        b.iter(|| inputs.iter().filter(|input| peer.decide(black_box(input))).count());
    });
    group.bench_function(BenchmarkId::new(name, "from parsed claims"), |b| {
        b.iter(|| all.iter().filter(|asked| peer.decide_claims(black_box(asked))).count());
    });
    group.bench_function(BenchmarkId::new(name, "from the claims' text"), |b| {
        b.iter(|| all.iter().filter(|asked| peer.decide_text(black_box(asked))).count());
    });
}

/// From each peer's own prepared input: a request for the last rule, and one for none.
pub fn many(c: &mut Criterion) {
    for count in [10, 100, 1_000, 10_000] {
        let workload = Workload::Many(count);
        two(c, "trie", count, &Trie::new(workload));
        two(c, "policyctl", count, &Ours::new(workload));
        if count <= rego::MAX_RULES {
            two(c, "regorus, as rules", count, &Rego::new(workload));
        } else {
            assert!(!Rego::compiles(count), "{count} rules compile by now: time them, too");
        }
        two(c, "regorus, keyed by hand", count, &Rego::keyed(count));
        two(c, "globset", count, &Globs::new(count));
        two(c, "Cedar", count, &Cedar::new(workload));
        two(c, "casbin tuned", count, &Casbin::new(workload, Form::Tuned));
    }
}

fn two<P: Peer>(c: &mut Criterion, name: &str, count: usize, peer: &P) {
    assert_agrees(name, peer, &workload::more_many(count));
    let all: Vec<Asked> = workload::many(count);
    assert_agrees(name, peer, &all);
    for asked in &all {
        let mut group = c.benchmark_group(format!("peers, among many, {}", asked.name));
        let input = peer.prepare(asked);
        group.bench_function(BenchmarkId::new(name, count), |b| {
            b.iter(|| peer.decide(black_box(&input)));
        });
    }
}
