//! The requests apart by their circumstances: each cell is one way to answer every question that some rule asks.

use crate::iam::circumstance::{Circumstance, condition, is_possible};
use crate::iam::document::Condition;

/// The most questions: their cells are the bits of a word.
const MAX_QUESTIONS: usize = 6;

/// Every way in which a request can answer the questions.
#[derive(Debug)]
pub(crate) struct Cells {
    questions: Vec<Circumstance>,
    possible: u64,
}

/// Some answers, each question at most once: a bit for each question that is asked, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cube {
    asked: usize,
    answers: usize,
}

impl Cells {
    /// `None` where there are too many questions.
    pub(crate) fn of(questions: impl Iterator<Item = Circumstance>) -> Option<Self> {
        let mut questions: Vec<_> = questions.collect();
        questions.sort_unstable();
        questions.dedup();
        if questions.len() > MAX_QUESTIONS {
            return None;
        }
        let mut cells = Self { questions, possible: 0 };
        for cell in 0..1 << cells.questions.len() {
            if is_possible(&cells.answers(Cube { asked: usize::MAX, answers: cell })) {
                cells.possible |= 1 << cell;
            }
        }
        Some(cells)
    }

    /// Whether nothing is asked.
    pub(crate) fn is_one(&self) -> bool {
        self.questions.is_empty()
    }

    /// Each cell that a request can be in, as a number below 64.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..1 << self.questions.len()).filter(|cell| self.possible & (1 << cell) != 0)
    }

    /// Whether requests in the cell answer the question so.
    pub(crate) fn answers_so(&self, cell: usize, (question, answer): &(Circumstance, bool)) -> bool {
        let number = self.questions.iter().position(|own| own == question);
        number.is_some_and(|number| (cell & (1 << number) != 0) == *answer)
    }

    /// Few conditions that together hold in these cells, and in no other that a request can be in. `cells` has a
    /// bit for each.
    pub(crate) fn cubes(&self, cells: u64) -> Vec<Cube> {
        let count = self.questions.len();
        let mut all: Vec<Cube> = (0..1 << count)
            .flat_map(|asked| (0..1 << count).map(move |answers| Cube { asked, answers }))
            .filter(|cube| cube.answers & !cube.asked == 0)
            .collect();
        all.sort_unstable_by_key(|cube| (cube.asked.count_ones(), *cube));
        let mut open = cells & self.possible;
        let mut chosen = Vec::new();
        for cube in all {
            let reached = self.reached(cube);
            if reached & !cells == 0 && reached & open != 0 {
                open &= !reached;
                chosen.push(cube);
            }
        }
        chosen
    }

    /// The cube as a condition of IAM; none where it asks nothing.
    pub(crate) fn condition(&self, cube: Cube) -> Option<Condition> {
        condition(&self.answers(cube))
    }

    fn reached(&self, cube: Cube) -> u64 {
        let inside = self.iter().filter(|cell| cell & cube.asked == cube.answers);
        inside.fold(0, |cells, cell| cells | 1 << cell)
    }

    fn answers(&self, cube: Cube) -> Vec<(Circumstance, bool)> {
        let asked = self.questions.iter().enumerate().filter(|(number, _)| cube.asked & (1 << number) != 0);
        asked.map(|(number, question)| (*question, cube.answers & (1 << number) != 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_joined_again() {
        let block = |text: &str| Circumstance::Address(text.parse().unwrap());
        let questions = [Circumstance::Before(5), block("10.0.0.0/8"), block("192.0.2.0/24")];
        let cells = Cells::of(questions.into_iter()).unwrap();
        // In both blocks there is nobody.
        assert_eq!(cells.iter().count(), 6);
        let all = cells.iter().fold(0, |set, cell| set | 1 << cell);
        let unconditional = Cube { asked: 0, answers: 0 };
        assert_eq!(cells.cubes(all), [unconditional]);
        assert_eq!(cells.condition(unconditional), None);
        for chosen in 0..=all {
            let cubes = cells.cubes(chosen);
            let reached = cubes.iter().fold(0, |set, cube| set | cells.reached(*cube));
            assert_eq!(reached, chosen & all, "{chosen:b}");
        }
        let early = cells.iter().filter(|cell| cells.answers_so(*cell, &(questions[0], true)));
        let early = early.fold(0, |set, cell| set | 1 << cell);
        assert_eq!(cells.cubes(early).len(), 1);
        assert!(Cells::of((0..7).map(Circumstance::Before)).is_none());
    }
}
