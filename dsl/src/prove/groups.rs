//! Which clauses have to do with each other: whether there is a policy for the whole API can be asked of each
//! group by itself.

use std::collections::BTreeMap;

use policy_engine::{Effect, Route, VerbSet};

use super::look::{Look, Piece, meet, pieces};

/// As many clauses are held against each other one by one; more are taken for one group.
const MAX_COMPARED: usize = 400;

/// As many clauses over everything below are looked at with a group.
const MAX_HUBS: usize = 12;

/// As many pairs of a route and a clause are held against each other for one group.
const MAX_ROUTE_PAIRS: usize = 100_000;

/// A group of more clauses is looked at in parts of that size.
const MAX_MEMBERS: usize = 64;

/// Clauses whose IAM patterns reach each other's paths, or are under the same ones over everything below.
#[derive(Debug)]
pub(super) struct Group {
    /// Indices of the clauses, in their order.
    pub(super) clauses: Vec<usize>,
    /// There are more over everything below than are looked at.
    pub(super) is_cut: bool,
}

/// The groups for which there may be a token without a policy for the whole API. All other clauses are fixed
/// texts, everything below one, or segments as many as their neighbours have: that can always be said.
pub(super) fn groups(looks: &[Look<'_>]) -> Vec<Group> {
    let mut split = Split { looks, hubs: Vec::new(), hub_verbs: VerbSet::EMPTY, groups: Vec::new() };
    split.at(0, (0..looks.len()).collect());
    split.groups.sort_by(|a, b| a.clauses.cmp(&b.clauses));
    split.groups
}

struct Split<'p> {
    looks: &'p [Look<'p>],
    /// Over everything that is looked at now.
    hubs: Vec<usize>,
    hub_verbs: VerbSet,
    groups: Vec<Group>,
}

impl<'p> Split<'p> {
    /// The members begin with the same `depth` texts. As deep as the longest pattern.
    fn at(&mut self, depth: usize, members: Vec<usize>) {
        let (mut ended, mut hubs, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for member in members {
            let Some(look) = self.looks.get(member) else { continue };
            match (look.pattern.segments.len() == depth, look.is_hub, look.pattern.has_tail()) {
                (true, true, _) => hubs.push(member),
                (true, false, false) => ended.push(member),
                _ => rest.push(member),
            }
        }
        self.add(&ended);
        let (count, verbs) = (self.hubs.len(), self.hub_verbs);
        for hub in &hubs {
            self.hub_verbs =
                self.hub_verbs.union(self.looks.get(*hub).map_or(VerbSet::EMPTY, |hub| hub.verbs));
        }
        self.hubs.append(&mut hubs);
        let mut texts: BTreeMap<&'p str, Vec<usize>> = BTreeMap::new();
        let mut is_open = false;
        for member in &rest {
            match self.looks.get(*member).and_then(|look| look.text_at(depth)) {
                Some(text) => texts.entry(text).or_default().push(*member),
                None => is_open = true,
            }
        }
        if is_open {
            for cluster in self.clusters(rest) {
                self.add(&cluster);
            }
        } else {
            for members in texts.into_values() {
                self.at(depth + 1, members);
            }
        }
        self.hubs.truncate(count);
        self.hub_verbs = verbs;
    }

    /// The members that reach each other, directly or by way of others.
    fn clusters(&self, members: Vec<usize>) -> Vec<Vec<usize>> {
        if members.len() > MAX_COMPARED {
            return vec![members];
        }
        let known: Vec<_> = members
            .iter()
            .filter_map(|at| self.looks.get(*at).map(|look| (*at, look, look.pieces())))
            .collect();
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        let mut left: Vec<usize> = (0..known.len()).collect();
        while let Some(first) = left.pop() {
            let mut cluster = vec![first];
            let mut next = 0;
            while let Some((_, one, (own, reach))) = cluster.get(next).and_then(|at| known.get(*at)) {
                left.retain(|at| {
                    let touches = known.get(*at).is_some_and(|(_, other, (others, reached))| {
                        !one.verbs.intersection(other.verbs).is_empty()
                            && (meet(reach, others) || meet(own, reached))
                    });
                    if touches {
                        cluster.push(*at);
                    }
                    !touches
                });
                next += 1;
            }
            clusters.push(cluster.iter().filter_map(|at| known.get(*at).map(|(at, ..)| *at)).collect());
        }
        clusters
    }

    fn add(&mut self, clauses: &[usize]) {
        let members: Vec<&Look<'_>> = clauses.iter().filter_map(|at| self.looks.get(*at)).collect();
        let verbs = members.iter().fold(VerbSet::EMPTY, |verbs, look| verbs.union(look.verbs));
        let has_hubs = !self.hub_verbs.intersection(verbs).is_empty();
        if is_certain(&members, has_hubs) {
            return;
        }
        let hubs =
            self.hubs.iter().copied().filter(|at| {
                self.looks.get(*at).is_some_and(|hub| !hub.verbs.intersection(verbs).is_empty())
            });
        let hubs: Vec<usize> = hubs.take(MAX_HUBS + 1).collect();
        let is_cut = clauses.len() > MAX_MEMBERS || hubs.len() > MAX_HUBS;
        for members in clauses.chunks(MAX_MEMBERS) {
            let mut clauses = members.to_vec();
            clauses.extend(hubs.iter().take(MAX_HUBS));
            clauses.sort_unstable();
            self.groups.push(Group { clauses, is_cut });
        }
    }
}

/// Whether IAM can say it for every token, whatever the declared routes.
fn is_certain(members: &[&Look<'_>], has_hubs: bool) -> bool {
    if members.iter().all(|look| look.is_plain) {
        return true;
    }
    let mut lengths = members.iter().map(|look| look.pattern.segments.len());
    let first = lengths.next();
    let is_level = members.iter().all(|look| look.is_level) && lengths.all(|length| Some(length) == first);
    // Below an Allow of everything, a guard for some segments would hit what lies below them.
    is_level && (!has_hubs || members.iter().all(|look| look.effect != Effect::Deny))
}

/// The routes that requests to a group's paths, or to what its patterns reach, could be for.
pub(super) struct Routes<'p> {
    routes: &'p [Route],
    /// By the first text; those with none come first.
    by_text: BTreeMap<Option<&'p str>, Vec<usize>>,
}

impl<'p> Routes<'p> {
    pub(super) fn new(routes: &'p [Route]) -> Self {
        let mut by_text: BTreeMap<Option<&'p str>, Vec<usize>> = BTreeMap::new();
        for (at, route) in routes.iter().enumerate() {
            let text = match pieces(&route.pattern).first() {
                Some(Piece::Text(text)) => Some(*text),
                _ => None,
            };
            by_text.entry(text).or_default().push(at);
        }
        Self { routes, by_text }
    }

    /// Those for a group of clauses; where a policy declares routes, at least one.
    pub(super) fn of(&self, clauses: &[usize], looks: &[Look<'_>]) -> Vec<usize> {
        let members: Vec<_> = clauses.iter().filter_map(|at| looks.get(*at)).collect();
        let texts: Option<Vec<&str>> = members.iter().map(|look| look.text_at(0)).collect();
        let near: Vec<usize> = match texts {
            Some(mut texts) => {
                texts.sort_unstable();
                texts.dedup();
                let keys = std::iter::once(None).chain(texts.into_iter().map(Some));
                keys.filter_map(|key| self.by_text.get(&key)).flatten().copied().collect()
            }
            None => (0..self.routes.len()).collect(),
        };
        let room = MAX_ROUTE_PAIRS / members.len().max(1);
        let reached: Vec<_> = members.iter().map(|look| (look.verbs, look.pieces().1)).collect();
        let mut found: Vec<usize> = near
            .into_iter()
            .take(room)
            .filter(|at| {
                self.routes.get(*at).is_some_and(|route| {
                    let pieces = pieces(&route.pattern);
                    reached.iter().any(|(verbs, reach)| {
                        !verbs.intersection(route.verbs).is_empty() && meet(reach, &pieces)
                    })
                })
            })
            .collect();
        if found.is_empty() && !self.routes.is_empty() {
            found.push(0);
        }
        found.sort_unstable();
        found
    }
}
