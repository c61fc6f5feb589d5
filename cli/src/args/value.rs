//! Single values of the command line, and what is wrong with them.

use jiff::Timestamp;
use policy_dsl::codes::Code;
use policy_dsl::lint;
use policy_engine::{Algorithm, Verb};

/// A request's verb.
pub(crate) fn verb(text: &str) -> Result<Verb, String> {
    if let Some(verb) = Verb::parse(text) {
        return Ok(verb);
    }
    let capitals = text.to_ascii_uppercase();
    Err(match Verb::parse(&capitals) {
        Some(verb) => format!("verbs are written in capitals: `{verb}`"),
        None if capitals == "ANY" => "`ANY` is for rules; a request has one verb, such as `GET`".to_owned(),
        None => {
            let names: Vec<_> = Verb::ALL.into_iter().map(Verb::name).collect();
            format!("a verb is one of {}", names.join(", "))
        }
    })
}

/// A warning, by its code or name.
pub(super) fn warning(text: &str) -> Result<Code, String> {
    lint::warning(text).map_err(|error| match error.help() {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    })
}

/// A request's path.
pub(super) fn path(text: &str) -> Result<String, String> {
    match text.split_once('?') {
        None => Ok(text.to_owned()),
        Some((path, query)) => {
            let options: Vec<_> = query
                .split('&')
                .filter(|part| !part.is_empty())
                .map(|part| format!(" --query '{part}'"))
                .collect();
            Err(format!("a path holds no query: write `{path}{}`", options.concat()))
        }
    }
}

/// A point in time, in seconds since 1970-01-01 UTC.
pub(super) fn now(text: &str) -> Result<i64, String> {
    let time: Result<Timestamp, _> = text.parse();
    time.map(Timestamp::as_second).map_err(|_| "a time is written as `2026-01-01T00:00:00Z`".to_owned())
}

/// An issuer's name, and a file.
pub(super) fn issuer_file(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((issuer, file)) if !issuer.is_empty() && !file.is_empty() => {
            Ok((issuer.to_owned(), file.to_owned()))
        }
        _ => Err("write the issuer's name and a file, such as `cognito=jwks.json`".to_owned()),
    }
}

/// A signature algorithm.
pub(super) fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::parse(text).ok_or_else(|| {
        let names: Vec<_> = Algorithm::ALL.into_iter().map(Algorithm::name).collect();
        format!("an algorithm is one of {}", names.join(", "))
    })
}

/// `Name: value`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("a header is written as `X-Tenant: a`".to_owned()),
    }
}

/// `name=value`, of the query.
pub(super) fn query(text: &str) -> Result<(String, String), String> {
    pair(text).ok_or_else(|| "a query parameter is written as `page=2`".to_owned())
}

/// `name=value`, of a param.
pub(super) fn param(text: &str) -> Result<(String, String), String> {
    pair(text).ok_or_else(|| "a param is written as `name=value`".to_owned())
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_said() {
        for (given, said) in [
            (verb("get").map(|_| ()), "verbs are written in capitals: `GET`"),
            (verb("any").map(|_| ()), "`ANY` is for rules; a request has one verb, such as `GET`"),
            (verb("TRACE").map(|_| ()), "a verb is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            (path("/a?b=1&c").map(|_| ()), "a path holds no query: write `/a --query 'b=1' --query 'c'`"),
            (now("today").map(|_| ()), "a time is written as `2026-01-01T00:00:00Z`"),
            (header("x").map(|_| ()), "a header is written as `X-Tenant: a`"),
            (query("=x").map(|_| ()), "a query parameter is written as `page=2`"),
            (param("x").map(|_| ()), "a param is written as `name=value`"),
        ] {
            assert_eq!(given.unwrap_err(), said);
        }
    }

    #[test]
    fn values_are_kept_as_given() {
        assert_eq!(header("X-Tenant:  a:b ").unwrap(), ("X-Tenant".to_owned(), "a:b".to_owned()));
        assert_eq!(query("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(param("a=").unwrap(), ("a".to_owned(), String::new()));
        assert_eq!(now("1970-01-01T01:00:00+01:00").unwrap(), 0);
    }
}
