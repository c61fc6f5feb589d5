//! Sets of paths as lists of pieces, and how two of them lie to each other.

use crate::iam::residual::Term;
use crate::path::RequestPath;
use crate::pattern::{PathPattern, PathRef, Segment};
use crate::test::LazyGlob;
use crate::verb::VerbSet;

/// A term with more combinations of strings than this is not written out.
const MAX_SHAPES: usize = 256;

/// Paths, for some verbs.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'a> {
    pub(crate) verbs: VerbSet,
    pub(crate) pieces: Vec<Piece<'a>>,
    /// One or more segments of any kind follow.
    pub(crate) below: bool,
}

/// One segment of a [`Shape`].
#[derive(Debug, Clone)]
pub(crate) enum Piece<'a> {
    Text(String),
    Any,
    Glob(&'a str),
}

/// The strings of a term can be combined in too many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<'a> Shape<'a> {
    /// The paths of the pattern whose parts are what the term says. Malformed ones are left out.
    pub(crate) fn of(verbs: VerbSet, pattern: &'a PathPattern, term: &Term) -> Result<Vec<Self>, TooMany> {
        let pieces = pattern.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => Piece::Text(text.clone()),
            Segment::Any(_) => Piece::Any,
            Segment::Glob(glob) => Piece::Glob(glob),
        });
        let mut shapes = vec![Self { verbs, pieces: pieces.collect(), below: pattern.has_tail() }];
        for (part, strings) in &term.path {
            if shapes.len().saturating_mul(strings.len()) > MAX_SHAPES {
                return Err(TooMany);
            }
            shapes = shapes
                .iter()
                .flat_map(|shape| strings.iter().filter_map(|text| shape.with(*part, text)))
                .collect();
        }
        Ok(shapes)
    }

    fn with(&self, part: PathRef, text: &str) -> Option<Self> {
        // The string must be what the path can hold in this place.
        let whole = format!("/{text}");
        let path = RequestPath::parse(&whole).ok()?;
        let count = path.segments().len();
        let mut shape = self.clone();
        match part {
            PathRef::Segment(index) if count == 1 => {
                *shape.pieces.get_mut(usize::from(index))? = Piece::Text(text.to_owned());
            }
            PathRef::Rest(_) if count > 0 => {
                shape.pieces.extend(path.segments().map(|segment| Piece::Text(segment.to_owned())));
                shape.below = false;
            }
            PathRef::Segment(_) | PathRef::Rest(_) => return None,
        }
        Some(shape)
    }

    /// Whether one segment is not a fixed text.
    pub(crate) fn has_wildcard(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }

    /// Whether IAM reads more into a fixed text than its characters.
    pub(crate) fn has_iam_meaning(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if has_iam_meaning(text)))
    }

    /// Whether every path of the other is one of these, whatever the verbs.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let length_fits = if self.below {
            other.pieces.len() + usize::from(other.below) > self.pieces.len()
        } else {
            !other.below && self.pieces.len() == other.pieces.len()
        };
        length_fits && self.pieces.iter().zip(&other.pieces).all(|(a, b)| a.covers(b))
    }

    /// Whether some path can be in both, whatever the verbs. Two globs are taken to meet.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let reaches = |a: &Self, b: &Self| {
            let longest = if b.below { usize::MAX } else { b.pieces.len() };
            if a.below { longest > a.pieces.len() } else { longest >= a.pieces.len() }
        };
        reaches(self, other)
            && reaches(other, self)
            && self.pieces.iter().zip(&other.pieces).all(|(a, b)| a.meets(b))
    }

    /// The IAM pattern below the stage, for one verb. Where no segment is a wildcard or has a meaning of its
    /// own for IAM, it says just these paths; with a `below`, malformed ones as well.
    pub(crate) fn resource(&self, stage_prefix: &str, verb: &str) -> String {
        let mut out = format!("{stage_prefix}/{verb}");
        for piece in &self.pieces {
            out.push('/');
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Any | Piece::Glob(_) => out.push('*'),
            }
        }
        match (self.below, self.pieces.is_empty()) {
            (false, false) => {}
            (false, true) => out.push('/'),
            (true, false) => out.push_str("/*"),
            // `/**` does not match the root, and `*` would.
            (true, true) => out.push_str("/?*"),
        }
        out
    }
}

impl Piece<'_> {
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Piece::Any, _) => true,
            (Piece::Text(a), Piece::Text(b)) => a == b,
            (Piece::Glob(glob), Piece::Text(text)) => LazyGlob::new(glob).is_match(text),
            (Piece::Glob(a), Piece::Glob(b)) => a == b,
            _ => false,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Piece::Text(a), Piece::Text(b)) => a == b,
            (Piece::Glob(glob), Piece::Text(text)) | (Piece::Text(text), Piece::Glob(glob)) => {
                LazyGlob::new(glob).is_match(text)
            }
            _ => true,
        }
    }
}

/// Whether IAM reads more into the text than its characters.
pub(crate) fn has_iam_meaning(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}
