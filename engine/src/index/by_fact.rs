//! The clauses that can hold for a token, found by its facts.

use crate::condition::AtomId;
use crate::index::Entry;
use crate::index::packed::Unsound;
use crate::program::ClauseId;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ByFact {
    /// Clauses that no single fact of the token rules out.
    without: Vec<ClauseId>,
    /// Where in `clauses` those that a fact brings in end, from the first fact on.
    ends: Vec<u32>,
    clauses: Vec<ClauseId>,
}

impl ByFact {
    /// Of these entries; there are so many facts.
    pub(super) fn new(entries: &[Entry], facts: usize) -> Result<Self, Unsound> {
        let mut starts = vec![0u32; facts + 1];
        for key in entries.iter().filter_map(|entry| entry.key.fact()) {
            *starts.get_mut(key.0 as usize + 1).ok_or(Unsound)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut without = Vec::new();
        let mut clauses = vec![ClauseId(0); sum as usize];
        for entry in entries {
            let Some(key) = entry.key.fact() else {
                without.push(entry.clause);
                continue;
            };
            let start = starts.get_mut(key.0 as usize).ok_or(Unsound)?;
            *clauses.get_mut(*start as usize).ok_or(Unsound)? = entry.clause;
            *start += 1;
        }
        // Each start has come to where its own end.
        starts.truncate(facts);
        Ok(Self { without, ends: starts, clauses })
    }

    /// Every clause that can hold for a token with these facts. A clause can come twice.
    pub(super) fn clauses<'a>(&'a self, facts: &'a [AtomId]) -> impl Iterator<Item = ClauseId> + 'a {
        let brought = facts.iter().flat_map(|fact| self.of(*fact).unwrap_or_default());
        self.without.iter().chain(brought).copied()
    }

    fn of(&self, fact: AtomId) -> Option<&[ClauseId]> {
        let end = *self.ends.get(fact.0 as usize)?;
        let start =
            fact.0.checked_sub(1).map_or(Some(0), |before| self.ends.get(before as usize).copied())?;
        self.clauses.get(start as usize..end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Key;
    use crate::verb::VerbSet;

    fn entry(key: Option<u32>, clause: u32) -> Entry {
        let key = key.map_or(Key::NONE, |key| Key::of(AtomId(key)));
        Entry { verbs: VerbSet::ANY, key, clause: ClauseId(clause) }
    }

    #[test]
    fn clauses_come_with_their_facts() {
        let entries = [(Some(2), 0), (None, 1), (Some(0), 2), (Some(2), 3), (Some(1), 0)];
        let entries = entries.map(|(key, clause)| entry(key, clause));
        let by_fact = ByFact::new(&entries, 4).unwrap();
        let of = |facts: &[u32]| {
            let facts: Vec<AtomId> = facts.iter().copied().map(AtomId).collect();
            by_fact.clauses(&facts).map(|clause| clause.0).collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), [1]);
        assert_eq!(of(&[0]), [1, 2]);
        assert_eq!(of(&[1, 2]), [1, 0, 0, 3]);
        assert_eq!(of(&[3]), [1]);
        assert_eq!(of(&[4, u32::MAX]), [1]);
        assert_eq!(ByFact::new(&entries, 2).err(), Some(Unsound));
    }
}
