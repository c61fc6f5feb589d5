//! Steps that a path must take before a node: those of nodes that lead to one other only, and have nothing of their own.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::index::length;
use crate::index::packed::Unsound;
use crate::path::{Place, RequestPath};
use crate::short;
use crate::skim::Skim;

/// A step: a literal, or any segment.
pub(super) type Step = Option<String>;

/// Each different run of steps once; 0 is the number of none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Skips {
    /// Where in `steps` each run ends, from run 0 on.
    ends: Vec<u32>,
    /// Where in `labels` each step starts, and where the last one ends. Any segment has no label.
    steps: Vec<u32>,
    labels: String,
}

impl Skips {
    /// The place behind the steps of a run, if the path takes them from that one on.
    pub(super) fn behind(&self, run: u32, path: &RequestPath<'_>, from: Place) -> Option<Place> {
        let Some(before) = run.checked_sub(1) else { return Some(from) };
        let [start, end] = *self.ends.get(before as usize..before as usize + 2)? else { return None };
        let steps = self.steps.get(start as usize..=end as usize)?;
        let mut place = from;
        for step in steps.windows(2) {
            let [start, end] = *step else { return None };
            let (segment, behind) = path.next(place)?;
            if start != end {
                let label = self.labels.as_bytes().get(start as usize..end as usize)?;
                if !short::equal(label, segment) {
                    return None;
                }
            }
            place = behind;
        }
        Some(place)
    }

    /// Whether some step is a literal with this character.
    pub(super) fn names(&self, c: char) -> bool {
        self.labels.contains(c)
    }

    /// How many runs there are, without that of none.
    pub(super) fn count(&self) -> u32 {
        length(self.ends.len()).saturating_sub(1)
    }

    /// Reads what [`PackedSkips`] is written as.
    pub(super) fn take(skim: &mut Skim<'_>) -> Result<Self, Unsound> {
        let (run_count, mut counts) = skim.numbers().ok_or(Unsound)?;
        let (step_count, mut lengths) = skim.numbers().ok_or(Unsound)?;
        let labels = skim.str().ok_or(Unsound)?;
        let ends = sums(&mut counts, run_count)?;
        let steps = sums(&mut lengths, step_count)?;
        let is_empty = ends.windows(2).any(|run| matches!(run, [start, end] if start == end));
        let inside = |at: &u32| labels.is_char_boundary(*at as usize);
        let are_used_up =
            ends.last() == Some(&length(step_count)) && steps.last() == Some(&length(labels.len()));
        if is_empty || !are_used_up || !steps.iter().all(inside) {
            return Err(Unsound);
        }
        Ok(Self { ends, steps, labels: labels.to_owned() })
    }
}

/// 0, and the sum after each of so many numbers.
fn sums(numbers: &mut Skim<'_>, count: usize) -> Result<Vec<u32>, Unsound> {
    let mut sums = Vec::with_capacity(count + 1);
    let mut sum = 0u32;
    sums.push(sum);
    for _ in 0..count {
        sum = numbers.number().and_then(|number| sum.checked_add(number)).ok_or(Unsound)?;
        sums.push(sum);
    }
    Ok(sums)
}

/// [`Skips`] as they stand in a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct PackedSkips {
    /// How many steps each run has.
    pub(super) counts: Vec<u32>,
    /// How many bytes each step's label has; 0 for any segment.
    pub(super) lengths: Vec<u32>,
    pub(super) labels: String,
    #[serde(skip)]
    pub(super) known: BTreeMap<Vec<Step>, u32>,
}

impl PackedSkips {
    /// The number of a run.
    pub(super) fn number(&mut self, steps: Vec<Step>) -> u32 {
        if steps.is_empty() {
            return 0;
        }
        if let Some(number) = self.known.get(&steps) {
            return *number;
        }
        self.counts.push(length(steps.len()));
        for step in &steps {
            let label = step.as_deref().unwrap_or_default();
            self.lengths.push(length(label.len()));
            self.labels.push_str(label);
        }
        let number = length(self.counts.len());
        self.known.insert(steps, number);
        number
    }
}
