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

    /// The resource as it is written for a verb, below the stage.
    pub(crate) fn text(&self, verb: &str) -> String {
        written(verb, self.pieces.iter().map(Step::text), self.below)
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
}

/// A resource as it is written for a verb, below the stage.
pub(crate) fn written<'a>(
    verb: &str,
    segments: impl Iterator<Item = &'a str> + Clone,
    below: bool,
) -> String {
    let length: usize = segments.clone().map(|segment| segment.len() + 1).sum();
    let mut out = String::with_capacity(verb.len() + length + 4);
    out.push('/');
    out.push_str(verb);
    let mut first = segments.clone().take(2);
    let end = match (first.next(), first.next(), below) {
        // Alone, `*` would match the root, which is no segment.
        (None, _, true) | (Some("*"), None, false) => return out + "/?*",
        (None, _, false) => "/",
        (Some(_), _, true) => "/*",
        (Some(_), _, false) => "",
    };
    for segment in segments {
        out.push('/');
        out.push_str(segment);
    }
    out + end
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
