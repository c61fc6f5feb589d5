//! Both sides in one run. A line's name is `WORK/WHO/WAY` or `WORK/WHO/COUNT`.

use criterion::{criterion_group, criterion_main};

mod decide;
mod emit;
mod load;
mod verify;

criterion_group!(benches, decide::users, decide::many, load::load, emit::emit, verify::verify);
criterion_main!(benches);
