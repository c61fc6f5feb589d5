//! Atoms with the parameters filled in, and their truth.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::address;
use crate::condition::{Atom, Comparison, IssuerId, Literal, Number, Operand, SelectorId};
use crate::glob::{self, Glob};
use crate::path::RequestPath;
use crate::pattern::PathRef;
use crate::policy::{BindError, RequestReads};
use crate::request::RequestContext;
use crate::strings::Strings;
use crate::text::Text;
use crate::value::Value;

/// An [`Atom`] ready to be evaluated.
#[derive(Debug)]
pub(crate) enum Test {
    Compare(Arg, Comparison, Arg),
    Member { item: Arg, list: Arg },
    Like(Arg, LazyGlob),
    AddressIn(IpNet),
    Present(SelectorId),
    True(SelectorId),
    Issuer(IssuerId),
}

/// An [`Operand`] ready to be evaluated.
#[derive(Debug)]
pub(crate) enum Arg {
    Bool(bool),
    Number(Number),
    Text(Box<str>),
    List(Vec<Arg>),
    Claim(SelectorId),
    Groups,
    Scopes,
    Path(PathRef),
    Header(Box<str>),
    Query(Box<str>),
    Time,
    Stage,
}

/// A glob that is compiled when it is first asked.
#[derive(Debug)]
pub(crate) struct LazyGlob {
    pattern: Box<str>,
    compiled: OnceLock<Option<Glob>>,
}

impl LazyGlob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.into(), compiled: OnceLock::new() }
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| glob::matcher(&self.pattern).ok());
        compiled.as_ref().is_some_and(|glob| glob.is_match(text))
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl PartialEq for LazyGlob {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for LazyGlob {}

/// Globs by their patterns, each compiled once. They are the policy's own, so there are not many.
#[derive(Debug, Default)]
pub(crate) struct Globs(RwLock<HashMap<Box<str>, Arc<LazyGlob>>>);

impl Globs {
    pub(crate) fn compiled(&self, pattern: &str) -> Arc<LazyGlob> {
        let known = self.0.read().ok().and_then(|globs| globs.get(pattern).cloned());
        known.unwrap_or_else(|| {
            let glob = Arc::new(LazyGlob::new(pattern));
            if let Ok(mut globs) = self.0.write() {
                globs.insert(pattern.into(), Arc::clone(&glob));
            }
            glob
        })
    }
}

/// What is known of the token and of the request. Without a request, the atoms on it are false.
pub(crate) trait Scene {
    fn claim(&self, selector: SelectorId) -> Option<&Json>;
    fn groups(&self) -> Strings<'_>;
    fn scopes(&self) -> Strings<'_>;
    fn issuer(&self) -> Option<IssuerId>;
    fn path(&self) -> Option<&RequestPath<'_>>;
    fn context(&self) -> Option<&RequestContext>;
}

impl Test {
    pub(crate) fn bind(
        atom: &Atom,
        text: &impl Fn(&Text) -> Result<String, BindError>,
    ) -> Result<Self, BindError> {
        let arg = |operand: &Operand| Arg::bind(operand, text);
        Ok(match atom {
            Atom::Compare(left, comparison, right) => Self::Compare(arg(left)?, *comparison, arg(right)?),
            Atom::Member { item, list } => Self::Member { item: arg(item)?, list: arg(list)? },
            Atom::Like(subject, pattern) => Self::Like(arg(subject)?, bind_glob(pattern, text)?),
            Atom::AddressIn(block) => Self::AddressIn(bind_block(text(block)?)?),
            Atom::Present(selector) => Self::Present(*selector),
            Atom::True(selector) => Self::True(*selector),
            Atom::Issuer(issuer) => Self::Issuer(*issuer),
        })
    }

    /// Adds what the atom reads of a request.
    pub(crate) fn note_reads(&self, reads: &mut RequestReads) {
        match self {
            Self::Compare(left, _, right) => reads.fields |= left.is_field() || right.is_field(),
            Self::Member { item, list } => reads.fields |= item.is_field() || list.is_field(),
            Self::Like(subject, _) => reads.fields |= subject.is_field(),
            Self::AddressIn(_) => reads.address = true,
            Self::Present(_) | Self::True(_) | Self::Issuer(_) => {}
        }
    }

    /// Whether it looks at the API's stage.
    pub(crate) fn reads_stage(&self) -> bool {
        let is_stage = |arg: &Arg| matches!(arg, Arg::Stage);
        match self {
            Self::Compare(left, _, right) => is_stage(left) || is_stage(right),
            Self::Member { item, list } => is_stage(item) || is_stage(list),
            Self::Like(subject, _) => is_stage(subject),
            Self::AddressIn(_) | Self::Present(_) | Self::True(_) | Self::Issuer(_) => false,
        }
    }

    /// For a part of the path that must equal a claim, as most rules with an owner say: which part, and which claim.
    /// What is made of them is what [`Test::holds`] would, sooner.
    #[inline]
    pub(crate) const fn claimed_part(&self) -> Option<(PathRef, SelectorId)> {
        match self {
            Self::Compare(Arg::Path(part), Comparison::Equal, Arg::Claim(claim))
            | Self::Compare(Arg::Claim(claim), Comparison::Equal, Arg::Path(part)) => Some((*part, *claim)),
            _ => None,
        }
    }

    /// The atom's truth. Total: what is missing or of another type makes it false.
    pub(crate) fn holds(&self, scene: &impl Scene) -> bool {
        match self {
            Self::Compare(left, comparison, right) => match (left.value(scene), right.value(scene)) {
                (Some(left), Some(right)) => left.compares(*comparison, right),
                _ => false,
            },
            Self::Member { item, list } => item.value(scene).is_some_and(|item| list.has(item, scene)),
            Self::Like(subject, glob) => {
                subject.value(scene).and_then(Value::text).is_some_and(|text| glob.is_match(text))
            }
            Self::AddressIn(block) => scene
                .context()
                .and_then(|context| context.ip)
                .is_some_and(|ip| block.contains(&ip.to_canonical())),
            Self::Present(selector) => scene.claim(*selector).is_some(),
            Self::True(selector) => scene.claim(*selector) == Some(&Json::Bool(true)),
            Self::Issuer(issuer) => scene.issuer() == Some(*issuer),
        }
    }
}

impl Arg {
    /// Whether it is a header or a query parameter of the request, or holds one.
    pub(crate) fn is_field(&self) -> bool {
        match self {
            Self::Header(_) | Self::Query(_) => true,
            Self::List(items) => items.iter().any(Self::is_field),
            _ => false,
        }
    }

    pub(crate) fn bind(
        operand: &Operand,
        text: &impl Fn(&Text) -> Result<String, BindError>,
    ) -> Result<Self, BindError> {
        Ok(match operand {
            Operand::Literal(literal) => Self::bind_literal(literal, text)?,
            Operand::Claim(selector) => Self::Claim(*selector),
            Operand::Groups => Self::Groups,
            Operand::Scopes => Self::Scopes,
            Operand::Path(part) => Self::Path(*part),
            Operand::Header(name) => Self::Header(name.as_str().into()),
            Operand::Query(name) => Self::Query(name.as_str().into()),
            Operand::Time => Self::Time,
            Operand::Stage => Self::Stage,
        })
    }

    fn bind_literal(
        literal: &Literal,
        text: &impl Fn(&Text) -> Result<String, BindError>,
    ) -> Result<Self, BindError> {
        Ok(match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Number(number) => Self::Number(*number),
            Literal::Text(value) => Self::Text(text(value)?.into()),
            Literal::Instant(value) => Self::Number(Number::Integer(parse_instant(&text(value)?)?)),
            Literal::List(items) => {
                Self::List(items.iter().map(|item| Self::bind_literal(item, text)).collect::<Result<_, _>>()?)
            }
        })
    }

    /// The value; for groups and scopes, which are lists only, there is none here.
    pub(crate) fn value<'a>(&'a self, scene: &'a impl Scene) -> Option<Value<'a>> {
        match self {
            Self::Bool(value) => Some(Value::Bool(*value)),
            Self::Number(number) => Some(Value::Number(*number)),
            Self::Text(text) => Some(Value::Text(text)),
            Self::Claim(selector) => Value::of_json(scene.claim(*selector)?),
            Self::Path(part) => path_part(scene.path()?, *part).map(Value::PathPart),
            Self::Header(name) => scene.context()?.header(name).map(Value::Text),
            Self::Query(name) => scene.context()?.query_parameter(name).map(Value::Text),
            Self::Time => Some(Value::Number(Number::Integer(scene.context()?.time?))),
            Self::Stage => scene.context()?.stage.as_deref().map(Value::Text),
            Self::List(_) | Self::Groups | Self::Scopes => None,
        }
    }

    /// The strings of this list.
    pub(crate) fn strings(&self, scene: &impl Scene) -> Vec<String> {
        let owned = |list: Strings<'_>| list.iter().map(str::to_owned).collect();
        match self {
            Self::List(items) => items
                .iter()
                .filter_map(|item| item.value(scene).and_then(Value::text).map(str::to_owned))
                .collect(),
            Self::Groups => owned(scene.groups()),
            Self::Scopes => owned(scene.scopes()),
            Self::Claim(selector) => match scene.claim(*selector) {
                Some(Json::Array(items)) => {
                    items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Whether this list has an item equal to that one.
    fn has(&self, item: Value<'_>, scene: &impl Scene) -> bool {
        match self {
            Self::List(items) => items.iter().any(|one| one.value(scene).is_some_and(|one| item.equals(one))),
            Self::Groups => scene.groups().iter().any(|group| item.equals(Value::Text(group))),
            Self::Scopes => scene.scopes().iter().any(|scope| item.equals(Value::Text(scope))),
            Self::Claim(selector) => match scene.claim(*selector) {
                Some(Json::Array(items)) => {
                    items.iter().filter_map(Value::of_json).any(|one| item.equals(one))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// The part of the path, if the path has it.
#[inline]
pub(crate) fn path_part<'a>(path: &RequestPath<'a>, part: PathRef) -> Option<&'a str> {
    match part {
        PathRef::Segment(index) => path.segment(usize::from(index)),
        PathRef::Rest(index) => path.rest_from(usize::from(index)),
    }
}

fn bind_glob(
    pattern: &Text,
    text: &impl Fn(&Text) -> Result<String, BindError>,
) -> Result<LazyGlob, BindError> {
    let value = text(pattern)?;
    // A fixed glob was compiled when the policy was checked.
    if matches!(pattern, Text::Template(_)) {
        glob::matcher(&value)
            .map_err(|error| BindError::Glob { pattern: value.clone(), error: error.to_string() })?;
    }
    Ok(LazyGlob::new(&value))
}

fn bind_block(text: String) -> Result<IpNet, BindError> {
    address::block(&text).ok_or(BindError::Address(text))
}

fn parse_instant(text: &str) -> Result<i64, BindError> {
    text.parse::<Timestamp>().map(Timestamp::as_second).map_err(|_| BindError::Instant(text.to_owned()))
}
