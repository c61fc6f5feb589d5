//! The texts and globs that rules and routes name: what a token's string can be equal to.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::HashSet;
use foldhash::fast::FixedState;

use crate::glob::single_stars;
use crate::iam::holes::{Holes, MARK};
use crate::iam::parts::Parts;
use crate::iam::residual::{Constraint, Term};
use crate::iam::resource::alternatives;
use crate::iam::shape::Piece;
use crate::pattern::{PathPattern, Segment};
use crate::test::{Globs, LazyGlob};

/// All that one problem names.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    /// Their hashes. A text that shares one is taken for named, which is the safe side.
    texts: HashSet<u64>,
    state: FixedState,
    globs: Vec<Arc<LazyGlob>>,
}

/// What the globs say of a text.
type Profile = Vec<(bool, bool, bool)>;

impl Vocabulary {
    /// For so many texts, or more.
    pub(crate) fn with_capacity(texts: usize) -> Self {
        let mut vocabulary = Self::default();
        vocabulary.texts.reserve(texts);
        vocabulary
    }

    pub(crate) fn note_pattern(&mut self, pattern: &PathPattern, known: &Globs) {
        for segment in &pattern.segments {
            match segment {
                Segment::Literal(text) => self.note_segment(text),
                Segment::Glob(glob) => self.note_glob(glob, known),
                Segment::Any(_) => {}
            }
        }
    }

    pub(crate) fn note_term(&mut self, term: &Term, known: &Globs) {
        for (_, constraint) in &term.path {
            match constraint {
                Constraint::OneOf(texts) | Constraint::NoneOf(texts) => {
                    for text in texts {
                        self.note_text(text);
                    }
                }
                Constraint::Like(glob, _) => self.note_glob(glob.pattern(), known),
            }
        }
    }

    /// What the alternatives of the rules came to.
    pub(crate) fn note_parts(&mut self, parts: &Parts) {
        for piece in parts.iter().flat_map(|part| &part.shape.pieces) {
            match piece {
                Piece::Text(text) => self.note_segment(text),
                Piece::Free { globs, except } => {
                    for text in except {
                        self.note_text(text);
                    }
                    for (glob, _) in globs {
                        if !self.globs.contains(glob) {
                            self.globs.push(Arc::clone(glob));
                        }
                    }
                }
            }
        }
    }

    /// Whether every string of the token is none of these texts, and to each glob what its stand-in is: then what
    /// is true of the stand-ins is true of the strings.
    pub(crate) fn is_fresh(&self, holes: &Holes<'_>) -> bool {
        let stand_ins = (!self.globs.is_empty()).then(|| holes.with_stand_ins());
        holes.texts().iter().enumerate().all(|(number, text)| {
            let stand_in = stand_ins.as_ref().and_then(|holes| holes.texts().get(number));
            !self.texts.contains(&self.state.hash_one(&**text))
                && stand_in.is_none_or(|stand_in| self.profile(text) == self.profile(stand_in))
        })
    }

    /// A rough size in bytes.
    pub(crate) fn weight(&self) -> usize {
        16 * self.texts.len() + 64 * self.globs.len()
    }

    /// What is left of a path can be several segments.
    fn note_text(&mut self, text: &str) {
        for segment in text.split('/') {
            self.note_segment(segment);
        }
    }

    fn note_segment(&mut self, segment: &str) {
        if !segment.contains(MARK) {
            self.texts.insert(self.state.hash_one(segment));
        }
    }

    /// Whatever is made of the glob: its alternatives, for one segment or for all that is left of a path.
    fn note_glob(&mut self, glob: &str, known: &Globs) {
        if self.globs.iter().any(|own| own.pattern() == glob) {
            return;
        }
        self.globs.push(known.compiled(glob));
        for alternative in alternatives(glob).into_iter().flatten() {
            for segment in alternative.split('/') {
                let starred = single_stars(segment);
                if starred.contains(['*', '?', '[', '{', '\\']) {
                    self.globs.push(known.compiled(&starred));
                } else {
                    self.note_text(&starred);
                }
            }
        }
    }

    /// Of each glob: whether it matches, and whether the text starts and ends like it.
    fn profile(&self, text: &str) -> Profile {
        let of_glob = |glob: &Arc<LazyGlob>| {
            let start = glob.pattern().split('*').next().unwrap_or_default();
            let stop = glob.pattern().rsplit('*').next().unwrap_or_default();
            (glob.is_match(text), text.starts_with(start), text.ends_with(stop))
        };
        self.globs.iter().map(of_glob).collect()
    }
}
