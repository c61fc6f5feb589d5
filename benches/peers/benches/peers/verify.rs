//! The signature floor, and jsonwebtoken on aws-lc-rs.

use std::hint::black_box;

use criterion::Criterion;
use policy_peers::signature::{Floor, JsonWebToken, Signed, assert_verifies};

/// A token of 900 bytes to its claims.
pub fn verify(c: &mut Criterion) {
    let installed = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    assert!(installed.is_ok(), "another backend is installed");
    let Signed { token, key } = Signed::new();
    let (floor, library) = (Floor::new(&key), JsonWebToken::new(&key));
    assert_verifies("aws-lc-rs", &token, |token| floor.verify(token));
    assert_verifies("jsonwebtoken", &token, |token| library.verify(token));
    let mut group = c.benchmark_group("peers, verify RS256");
    group.bench_function("aws-lc-rs, key parsed once", |b| b.iter(|| floor.verify(black_box(&token))));
    group.bench_function("jsonwebtoken on aws-lc-rs", |b| b.iter(|| library.verify(black_box(&token))));
}
