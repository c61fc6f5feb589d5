//! The headers and the query of an event, as names and values of which the last one of a name counts.

use std::borrow::Cow;

use super::place::decode;
use super::{EventFault, MAX_FIELDS, Shape};
use crate::token::{Json, Object};

/// Names and values.
pub(super) type Fields = Vec<(String, String)>;

/// The same, still in the event.
type Borrowed<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// The request's headers; `None` where the event has none at all, not even an empty map.
pub(super) fn headers(event: &Object<'_>, shape: Shape) -> Result<Option<Fields>, EventFault> {
    let is_object = |name: &&str| event.get(name).and_then(Json::as_object).is_some();
    if !["headers", "multiValueHeaders"].iter().any(is_object) {
        return Ok(None);
    }
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let headers = merged(entries(event, "multiValueHeaders"), entries(event, "headers"), same)?;
    let mut headers = owned(headers);
    // Payload format 2.0 takes them out of the headers.
    if shape == Shape::HttpApi2 && !headers.iter().any(|(name, _)| same(name, "cookie")) {
        let cookies = event.get("cookies").and_then(Json::as_list).unwrap_or_default();
        let cookies: Vec<&str> = cookies.iter().filter_map(Json::as_str).take(MAX_FIELDS + 1).collect();
        if cookies.len() > MAX_FIELDS {
            return Err(EventFault::TooManyFields);
        }
        if !cookies.is_empty() {
            headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
    }
    Ok(Some(headers))
}

/// The request's query parameters.
pub(super) fn query(event: &Object<'_>, shape: Shape) -> Result<Fields, EventFault> {
    let single = entries(event, "queryStringParameters");
    let raw = event.get("rawQueryString").and_then(Json::as_str).filter(|_| shape == Shape::HttpApi2);
    let query = match raw {
        // The map joins the values of a parameter that comes twice with commas.
        Some(raw) => {
            let found = bounded(parameters(raw))?;
            let unseen = single.filter(|(name, _)| found.iter().all(|(other, _)| other != name));
            bounded(found.iter().cloned().chain(unseen))?
        }
        None => merged(entries(event, "multiValueQueryStringParameters"), single, |a, b| a == b)?,
    };
    Ok(owned(query))
}

fn owned(fields: Borrowed<'_>) -> Fields {
    fields.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The different values of a field that are not blank, in a fixed order.
pub(super) fn values(fields: &Fields, is_wanted: impl Fn(&str) -> bool, joined: bool) -> Vec<String> {
    let wanted = fields.iter().filter(|(name, _)| is_wanted(name)).map(|(_, value)| value.as_str());
    // No token holds a comma.
    let parts = wanted.flat_map(|value| value.split(move |c| joined && c == ','));
    let blank = [' ', '\t'];
    let filled = parts.map(|value| value.trim_matches(blank)).filter(|value| !value.is_empty());
    let mut values: Vec<String> = filled.map(str::to_owned).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The names and values of a map whose values are strings or lists of them; all else is passed over.
fn entries<'a>(
    event: &'a Object<'_>,
    map: &str,
) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
    let members = event.get(map).and_then(Json::as_object).into_iter().flat_map(Object::iter);
    members.flat_map(|(name, value)| {
        let values = match value {
            Json::List(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        values.iter().filter_map(move |value| Some((name.into(), value.as_str()?.into())))
    })
}

/// Both maps: what `single` has beyond `multi` comes first, so that it does not count where both know the name, and
/// is not lost either.
fn merged<'a>(
    multi: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    single: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    same: impl Fn(&str, &str) -> bool,
) -> Result<Borrowed<'a>, EventFault> {
    let multi = bounded(multi)?;
    let known = |(name, value): &(Cow<'a, str>, Cow<'a, str>)| {
        multi.iter().any(|(other, known)| same(other, name) && known == value)
    };
    let unseen: Borrowed<'a> = bounded(single)?.into_iter().filter(|entry| !known(entry)).collect();
    bounded(unseen.into_iter().chain(multi))
}

fn bounded<'a>(
    fields: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<Borrowed<'a>, EventFault> {
    let found: Borrowed<'a> = fields.take(MAX_FIELDS + 1).collect();
    if found.len() > MAX_FIELDS { Err(EventFault::TooManyFields) } else { Ok(found) }
}

/// The parameters of a query (WHATWG URL, `application/x-www-form-urlencoded` parsing).
fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let decoded = |text: &str| Cow::Owned(decode(&text.replace('+', " ")).into_owned());
    query.split('&').filter(|part| !part.is_empty()).map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    })
}
