//! What a shape can say of all that is left of a path, slashes included.

use crate::glob::single_stars;
use crate::iam::residual::Constraint;
use crate::iam::resource::alternatives;
use crate::iam::shape::{MAX_SHAPES, Piece, Shape, TooMany};
use crate::path::RequestPath;
use crate::pattern::PathRef;
use crate::test::Globs;

/// One alternative of a glob over all that is left of a path.
enum Like {
    /// That text.
    Text(String),
    /// What starts like the first segment does: a glob with one star, at its end.
    Start(String),
    Anything,
}

/// Whether shapes can say of all that is left of a path that it is so: that it is or is not one of some texts, or
/// how it starts.
pub(crate) fn can_hold_for_rest(constraint: &Constraint) -> bool {
    match constraint {
        Constraint::OneOf(_) | Constraint::NoneOf(_) => true,
        Constraint::Like(glob, _) => likes(glob.pattern()).is_some(),
    }
}

/// The glob's alternatives; `None` where one of them says something else.
fn likes(glob: &str) -> Option<Vec<Like>> {
    let like = |text: String| {
        let text = single_stars(&text);
        if text.contains(['?', '[', ']', '{', '}', '\\']) {
            return None;
        }
        match text.strip_suffix('*') {
            Some("") => Some(Like::Anything),
            Some(start) if !start.contains(['*', '/']) => Some(Like::Start(text)),
            None if !text.contains('*') => Some(Like::Text(text)),
            _ => None,
        }
    };
    alternatives(glob)?.into_iter().map(like).collect()
}

impl Shape {
    /// Those of the paths that have so many segments.
    pub(crate) fn of_length(&self, count: usize) -> Option<Self> {
        let missing = count.checked_sub(self.pieces.len())?;
        if (missing > 0) != self.below {
            return None;
        }
        let mut shape = self.clone();
        shape.pieces.extend(std::iter::repeat_n(Piece::any(), missing));
        shape.below = false;
        Some(shape)
    }

    /// Those of the paths that from the segment of that index on are none of these strings: by their lengths.
    pub(crate) fn without_rests(&self, index: usize, strings: &[String]) -> Result<Vec<Self>, TooMany> {
        let wholes: Vec<String> = strings.iter().map(|text| format!("/{text}")).collect();
        let paths = wholes.iter().filter_map(|whole| RequestPath::parse(whole).ok());
        let paths: Vec<Vec<&str>> = paths.map(|path| path.segments().collect()).collect();
        let longest = paths.iter().map(Vec::len).max().unwrap_or_default();
        let mut shapes = Vec::new();
        for count in 1..=longest {
            let Some(shape) = self.of_length(index + count) else { continue };
            let mut left = vec![shape];
            for path in paths.iter().filter(|path| path.len() == count) {
                left = left.iter().flat_map(|shape| shape.without(index, path)).collect();
                if left.len() > MAX_SHAPES {
                    return Err(TooMany);
                }
            }
            shapes.append(&mut left);
        }
        if self.below || self.pieces.len() > index + longest {
            let mut longer = self.clone();
            let missing = (index + longest).saturating_sub(self.pieces.len());
            longer.pieces.extend(std::iter::repeat_n(Piece::any(), missing));
            shapes.push(longer);
        }
        Ok(shapes)
    }

    /// Those of the paths that differ from these segments in one at least.
    fn without(&self, index: usize, segments: &[&str]) -> Vec<Self> {
        let mut same = Some(self.clone());
        let mut shapes = Vec::new();
        for (at, segment) in (index..).zip(segments) {
            let Some(so_far) = same else { break };
            let other = Constraint::NoneOf(vec![(*segment).to_owned()]);
            shapes.extend(u16::try_from(at).ok().and_then(|at| so_far.with(PathRef::Segment(at), &other)));
            same = so_far.with_segment(at, segment);
        }
        shapes
    }

    /// Those of the paths that from the segment of that index on are like the glob, or are not.
    pub(crate) fn with_rest_like(
        &self,
        index: usize,
        glob: &str,
        wanted: bool,
        known: &Globs,
    ) -> Result<Vec<Self>, TooMany> {
        let Ok(first) = u16::try_from(index) else { return Ok(Vec::new()) };
        let (mut like, mut unlike) = (Vec::new(), vec![self.clone()]);
        for one in likes(glob).ok_or(TooMany)? {
            match one {
                Like::Anything => return Ok(if wanted { vec![self.clone()] } else { Vec::new() }),
                Like::Text(text) => {
                    like.extend(self.with_text(PathRef::Rest(first), &text));
                    let rests =
                        unlike.iter().map(|shape| shape.without_rests(index, std::slice::from_ref(&text)));
                    unlike = rests.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
                }
                Like::Start(glob) => {
                    let start = |wanted| Constraint::Like(known.compiled(&glob), wanted);
                    like.extend(self.with_first(first, &start(true)));
                    unlike = unlike.iter().flat_map(|shape| shape.with_first(first, &start(false))).collect();
                }
            }
            if like.len().max(unlike.len()) > MAX_SHAPES {
                return Err(TooMany);
            }
        }
        Ok(if wanted { like } else { unlike })
    }

    /// For what holds of the first segment that is left, and says nothing of those behind it.
    fn with_first(&self, first: u16, constraint: &Constraint) -> Vec<Self> {
        let mut open = self.clone();
        let is_unread = self.below && self.pieces.len() == usize::from(first);
        if is_unread {
            open.pieces.push(Piece::any());
        }
        let alone = is_unread.then(|| Self { below: false, ..open.clone() });
        let all = alone.into_iter().chain([open]);
        all.filter_map(|shape| shape.with(PathRef::Segment(first), constraint)).collect()
    }
}
