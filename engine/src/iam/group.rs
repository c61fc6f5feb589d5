//! What is to be said for some verbs, taken apart where first segments differ: each part is a question of its own.

use crate::iam::automaton::Budget;
use crate::iam::cover::{Cover, Missed, Problem, cover};
use crate::iam::declared::Routes;
use crate::iam::inexact::{Inexact, Obstacle};
use crate::iam::parts::Part;
use crate::iam::resource::Resource;
use crate::iam::shape::Shape;
use crate::test::Globs;

/// Alternatives up to this many behind one first segment are looked at together: they share guards.
const SMALL_GROUP: usize = 24;

/// What is to be said for some verbs.
pub(crate) struct Group<'a> {
    pub(crate) allow: Vec<&'a Part>,
    pub(crate) deny: Vec<&'a Part>,
    pub(crate) routes: Routes<'a>,
    /// The policy declares routes, if perhaps none for these verbs.
    pub(crate) is_declared: bool,
    pub(crate) globs: &'a Globs,
}

impl<'a> Group<'a> {
    /// The resources, one cover for each segment at that depth where the alternatives are apart there.
    pub(crate) fn covers(&self, depth: usize, budgets: &Budgets) -> Result<Vec<Cover>, Inexact> {
        let parts = || self.allow.iter().chain(&self.deny);
        if parts().all(|part| part.shape.is_plain()) {
            let resources =
                |parts: &[&Part]| parts.iter().flat_map(|part| Resource::of(&part.shape)).collect();
            return Ok(vec![Cover { allow: resources(&self.allow), deny: resources(&self.deny) }]);
        }
        let at_depth = parts().map(|part| part.shape.fixed_at(depth));
        let is_small = depth > 0 && parts().count() <= SMALL_GROUP;
        let (false, Some(mut texts)) = (is_small, at_depth.collect::<Option<Vec<_>>>()) else {
            return Ok(vec![self.cover(budgets)?]);
        };
        texts.sort_unstable();
        texts.dedup();
        if texts == [""] {
            return Ok(vec![self.cover(budgets)?]);
        }
        let routes = self.routes.split(depth);
        let covers =
            texts.into_iter().map(|text| self.at(depth, text, routes.at(text)).covers(depth + 1, budgets));
        covers.collect::<Result<Vec<_>, _>>().map(|lists| lists.into_iter().flatten().collect())
    }

    /// The part of the group with this text at that depth; with none, the part that ends there.
    fn at(&self, depth: usize, text: &str, routes: Routes<'a>) -> Self {
        let with = |parts: &[&'a Part]| -> Vec<&'a Part> {
            parts.iter().copied().filter(|part| part.shape.fixed_at(depth) == Some(text)).collect()
        };
        Self {
            allow: with(&self.allow),
            deny: with(&self.deny),
            // A guard behind an open segment would hit what is allowed behind other texts.
            routes,
            is_declared: self.is_declared,
            globs: self.globs,
        }
    }

    fn cover(&self, budgets: &Budgets) -> Result<Cover, Inexact> {
        let shapes =
            |parts: &[&Part]| -> Vec<Shape> { parts.iter().map(|part| part.shape.clone()).collect() };
        let (allow, deny) = (shapes(&self.allow), shapes(&self.deny));
        let (routes, globs) = (&self.routes.to_vec(), self.globs);
        let problem = Problem { allow: &allow, deny: &deny, routes, routes_only: false, globs };
        cover(&problem, &budgets.all_paths)
            .or_else(|missed| match (self.is_declared, routes.is_empty()) {
                (false, _) => Err(missed),
                // Nobody can ask for any of it.
                (true, true) => Ok(Cover::default()),
                // What no route could be asked for may be said to be allowed.
                (true, false) => cover(&Problem { routes_only: true, ..problem }, &budgets.routes),
            })
            .map_err(|missed| self.inexact(missed))
    }

    fn inexact(&self, Missed(example): Missed) -> Inexact {
        let path = example.as_deref().and_then(Shape::of_path);
        let holds = |part: &&&Part| path.as_ref().is_none_or(|path| part.shape.meets(path));
        let part = self.allow.iter().find(holds).or(self.allow.first());
        let obstacle = match &example {
            None => Obstacle::TooMany,
            Some(_) if part.is_some_and(|part| part.shape.has_iam_meaning()) => Obstacle::IamCharacter,
            Some(_) => Obstacle::Wildcard,
        };
        Inexact { rule: part.map(|part| part.rule), obstacle, example }
    }
}

/// What is left of the work for one answer, for either way to ask.
#[derive(Default)]
pub(crate) struct Budgets {
    all_paths: Budget,
    routes: Budget,
}

impl Budgets {
    /// The work that was done, in moves of automata.
    pub(crate) const fn spent(&self) -> usize {
        self.all_paths.spent() + self.routes.spent()
    }
}
