//! Shapes by a segment that tells them apart, so that each is held against those only that it can meet.

use foldhash::HashMap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::iam::shape::Shape;

/// Shapes, each with a number of the caller's.
pub(crate) struct Near<'a> {
    all: Vec<(usize, &'a Shape)>,
    /// The first segment that is not the same fixed one in all of them.
    depth: usize,
    /// Places in `all`, by what the segment is fixed to.
    fixed: HashMap<&'a str, SmallVec<[usize; 2]>>,
    open: Vec<usize>,
}

impl<'a> Near<'a> {
    pub(crate) fn new(shapes: impl Iterator<Item = (usize, &'a Shape)>) -> Self {
        let all: Vec<_> = shapes.collect();
        let depth = common_depth(&all);
        let fixed = HashMap::with_capacity_and_hasher(all.len(), RandomState::default());
        let mut near = Self { all: Vec::new(), depth, fixed, open: Vec::new() };
        for (place, (_, shape)) in all.iter().enumerate() {
            match shape.fixed_at(depth) {
                Some(text) => near.fixed.entry(text).or_default().push(place),
                None => near.open.push(place),
            }
        }
        near.all = all;
        near
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All that may have a path in common with the shape, and perhaps others.
    pub(crate) fn to<'b>(&'b self, shape: &Shape) -> impl Iterator<Item = (usize, &'a Shape)> + use<'a, 'b> {
        let text = shape.fixed_at(self.depth);
        let own = text.and_then(|text| self.fixed.get(text)).map_or(&[][..], SmallVec::as_slice);
        let open = if text.is_some() { self.open.as_slice() } else { &[] };
        let every = if text.is_none() { self.all.as_slice() } else { &[] };
        own.iter().chain(open).filter_map(|place| self.all.get(*place)).chain(every).copied()
    }
}

/// How many segments all shapes share.
fn common_depth(shapes: &[(usize, &Shape)]) -> usize {
    let Some(((_, first), rest)) = shapes.split_first() else { return 0 };
    let is_shared = |depth: &usize| {
        let text = first.fixed_at(*depth);
        text.is_some_and(|text| !text.is_empty())
            && rest.iter().all(|(_, shape)| shape.fixed_at(*depth) == text)
    };
    (0..first.pieces.len()).take_while(is_shared).count()
}
