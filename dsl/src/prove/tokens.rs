//! Tokens made from a policy's own conditions: for each claim the values that make a difference, and every
//! combination of them.

use std::collections::{BTreeSet, HashSet};

use policy_engine::condition::{Atom, IssuerId, Number, Operand, Root, Selector};
use policy_engine::pattern::Segment;
use policy_engine::text::ParamValues;
use policy_engine::{Effect, ProgramParts, Token};
use serde_json::{Map, Value as Json, json};

use super::sample;
use super::slice::{Arns, Who};
use super::uses::{Trait, Use, Uses};

/// As many tokens of one group are tried.
pub(super) const MAX_TOKENS: usize = 4_096;

/// Of a list's items, so many are tried in all combinations.
const MAX_ITEMS: usize = 6;

/// The end of a token's life, where every answer ends with it: 2100-01-01.
const EXPIRES: i64 = 4_102_444_800;

/// The tokens for which a group of rules may be answered in different ways.
pub(super) struct Tokens {
    /// The simplest ones first.
    pub(super) all: Vec<Who>,
    /// Every token is like one of these, as far as the rules can tell.
    pub(super) is_complete: bool,
}

/// A claim, with the values that make a difference; the first is none.
struct Dimension<'p> {
    claim: &'p Selector,
    values: Vec<Option<Json>>,
}

/// The tokens of one issuer.
struct Issued<'p> {
    issuer: IssuerId,
    dimensions: Vec<Dimension<'p>>,
}

impl Tokens {
    pub(super) fn of(parts: &ProgramParts, values: &ParamValues, arns: &Arns) -> Self {
        let (issued, is_complete) = issued(parts, values);
        let stages = stages(parts, values, arns);
        let sizes = issued.iter().map(Issued::combinations);
        let count = sizes.fold(0usize, usize::saturating_add).saturating_mul(stages.len());
        let is_open = parts.rules.iter().any(|rule| rule.effect != Effect::Allow);
        let mut tokens: Vec<Option<Token>> = if is_open { vec![None] } else { Vec::new() };
        let room = MAX_TOKENS / stages.len().max(1);
        for one in &issued {
            let choices = if count <= MAX_TOKENS {
                one.every_choice()
            } else {
                one.some_choices(room / issued.len().max(1))
            };
            tokens.extend(
                choices.iter().map(|choice| Some(one.token(choice, parts.authorizer.expire_with_token))),
            );
        }
        let all = tokens
            .into_iter()
            .flat_map(|token| stages.iter().map(move |stage| Who { token: token.clone(), stage: *stage }));
        Self { all: all.collect(), is_complete: is_complete && count <= MAX_TOKENS }
    }

    /// For each issuer, a token that has all claims at once: most rules apply to it.
    pub(super) fn full(parts: &ProgramParts, values: &ParamValues) -> Vec<Who> {
        let full = |one: &Issued<'_>| {
            let token = one.token(&one.full(), parts.authorizer.expire_with_token);
            Who { token: Some(token), stage: 0 }
        };
        issued(parts, values).0.iter().map(full).collect()
    }
}

/// Each issuer's claims; and whether their values are all that make a difference.
fn issued<'p>(parts: &'p ProgramParts, values: &ParamValues) -> (Vec<Issued<'p>>, bool) {
    let mut is_complete = true;
    let issued = issuers(parts).into_iter().map(|issuer| {
        let uses = Uses::new(parts, values, parts.issuers.get(issuer.0 as usize));
        Issued { issuer, dimensions: dimensions(parts, values, &uses, &mut is_complete) }
    });
    (issued.collect(), is_complete)
}

/// Those whose tokens are read in different ways, or that are asked for by name.
fn issuers(parts: &ProgramParts) -> Vec<IssuerId> {
    let ids = || (0u32..).zip(&parts.issuers).map(|(at, _)| IssuerId(at));
    let reads = |wanted: &Operand| {
        parts.conditions.atoms.iter().any(|atom| matches!(atom, Atom::Member { list, .. } if list == wanted))
    };
    let is_named = parts.conditions.atoms.iter().any(|atom| matches!(atom, Atom::Issuer(_)));
    let (groups, scopes) = (reads(&Operand::Groups), reads(&Operand::Scopes));
    let is_alike = |issuer: &policy_engine::Issuer| {
        parts.issuers.first().is_none_or(|first| {
            (!groups || first.groups == issuer.groups) && (!scopes || first.scopes == issuer.scopes)
        })
    };
    if is_named || !parts.issuers.iter().all(is_alike) {
        ids().collect()
    } else {
        // A file without an issuer is taken in by one that has some.
        vec![IssuerId(0)]
    }
}

/// The stages that conditions ask for, and another one.
fn stages(parts: &ProgramParts, values: &ParamValues, arns: &Arns) -> Vec<usize> {
    let mut stages = BTreeSet::from([0]);
    let mut names = BTreeSet::new();
    for atom in &parts.conditions.atoms {
        super::stage_names(atom, values, &mut names);
    }
    stages.extend(names.iter().filter_map(|name| arns.position(name)));
    stages.into_iter().collect()
}

fn dimensions<'p>(
    parts: &'p ProgramParts,
    values: &ParamValues,
    uses: &Uses<'_>,
    is_complete: &mut bool,
) -> Vec<Dimension<'p>> {
    let globs = globs(parts, values);
    let known: BTreeSet<&str> = uses
        .of
        .values()
        .flat_map(|found| {
            let constants = found.constants.iter().filter_map(|(value, _)| value.as_str());
            constants
                .chain(found.items.iter().map(String::as_str))
                .chain(found.texts.iter().map(String::as_str))
        })
        .collect();
    let strangers = sample::strangers(3, |name| known.contains(name), &globs);
    *is_complete &= strangers.len() == 3;
    let mut rank = 0;
    let mut dimensions: Vec<Dimension<'p>> = Vec::new();
    for (id, found) in &uses.of {
        let Some(claim) = parts.conditions.selector(*id) else { continue };
        if found.is_met() {
            rank += 1;
        }
        *is_complete &= rank <= strangers.len() && !found.is(Trait::Vague);
        let (values, whole) = found.values(strangers.get(..rank.min(strangers.len())).unwrap_or_default());
        *is_complete &= whole;
        dimensions.push(Dimension { claim, values });
    }
    dimensions.sort_by(|a, b| a.claim.names.len().cmp(&b.claim.names.len()).then(a.claim.cmp(b.claim)));
    let starts = |a: &Selector, b: &Selector| a.root == b.root && b.names.starts_with(&a.names);
    // A claim inside another one comes right behind it, or behind others inside it.
    let mut by_name: Vec<&Selector> = dimensions.iter().map(|one| one.claim).collect();
    by_name.sort_unstable();
    let inside = by_name.windows(2).any(|pair| matches!(pair, [a, b] if starts(a, b)));
    *is_complete &= !inside;
    dimensions
}

/// Every glob that a segment or a value is held against.
fn globs(parts: &ProgramParts, values: &ParamValues) -> Vec<String> {
    let segments = parts.clauses.iter().flat_map(|clause| &clause.pattern.segments);
    let mut globs: BTreeSet<String> = segments
        .filter_map(|segment| match segment {
            Segment::Glob(glob) => Some(glob.clone()),
            Segment::Literal(_) | Segment::Any(_) => None,
        })
        .collect();
    globs.extend(parts.conditions.atoms.iter().filter_map(|atom| match atom {
        Atom::Like(_, glob) => glob.resolve(values).ok().map(std::borrow::Cow::into_owned),
        _ => None,
    }));
    globs.into_iter().collect()
}

impl Use {
    /// The values that make a difference, the first of them none; and whether these are all.
    fn values(&self, strangers: &[String]) -> (Vec<Option<Json>>, bool) {
        let mut values: Vec<Option<Json>> = vec![None];
        let mut seen: BTreeSet<&BTreeSet<usize>> = BTreeSet::new();
        for (value, atoms) in &self.constants {
            // Of constants that make the same atoms true one is enough, unless it is held against more.
            if self.is_compared() || seen.insert(atoms) {
                values.push(Some(value.clone()));
            }
        }
        if self.is(Trait::Flag) {
            values.push(Some(json!(true)));
        }
        let texts = self.globs.iter().filter_map(|glob| sample::matching(glob));
        values.extend(texts.map(|text| Some(json!(text))));
        if self.is(Trait::Meets) {
            let texts = self.texts.iter().chain(strangers);
            values.extend(texts.map(|text| Some(json!(text))));
        }
        values.extend(self.numbers().into_iter().map(Some));
        for bound in &self.text_bounds {
            values.extend(["", bound.as_str()].map(|text| Some(json!(text))));
            values.push(Some(json!(format!("{bound}~"))));
        }
        let (lists, whole) = self.lists(strangers);
        values.extend(lists.into_iter().map(Some));
        if self.is(Trait::Sought) {
            values.push(Some(json!("other")));
        }
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(value.as_ref().map(Json::to_string)));
        let is_simple = self.globs.len() <= 1
            && (self.globs.is_empty() && self.bounds.is_empty() || !self.is_met())
            && self.text_bounds.len() <= 1;
        (values, whole && is_simple)
    }

    fn is_met(&self) -> bool {
        self.is(Trait::Meets) || self.is(Trait::ListMeets)
    }

    fn is_compared(&self) -> bool {
        self.is_met() || !self.globs.is_empty() || !self.bounds.is_empty()
    }

    /// At every bound, and between them.
    fn numbers(&self) -> Vec<Json> {
        if self.bounds.is_empty() {
            return if self.is(Trait::Time) { vec![json!(EXPIRES)] } else { Vec::new() };
        }
        let float = |number: &Number| match number {
            #[allow(clippy::cast_precision_loss, reason = "values between bounds, not the bounds themselves")]
            Number::Integer(number) => *number as f64,
            Number::Float(number) => *number,
        };
        let mut sorted: Vec<(f64, Json)> = self
            .bounds
            .iter()
            .map(|bound| {
                let value = match bound {
                    Number::Integer(number) => json!(number),
                    Number::Float(number) => json!(number),
                };
                (float(bound), value)
            })
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut values = vec![beside(sorted.first(), -1.0)];
        for pair in sorted.windows(2) {
            if let [(low, value), (high, _)] = pair {
                values.extend([value.clone(), number(low.midpoint(*high))]);
            }
        }
        values.extend(sorted.last().map(|(_, value)| value.clone()));
        values.push(beside(sorted.last(), 1.0));
        values
    }

    /// Lists of what is sought, and of others; and whether every combination is there.
    fn lists(&self, strangers: &[String]) -> (Vec<Json>, bool) {
        if self.items.is_empty() && !self.is(Trait::ListMeets) {
            return (Vec::new(), true);
        }
        let items: Vec<&String> = self.items.iter().collect();
        let mut lists: Vec<Vec<&str>> = Vec::new();
        let whole = items.len() <= MAX_ITEMS;
        if whole {
            for chosen in 0..1usize << items.len() {
                let picked = items.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
                lists.push(picked.map(|(_, item)| item.as_str()).collect());
            }
        } else {
            lists.push(Vec::new());
            lists.extend(items.iter().map(|item| vec![item.as_str()]));
            lists.push(items.iter().map(|item| item.as_str()).collect());
        }
        if self.is(Trait::ListMeets) {
            let others: Vec<&str> = strangers.iter().map(String::as_str).collect();
            let mut more: Vec<Vec<&str>> =
                (1..=3).filter_map(|count| others.get(..count)).map(<[&str]>::to_vec).collect();
            more.extend(others.get(1..2).map(<[&str]>::to_vec));
            for text in &self.texts {
                more.push(vec![text]);
                more.push(std::iter::once(text.as_str()).chain(others.first().copied()).collect());
            }
            let with: Vec<Vec<&str>> = lists
                .iter()
                .flat_map(|list| more.iter().map(move |more| list.iter().chain(more).copied().collect()))
                .collect();
            lists.extend(with);
        }
        lists.sort_by_key(Vec::len);
        // An empty list is as good as none.
        lists.retain(|list| !list.is_empty());
        let value = |list: Vec<&str>| if self.is(Trait::Words) { json!(list.join(" ")) } else { json!(list) };
        let is_plain =
            !self.is(Trait::Words) || self.items.iter().all(|item| !item.contains(char::is_whitespace));
        (lists.into_iter().map(value).collect(), whole && is_plain)
    }
}

/// The number so far from that one.
fn beside(bound: Option<&(f64, Json)>, by: f64) -> Json {
    number(bound.map_or(0.0, |(value, _)| *value) + by)
}

/// As an integer, where it is one.
fn number(value: f64) -> Json {
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
    let whole = (value.abs() < 1e15 && value.fract().abs() < f64::EPSILON).then_some(value as i64);
    whole.map_or_else(|| json!(value), |whole| json!(whole))
}

impl Issued<'_> {
    fn combinations(&self) -> usize {
        self.dimensions.iter().fold(1, |product, one| product.saturating_mul(one.values.len()))
    }

    /// The index of a value for each claim; those that leave most claims out come first.
    fn every_choice(&self) -> Vec<Vec<usize>> {
        let mut choices: Vec<Vec<usize>> = vec![Vec::new()];
        for dimension in &self.dimensions {
            choices = choices
                .iter()
                .flat_map(|choice| {
                    (0..dimension.values.len()).map(move |at| choice.iter().copied().chain([at]).collect())
                })
                .collect();
        }
        choices.sort_by_cached_key(|choice| (choice.iter().filter(|at| **at > 0).count(), choice.clone()));
        choices
    }

    /// None, each value alone, all claims at once, and pairs, as far as there is room.
    fn some_choices(&self, room: usize) -> Vec<Vec<usize>> {
        let none = vec![0; self.dimensions.len()];
        let with = |base: &[usize], at: usize, value: usize| {
            let mut choice = base.to_vec();
            if let Some(place) = choice.get_mut(at) {
                *place = value;
            }
            choice
        };
        let values = || {
            let numbered = self.dimensions.iter().enumerate();
            numbered.flat_map(|(at, one)| (1..one.values.len()).map(move |value| (at, value)))
        };
        let full = self.full();
        let first: Vec<usize> = self.dimensions.iter().map(|one| 1.min(one.values.len() - 1)).collect();
        let singles = values().map(|(at, value)| with(&none, at, value));
        let dropped = (0..self.dimensions.len()).map(|at| with(&full, at, 0));
        let pairs = values().flat_map(|(at, value)| {
            let one = with(&none, at, value);
            values()
                .filter(move |(other, _)| *other > at)
                .map(move |(other, second)| with(&one, other, second))
        });
        let start = [none.clone(), full.clone(), first];
        start.into_iter().chain(singles).chain(dropped).chain(pairs).take(room).collect()
    }

    /// The last value of each claim.
    fn full(&self) -> Vec<usize> {
        self.dimensions.iter().map(|one| one.values.len() - 1).collect()
    }

    fn token(&self, choice: &[usize], expires: bool) -> Token {
        let (mut claims, mut userinfo) = (Map::new(), Map::new());
        for (dimension, at) in self.dimensions.iter().zip(choice) {
            let Some(Some(value)) = dimension.values.get(*at) else { continue };
            let root = match dimension.claim.root {
                Root::Token => &mut claims,
                Root::Userinfo => &mut userinfo,
            };
            put(root, &dimension.claim.names, value.clone());
        }
        if expires && !claims.contains_key("exp") {
            claims.insert("exp".to_owned(), json!(EXPIRES));
        }
        let token = Token::new(self.issuer, claims);
        if userinfo.is_empty() { token } else { token.with_userinfo(userinfo) }
    }
}

/// Sets a value in objects inside each other; what is there and no object goes.
fn put(object: &mut Map<String, Json>, names: &[String], value: Json) {
    let Some((first, rest)) = names.split_first() else { return };
    if rest.is_empty() {
        object.insert(first.clone(), value);
        return;
    }
    let inner = object.entry(first.clone()).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, value);
    }
}
