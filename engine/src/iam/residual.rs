//! Conditions after the token is known: alternatives, each a list of what remains to be asked of the path.

use std::sync::Arc;

use crate::caller::{Caller, RequestScene};
use crate::condition::{AtomId, Comparison, Node, NodeId};
use crate::iam::circumstance::{Circumstance, TimeTest, mirrored};
use crate::iam::holes::{Holes, Source};
use crate::iam::rest::can_hold_for_rest;
use crate::path::{is_segment, segment_forms};
use crate::pattern::PathRef;
use crate::request::RequestContext;
use crate::test::{Arg, LazyGlob, Test};
use crate::value::Value;

/// More alternatives than this are not worked out.
const MAX_TERMS: usize = 64;

/// One alternative of a condition: everything in it must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Term {
    /// What must hold for parts of the path.
    pub(crate) path: Vec<(PathRef, Constraint)>,
    /// What must hold for the rest of the request.
    pub(crate) circumstances: Vec<(Circumstance, bool)>,
    /// Something else must hold that a pattern cannot say.
    pub(crate) opaque: Option<Opaque>,
}

/// What must hold for a part of the path, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// It is one of these strings.
    OneOf(Vec<String>),
    /// It is none of these strings.
    NoneOf(Vec<String>),
    /// The glob matches it, or does not.
    Like(Arc<LazyGlob>, bool),
}

/// What a path pattern cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opaque {
    /// It reads the request beyond what IAM can ask: a header, a query parameter.
    Request,
    /// It asks of the path what is neither "is" nor "is one of".
    Path,
}

/// There are too many alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A caller on a stage: all that is known before the verb and the path are.
pub(crate) struct Partial<'a, 'h> {
    pub(crate) caller: &'a Caller<'a>,
    pub(crate) stage: &'a RequestContext,
    /// What the token's strings are taken for.
    pub(crate) holes: &'a Holes<'h>,
}

impl Partial<'_, '_> {
    /// The alternatives under which the condition holds; none where it cannot.
    pub(crate) fn terms(&self, node: NodeId) -> Result<Vec<Term>, TooMany> {
        self.expand(node, true)
    }

    fn expand(&self, node: NodeId, wanted: bool) -> Result<Vec<Term>, TooMany> {
        match (self.caller.policy.parts().conditions.node(node), wanted) {
            (None, _) => Ok(Vec::new()),
            (Some(Node::Constant(value)), _) => Ok(constant(*value == wanted)),
            (Some(Node::Atom(atom)), _) => Ok(self.atom(*atom, wanted)),
            (Some(Node::Not(child)), _) => self.expand(*child, !wanted),
            (Some(Node::All(children)), true) | (Some(Node::Any(children)), false) => {
                children.iter().try_fold(constant(true), |terms, child| {
                    if terms.is_empty() { Ok(terms) } else { product(&terms, &self.expand(*child, wanted)?) }
                })
            }
            (Some(Node::Any(children)), true) | (Some(Node::All(children)), false) => {
                let mut terms = Vec::new();
                for child in children {
                    terms.extend(self.expand(*child, wanted)?);
                    if terms.contains(&Term::default()) {
                        return Ok(constant(true));
                    }
                    if terms.len() > MAX_TERMS {
                        return Err(TooMany);
                    }
                }
                Ok(terms)
            }
        }
    }

    fn atom(&self, id: AtomId, wanted: bool) -> Vec<Term> {
        if self.caller.policy.is_token_only(id) {
            return constant(self.caller.is_fact(id) == wanted);
        }
        let Some(test) = self.caller.policy.test(id) else { return Vec::new() };
        if is_settled(test) {
            return constant(test.holds(&self.scene()) == wanted);
        }
        match test {
            Test::Like(Arg::Path(part), glob) => {
                let glob = self.caller.policy.globs.compiled(glob.pattern());
                return vec![Term::of(*part, Constraint::Like(glob, wanted))];
            }
            Test::AddressIn(block) => {
                return vec![Term::circumstance(&[(Circumstance::Address(*block), wanted)])];
            }
            Test::Compare(Arg::Time, comparison, other) if is_settled_arg(other) => {
                return self.time(*comparison, other, wanted);
            }
            Test::Compare(other, comparison, Arg::Time) if is_settled_arg(other) => {
                return self.time(mirrored(*comparison), other, wanted);
            }
            _ => {}
        }
        let Some((part, strings)) = self.path_is(test) else { return vec![Term::opaque(opacity(test))] };
        match (strings.is_empty(), wanted) {
            (true, _) => constant(!wanted),
            (false, true) => vec![Term::of(part, Constraint::OneOf(strings))],
            (false, false) => vec![Term::of(part, Constraint::NoneOf(strings))],
        }
    }

    fn time(&self, comparison: Comparison, other: &Arg, wanted: bool) -> Vec<Term> {
        let test = TimeTest::new(comparison, other.value(&self.scene()));
        match if wanted { test } else { test.not() } {
            TimeTest::Constant(value) => constant(value),
            TimeTest::Before(time, value) => vec![Term::circumstance(&[(Circumstance::Before(time), value)])],
            TimeTest::During(second, value) => {
                let (start, end) = (Circumstance::Before(second), Circumstance::Before(second + 1));
                if value {
                    vec![Term::circumstance(&[(start, false), (end, true)])]
                } else {
                    vec![Term::circumstance(&[(start, true)]), Term::circumstance(&[(end, false)])]
                }
            }
        }
    }

    /// For "that part of the path is one of …": the part, and each string in each of its forms.
    fn path_is(&self, test: &Test) -> Option<(PathRef, Vec<String>)> {
        let (part, other, is_list) = match test {
            Test::Compare(Arg::Path(part), Comparison::Equal, other)
            | Test::Compare(other, Comparison::Equal, Arg::Path(part)) => (*part, other, false),
            Test::Member { item: Arg::Path(part), list } => (*part, list, true),
            _ => return None,
        };
        if !is_settled_arg(other) {
            return None;
        }
        if let Some(source) = Source::of(other, is_list) {
            return Some((part, self.holes.texts_of(source)));
        }
        let values = if is_list {
            other.strings(&self.scene())
        } else {
            other.value(&self.scene()).and_then(Value::text).map(str::to_owned).into_iter().collect()
        };
        let mut forms: Vec<String> = values.iter().flat_map(|value| segment_forms(value)).collect();
        if matches!(part, PathRef::Segment(_)) {
            // What can be no segment is equal to none.
            forms.retain(|form| is_segment(form));
        }
        forms.sort_unstable();
        forms.dedup();
        Some((part, forms))
    }

    fn scene(&self) -> RequestScene<'_> {
        RequestScene { known: &self.caller.known, path: None, context: self.stage }
    }
}

impl Term {
    fn of(part: PathRef, constraint: Constraint) -> Self {
        match (part, &constraint) {
            (PathRef::Rest(_), rest) if !can_hold_for_rest(rest) => Self::opaque(Opaque::Path),
            _ => Self { path: vec![(part, constraint)], ..Self::default() },
        }
    }

    fn circumstance(answers: &[(Circumstance, bool)]) -> Self {
        Self { circumstances: answers.to_vec(), ..Self::default() }
    }

    fn opaque(opaque: Opaque) -> Self {
        Self { opaque: Some(opaque), ..Self::default() }
    }
}

/// Whether the test's truth is known without the request's verb, path, headers and so on.
pub(crate) fn is_settled(test: &Test) -> bool {
    match test {
        Test::Compare(left, _, right) => is_settled_arg(left) && is_settled_arg(right),
        Test::Member { item, list } => is_settled_arg(item) && is_settled_arg(list),
        Test::Like(subject, _) => is_settled_arg(subject),
        Test::AddressIn(_) => false,
        Test::Present(_) | Test::True(_) | Test::Issuer(_) => true,
    }
}

fn is_settled_arg(arg: &Arg) -> bool {
    !matches!(arg, Arg::Path(_) | Arg::Header(_) | Arg::Query(_) | Arg::Time)
}

fn opacity(test: &Test) -> Opaque {
    let reads_request = |arg: &Arg| matches!(arg, Arg::Header(_) | Arg::Query(_) | Arg::Time);
    let request = match test {
        Test::Compare(left, _, right) => reads_request(left) || reads_request(right),
        Test::Member { item, list } => reads_request(item) || reads_request(list),
        Test::Like(subject, _) => reads_request(subject),
        Test::AddressIn(_) => true,
        Test::Present(_) | Test::True(_) | Test::Issuer(_) => false,
    };
    if request { Opaque::Request } else { Opaque::Path }
}

fn constant(value: bool) -> Vec<Term> {
    if value { vec![Term::default()] } else { Vec::new() }
}

fn product(left: &[Term], right: &[Term]) -> Result<Vec<Term>, TooMany> {
    if left.len().saturating_mul(right.len()) > MAX_TERMS {
        return Err(TooMany);
    }
    Ok(left.iter().flat_map(|a| right.iter().map(move |b| both(a, b))).collect())
}

/// The term under which both hold.
fn both(a: &Term, b: &Term) -> Term {
    let mut path = a.path.clone();
    path.extend(b.path.iter().filter(|one| !a.path.contains(one)).cloned());
    let mut circumstances = a.circumstances.clone();
    circumstances.extend(b.circumstances.iter().filter(|one| !a.circumstances.contains(one)));
    Term { path, circumstances, opaque: a.opaque.or(b.opaque) }
}
