//! Resources of an IAM policy below the verb: texts in which `*` is any characters, `/` included.

use crate::glob::single_stars;
use crate::iam::shape::{Piece, Shape, has_iam_meaning};
use crate::path::is_segment;

/// A glob with more alternatives than this is not written out.
const MAX_ALTERNATIVES: usize = 16;

/// A resource, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Resource {
    pub(crate) pieces: Vec<Step>,
    /// It ends in `/*`: everything below.
    pub(crate) below: bool,
}

/// One piece of a [`Resource`], between two slashes as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// That segment.
    Text(String),
    /// `*`: one segment or more.
    Star,
    /// A text with `*` in it, for one segment that this glob matches: also more than one, whose first starts
    /// and whose last ends like that.
    Glob(String),
}

impl Resource {
    /// What IAM can write for a shape, and nothing narrower; none where some text of it cannot be written.
    /// One with a glob can have several.
    pub(crate) fn of(shape: &Shape) -> Vec<Self> {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => Some(Step::Text(text.clone())),
            Piece::Free { .. } => None,
        };
        if shape.is_plain()
            && let Some(pieces) = shape.pieces.iter().map(text).collect()
        {
            return vec![Self { pieces, below: shape.below }];
        }
        let mut all = vec![Self { pieces: Vec::new(), below: shape.below }];
        for piece in &shape.pieces {
            let steps = steps(piece);
            let product = all.iter().flat_map(|start| steps.iter().map(|step| start.then(step.clone())));
            all = product.collect();
            if all.len() > MAX_ALTERNATIVES {
                return Vec::new();
            }
        }
        all
    }

    /// Whether `*` stands anywhere in it.
    pub(crate) fn is_open(&self) -> bool {
        self.below || self.pieces.iter().any(|step| !matches!(step, Step::Text(_)))
    }

    /// The same with everything below it.
    pub(crate) fn and_below(&self) -> Self {
        Self { pieces: self.pieces.clone(), below: true }
    }

    /// The resource as it is written for a verb.
    pub(crate) fn text(&self, stage_prefix: &str, verb: &str) -> String {
        let pieces = self.pieces.iter().map(Step::len).sum::<usize>();
        let mut out = String::with_capacity(stage_prefix.len() + verb.len() + pieces + 4);
        for text in [stage_prefix, "/", verb] {
            out.push_str(text);
        }
        // Alone, `*` would match the root, which is no segment.
        let open_root = matches!((self.pieces.as_slice(), self.below), ([], true) | ([Step::Star], false));
        if open_root {
            out.push_str("/?*");
            return out;
        }
        for step in &self.pieces {
            out.push('/');
            out.push_str(step.text());
        }
        match (self.below, self.pieces.is_empty()) {
            (false, false) => {}
            (false, true) => out.push('/'),
            (true, _) => out.push_str("/*"),
        }
        out
    }

    fn then(&self, step: Step) -> Self {
        let mut longer = self.clone();
        longer.pieces.push(step);
        longer
    }
}

impl Step {
    /// As it is written.
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Glob(text) => text,
            Self::Star => "*",
        }
    }

    /// With a slash.
    fn len(&self) -> usize {
        self.text().len() + 1
    }
}

fn steps(piece: &Piece) -> Vec<Step> {
    match piece {
        Piece::Text(text) if has_iam_meaning(text) => Vec::new(),
        Piece::Text(text) => vec![Step::Text(text.clone())],
        Piece::Free { globs, .. } => {
            let wanted = globs.iter().find(|(_, wanted)| *wanted);
            wanted.and_then(|(glob, _)| glob_steps(glob.pattern())).unwrap_or_else(|| vec![Step::Star])
        }
    }
}

/// A glob over one segment as IAM can write it: stars and alternatives. `?` is one character there and one
/// byte here, and classes it has none. An alternative that no segment can be is left out.
pub(crate) fn glob_steps(glob: &str) -> Option<Vec<Step>> {
    let alternatives = alternatives(glob)?;
    let plain = |text: &String| !text.contains(['?', '[', ']', '{', '}', '\\', '$']);
    alternatives.iter().all(plain).then(|| {
        let step = |text: String| match single_stars(&text).as_str() {
            "*" => Step::Star,
            starred if starred.contains('*') => Step::Glob(starred.to_owned()),
            _ => Step::Text(text),
        };
        alternatives.into_iter().filter(|text| is_segment(text)).map(step).collect()
    })
}

/// The glob with each of its `{a,b}` written out, from the left.
pub(crate) fn alternatives(glob: &str) -> Option<Vec<String>> {
    let Some(open) = glob.find('{') else { return Some(vec![glob.to_owned()]) };
    let (before, rest) = glob.split_at_checked(open)?;
    let rest = rest.strip_prefix('{')?;
    let close = rest.find('}')?;
    let (inside, after) = rest.split_at_checked(close)?;
    // A brace inside braces, or one that is escaped, is left alone.
    if inside.contains(['{', '[', '\\']) || before.contains(['[', '\\']) {
        return None;
    }
    let ends = alternatives(after.strip_prefix('}')?)?;
    let all: Vec<String> = inside
        .split(',')
        .flat_map(|choice| ends.iter().map(move |end| format!("{before}{choice}{end}")))
        .collect();
    (all.len() <= MAX_ALTERNATIVES).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_written_as_iam_can() {
        let text = |step: Step| match step {
            Step::Text(text) => text,
            Step::Star => "(star)".to_owned(),
            Step::Glob(text) => format!("glob {text}"),
        };
        for (glob, expected) in [
            ("report-*.pdf", Some(&["glob report-*.pdf"][..])),
            ("{a,b*}x", Some(&["ax", "glob b*x"])),
            ("{a,}{b,c}", Some(&["ab", "ac", "b", "c"])),
            ("{*,a}", Some(&["(star)", "a"])),
            ("{..,a}", Some(&["a"])),
            (".{.,a}", Some(&[".a"])),
            ("{a/b,c,*/d,%2f*}", Some(&["c"])),
            ("***", Some(&["(star)"])),
            ("a**{*,b}", Some(&["glob a*", "glob a*b"])),
            ("a?", None),
            ("[ab]", None),
            ("{a,{b,c}}", None),
        ] {
            let steps = glob_steps(glob).map(|steps| steps.into_iter().map(text).collect::<Vec<_>>());
            assert_eq!(
                steps.as_deref(),
                expected.map(|list| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>()).as_deref(),
                "{glob}"
            );
        }
    }
}
