//! Where a request goes to: its ARN, and what else an event says about it.
//!
//! API Gateway applies an answer to ARNs, so that the ARN decides. An event whose other members tell of another
//! request is none that API Gateway sends, and is not answered.

use std::borrow::Cow;

use policy_engine::iam::MethodArn;

use super::parts::{Member, Parts};
use super::{EventFault, Shape};
use crate::token::Json;

/// What a part of a path must not hide: other readers see a separator, a dot segment or an end in it.
const HIDDEN: [&str; 4] = ["%2f", "%5c", "%2e", "%00"];

/// The ARN of the request, with which all else that the event says about method and path agrees.
pub(super) fn method_arn(event: &Parts<'_, '_>, shape: Shape) -> Result<MethodArn, EventFault> {
    let (name, member) = match shape {
        Shape::HttpApi2 => ("routeArn", event.route_arn),
        _ => ("methodArn", event.method_arn),
    };
    let text = member.and_then(Json::as_str).ok_or(EventFault::Member(name))?;
    let arn = MethodArn::parse(text).map_err(|error| EventFault::Arn(name, error))?;
    if arn.is_connect() != (shape == Shape::WebSocket) {
        return Err(EventFault::Disagrees(name));
    }
    let [methods, paths] = said_again(event, shape);
    let other_method = methods.iter().find(|said| said.is_other(|text| text == arn.verb_text().as_bytes()));
    let other_path = || paths.iter().find(|said| said.is_other(|text| agrees(text, arn.path())));
    match other_method.or_else(other_path) {
        Some(said) => Err(EventFault::Disagrees(said.name)),
        None => Ok(arn),
    }
}

/// What else the event says about its method, and about its path.
fn said_again<'d, 'a>(event: &Parts<'d, 'a>, shape: Shape) -> [[Said<'d, 'a>; 2]; 2] {
    let said = |name, member| Said { name, member };
    let context = &event.context;
    match shape {
        Shape::RestRequest | Shape::HttpApi1 => [
            [said("httpMethod", event.http_method), said("requestContext.httpMethod", context.http_method)],
            [said("path", event.path), said("requestContext.path", context.path)],
        ],
        Shape::HttpApi2 => {
            let in_http = |name| context.http.and_then(|http| http.get(name));
            [
                [said("requestContext.http.method", in_http("method")), said("", None)],
                [said("rawPath", event.raw_path), said("requestContext.http.path", in_http("path"))],
            ]
        }
        Shape::RestToken | Shape::WebSocket | Shape::AppSync | Shape::Unknown => [[said("", None); 2]; 2],
    }
}

/// A member that tells of the request, too.
#[derive(Clone, Copy)]
struct Said<'d, 'a> {
    name: &'static str,
    member: Member<'d, 'a>,
}

impl Said<'_, '_> {
    /// Whether it is there, and not as it should be.
    fn is_other(&self, as_it_should: impl Fn(&[u8]) -> bool) -> bool {
        self.member.and_then(Json::as_bytes).is_some_and(|text| !as_it_should(text))
    }
}

/// Whether a path is the ARN's: the stage or the base path of a custom domain may stand before it, and either of the
/// two may be percent-encoded (AWS does not document in which of them API Gateway decodes).
fn agrees(path: &[u8], arn: &str) -> bool {
    if ends_with(path, arn.as_bytes()) {
        return true;
    }
    let Ok(path) = std::str::from_utf8(path) else { return false };
    let lower = path.to_ascii_lowercase();
    let hides = HIDDEN.iter().any(|hidden| lower.contains(hidden));
    let (decoded, decoded_arn) = (decode(path), decode(arn));
    let ways = [(&*decoded, arn), (path, &*decoded_arn), (&*decoded, &*decoded_arn)];
    !hides && ways.iter().any(|(path, arn)| ends_with(path.as_bytes(), arn.as_bytes()))
}

/// Whether the whole segments at the end of `path` are those of `arn`, which begins with a slash.
fn ends_with(path: &[u8], arn: &[u8]) -> bool {
    let prefix = match path.strip_suffix(arn) {
        Some(prefix) => prefix,
        // The stage alone leads to the root.
        None if arn == b"/" => path,
        None => return false,
    };
    prefix.is_empty() || (prefix.starts_with(b"/") && !prefix.ends_with(b"/"))
}

/// Percent-encoding undone once; bytes that are no UTF-8 become a character that is in no ARN.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let escaped =
            (byte == b'%').then(|| Some((hex(ahead.next()?)? << 4) | hex(ahead.next()?)?)).flatten();
        if escaped.is_some() {
            bytes = ahead;
        }
        out.push(escaped.unwrap_or(byte));
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding() {
        for (text, expected) in [
            ("a", "a"),
            ("a%20b%c3%A9", "a bé"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("100%", "100%"),
            ("%ff", "\u{fffd}"),
            ("é%2B", "é+"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_that_are_the_same() {
        for (path, arn) in [
            ("/users/ana", "/users/ana"),
            ("/prod/users/ana", "/users/ana"),
            ("/orders/v1/users/ana", "/users/ana"),
            ("/users/auth0%7Cana", "/users/auth0|ana"),
            ("/users/auth0|ana", "/users/auth0%7Cana"),
            ("/users/auth0%7cana", "/users/auth0%7Cana"),
            ("/users/a%2Fb", "/users/a%2Fb"),
            // Encoded twice, and decoded once.
            ("/users/a%2520b", "/users/a%20b"),
            ("/users/a%20b", "/users/a%2520b"),
            ("/", "/"),
            ("", "/"),
            ("/prod", "/"),
            ("/prod/", "/"),
            ("/users/", "/users/"),
        ] {
            assert!(agrees(path.as_bytes(), arn), "{path} {arn}");
        }
    }

    #[test]
    fn paths_that_are_not() {
        for (path, arn) in [
            ("/users/ben", "/users/ana"),
            ("/users/ana", "/ers/ana"),
            ("/users/ana", "ana"),
            ("/users/ana/photos", "/users/ana"),
            ("/users/ana/", "/users/ana"),
            ("/users/ana", "/users/ana/"),
            ("//users/ana", "/users/ana"),
            ("users/ana", "/users/ana"),
            ("prod/users/ana", "/users/ana"),
            ("prod", "/"),
            ("/users/a%2Fb", "/users/a/b"),
            ("/users/ana%2f", "/users/ana/"),
            ("/users/%2e%2e/ana", "/users/../ana"),
            ("/users/ana%00", "/users/ana\0"),
            ("/users/%252fana", "/users//ana"),
            ("", "/users"),
        ] {
            assert!(!agrees(path.as_bytes(), arn), "{path} {arn}");
        }
    }
}
