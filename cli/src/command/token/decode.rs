//! `policyctl token decode`: what a token says, unverified.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::args::{DecodeArgs, Format};
use crate::exit::{Exit, Failure};
use crate::input::Object;
use crate::render::json::versioned;
use crate::render::{self, Paint, human};
use crate::scene::{present, token_text};

/// The claims that hold points in time (RFC 7519 section 4.1, OpenID Connect Core 1.0 section 2).
const TIMES: [&str; 4] = ["iat", "nbf", "exp", "auth_time"];

#[derive(Debug, Serialize)]
struct Decoded {
    /// Says to programs what the first line says to people.
    verified: bool,
    header: Object,
    claims: Object,
    times: Vec<Time>,
}

#[derive(Debug, Serialize)]
struct Time {
    claim: &'static str,
    at: String,
    relative: String,
}

pub(in crate::command) fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    let decoded = decode(&token_text(&args.token)?, present())?;
    match args.format {
        Format::Json => render::print_json(&versioned(decoded))?,
        Format::Human => print(&decoded)?,
    }
    Ok(Exit::Fine)
}

fn decode(token: &str, now: i64) -> Result<Decoded, Failure> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _signature] = parts.as_slice() else {
        let message = format!(
            "the token has {}, and a signed one has three, separated by dots",
            human::count(parts.len(), "part")
        );
        let encrypted = (parts.len() == 5).then(|| "five parts are an encrypted token".to_owned());
        return Err(Failure::invalid(message).maybe_help(encrypted));
    };
    let header = object(header, "header")?;
    let claims = object(claims, "claims")?;
    let times = TIMES.iter().filter_map(|claim| time(claim, claims.get(*claim)?, now)).collect();
    Ok(Decoded { verified: false, header, claims, times })
}

fn object(part: &str, name: &str) -> Result<Object, Failure> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|error| Failure::invalid(format!("the token's {name} is not base64url: {error}")))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::invalid(format!("the token's {name} is no JSON object"))),
        Err(error) => Err(Failure::invalid(format!("the token's {name} is not JSON: {error}"))),
    }
}

fn time(claim: &'static str, value: &Value, now: i64) -> Option<Time> {
    #[allow(clippy::cast_possible_truncation, reason = "a float that is no time becomes one out of range")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    let at = Timestamp::from_second(seconds).ok()?.to_string();
    Some(Time { claim, at, relative: relative(seconds.saturating_sub(now)) })
}

/// How far away a time is, in words.
fn relative(seconds: i64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let distance = seconds.unsigned_abs();
    let Some((length, unit)) = UNITS.into_iter().find(|(length, _)| distance >= *length) else {
        return "now".to_owned();
    };
    let number = usize::try_from(distance / length).unwrap_or(usize::MAX);
    let text = human::count(number, unit);
    if seconds < 0 { format!("{text} ago") } else { format!("in {text}") }
}

fn print(decoded: &Decoded) -> Result<(), Failure> {
    let paint = Paint::stdout();
    let mut out = render::stdout();
    writeln!(
        out,
        "{}: the signature is not looked at, and anybody can write this",
        paint.error("NOT VERIFIED")
    )?;
    for (name, part) in [("header", &decoded.header), ("claims", &decoded.claims)] {
        write!(out, "\n{} ", paint.help(name))?;
        serde_json::to_writer_pretty(&mut out, part).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    if !decoded.times.is_empty() {
        writeln!(out, "\n{}", paint.help("times"))?;
    }
    for Time { claim, at, relative } in &decoded.times {
        writeln!(out, "  {claim}  {at}  {relative}")?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_words() {
        for (seconds, text) in [
            (0, "now"),
            (1, "in 1 second"),
            (-59, "59 seconds ago"),
            (60, "in 1 minute"),
            (-7_300, "2 hours ago"),
            (200_000, "in 2 days"),
            (i64::MIN, "292,471,208,677 years ago"),
        ] {
            assert_eq!(relative(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn garbage_is_an_error() {
        for token in
            ["", "a", "a.b.c", "..", "e30.e30", "e30.W10.", "a.b.c.d.e", "e30.e30.x.", "ü.ü.ü", "e30=.e30.x"]
        {
            assert!(decode(token, 0).is_err(), "{token}");
        }
        assert!(decode("e30.e30.", 0).is_ok());
        let times = |claims: &str| {
            decode(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims)), 0).unwrap().times.len()
        };
        assert_eq!(times(r#"{"exp":1e300,"iat":-1e300,"nbf":"x"}"#), 0);
        assert_eq!(times(r#"{"exp":1.5,"iat":7}"#), 2);
    }
}
