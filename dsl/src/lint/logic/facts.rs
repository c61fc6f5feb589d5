//! What the parts of an `and` say of each value, taken together.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use policy_engine::condition::{Atom, Comparison, IssuerId, Literal, Number, Operand};
use policy_engine::path::segment_forms;
use policy_engine::text::Text;

/// Lists whose sizes multiply to more are not compared.
const MAX_COMPARED: usize = 10_000;

/// Floats count integers exactly up to here.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// What is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts<'p> {
    subjects: BTreeMap<Cow<'p, Operand>, Subject<'p>>,
    issuer: Option<IssuerId>,
    is_contradictory: bool,
}

/// What is known of one value.
#[derive(Debug, Clone, Default)]
struct Subject<'p> {
    /// It is one of these.
    among: Option<Vec<Cow<'p, Literal>>>,
    /// It is none of these.
    not: Vec<Cow<'p, Literal>>,
    above: Option<Bound>,
    below: Option<Bound>,
    is_read: bool,
    is_missing: bool,
}

/// An end of a range of numbers.
#[derive(Debug, Clone, Copy)]
struct Bound {
    value: f64,
    is_included: bool,
}

/// What an atom says of one value.
struct Statement<'p> {
    of: Cow<'p, Operand>,
    says: Says<'p>,
}

enum Says<'p> {
    Among(Vec<Cow<'p, Literal>>),
    Above(Bound),
    Below(Bound),
}

impl<'p> Facts<'p> {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.subjects.is_empty() && self.issuer.is_none()
    }

    pub(super) fn are_contradictory(&self) -> bool {
        self.is_contradictory || self.subjects.iter().any(|(operand, subject)| subject.is_impossible(operand))
    }

    /// The atom holds.
    pub(super) fn add(&mut self, atom: &'p Atom) {
        if let Atom::Issuer(issuer) = atom {
            self.is_contradictory |= self.issuer.is_some_and(|other| other != *issuer);
            self.issuer = Some(*issuer);
        }
        for operand in reads(atom) {
            self.subjects.entry(operand).or_default().is_read = true;
        }
        let Some(statement) = statement(atom) else { return };
        let subject = self.subjects.entry(statement.of.clone()).or_default();
        match statement.says {
            Says::Among(values) => subject.narrow(values, &statement.of),
            Says::Above(bound) => {
                subject.above = Some(subject.above.map_or(bound, |known| known.higher(bound)));
            }
            Says::Below(bound) => {
                subject.below = Some(subject.below.map_or(bound, |known| known.lower(bound)));
            }
        }
    }

    /// The atom does not hold.
    pub(super) fn add_opposite(&mut self, atom: &'p Atom) {
        if let Atom::Present(claim) = atom {
            let claim = Cow::Owned(Operand::Claim(*claim));
            self.subjects.entry(claim).or_default().is_missing = true;
        } else if let Some(Statement { of, says: Says::Among(values) }) = statement(atom) {
            self.subjects.entry(of).or_default().not.extend(values);
        }
    }
}

impl<'p> Subject<'p> {
    fn narrow(&mut self, values: Vec<Cow<'p, Literal>>, operand: &Operand) {
        match &mut self.among {
            None => self.among = Some(values),
            Some(known) if known.len().saturating_mul(values.len()) <= MAX_COMPARED => {
                known.retain(|known| !values.iter().all(|value| differ(known, value, operand)));
            }
            Some(_) => {}
        }
    }

    fn is_impossible(&self, operand: &Operand) -> bool {
        if self.is_missing && self.is_read {
            return true;
        }
        if let (Some(above), Some(below)) = (self.above, self.below)
            && !(above.value < below.value
                || (above.value <= below.value && above.is_included && below.is_included))
        {
            return true;
        }
        let Some(among) = &self.among else { return false };
        let is_excluded = |value: &Literal| {
            among.len().saturating_mul(self.not.len()) <= MAX_COMPARED
                && self.not.iter().any(|not| **not == *value)
        };
        among.iter().all(|value| is_excluded(value) || self.is_out_of_range(value, operand))
    }

    fn is_out_of_range(&self, value: &Literal, operand: &Operand) -> bool {
        let Some(number) = number(value) else {
            // Text that meets a bound: only a value of another type than the bound's.
            return (self.above.is_some() || self.below.is_some())
                && matches!(value, Literal::Text(_) | Literal::Bool(_))
                && matches!(operand, Operand::Claim(_));
        };
        self.above.is_some_and(|above| !above.is_below(number))
            || self.below.is_some_and(|below| !below.is_above(number))
    }
}

impl Bound {
    fn higher(self, other: Self) -> Self {
        if other.value > self.value || (other.value >= self.value && !other.is_included) {
            other
        } else {
            self
        }
    }

    fn lower(self, other: Self) -> Self {
        if other.value < self.value || (other.value <= self.value && !other.is_included) {
            other
        } else {
            self
        }
    }

    fn is_below(self, number: f64) -> bool {
        self.value < number || (self.is_included && self.value <= number)
    }

    fn is_above(self, number: f64) -> bool {
        number < self.value || (self.is_included && number <= self.value)
    }
}

/// The values that the atom needs: where one of them is missing, it is false.
pub(super) fn reads(atom: &Atom) -> impl Iterator<Item = Cow<'_, Operand>> {
    let (first, second) = match atom {
        Atom::Compare(left, _, right) => (Some(Cow::Borrowed(left)), Some(Cow::Borrowed(right))),
        Atom::Member { item, list } => (Some(Cow::Borrowed(item)), Some(Cow::Borrowed(list))),
        Atom::Like(subject, _) => (Some(Cow::Borrowed(subject)), None),
        Atom::Present(claim) | Atom::True(claim) => (Some(Cow::Owned(Operand::Claim(*claim))), None),
        Atom::AddressIn(_) | Atom::Issuer(_) => (None, None),
    };
    first.into_iter().chain(second).filter(|operand| !matches!(**operand, Operand::Literal(_)))
}

/// Whether the second atom says less of the same value than the first one.
pub(super) fn is_narrower(first: &Atom, second: &Atom) -> bool {
    let (Some(first), Some(second)) = (statement(first), statement(second)) else { return false };
    if first.of != second.of {
        return false;
    }
    match (first.says, second.says) {
        (Says::Among(few), Says::Among(many)) => {
            few.len().saturating_mul(many.len()) <= MAX_COMPARED
                && few.iter().all(|value| many.contains(value))
        }
        (Says::Above(high), Says::Above(low)) => high.value > low.value || same_end(high, low),
        (Says::Below(low), Says::Below(high)) => low.value < high.value || same_end(low, high),
        _ => false,
    }
}

fn same_end(narrow: Bound, wide: Bound) -> bool {
    narrow.value.total_cmp(&wide.value).is_eq() && (wide.is_included || !narrow.is_included)
}

/// What the atom says of a value that is not the policy's own.
fn statement(atom: &Atom) -> Option<Statement<'_>> {
    match atom {
        Atom::Compare(Operand::Literal(value), comparison, of)
        | Atom::Compare(of, comparison, Operand::Literal(value)) => {
            let is_turned = matches!(atom, Atom::Compare(Operand::Literal(_), ..));
            let says = says(*comparison, value, is_turned)?;
            Some(Statement { of: Cow::Borrowed(of), says })
        }
        Atom::Member { item, list: Operand::Literal(Literal::List(values)) } => {
            let says = Says::Among(values.iter().map(Cow::Borrowed).collect());
            Some(Statement { of: Cow::Borrowed(item), says })
        }
        Atom::True(claim) => {
            let says = Says::Among(vec![Cow::Owned(Literal::Bool(true))]);
            Some(Statement { of: Cow::Owned(Operand::Claim(*claim)), says })
        }
        _ => None,
    }
}

fn says(comparison: Comparison, value: &Literal, is_turned: bool) -> Option<Says<'_>> {
    let bound = |is_included| number(value).map(|value| Bound { value, is_included });
    let is_above = |above: bool| above != is_turned;
    match comparison {
        Comparison::Equal => Some(Says::Among(vec![Cow::Borrowed(value)])),
        Comparison::Greater if is_above(true) => bound(false).map(Says::Above),
        Comparison::GreaterOrEqual if is_above(true) => bound(true).map(Says::Above),
        Comparison::Less if is_above(false) => bound(false).map(Says::Above),
        Comparison::LessOrEqual if is_above(false) => bound(true).map(Says::Above),
        Comparison::Greater | Comparison::Less => bound(false).map(Says::Below),
        Comparison::GreaterOrEqual | Comparison::LessOrEqual => bound(true).map(Says::Below),
    }
}

/// The number or point in time, where a float holds it exactly.
fn number(value: &Literal) -> Option<f64> {
    let number = match value {
        Literal::Number(Number::Float(number)) => *number,
        Literal::Number(Number::Integer(number)) => float(*number),
        Literal::Instant(Text::Fixed(text)) => float(text.parse::<jiff::Timestamp>().ok()?.as_second()),
        _ => return None,
    };
    (number.abs() < MAX_EXACT).then_some(number)
}

#[allow(clippy::cast_precision_loss, reason = "what is not exact is not used")]
const fn float(number: i64) -> f64 {
    number as f64
}

/// Whether no value is equal to both.
fn differ(a: &Literal, b: &Literal, of: &Operand) -> bool {
    match (a, b) {
        (Literal::Bool(a), Literal::Bool(b)) => a != b,
        (Literal::Text(Text::Fixed(a)), Literal::Text(Text::Fixed(b))) => match of {
            // A segment is equal to a text and to the percent-encoding of it.
            Operand::Path(_) => {
                let forms = segment_forms(b);
                !segment_forms(a).iter().any(|form| forms.contains(form))
            }
            _ => a != b,
        },
        (Literal::Text(_), Literal::Text(_)) | (Literal::List(_), _) | (_, Literal::List(_)) => false,
        (Literal::Number(_) | Literal::Instant(_), Literal::Number(_) | Literal::Instant(_)) => {
            matches!((number(a), number(b)), (Some(a), Some(b)) if a.partial_cmp(&b).is_some_and(Ordering::is_ne))
        }
        _ => true,
    }
}
