//! The headers and the query of an event, as names and values of which the last one of a name counts.

use std::borrow::Cow;

use policy_engine::TokenSource;

use super::parts::{Member, Parts};
use super::place::decode;
use super::{EventFault, MAX_FIELDS, Shape, Wanted};
use crate::token::{Json, Object};

/// A name and a value, still in the event.
type Field<'a> = (Cow<'a, str>, Cow<'a, str>);
/// Names and values.
type Fields<'a> = Vec<Field<'a>>;
/// Different values.
type Values<'a> = Vec<Cow<'a, str>>;

const COOKIE: &str = "cookie";

/// Whether the event has the request's headers, be it an empty map of them.
pub(super) fn are_carried(event: &Parts<'_, '_>) -> bool {
    [event.multi_value_headers, event.headers].into_iter().flatten().any(|map| map.as_object().is_some())
}

/// The different values of the header that holds the token, where nothing else is wanted of headers and query: the same
/// as [`values`] of all [`headers`]. None where it takes all of them to find out.
pub(super) fn header_alone<'a>(event: &Parts<'_, 'a>, shape: Shape, wanted: &Wanted) -> Option<Values<'a>> {
    let TokenSource::Header(wanted_name) = &wanted.token else { return None };
    // Cookies can stand outside of the headers.
    if wanted.fields || wanted_name.eq_ignore_ascii_case(COOKIE) || !are_surely_few(event) {
        return None;
    }
    let maps = [event.multi_value_headers, event.headers].into_iter().flatten().filter_map(Json::as_object);
    let named =
        maps.flat_map(Object::members).filter(|(name, _)| name.eq_ignore_ascii_case(wanted_name.as_bytes()));
    let mut last: Option<&[u8]> = None;
    let mut values = Vec::with_capacity(1);
    for value in named.flat_map(|(_, value)| strings(value)) {
        // Both maps say the same, as a rule.
        let said = value.as_bytes();
        if last != said {
            add_parts(&mut values, value.text().unwrap_or_default(), shape.joins_fields());
        }
        last = said;
    }
    Some(different(values))
}

/// Whether no list of fields can come to more than [`MAX_FIELDS`], however it is put together.
fn are_surely_few(event: &Parts<'_, '_>) -> bool {
    let raw = event.raw_query.and_then(Json::as_str).unwrap_or_default();
    let parameters = raw.bytes().filter(|byte| *byte == b'&').count() + 1;
    event.size + parameters <= MAX_FIELDS
}

/// The request's headers.
pub(super) fn headers<'a>(event: &Parts<'_, 'a>, shape: Shape) -> Result<Fields<'a>, EventFault> {
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let mut headers = merged(entries(event.multi_value_headers), entries(event.headers), same)?;
    // Payload format 2.0 takes them out of the headers.
    if shape == Shape::HttpApi2 && are_carried(event) && !headers.iter().any(|(name, _)| same(name, COOKIE)) {
        let cookies = event.cookies.into_iter().flat_map(Json::items).filter_map(Json::text);
        let cookies: Vec<Cow<'_, str>> = cookies.take(MAX_FIELDS + 1).collect();
        if cookies.len() > MAX_FIELDS {
            return Err(EventFault::TooManyFields);
        }
        if !cookies.is_empty() {
            headers.push((COOKIE.into(), cookies.join("; ").into()));
        }
    }
    Ok(headers)
}

/// The request's query parameters.
pub(super) fn query<'a>(event: &Parts<'_, 'a>, shape: Shape) -> Result<Fields<'a>, EventFault> {
    let single = entries(event.query);
    let raw = event.raw_query.and_then(Json::as_str).filter(|_| shape == Shape::HttpApi2);
    match raw {
        // The map joins the values of a parameter that comes twice with commas.
        Some(raw) => {
            let found = bounded(parameters(raw))?;
            let unseen = single.filter(|(name, _)| found.iter().all(|(other, _)| other != name));
            bounded(found.iter().cloned().chain(unseen))
        }
        None => merged(entries(event.multi_value_query), single, |a, b| a == b),
    }
}

/// The same, on their own.
pub(super) fn owned(fields: Fields<'_>) -> Vec<(String, String)> {
    fields.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The different values of a field that are not blank, in a fixed order.
pub(super) fn values<'a>(fields: &Fields<'a>, is_wanted: impl Fn(&str) -> bool, joined: bool) -> Values<'a> {
    let mut values = Vec::new();
    for (_, value) in fields.iter().filter(|(name, _)| is_wanted(name)) {
        add_parts(&mut values, value.clone(), joined);
    }
    different(values)
}

/// The different ones of the values, in a fixed order.
fn different(mut values: Values<'_>) -> Values<'_> {
    if values.len() > 1 {
        values.sort_unstable();
        values.dedup();
    }
    values
}

fn add_parts<'a>(values: &mut Values<'a>, value: Cow<'a, str>, joined: bool) {
    match value {
        Cow::Borrowed(text) => values.extend(parts(text, joined).map(Cow::Borrowed)),
        Cow::Owned(text) => values.extend(parts(&text, joined).map(|part| Cow::Owned(part.to_owned()))),
    }
}

/// What a value holds that is not blank. No token holds a comma.
fn parts(value: &str, joined: bool) -> impl Iterator<Item = &str> {
    let (whole, joined) = if joined { (None, Some(value.split(','))) } else { (Some(value), None) };
    let parts = whole.into_iter().chain(joined.into_iter().flatten());
    parts.map(|part| part.trim_matches([' ', '\t'])).filter(|part| !part.is_empty())
}

/// The names and values of a map whose values are strings or lists of them; all else is passed over.
fn entries<'d, 'a>(map: Member<'d, 'a>) -> impl Iterator<Item = Field<'a>> + use<'d, 'a> {
    map.and_then(Json::as_object).into_iter().flat_map(Object::values).flat_map(fields_of)
}

/// A name with each of its values.
fn fields_of<'d, 'a>(member: Json<'d, 'a>) -> impl Iterator<Item = Field<'a>> + use<'d, 'a> {
    strings(member).filter_map(move |value| Some((member.name()?, value.text()?)))
}

/// A value that is a string, or the strings of one that is a list.
fn strings<'d, 'a>(value: Json<'d, 'a>) -> impl Iterator<Item = Json<'d, 'a>> {
    let is_string = |value: &Json<'_, '_>| value.as_bytes().is_some();
    Some(value).filter(is_string).into_iter().chain(value.items().filter(is_string))
}

/// Both maps: what `single` has beyond `multi` comes first, so that it does not count where both know the name, and
/// is not lost either.
fn merged<'a>(
    multi: impl Iterator<Item = Field<'a>>,
    single: impl Iterator<Item = Field<'a>>,
    same: impl Fn(&str, &str) -> bool,
) -> Result<Fields<'a>, EventFault> {
    let multi = bounded(multi)?;
    let known =
        |(name, value): &Field<'a>| multi.iter().any(|(other, known)| same(other, name) && known == value);
    let unseen: Fields<'a> = bounded(single)?.into_iter().filter(|entry| !known(entry)).collect();
    bounded(unseen.into_iter().chain(multi))
}

fn bounded<'a>(fields: impl Iterator<Item = Field<'a>>) -> Result<Fields<'a>, EventFault> {
    let found: Fields<'a> = fields.take(MAX_FIELDS + 1).collect();
    if found.len() > MAX_FIELDS { Err(EventFault::TooManyFields) } else { Ok(found) }
}

/// The parameters of a query (WHATWG URL, `application/x-www-form-urlencoded` parsing).
fn parameters<'a>(query: &str) -> impl Iterator<Item = Field<'a>> {
    let decoded = |text: &str| Cow::Owned(decode(&text.replace('+', " ")).into_owned());
    query.split('&').filter(|part| !part.is_empty()).map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    })
}
