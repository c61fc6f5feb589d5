//! Conditions: trees of atoms, each tree and each atom stored once.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::pattern::PathRef;
use crate::text::Text;

/// Index of an [`Atom`] in a [`ConditionTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AtomId(pub u32);

/// Index of a [`Node`] in a [`ConditionTable`]. A node's children always come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

/// Index of a [`Selector`] in a [`ConditionTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SelectorId(pub u32);

/// Index of an issuer in [`ProgramParts::issuers`](crate::ProgramParts::issuers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssuerId(pub u32);

/// Where a claim is read: the names from the root object down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Selector {
    /// The object that the names start from.
    pub root: Root,
    /// At least one name.
    pub names: Vec<String>,
}

/// What a [`Selector`] reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Root {
    /// The verified token's claims: `token.x`.
    Token,
    /// The answer of the issuer's userinfo endpoint: `userinfo.x`.
    Userinfo,
}

/// A value that an atom looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operand {
    /// A constant of the policy.
    Literal(Literal),
    /// A claim; no value where it is missing or null.
    Claim(SelectorId),
    /// The token's groups, read where its issuer says; only as a list.
    Groups,
    /// The token's scopes, read where its issuer says; only as a list.
    Scopes,
    /// A part of the request's path.
    Path(PathRef),
    /// A request header; the name in lower case.
    Header(String),
    /// A query parameter.
    Query(String),
    /// The time of the request, in seconds since 1970-01-01 UTC.
    Time,
    /// The API's stage.
    Stage,
}

/// A constant of the policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Literal {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Text),
    /// A point in time, written as RFC 3339; compared with [`Operand::Time`] and with claims in seconds.
    Instant(Text),
    /// `[…]`; only as the list of [`Atom::Member`]. No list is in a list.
    List(#[serde(deserialize_with = "flat_list")] Vec<Literal>),
}

/// A [`Literal`] that is no list: bytes cannot make a program that is nested without end.
#[derive(Deserialize)]
enum FlatLiteral {
    Bool(bool),
    Number(Number),
    Text(Text),
    Instant(Text),
}

fn flat_list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Literal>, D::Error> {
    let items = Vec::<FlatLiteral>::deserialize(deserializer)?;
    let literal = |item| match item {
        FlatLiteral::Bool(value) => Literal::Bool(value),
        FlatLiteral::Number(value) => Literal::Number(value),
        FlatLiteral::Text(value) => Literal::Text(value),
        FlatLiteral::Instant(value) => Literal::Instant(value),
    };
    Ok(items.into_iter().map(literal).collect())
}

/// A JSON number, compared by its value: as integers where both are, else as 64-bit floats.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Number {
    /// An integer.
    Integer(i64),
    /// Any other finite number.
    Float(f64),
}

/// How [`Atom::Compare`] relates its two sides. `!=` is the negation of [`Comparison::Equal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One test. Every atom is total: where a value is missing, or of another type, it is false.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Atom {
    /// Both sides have the same type (string, number or boolean) and are so related.
    /// A string equals a part of the path in each of [`segment_forms`](crate::path::segment_forms).
    Compare(Operand, Comparison, Operand),
    /// The item equals one of the list's. A list may be [`Operand::Groups`], [`Operand::Scopes`],
    /// a claim that is an array, or a [`Literal::List`].
    Member {
        /// What is looked for.
        item: Operand,
        /// Where it is looked for.
        list: Operand,
    },
    /// The string matches the glob, from its first character to its last.
    Like(Operand, Text),
    /// The caller's address lies in the block (`10.0.0.0/8`, `2001:db8::/32`) or is that address.
    AddressIn(Text),
    /// The claim is there and not null.
    Present(SelectorId),
    /// The claim is the boolean `true`.
    True(SelectorId),
    /// The token came from that issuer.
    Issuer(IssuerId),
}

/// A node of a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Node {
    /// Always, or never.
    Constant(bool),
    /// One test.
    Atom(AtomId),
    /// The opposite.
    Not(NodeId),
    /// Every one of them.
    All(Vec<NodeId>),
    /// At least one of them.
    Any(Vec<NodeId>),
}

/// How deep a condition may be. The compiler's own limit is below it.
const MAX_DEPTH: usize = 1_024;

/// Every condition of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionTable {
    /// The claims that atoms read.
    pub selectors: Vec<Selector>,
    /// The tests.
    pub atoms: Vec<Atom>,
    /// The trees; children before parents.
    pub nodes: Vec<Node>,
}

impl ConditionTable {
    /// Whether every child comes before its parent and every index stands for something, down to a depth that
    /// can be walked.
    pub(crate) fn is_sound(&self) -> bool {
        let mut depths: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let below = |child: &NodeId| depths.get(child.0 as usize).map(|depth| depth + 1);
            let depth = match node {
                Node::Constant(_) => Some(0),
                Node::Atom(atom) => self.atom(*atom).map(|_| 0),
                Node::Not(child) => below(child),
                Node::All(children) | Node::Any(children) => {
                    children.iter().try_fold(0, |deepest, child| below(child).map(|depth| depth.max(deepest)))
                }
            };
            match depth {
                Some(depth) if depth <= MAX_DEPTH => depths.push(depth),
                _ => return false,
            }
        }
        true
    }

    /// The selector of that index; a checked program has one for every index it holds.
    pub fn selector(&self, id: SelectorId) -> Option<&Selector> {
        self.selectors.get(id.0 as usize)
    }

    /// The atom of that index.
    pub fn atom(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id.0 as usize)
    }

    /// How many atoms there are.
    pub(crate) fn atom_count(&self) -> usize {
        self.atoms.len()
    }

    /// The node of that index.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }
}

/// Puts conditions together, storing what is the same once.
#[derive(Debug, Default)]
pub struct ConditionBuilder {
    table: ConditionTable,
    selectors: HashMap<Selector, SelectorId>,
    atoms: HashMap<Atom, AtomId>,
    nodes: HashMap<Node, NodeId>,
}

impl ConditionBuilder {
    /// The index of this selector.
    pub fn selector(&mut self, selector: Selector) -> SelectorId {
        let next = SelectorId(index(self.table.selectors.len()));
        *self.selectors.entry(selector).or_insert_with_key(|selector| {
            self.table.selectors.push(selector.clone());
            next
        })
    }

    /// Always, or never.
    pub fn constant(&mut self, value: bool) -> NodeId {
        self.node(Node::Constant(value))
    }

    /// One test.
    pub fn atom(&mut self, atom: Atom) -> NodeId {
        let next = AtomId(index(self.table.atoms.len()));
        let id = *self.atoms.entry(atom).or_insert_with_key(|atom| {
            self.table.atoms.push(atom.clone());
            next
        });
        self.node(Node::Atom(id))
    }

    /// The opposite.
    pub fn not(&mut self, child: NodeId) -> NodeId {
        match self.table.node(child) {
            Some(Node::Constant(value)) => {
                let opposite = !*value;
                self.constant(opposite)
            }
            Some(Node::Not(inner)) => *inner,
            _ => self.node(Node::Not(child)),
        }
    }

    /// Every one of them.
    pub fn all(&mut self, children: Vec<NodeId>) -> NodeId {
        self.join(children, false)
    }

    /// At least one of them.
    pub fn any(&mut self, children: Vec<NodeId>) -> NodeId {
        self.join(children, true)
    }

    /// The conditions put together so far.
    pub fn finish(self) -> ConditionTable {
        self.table
    }

    /// `absorbing`: the value of one child that decides the whole.
    fn join(&mut self, children: Vec<NodeId>, absorbing: bool) -> NodeId {
        let mut flat: Vec<NodeId> = Vec::with_capacity(children.len());
        for child in children {
            match (self.table.node(child), absorbing) {
                (Some(Node::Constant(value)), _) if *value == absorbing => return child,
                (Some(Node::Constant(_)), _) => {}
                (Some(Node::Any(inner)), true) | (Some(Node::All(inner)), false) => {
                    flat.extend_from_slice(inner);
                }
                _ => flat.push(child),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        match (flat.as_slice(), absorbing) {
            ([], _) => self.constant(!absorbing),
            ([only], _) => *only,
            (_, true) => self.node(Node::Any(flat)),
            (_, false) => self.node(Node::All(flat)),
        }
    }

    fn node(&mut self, node: Node) -> NodeId {
        let next = NodeId(index(self.table.nodes.len()));
        *self.nodes.entry(node).or_insert_with_key(|node| {
            self.table.nodes.push(node.clone());
            next
        })
    }
}

/// The checker bounds every count far below this.
fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Number {
    fn order(self, other: Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(&b),
            (Self::Integer(_), Self::Float(_)) => std::cmp::Ordering::Less,
            (Self::Float(_), Self::Integer(_)) => std::cmp::Ordering::Greater,
        }
    }
}

// Equality and order of the *written* constants, for storing each once; values are compared in `value`.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.order(*other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order(*other)
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self {
            Self::Integer(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
        }
    }
}
