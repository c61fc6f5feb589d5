//! globset: all patterns at once, and the rules behind those that match.

use std::cell::RefCell;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use policy_engine::Verb;

use crate::Peer;
use crate::claims::Claims;
use crate::workload::{Asked, Workload};

/// The many rules: pattern `i` of the set is for the group `groups[i]`.
pub struct Globs {
    set: GlobSet,
    groups: Vec<String>,
    matched: RefCell<Vec<usize>>,
}

/// A token's groups and a request.
pub struct Input<'a> {
    claims: Claims<'a>,
    verb: Verb,
    path: Candidate<'a>,
}

impl Globs {
    /// Rule `i` lets those of `g{i mod 100}` read `/svc{i}/items/*`.
    pub fn new(count: usize) -> Self {
        let mut builder = GlobSetBuilder::new();
        for number in 0..count {
            let pattern = format!("/svc{number}/items/*");
            let glob = GlobBuilder::new(&pattern).literal_separator(true).build();
            builder.add(glob.expect("the pattern is a glob"));
        }
        let set = builder.build().expect("the set is not too large");
        let groups = (0..count).map(|number| format!("g{}", number % 100)).collect();
        Self { set, groups, matched: RefCell::default() }
    }
}

impl Peer for Globs {
    type Input<'a> = Input<'a>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> Input<'a> {
        let claims = Claims::of(&asked.token, Workload::Many(0).groups_claim());
        Input { claims, verb: asked.verb, path: Candidate::new(&asked.path) }
    }

    fn decide(&self, input: &Input<'_>) -> bool {
        if input.verb != Verb::Get {
            return false;
        }
        let mut matched = self.matched.borrow_mut();
        self.set.matches_candidate_into(&input.path, &mut matched);
        matched.iter().any(|rule| input.claims.groups.iter().any(|group| group.0 == self.groups[*rule]))
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Claims::parse(&asked.text);
        self.decide(&Input { claims, verb: asked.verb, path: Candidate::new(&asked.path) })
    }
}
