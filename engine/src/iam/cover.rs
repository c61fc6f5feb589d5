//! The whole way for one verb: from what is allowed and denied, as shapes, to Allow and Deny resources that
//! say exactly that, or the finding that these cannot.
//!
//! Candidates are written from the shapes; what is a valid Deny (it hits nothing allowed) and a valid Allow
//! (all beyond what is allowed is hit by a valid Deny) is decided by automata, and so is whether the chosen
//! ones together say it.

use crate::iam::alphabet::Alphabet;
use crate::iam::automaton::{Automaton, Budget, Reading, Search};
use crate::iam::candidates::{
    allow_candidates, deny_candidates, more_allow_candidates, more_deny_candidates,
};
use crate::iam::resource::Resource;
use crate::iam::shape::Shape;
use crate::test::Globs;

/// A problem with more shapes is not solved.
const MAX_SHAPES: usize = 160;

/// What is to be said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem<'a> {
    /// A path is allowed that is in one of these,
    pub(crate) allow: &'a [Shape],
    /// and in none of these.
    pub(crate) deny: &'a [Shape],
    /// The declared routes.
    pub(crate) routes: &'a [Shape],
    /// Only paths that some route could be asked for count.
    pub(crate) routes_only: bool,
    /// The policy's globs.
    pub(crate) globs: &'a Globs,
}

/// Resources that say it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) allow: Vec<Resource>,
    pub(crate) deny: Vec<Resource>,
}

/// Why there are none: an allowed path that they miss, as an example; without one, the problem was too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missed(pub(crate) Option<String>);

/// The resources that allow exactly what the problem says, malformed paths aside.
pub(crate) fn cover(problem: &Problem<'_>, budget: &Budget) -> Result<Cover, Missed> {
    let shapes = || problem.allow.iter().chain(problem.deny).chain(problem.routes);
    if shapes().count() > MAX_SHAPES {
        return Err(Missed(None));
    }
    let alphabet = Alphabet::of(shapes()).ok_or(Missed(None))?;
    Solver::new(*problem, &alphabet, budget).ok_or(Missed(None))?.solve()
}

struct Solver<'a> {
    problem: Problem<'a>,
    alphabet: &'a Alphabet,
    budget: &'a Budget,
    allow: Vec<Automaton>,
    deny: Vec<Automaton>,
    universe: Vec<Automaton>,
}

/// A resource that may be chosen, in both readings.
#[derive(Clone)]
struct Candidate {
    resource: Resource,
    surely: Automaton,
    perhaps: Automaton,
}

impl<'a> Solver<'a> {
    fn new(problem: Problem<'a>, alphabet: &'a Alphabet, budget: &'a Budget) -> Option<Self> {
        let automata = |shapes: &[Shape]| -> Option<Vec<Automaton>> {
            shapes.iter().map(|shape| Automaton::of_shape(shape, alphabet)).collect()
        };
        let routes = if problem.routes_only { problem.routes } else { &[] };
        Some(Self {
            problem,
            alphabet,
            budget,
            allow: automata(problem.allow)?,
            deny: automata(problem.deny)?,
            universe: automata(routes)?,
        })
    }

    /// First with few candidates, which are enough most of the time.
    fn solve(&self) -> Result<Cover, Missed> {
        let (mut allow, mut deny) = (allow_candidates(&self.problem), deny_candidates(&self.problem));
        self.solve_with(allow.clone(), deny.clone()).or_else(|missed| {
            if missed.0.is_none() {
                return Err(missed);
            }
            allow.append(&mut more_allow_candidates(&self.problem));
            deny.append(&mut more_deny_candidates(&self.problem));
            self.solve_with(allow, deny)
        })
    }

    fn solve_with(&self, allow: Vec<Resource>, deny: Vec<Resource>) -> Result<Cover, Missed> {
        let denies: Vec<Candidate> = self.candidates(deny).filter(|one| !self.hits_allowed(one)).collect();
        let allows: Vec<Candidate> =
            self.candidates(allow).filter(|one| !self.leaks(one, denies.iter())).collect();
        if let Some(missed) = self.missed(allows.iter()) {
            return Err(missed);
        }
        let allows = thinned(allows, |rest| self.missed(rest.iter()).is_none());
        let denies = thinned(denies, |rest| allows.iter().all(|allow| !self.leaks(allow, rest.iter())));
        let resources = |list: Vec<Candidate>| list.into_iter().map(|one| one.resource).collect();
        Ok(Cover { allow: resources(allows), deny: resources(denies) })
    }

    /// In the order in which they are given up: the narrowest first.
    fn candidates(&self, mut resources: Vec<Resource>) -> impl Iterator<Item = Candidate> + '_ {
        resources.sort_by_cached_key(|one| (width(one), one.clone()));
        resources.dedup();
        resources.into_iter().filter_map(|resource| {
            let read = |reading| Automaton::of_resource(&resource, self.alphabet, reading);
            Some(Candidate { surely: read(Reading::Surely)?, perhaps: read(Reading::Perhaps)?, resource })
        })
    }

    /// Whether a Deny may hit something allowed.
    fn hits_allowed(&self, deny: &Candidate) -> bool {
        let within = vec![vec![&deny.perhaps], self.allow.iter().collect()];
        self.finds(Search { within, outside: self.deny.iter().collect(), outside_unless: None })
    }

    /// Whether an Allow may reach something that is not allowed and that no Deny surely hits.
    fn leaks<'b>(&'b self, allow: &'b Candidate, denies: impl Iterator<Item = &'b Candidate>) -> bool {
        self.finds(Search {
            within: vec![vec![&allow.perhaps]],
            outside: denies.map(|one| &one.surely).collect(),
            outside_unless: Some((self.allow.iter().collect(), self.deny.iter().collect())),
        })
    }

    /// What is allowed, and perhaps in none of these.
    fn missed<'b>(&'b self, allows: impl Iterator<Item = &'b Candidate>) -> Option<Missed> {
        let mut outside: Vec<&Automaton> = allows.map(|one| &one.surely).collect();
        outside.extend(&self.deny);
        let within = vec![self.allow.iter().collect()];
        self.example(Search { within, outside, outside_unless: None })
    }

    fn finds(&self, search: Search<'_>) -> bool {
        self.example(search).is_some()
    }

    fn example<'b>(&'b self, mut search: Search<'b>) -> Option<Missed> {
        if self.problem.routes_only {
            search.within.push(self.universe.iter().collect());
        }
        search.run(self.alphabet, self.budget).map(|found| Missed(found.example(self.alphabet)))
    }
}

/// How much a resource reaches, roughly: stars, then fewer texts.
fn width(resource: &Resource) -> (usize, usize) {
    let open = resource.pieces.iter().filter(|step| !matches!(step, crate::iam::resource::Step::Text(_)));
    (open.count() + usize::from(resource.below), usize::MAX - resource.pieces.len())
}

/// The list without what can be left out, tried from the front.
fn thinned(list: Vec<Candidate>, suffices: impl Fn(&[Candidate]) -> bool) -> Vec<Candidate> {
    let mut kept = list;
    let mut at = 0;
    while at < kept.len() {
        let mut rest = kept.clone();
        rest.remove(at);
        if suffices(&rest) {
            kept = rest;
        } else {
            at += 1;
        }
    }
    kept
}
