//! Many seeds at once, and what came up in them.

use std::collections::BTreeMap;
use std::ops::Range;

/// How often something came up.
pub(crate) type Tally = BTreeMap<&'static str, usize>;

/// Counts something once more.
pub(crate) fn add(tally: &mut Tally, what: &'static str) {
    *tally.entry(what).or_default() += 1;
}

/// Runs the test on every seed below the bound, and checks that everything came up at least so often: a test
/// over cases that are all alike shows nothing.
///
/// `POLICYCTL_TEST_SEEDS`, `N` as a failure prints it or `N..M`, names other seeds, without that check. What came
/// up is handed back where all seeds were run.
pub(crate) fn run_seeds(
    bound: u64,
    expected: &[(&'static str, usize)],
    test: fn(u64, &mut Tally),
) -> Option<Tally> {
    let chosen = std::env::var("POLICYCTL_TEST_SEEDS").ok();
    let seeds = chosen.as_deref().map_or(0..bound, range);
    let tally = tally(seeds, test);
    println!("{tally:#?}");
    for (what, least) in expected.iter().filter(|_| chosen.is_none()) {
        let count = tally.get(what).copied().unwrap_or(0);
        assert!(count >= *least, "`{what}` came up only {count} times");
    }
    chosen.is_none().then_some(tally)
}

fn range(text: &str) -> Range<u64> {
    let number = |text: &str| text.parse().expect("`POLICYCTL_TEST_SEEDS` is `N` or `N..M`");
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(text)..number(text) + 1,
    }
}

fn tally(seeds: Range<u64>, test: fn(u64, &mut Tally)) -> Tally {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = |worker: usize| {
        let mut tally = Tally::new();
        for seed in seeds.clone().skip(worker).step_by(workers) {
            test(seed, &mut tally);
        }
        tally
    };
    let mut sum = Tally::new();
    std::thread::scope(|scope| {
        let share = &share;
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        for tally in running {
            for (what, count) in tally.join().expect("no difference, which is printed above") {
                *sum.entry(what).or_default() += count;
            }
        }
    });
    sum
}
