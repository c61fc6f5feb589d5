//! A policy before it is text: small enough to be taken apart again.

use std::collections::BTreeSet;
use std::fmt;

/// A policy. A part of it may be in a second file, which the first one uses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) pieces: Vec<Piece>,
    /// The pieces from here on are in the second file.
    pub(crate) split: Option<usize>,
    pub(crate) issuers: usize,
}

/// A statement.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Text that stays as it is.
    Fixed(String),
    /// `let NAME = C`
    Let(String, Cond),
    /// `allow`, `public`, `deny`, `never allow`, `always allow`
    Rule(RuleDraft),
    /// `api { … }`
    Api(Vec<(Vec<&'static str>, Vec<Pattern>)>),
}

/// A rule or an invariant.
#[derive(Debug, Clone)]
pub(crate) struct RuleDraft {
    pub(crate) keyword: &'static str,
    pub(crate) verbs: Vec<&'static str>,
    pub(crate) paths: Vec<Pattern>,
    pub(crate) when: Option<Cond>,
    pub(crate) unless: Option<Cond>,
    pub(crate) id: Option<String>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cond {
    Atom(String),
    Not(Box<Cond>),
    All(Vec<Cond>),
    Any(Vec<Cond>),
}

/// A path pattern.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) segments: Vec<Segment>,
    pub(crate) tail: Option<Tail>,
}

/// A segment of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    Literal(String),
    Any,
    Param(&'static str),
    /// A glob, and what it matches.
    Glob(&'static str, &'static [&'static str]),
}

/// The end of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum Tail {
    Any,
    Param(&'static str),
}

/// The name of the second file.
pub(crate) const SECOND: &str = "second.policy";

impl Draft {
    /// The text of the first file, and of the second, where there is one.
    pub(crate) fn texts(&self) -> (String, Option<String>) {
        let (first, second) = self.pieces.split_at(self.split.unwrap_or(self.pieces.len()));
        let text = |pieces: &[Piece]| {
            let mut lines: Vec<String> = pieces.iter().map(ToString::to_string).collect();
            lines.push(String::new());
            lines.join("\n")
        };
        if second.is_empty() {
            return (text(first), None);
        }
        (format!("{}use \"{SECOND}\"\n", text(first)), Some(text(second)))
    }

    /// The patterns of its rules and routes, with their verbs.
    pub(crate) fn patterns(&self) -> Vec<(&[&'static str], &Pattern)> {
        let mut patterns = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Rule(rule) => {
                    patterns.extend(rule.paths.iter().map(|path| (rule.verbs.as_slice(), path)));
                }
                Piece::Api(routes) => {
                    for (verbs, paths) in routes {
                        patterns.extend(paths.iter().map(|path| (verbs.as_slice(), path)));
                    }
                }
                Piece::Fixed(_) | Piece::Let(..) => {}
            }
        }
        patterns
    }
}

impl Pattern {
    /// The names that it binds.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        let segments = self.segments.iter().filter_map(|segment| match segment {
            Segment::Param(name) => Some(*name),
            _ => None,
        });
        let tail = match &self.tail {
            Some(Tail::Param(name)) => Some(*name),
            _ => None,
        };
        segments.chain(tail).collect()
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) => f.write_str(text),
            Self::Let(name, condition) => write!(f, "let {name} = {condition}"),
            Self::Rule(rule) => rule.fmt(f),
            Self::Api(routes) => {
                f.write_str("api {")?;
                for (verbs, paths) in routes {
                    write!(f, "\n    {}", verbs.join(" "))?;
                    for path in paths {
                        write!(f, "  {path}")?;
                    }
                }
                f.write_str("\n}")
            }
        }
    }
}

impl fmt::Display for RuleDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.keyword, self.verbs.join(" "))?;
        for path in &self.paths {
            write!(f, "  {path}")?;
        }
        if let Some(condition) = &self.when {
            write!(f, "  when {condition}")?;
        }
        if let Some(condition) = &self.unless {
            write!(f, "  unless {condition}")?;
        }
        match &self.id {
            Some(id) => write!(f, "  as {id}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Any => f.write_str("/*")?,
                Segment::Param(name) => write!(f, "/{{{name}}}")?,
                Segment::Glob(glob, _) => write!(f, "/{glob}")?,
            }
        }
        match &self.tail {
            None if self.segments.is_empty() => f.write_str("/"),
            None => Ok(()),
            Some(Tail::Any) => f.write_str("/**"),
            Some(Tail::Param(name)) => write!(f, "/{{{name}+}}"),
        }
    }
}

/// With the parentheses that it needs, and no others.
impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str, wraps: fn(&Self) -> bool| {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    write!(f, " {word} ")?;
                }
                if wraps(part) {
                    write!(f, "({part})")?;
                } else {
                    write!(f, "{part}")?;
                }
            }
            Ok(())
        };
        match self {
            Self::Atom(atom) => f.write_str(atom),
            Self::Not(inner) => match **inner {
                Self::Atom(_) | Self::Not(_) => write!(f, "not {inner}"),
                Self::All(_) | Self::Any(_) => write!(f, "not ({inner})"),
            },
            Self::All(parts) => join(f, parts, "and", |part| matches!(part, Self::All(_) | Self::Any(_))),
            Self::Any(parts) => join(f, parts, "or", |part| matches!(part, Self::Any(_))),
        }
    }
}
