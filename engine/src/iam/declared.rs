//! The declared routes, sorted out once for a policy: what may be asked for at all.

use foldhash::HashMap;

use crate::iam::shape::Shape;
use crate::iam::vocabulary::Vocabulary;
use crate::policy::Policy;
use crate::verb::VerbSet;

/// All routes that a policy declares.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) shapes: Vec<Shape>,
    /// What they name.
    pub(crate) vocabulary: Vocabulary,
    by_segment: BySegment,
}

/// Shapes by the first segment that is not the same in all of them.
#[derive(Debug, Default)]
struct BySegment {
    /// What all of them start with.
    common: Vec<Box<str>>,
    /// Their places, by what the segment behind that is fixed to; for the empty text, those that end there.
    fixed: HashMap<Box<str>, Vec<usize>>,
    open: Vec<usize>,
}

/// The routes that some question is about.
#[derive(Debug)]
pub(crate) enum Routes<'a> {
    /// All that have one of these verbs.
    All(&'a Declared, VerbSet),
    /// These.
    These(Vec<Shape>),
}

/// Routes to be told apart by the segment at one depth.
pub(crate) struct Split<'r, 'a> {
    routes: &'r Routes<'a>,
    depth: usize,
    by_segment: Option<BySegment>,
}

impl Declared {
    pub(crate) fn of(policy: &Policy) -> Self {
        let routes = &policy.parts().routes;
        let mut vocabulary = Vocabulary::default();
        for route in routes {
            vocabulary.note_pattern(&route.pattern, &policy.globs);
        }
        let shape =
            |route: &crate::program::Route| Shape::of_route(route.verbs, &route.pattern, &policy.globs);
        let shapes: Vec<Shape> = routes.iter().filter_map(shape).collect();
        let by_segment = BySegment::of(&shapes, common(&shapes));
        Self { shapes, vocabulary, by_segment }
    }
}

/// The fixed segments that all shapes start with.
fn common(shapes: &[Shape]) -> Vec<Box<str>> {
    let Some((first, rest)) = shapes.split_first() else { return Vec::new() };
    let numbered = first.texts().enumerate();
    let shared =
        numbered.take_while(|(depth, text)| rest.iter().all(|shape| shape.fixed_at(*depth) == Some(text)));
    shared.map(|(_, text)| text.into()).collect()
}

impl BySegment {
    fn of(shapes: &[Shape], common: Vec<Box<str>>) -> Self {
        let mut sorted = Self { common, ..Self::default() };
        for (place, shape) in shapes.iter().enumerate() {
            match shape.fixed_at(sorted.common.len()) {
                Some(text) => sorted.fixed.entry(text.into()).or_default().push(place),
                None => sorted.open.push(place),
            }
        }
        sorted
    }

    /// The places of the shapes that may have that text there, in order.
    fn places(&self, text: &str) -> Vec<usize> {
        let mut places = self.fixed.get(text).cloned().unwrap_or_default();
        places.extend_from_slice(&self.open);
        places.sort_unstable();
        places
    }
}

impl<'a> Routes<'a> {
    /// Every one of them.
    pub(crate) fn to_vec(&self) -> Vec<Shape> {
        match self {
            Self::All(declared, verbs) => {
                declared.shapes.iter().filter(|shape| has_verb(shape, *verbs)).cloned().collect()
            }
            Self::These(shapes) => shapes.clone(),
        }
    }

    /// Tells them apart by the segment at that depth, in what they have in common before.
    pub(crate) fn split(&self, depth: usize) -> Split<'_, 'a> {
        let by_segment = match self {
            Self::All(..) => None,
            // The texts before the depth are not asked for any more.
            Self::These(shapes) => Some(BySegment::of(shapes, vec![Box::default(); depth])),
        };
        Split { routes: self, depth, by_segment }
    }
}

impl<'a> Split<'_, 'a> {
    /// Those that can have this text there, with the text in its place; for the empty text, those that end there.
    pub(crate) fn at(&self, text: &str) -> Routes<'a> {
        let narrow = |shape: &Shape| shape.with_fixed(self.depth, text);
        match self.routes {
            Routes::These(shapes) => {
                let places = self.by_segment.as_ref().map(|sorted| sorted.places(text)).unwrap_or_default();
                let here = places.iter().filter_map(|place| shapes.get(*place));
                Routes::These(here.flat_map(narrow).collect())
            }
            Routes::All(declared, verbs) => {
                let sorted = &declared.by_segment;
                match sorted.common.get(self.depth) {
                    Some(common) if **common == *text => Routes::All(declared, *verbs),
                    Some(_) => Routes::These(Vec::new()),
                    None => {
                        let places = sorted.places(text);
                        let here = places.iter().filter_map(|place| declared.shapes.get(*place));
                        let here = here.filter(|shape| has_verb(shape, *verbs));
                        Routes::These(here.flat_map(narrow).collect())
                    }
                }
            }
        }
    }
}

fn has_verb(shape: &Shape, verbs: VerbSet) -> bool {
    !shape.verbs.intersection(verbs).is_empty()
}
