//! What the rules allow, as regular languages: a second reading of the same syntax tree, for which every
//! request is decided at once. A string of these languages is a verb and a path: `GET/users/ana`.

use policy_dsl::syntax::{
    Condition, ConditionKind, Operator, Path, Relation, Rule, Segment, Tail, Value, ValueKind, Verbs,
};
use policy_engine::{Effect, RequestContext, Token, Verb};

use super::value::Known;
use super::{Bindings, Reference, World, forms};

/// Strings, as what regular expressions over their bytes say of them. `.` is any byte there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Regular {
    /// Those that the expression matches as a whole.
    Matching(String),
    Not(Box<Regular>),
    /// Those in each of these; every string where there are none.
    All(Vec<Regular>),
    /// Those in one of these; no string where there are none.
    Any(Vec<Regular>),
}

/// The rules compare two parts of the path with each other: such paths are no regular language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotRegular;

type Found = Result<Regular, NotRegular>;

impl Regular {
    pub(crate) const fn everything() -> Self {
        Self::All(Vec::new())
    }

    pub(crate) const fn nothing() -> Self {
        Self::Any(Vec::new())
    }

    /// That one string.
    pub(crate) fn text(text: &str) -> Self {
        Self::Matching(escaped(text.as_bytes()))
    }

    fn constant(value: bool) -> Self {
        if value { Self::everything() } else { Self::nothing() }
    }

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// A verb and a malformed path; strings with control characters are left out of all this.
pub(crate) fn malformed() -> Regular {
    let expressions = [
        r"[^/]*/.*//.*",
        r"[^/]*//.*",
        r"[^/]*/.+/",
        r".*/\.\.?(?:/.*)?",
        r"[^/]*/.*\\.*",
        r"[^/]*/.*%(?:2[fFeE]|5[cC]|00).*",
    ];
    Regular::Any(expressions.map(|one| Regular::Matching(one.to_owned())).into())
}

/// A verb that rules can name, and anything that starts with a slash.
pub(crate) fn known_verbs() -> Regular {
    let names: Vec<&str> = Verb::ALL.iter().map(|verb| verb.name()).collect();
    Regular::Matching(format!("(?:{})/.*", names.join("|")))
}

impl Reference {
    /// All that is allowed with that token, in that context.
    pub(crate) fn allowed(&self, token: Option<&Token>, context: &RequestContext) -> Found {
        if token.is_some_and(|token| self.compares_a_hostile_claim(token)) {
            return Ok(Regular::nothing());
        }
        let nowhere = Bindings::new();
        let world = World { policy: self, token, context, path: &nowhere };
        let of = |effects: &[Effect]| -> Found {
            let rules = self.rules.iter().map(|named| &named.rule);
            let rules = rules.filter(|rule| effects.contains(&rule.effect.node));
            rules.map(|rule| world.rule(rule)).collect::<Result<_, _>>().map(Regular::Any)
        };
        let allowing = if token.is_some() { &[Effect::Allow, Effect::Public][..] } else { &[Effect::Public] };
        Ok(Regular::All(vec![of(allowing)?, of(&[Effect::Deny])?.not(), malformed().not()]))
    }

    /// What the declared routes could be asked for; everything, where none is declared.
    pub(crate) fn declared(&self) -> Regular {
        if self.routes.is_empty() {
            return Regular::everything();
        }
        let routes = self.routes.iter().flat_map(|route| route.paths.iter().map(move |path| (route, path)));
        Regular::Any(routes.map(|(route, path)| pattern(&route.verbs, path)).collect())
    }
}

impl World<'_> {
    fn rule(&self, rule: &Rule) -> Found {
        let paths = rule.paths.iter().map(|path| {
            let mut all = vec![pattern(&rule.verbs, path)];
            if let Some(when) = &rule.when {
                all.push(self.condition(when, path)?);
            }
            if let Some(unless) = &rule.unless {
                all.push(self.condition(unless, path)?.not());
            }
            Ok(Regular::All(all))
        });
        paths.collect::<Result<_, _>>().map(Regular::Any)
    }

    fn condition(&self, condition: &Condition, path: &Path) -> Found {
        if !self.reads_path(condition) {
            return Ok(Regular::constant(self.holds(condition)));
        }
        let each = |conditions: &[Condition]| -> Result<Vec<Regular>, NotRegular> {
            conditions.iter().map(|one| self.condition(one, path)).collect()
        };
        match &condition.kind {
            ConditionKind::Or(conditions) => each(conditions).map(Regular::Any),
            ConditionKind::And(conditions) => each(conditions).map(Regular::All),
            ConditionKind::Not(inner) => self.condition(inner, path).map(Regular::not),
            ConditionKind::Group(value) => Ok(is_one_of(path, name_of(value), &self.groups())),
            ConditionKind::Scope(value) => Ok(is_one_of(path, name_of(value), &self.scopes())),
            ConditionKind::Relation(relation) => self.relation(relation, path),
            ConditionKind::Value(Value { kind: ValueKind::Name(name), .. }) => {
                self.condition(&self.policy.lets[name], path)
            }
            other => panic!("{other:?} reads the path"),
        }
    }

    fn relation(&self, relation: &Relation, path: &Path) -> Found {
        let Relation { left, operator, right } = relation;
        let (name, other, operator) = match (&left.kind, &right.kind) {
            (ValueKind::Path(a), ValueKind::Path(b)) => {
                let holds = matches!(
                    operator.node,
                    Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual
                );
                return if a.node == b.node { Ok(Regular::constant(holds)) } else { Err(NotRegular) };
            }
            (ValueKind::Path(name), _) => (&name.node, right, operator.node),
            (_, ValueKind::Path(name)) => (&name.node, left, turned(operator.node)),
            _ => panic!("neither side reads the path"),
        };
        let Some(known) = self.value(other) else {
            return Ok(Regular::constant(operator == Operator::NotEqual));
        };
        Ok(match (operator, known) {
            (Operator::Equal, known) => is_one_of(path, name, &[known]),
            (Operator::NotEqual, known) => is_one_of(path, name, &[known]).not(),
            (Operator::In, Known::List(items)) => is_one_of(path, name, &items),
            (Operator::Like, Known::Text(glob)) => {
                place(path, name, |within| globbed(glob.as_bytes(), within))
            }
            (Operator::Less, Known::Text(text)) => below(path, name, &text, false),
            (Operator::LessOrEqual, Known::Text(text)) => below(path, name, &text, true),
            (Operator::Greater, Known::Text(text)) => below(path, name, &text, true).not(),
            (Operator::GreaterOrEqual, Known::Text(text)) => below(path, name, &text, false).not(),
            _ => Regular::nothing(),
        })
    }

    fn reads_path(&self, condition: &Condition) -> bool {
        let is_path = |value: &Value| matches!(value.kind, ValueKind::Path(_));
        match &condition.kind {
            ConditionKind::Or(conditions) | ConditionKind::And(conditions) => {
                conditions.iter().any(|one| self.reads_path(one))
            }
            ConditionKind::Not(inner) => self.reads_path(inner),
            ConditionKind::Group(value) | ConditionKind::Scope(value) => is_path(value),
            ConditionKind::Relation(relation) => is_path(&relation.left) || is_path(&relation.right),
            ConditionKind::Value(Value { kind: ValueKind::Name(name), .. }) => {
                self.reads_path(&self.policy.lets[name])
            }
            _ => false,
        }
    }
}

/// The operator with its sides changed.
fn turned(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        Operator::Contains => Operator::In,
        Operator::Equal | Operator::NotEqual => operator,
        Operator::In | Operator::Like => panic!("the path stands left of `{}`", operator.as_str()),
    }
}

fn name_of(value: &Value) -> &str {
    match &value.kind {
        ValueKind::Path(name) => &name.node,
        other => panic!("{other:?} is no part of the path"),
    }
}

/// What a part of the path can be made of: the bytes that `*` of a glob stands for in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Segment,
    Rest,
}

impl Within {
    const fn byte(self) -> &'static str {
        match self {
            Self::Segment => "[^/]",
            Self::Rest => ".",
        }
    }
}

/// The paths in which that part is as the expression says. Only paths that the pattern matches are asked.
fn place(path: &Path, name: &str, expression: impl Fn(Within) -> String) -> Regular {
    let segment =
        path.segments.iter().position(|one| matches!(&one.node, Segment::Param(own) if own == name));
    Regular::Matching(if let Some(index) = segment {
        format!("[^/]*(?:/[^/]*){{{index}}}/(?:{})(?:/.*)?", expression(Within::Segment))
    } else {
        let index = path.segments.len();
        format!("[^/]*(?:/[^/]*){{{index}}}/(?:{})", expression(Within::Rest))
    })
}

fn is_one_of(path: &Path, name: &str, items: &[Known]) -> Regular {
    place(path, name, |within| {
        let texts = items.iter().filter_map(|item| match item {
            Known::Text(text) => Some(forms(text)),
            _ => None,
        });
        // A string with a slash in it is no segment.
        let texts = texts.flatten().filter(|text| within == Within::Rest || !text.contains('/'));
        either(texts.map(|text| escaped(text.as_bytes())))
    })
}

/// The paths in which that part sorts before the text, byte for byte; or is it.
fn below(path: &Path, name: &str, text: &str, or_equal: bool) -> Regular {
    place(path, name, |within| {
        let mut ways = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            let before = escaped(&text.as_bytes()[..at]);
            if byte > 0 {
                let smaller = format!(r"[\x00-\x{:02X}&&{}]", byte - 1, class_of(within));
                ways.push(format!("{before}{smaller}{}*", within.byte()));
            }
            ways.push(before);
            if byte == b'/' && within == Within::Segment {
                // No segment starts like the rest of the text.
                return either(ways.into_iter());
            }
        }
        if or_equal {
            ways.push(escaped(text.as_bytes()));
        }
        either(ways.into_iter())
    })
}

const fn class_of(within: Within) -> &'static str {
    match within {
        Within::Segment => "[^/]",
        Within::Rest => r"[\x00-\xFF]",
    }
}

/// A verb and a path that the pattern matches, among those that are not malformed.
fn pattern(verbs: &Verbs, path: &Path) -> Regular {
    let names: Vec<&str> =
        Verb::ALL.iter().filter(|verb| verbs.set().contains(**verb)).map(|verb| verb.name()).collect();
    let mut expression = format!("(?:{})", names.join("|"));
    for segment in &path.segments {
        expression.push('/');
        match &segment.node {
            Segment::Literal(text) => expression.push_str(&escaped(text.as_bytes())),
            Segment::Glob(glob) => {
                expression.extend(["(?:", &globbed(glob.as_bytes(), Within::Segment), ")"]);
            }
            Segment::Any | Segment::Param(_) => expression.push_str("[^/]+"),
        }
    }
    match path.tail.as_ref().map(|tail| &tail.node) {
        Some(Tail::Any | Tail::Param(_)) => expression.push_str("(?:/[^/]+)+"),
        None if path.segments.is_empty() => {
            expression.push('/');
            return Regular::Matching(expression);
        }
        None => {}
    }
    // The root has no segment, not even an empty one that a glob could match.
    Regular::All(vec![Regular::Matching(expression), Regular::Matching("[^/]*/.+".to_owned())])
}

/// The glob as a regular expression: `*`, `?` and classes are bytes, none of them a slash in a segment.
fn globbed(glob: &[u8], within: Within) -> String {
    let mut out = String::new();
    let mut rest = glob;
    let mut braces = 0;
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'*' => out.extend([within.byte(), "*"]),
            b'?' => out.push_str(within.byte()),
            b'[' => {
                let end = rest.iter().position(|byte| *byte == b']').expect("a class is closed");
                let (class, after) = rest.split_at(end);
                rest = &after[1..];
                out.push_str(&class_expression(class, within));
            }
            b'{' => {
                braces += 1;
                out.push_str("(?:");
            }
            b',' if braces > 0 => out.push('|'),
            b'}' => {
                braces -= 1;
                out.push(')');
            }
            b'\\' => {
                let (literal, after) = rest.split_first().expect("a character is escaped");
                rest = after;
                out.push_str(&literal_byte(*literal, within));
            }
            literal => out.push_str(&literal_byte(*literal, within)),
        }
    }
    out
}

fn literal_byte(byte: u8, within: Within) -> String {
    // No segment holds a slash.
    if byte == b'/' && within == Within::Segment { either(std::iter::empty()) } else { escaped(&[byte]) }
}

fn class_expression(class: &[u8], within: Within) -> String {
    let (sign, mut rest) = match class {
        [b'!' | b'^', rest @ ..] => ("^", rest),
        _ => ("", class),
    };
    let mut inside = String::new();
    loop {
        match rest {
            [] => break,
            [from, b'-', to, after @ ..] => {
                inside.extend([escaped(&[*from]), "-".to_owned(), escaped(&[*to])]);
                rest = after;
            }
            [one, after @ ..] => {
                inside.push_str(&escaped(&[*one]));
                rest = after;
            }
        }
    }
    format!("[[{sign}{inside}]&&{}]", class_of(within))
}

/// One of these expressions; what matches nothing, where there are none.
fn either(expressions: impl Iterator<Item = String>) -> String {
    let expressions: Vec<String> = expressions.collect();
    if expressions.is_empty() { r"[^\x00-\xFF]".to_owned() } else { format!("(?:{})", expressions.join("|")) }
}

/// These bytes.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let each: Vec<String> = bytes.iter().map(|byte| format!(r"\x{byte:02X}")).collect();
    each.concat()
}
