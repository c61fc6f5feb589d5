//! jsonwebtoken on its other backend: a process has one, so this is a program of its own.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use policy_peers::signature::{JsonWebToken, Signed, assert_verifies};

fn verify(c: &mut Criterion) {
    let installed = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
    assert!(installed.is_ok(), "another backend is installed");
    let Signed { token, key } = Signed::new();
    let library = JsonWebToken::new(&key);
    assert_verifies("jsonwebtoken", &token, |token| library.verify(token));
    let mut group = c.benchmark_group("peers, verify RS256");
    group.bench_function("jsonwebtoken on rust_crypto", |b| b.iter(|| library.verify(black_box(&token))));
}

criterion_group!(benches, verify);
criterion_main!(benches);
