//! Sets of paths as lists of pieces, and how two of them lie to each other.

use std::sync::Arc;

use crate::iam::residual::{Constraint, Term};
use crate::iam::resource::{Step, glob_steps};
use crate::path::RequestPath;
use crate::pattern::{PathPattern, PathRef, Segment};
use crate::test::{Globs, LazyGlob};
use crate::verb::VerbSet;

/// A term with more combinations of strings than this is not written out.
pub(crate) const MAX_SHAPES: usize = 256;

/// Paths, for some verbs.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) verbs: VerbSet,
    pub(crate) pieces: Vec<Piece>,
    /// One or more segments of any kind follow.
    pub(crate) below: bool,
}

/// One segment of a [`Shape`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// That text.
    Text(String),
    /// Any text that keeps to all of these.
    Free { globs: Vec<(Arc<LazyGlob>, bool)>, except: Vec<String> },
}

/// The strings of a term can be combined in too many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Shape {
    /// The paths of the pattern for which the term holds. Malformed ones are left out.
    pub(crate) fn of(
        verbs: VerbSet,
        pattern: &PathPattern,
        term: &Term,
        known: &Globs,
    ) -> Result<Vec<Self>, TooMany> {
        let pieces = Vec::with_capacity(pattern.segments.len());
        let mut shapes = vec![Self { verbs, pieces, below: pattern.has_tail() }];
        for segment in &pattern.segments {
            let pieces = match segment {
                Segment::Literal(text) => {
                    for shape in &mut shapes {
                        shape.pieces.push(Piece::Text(text.clone()));
                    }
                    continue;
                }
                Segment::Any(_) => {
                    for shape in &mut shapes {
                        shape.pieces.push(Piece::any());
                    }
                    continue;
                }
                Segment::Glob(glob) => Piece::of_glob(glob, known),
            };
            if shapes.len().saturating_mul(pieces.len()) > MAX_SHAPES {
                return Err(TooMany);
            }
            shapes = shapes.iter().flat_map(|shape| pieces.iter().map(|piece| shape.then(piece))).collect();
        }
        for (part, constraint) in &term.path {
            let kept = shapes.iter().map(|shape| shape.keeping(*part, constraint, known));
            let mut narrowed = Vec::new();
            for kept in kept {
                narrowed.append(&mut kept?);
                if narrowed.len() > MAX_SHAPES {
                    return Err(TooMany);
                }
            }
            shapes = narrowed;
        }
        Ok(shapes)
    }

    /// The shape of a declared route.
    pub(crate) fn of_route(verbs: VerbSet, pattern: &PathPattern, known: &Globs) -> Option<Self> {
        Self::of(verbs, pattern, &Term::default(), known).ok()?.into_iter().next()
    }

    fn then(&self, piece: &Piece) -> Self {
        let mut longer = self.clone();
        longer.pieces.push(piece.clone());
        longer
    }

    /// Those of the paths of which the part is as the constraint wants it.
    fn keeping(&self, part: PathRef, constraint: &Constraint, known: &Globs) -> Result<Vec<Self>, TooMany> {
        Ok(match (part, constraint) {
            (_, Constraint::OneOf(strings)) => {
                strings.iter().filter_map(|text| self.with_text(part, text)).collect()
            }
            (PathRef::Rest(index), Constraint::NoneOf(strings)) => {
                self.without_rests(usize::from(index), strings)?
            }
            (PathRef::Rest(index), Constraint::Like(glob, wanted)) => {
                self.with_rest_like(usize::from(index), glob.pattern(), *wanted, known)?
            }
            (_, Constraint::Like(glob, true)) => {
                let pieces = Piece::of_glob(glob.pattern(), known);
                pieces.iter().filter_map(|piece| self.with_piece(part, piece)).collect()
            }
            (_, Constraint::Like(glob, false)) => {
                let unlike = Piece::of_glob(glob.pattern(), known);
                let mut all = unlike.iter();
                all.try_fold(self.clone(), |shape, piece| shape.without_piece(part, piece))
                    .into_iter()
                    .collect()
            }
            _ => self.with(part, constraint).into_iter().collect(),
        })
    }

    pub(crate) fn with_text(&self, part: PathRef, text: &str) -> Option<Self> {
        // The string must be what the path can hold in this place.
        let whole = format!("/{text}");
        let path = RequestPath::parse(&whole).ok()?;
        match part {
            PathRef::Segment(index) => {
                let mut segments = path.segments();
                let (segment, None) = (segments.next()?, segments.next()) else { return None };
                self.with_segment(usize::from(index), segment)
            }
            PathRef::Rest(index) => {
                let (index, count) = (usize::from(index), path.segments().len());
                let shape = self.of_length(index.checked_add(count)?)?;
                let mut numbered = path.segments().enumerate();
                numbered.try_fold(shape, |shape, (at, segment)| shape.with_segment(index + at, segment))
            }
        }
    }

    pub(crate) fn with_segment(&self, index: usize, text: &str) -> Option<Self> {
        let mut shape = self.clone();
        let piece = shape.pieces.get_mut(index)?;
        if !piece.allows(text) {
            return None;
        }
        *piece = Piece::Text(text.to_owned());
        Some(shape)
    }

    /// For a segment that must be this as well.
    fn with_piece(&self, part: PathRef, also: &Piece) -> Option<Self> {
        match also {
            Piece::Text(text) => self.with_text(part, text),
            Piece::Free { globs, .. } => globs.iter().try_fold(self.clone(), |shape, (glob, wanted)| {
                shape.with(part, &Constraint::Like(Arc::clone(glob), *wanted))
            }),
        }
    }

    /// For a segment that must not be this.
    fn without_piece(&self, part: PathRef, not: &Piece) -> Option<Self> {
        match not {
            Piece::Text(text) => self.with(part, &Constraint::NoneOf(vec![text.clone()])),
            Piece::Free { globs, .. } => {
                // A glob that stands for any segment leaves none.
                let (glob, _) = globs.first()?;
                self.with(part, &Constraint::Like(Arc::clone(glob), false))
            }
        }
    }

    /// For a constraint that leaves the segment open.
    pub(crate) fn with(&self, part: PathRef, constraint: &Constraint) -> Option<Self> {
        let PathRef::Segment(index) = part else { return None };
        let mut shape = self.clone();
        let piece = shape.pieces.get_mut(usize::from(index))?;
        match (&mut *piece, constraint) {
            (_, Constraint::OneOf(_)) => return None,
            (Piece::Text(text), Constraint::NoneOf(strings)) => {
                if strings.contains(text) {
                    return None;
                }
            }
            (Piece::Text(text), Constraint::Like(glob, wanted)) => {
                if glob.is_match(text) != *wanted {
                    return None;
                }
            }
            (Piece::Free { except, .. }, Constraint::NoneOf(strings)) => except.extend_from_slice(strings),
            (Piece::Free { globs, .. }, Constraint::Like(glob, wanted)) => {
                globs.push((Arc::clone(glob), *wanted));
            }
        }
        Some(shape)
    }

    /// The shape of one path.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let path = RequestPath::parse(path).ok()?;
        let pieces = path.segments().map(|segment| Piece::Text(segment.to_owned())).collect();
        Some(Self { verbs: VerbSet::ANY, pieces, below: false })
    }

    /// The segment at that depth, where it is fixed; an empty text where the paths end there. `None` where it
    /// is open.
    pub(crate) fn fixed_at(&self, depth: usize) -> Option<&str> {
        match self.pieces.get(depth) {
            Some(Piece::Text(text)) => Some(text),
            None if !self.below => Some(""),
            _ => None,
        }
    }

    /// Those of the paths that have this segment at that depth; for the empty text, those that end there.
    pub(crate) fn with_fixed(&self, depth: usize, text: &str) -> Vec<Self> {
        match (self.pieces.get(depth), text.is_empty()) {
            (Some(piece), false) if piece.allows(text) => {
                let mut narrow = self.clone();
                if let Some(piece) = narrow.pieces.get_mut(depth) {
                    *piece = Piece::Text(text.to_owned());
                }
                vec![narrow]
            }
            (None, false) if self.below => {
                let open = self.then(&Piece::Text(text.to_owned()));
                vec![Self { below: false, ..open.clone() }, open]
            }
            (None, true) if !self.below => vec![self.clone()],
            _ => Vec::new(),
        }
    }

    /// The fixed segments, from the first to where one is open.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.pieces.iter().map_while(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Free { .. } => None,
        })
    }

    /// Whether IAM can say just these paths as they stand: fixed segments, and perhaps everything below.
    pub(crate) fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(text) if !has_iam_meaning(text)))
    }

    /// Whether IAM reads more into a fixed text than its characters.
    pub(crate) fn has_iam_meaning(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if has_iam_meaning(text)))
    }

    /// The paths without their first segments.
    pub(crate) fn behind(&self, depth: usize) -> Self {
        let pieces = self.pieces.get(depth..).unwrap_or_default().to_vec();
        Self { verbs: self.verbs, pieces, below: self.below }
    }

    /// Whether every path of the other is certainly one of these, whatever the verbs.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let length_fits = if self.below {
            other.pieces.len() + usize::from(other.below) > self.pieces.len()
        } else {
            !other.below && self.pieces.len() == other.pieces.len()
        };
        length_fits && self.pieces.iter().zip(&other.pieces).all(|(a, b)| a.covers(b))
    }

    /// Whether some path may be in both, whatever the verbs.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let reaches = |a: &Self, b: &Self| {
            let longest = if b.below { usize::MAX } else { b.pieces.len() };
            if a.below { longest > a.pieces.len() } else { longest >= a.pieces.len() }
        };
        reaches(self, other)
            && reaches(other, self)
            && self.pieces.iter().zip(&other.pieces).all(|(a, b)| a.meets(b))
    }
}

impl Piece {
    /// Any text.
    pub(crate) const fn any() -> Self {
        Self::Free { globs: Vec::new(), except: Vec::new() }
    }

    /// The segments that the glob matches; its alternatives one by one, where it has such.
    pub(crate) fn of_glob(glob: &str, known: &Globs) -> Vec<Self> {
        let like = |glob: &str| Self::Free { globs: vec![(known.compiled(glob), true)], except: Vec::new() };
        let Some(steps) = glob_steps(glob) else { return vec![like(glob)] };
        let piece = |step| match step {
            Step::Text(text) => Self::Text(text),
            Step::Star => Self::any(),
            Step::Glob(glob) => like(&glob),
        };
        steps.into_iter().map(piece).collect()
    }

    /// Whether the piece can be this text.
    pub(crate) fn allows(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Free { globs, except } => {
                !except.iter().any(|one| one == text)
                    && globs.iter().all(|(glob, wanted)| glob.is_match(text) == *wanted)
            }
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (own, Self::Text(text)) => own.allows(text),
            (Self::Free { globs, except }, _) if globs.is_empty() && except.is_empty() => true,
            (own, other) => own == other,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(text), piece) | (piece, Self::Text(text)) => piece.allows(text),
            // Two globs are taken to meet.
            _ => true,
        }
    }
}

/// Whether IAM reads more into the text than its characters.
pub(crate) fn has_iam_meaning(text: &str) -> bool {
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if matches!(byte, b'*' | b'?') || byte == b'$' && bytes.peek() == Some(&b'{') {
            return true;
        }
    }
    false
}
