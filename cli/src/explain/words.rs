//! What would have to be different for a rule to allow a request, in the user's words.

use policy_engine::condition::{Atom, Comparison, Operand};
use policy_engine::{Lack, Policy, Seen, SeenAtom};
use serde_json::Value;

/// As many characters of a value are shown.
const MAX_VALUE: usize = 80;
/// As many items of a list are shown.
const MAX_ITEMS: usize = 8;

/// Everything that would have to be different, in one sentence.
pub(super) fn sentence(policy: &Policy, lack: &Lack) -> String {
    let join = |parts: &[Lack], between: &str| {
        let parts: Vec<_> = parts.iter().map(|part| sentence(policy, part)).collect();
        parts.join(between)
    };
    match lack {
        Lack::All(parts) => join(parts, "; and "),
        Lack::Any(parts) => format!("either {}", join(parts, ", or ")),
        single => single_line(policy, single),
    }
}

/// Everything that would have to be different, a line each.
pub(super) fn lines(policy: &Policy, lack: &Lack) -> Vec<String> {
    match lack {
        Lack::All(parts) => parts.iter().flat_map(|part| lines(policy, part)).collect(),
        Lack::Any(parts) => {
            let mut all = vec!["one of these:".to_owned()];
            for part in parts {
                for (number, line) in lines(policy, part).into_iter().enumerate() {
                    all.push(format!("{} {line}", if number == 0 { "-" } else { " " }));
                }
            }
            all
        }
        single => vec![single_line(policy, single)],
    }
}

fn single_line(policy: &Policy, lack: &Lack) -> String {
    match lack {
        Lack::Token => "there is no token".to_owned(),
        Lack::Never => "its condition never holds".to_owned(),
        Lack::Atom(seen) => policy
            .program()
            .parts()
            .conditions
            .atom(seen.atom)
            .map_or_else(|| fallback(seen), |atom| about(atom, seen)),
        Lack::All(_) | Lack::Any(_) => String::new(),
    }
}

/// What an atom saw that would have to be different.
fn about(atom: &Atom, seen: &SeenAtom) -> String {
    match (atom, seen.seen.as_slice()) {
        (Atom::Present(_), [claim]) if seen.holds => format!("`{}` is there", claim.name),
        (Atom::True(_), [claim]) if seen.holds => format!("`{}` is `true`", claim.name),
        (Atom::Present(_) | Atom::True(_), [claim]) => not_true(claim),
        (Atom::Compare(_, comparison, _), [left, right]) => compared(*comparison, left, right, seen),
        (Atom::Member { list: Operand::Groups, .. }, [item, list]) => listed("group", item, list, seen),
        (Atom::Member { list: Operand::Scopes, .. }, [item, list]) => listed("scope", item, list, seen),
        (Atom::Member { .. }, [item, list]) => member(item, list, seen),
        (Atom::Like(..), [subject, glob]) => {
            related(subject, glob, if seen.holds { "is like" } else { "is not like" })
        }
        (Atom::AddressIn(_), [ip, block]) => {
            related(ip, block, if seen.holds { "lies in" } else { "is not in" })
        }
        (Atom::Issuer(_), [own, wanted]) => issuer(own, wanted, seen.holds),
        _ => fallback(seen),
    }
}

fn fallback(seen: &SeenAtom) -> String {
    format!("`{}` {}", seen.text, if seen.holds { "holds" } else { "does not hold" })
}

fn not_true(claim: &Seen) -> String {
    match &claim.value {
        None => missing(claim),
        Some(value) => format!("`{}` is {}, not the boolean `true`", claim.name, typed(value)),
    }
}

fn missing(side: &Seen) -> String {
    format!("`{}` is missing", side.name)
}

fn compared(comparison: Comparison, left: &Seen, right: &Seen, seen: &SeenAtom) -> String {
    if left.is_constant && !right.is_constant {
        return compared(mirrored(comparison), right, left, seen);
    }
    let (Some(value), Some(other)) = (&left.value, &right.value) else {
        let absent: Vec<_> =
            [left, right].into_iter().filter(|side| side.value.is_none()).map(missing).collect();
        return absent.join(", ");
    };
    let is = format!("`{}` is {}", left.name, shown(value));
    let other_name =
        if right.is_constant { shown(other) } else { format!("`{}`, {}", right.name, shown(other)) };
    if left.is_constant {
        return fallback(seen);
    }
    match (comparison, seen.holds) {
        (Comparison::Equal, true) if right.is_constant => is,
        (Comparison::Equal, true) => {
            format!("`{}` and `{}` are both {}", left.name, right.name, shown(value))
        }
        (_, true) => format!("{is}, {} {other_name}", relation(comparison)),
        (_, false) if kind(value) != kind(other) => {
            let other = if right.is_constant {
                format!("not {}", typed(other))
            } else {
                format!("`{}` is {}", right.name, typed(other))
            };
            format!("`{}` is {}, {other}", left.name, typed(value))
        }
        (Comparison::Equal, false) if right.is_constant => format!("{is}, not {}", shown(other)),
        (Comparison::Equal, false) => format!("{is}, `{}` is {}", right.name, shown(other)),
        (_, false) => format!("{is}, {} {other_name}", relation(opposite(comparison))),
    }
}

const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

const fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

const fn relation(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "equal to",
        Comparison::Less => "less than",
        Comparison::LessOrEqual => "at most",
        Comparison::Greater => "more than",
        Comparison::GreaterOrEqual => "at least",
    }
}

/// `group V`, `scope V`
fn listed(noun: &str, item: &Seen, list: &Seen, seen: &SeenAtom) -> String {
    let Some(wanted) = &item.value else { return missing(item) };
    let what = if item.is_constant {
        format!("{noun} {}", shown(wanted))
    } else {
        format!("{noun} {} (`{}`)", shown(wanted), item.name)
    };
    match &list.value {
        None => format!("{what} is missing: there is no token"),
        Some(Value::Array(items)) if items.is_empty() => {
            format!("{what} is missing: the token has no {noun}s")
        }
        Some(list) if seen.holds => format!("{what} is among {}", shown(list)),
        Some(list) => format!("{what} is not among {}", shown(list)),
    }
}

fn member(item: &Seen, list: &Seen, seen: &SeenAtom) -> String {
    let (Some(wanted), Some(items)) = (&item.value, &list.value) else {
        let absent: Vec<_> =
            [item, list].into_iter().filter(|side| side.value.is_none()).map(missing).collect();
        return absent.join(", ");
    };
    let what = if item.is_constant { shown(wanted) } else { format!("`{}`, {},", item.name, shown(wanted)) };
    let named = if list.is_constant { shown(items) } else { format!("`{}`, {}", list.name, shown(items)) };
    match items {
        Value::Array(_) if seen.holds => format!("{what} is among {named}"),
        Value::Array(_) => format!("{what} is not among {named}"),
        other => format!("`{}` is {}, not a list", list.name, typed(other)),
    }
}

fn related(subject: &Seen, to: &Seen, how: &str) -> String {
    match (&subject.value, &to.value) {
        (Some(value), Some(to)) => {
            format!("`{}` is {}, which {how} {}", subject.name, shown(value), shown(to))
        }
        _ => missing(subject),
    }
}

fn issuer(own: &Seen, wanted: &Seen, holds: bool) -> String {
    match &own.value {
        None => "there is no token".to_owned(),
        Some(own) if holds => format!("the token is from the issuer {}", shown(own)),
        Some(own) => format!("the token is from the issuer {}, not from `{}`", shown(own), wanted.name),
    }
}

fn kind(value: &Value) -> std::mem::Discriminant<Value> {
    std::mem::discriminant(value)
}

fn typed(value: &Value) -> String {
    let article = match value {
        Value::Null => "",
        Value::Bool(_) => "the boolean ",
        Value::Number(_) => "the number ",
        Value::String(_) => "the string ",
        Value::Array(_) => "the list ",
        Value::Object(_) => "the object ",
    };
    format!("{article}{}", shown(value))
}

/// A value in backquotes; the items of a list each.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", cut(&printable(text))),
        Value::Array(items) => {
            let mut shown: Vec<_> = items.iter().take(MAX_ITEMS).map(shown).collect();
            if items.len() > MAX_ITEMS {
                shown.push("…".to_owned());
            }
            format!("[{}]", shown.join(", "))
        }
        other => format!("`{}`", cut(&printable(&other.to_string()))),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// The text, with what a terminal would take for a command written out.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
