//! The checks of a token's header and claims against an issuer's settings: pure, with the time handed in.

use std::ops::Range;

use policy_engine::issuer::IssuerConfig;
use serde_json::{Map, Value};

use super::compact::Header;
use super::{Part, Refusal};
use crate::log::Quoted;

/// What ID and access tokens are (RFC 7519 section 5.1, RFC 9068 section 2.1).
const USUAL: [&str; 2] = ["JWT", "at+jwt"];

/// Checks everything but `iss` and the signature; `now` in seconds since 1970-01-01 UTC.
pub(crate) fn check(
    issuer: &IssuerConfig,
    header: &Header,
    claims: &Map<String, Value>,
    now: i64,
) -> Result<(), Refusal> {
    if !issuer.algorithms.contains(&header.algorithm) {
        return Err(Refusal::Algorithm(header.algorithm));
    }
    check_type(issuer, header)?;
    check_audience(issuer, claims)?;
    check_token_use(issuer, claims)?;
    check_times(issuer, claims, now)
}

/// RFC 7515 section 4.1.9: a media type, whose `application/` is left out where no other slash is in it.
///
/// An issuer signs more than ID and access tokens with the same keys (logout tokens, security events, proofs of
/// possession), whose `typ` says so; RFC 8725 section 3.11 has that looked at.
fn check_type(issuer: &IssuerConfig, header: &Header) -> Result<(), Refusal> {
    let given = header.token_type.as_deref();
    let fits = match (&issuer.token_type, given) {
        (None, None) => true,
        (Some(_), None) => return Err(Refusal::Type(None)),
        (Some(expected), Some(given)) => short_type(given).eq_ignore_ascii_case(short_type(expected)),
        (None, Some(given)) => USUAL.iter().any(|usual| short_type(given).eq_ignore_ascii_case(usual)),
    };
    if fits { Ok(()) } else { Err(Refusal::Type(given.map(Quoted::new))) }
}

fn short_type(media_type: &str) -> &str {
    const PREFIX: &str = "application/";
    match media_type.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => media_type,
    }
}

fn check_audience(issuer: &IssuerConfig, claims: &Map<String, Value>) -> Result<(), Refusal> {
    let accepted = |value: &Value| {
        value.as_str().is_some_and(|value| issuer.audiences.iter().any(|audience| audience == value))
    };
    let fits = issuer.audiences.is_empty()
        || match claims.get("aud") {
            Some(Value::Array(list)) => list.iter().any(accepted),
            Some(one) => accepted(one),
            None => claims.get("client_id").is_some_and(accepted),
        };
    if fits { Ok(()) } else { Err(Refusal::Audience) }
}

fn check_token_use(issuer: &IssuerConfig, claims: &Map<String, Value>) -> Result<(), Refusal> {
    match &issuer.token_use {
        Some(expected) if claims.get("token_use").and_then(Value::as_str) != Some(expected) => {
            Err(Refusal::TokenUse)
        }
        _ => Ok(()),
    }
}

/// RFC 7519 section 4.1.4: on or after `exp`, a token is not accepted.
fn check_times(issuer: &IssuerConfig, claims: &Map<String, Value>, now: i64) -> Result<(), Refusal> {
    let leeway = seconds(issuer.leeway);
    let expires = date(claims, "exp")?.ok_or(Refusal::Member(Part::Claims, "exp"))?;
    if now >= expires.saturating_add(leeway) {
        return Err(Refusal::Expired(now.saturating_sub(expires)));
    }
    if let Some(begins) = date(claims, "nbf")?
        && now.saturating_add(leeway) < begins
    {
        return Err(Refusal::NotYetValid(begins.saturating_sub(now)));
    }
    let issued_at = date(claims, "iat")?;
    let Some(longest) = issuer.max_lifetime else {
        return Ok(());
    };
    let issued_at = issued_at.ok_or(Refusal::Member(Part::Claims, "iat"))?;
    if now.saturating_add(leeway) < issued_at {
        return Err(Refusal::IssuedInFuture(issued_at.saturating_sub(now)));
    }
    let lifetime = expires.saturating_sub(issued_at);
    if lifetime > seconds(longest) { Err(Refusal::Lifetime(lifetime)) } else { Ok(()) }
}

/// The times at which nothing is wrong with those of a token: those at which [`check`] says so, where nothing else is
/// wrong. None where there are none, or a member is unreadable.
pub(crate) fn times(issuer: &IssuerConfig, claims: &Map<String, Value>) -> Option<Range<i64>> {
    let leeway = seconds(issuer.leeway);
    let [expires, begins, issued_at] = ["exp", "nbf", "iat"].map(|name| date(claims, name).map_err(drop));
    let (expires, begins, issued_at) = (expires.ok()??, begins.ok()?, issued_at.ok()?);
    let mut start = begins.map_or(i64::MIN, |begins| begins.saturating_sub(leeway));
    if let Some(longest) = issuer.max_lifetime {
        let issued_at = issued_at?;
        if expires.saturating_sub(issued_at) > seconds(longest) {
            return None;
        }
        start = start.max(issued_at.saturating_sub(leeway));
    }
    Some(start..expires.saturating_add(leeway))
}

fn seconds(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A `NumericDate` of RFC 7519 section 2, to the second below.
fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let whole = value.as_i64().or_else(|| value.as_f64().and_then(whole_seconds));
    whole.map(Some).ok_or(Refusal::Member(Part::Claims, name))
}

fn whole_seconds(value: f64) -> Option<i64> {
    // Far beyond any date, and exact in both types.
    const LIMIT: f64 = 1e15;
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
    (value.abs() < LIMIT).then_some(value.floor() as i64)
}

#[cfg(test)]
mod tests {
    use policy_engine::Algorithm;
    use policy_engine::issuer::Keys;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_000_000;

    fn issuer() -> IssuerConfig {
        IssuerConfig {
            name: "cognito".to_owned(),
            url: "https://issuer.example".to_owned(),
            keys: Keys::Discovery,
            audiences: vec!["app".to_owned(), "other".to_owned()],
            algorithms: vec![Algorithm::RS256],
            token_use: None,
            token_type: None,
            leeway: 0,
            max_lifetime: None,
            userinfo: None,
        }
    }

    fn header(token_type: Option<&str>) -> Header {
        Header { algorithm: Algorithm::RS256, kid: None, token_type: token_type.map(str::to_owned) }
    }

    fn checked(issuer: &IssuerConfig, claims: Value) -> Result<(), Refusal> {
        let Value::Object(mut claims) = claims else { panic!("not an object") };
        claims.entry("exp").or_insert(json!(NOW + 60));
        check(issuer, &header(None), &claims, NOW)
    }

    #[test]
    fn audiences() {
        for (claims, fits) in [
            (json!({ "aud": "app" }), true),
            (json!({ "aud": ["x", "other"] }), true),
            (json!({ "aud": [7, "app"] }), true),
            (json!({ "client_id": "app" }), true),
            (json!({ "aud": "x", "client_id": "app" }), false),
            (json!({ "aud": [], "client_id": "app" }), false),
            (json!({ "aud": null, "client_id": "app" }), false),
            (json!({ "aud": "APP" }), false),
            (json!({ "aud": { "app": "app" } }), false),
            (json!({ "aud": ["app "] }), false),
            (json!({}), false),
        ] {
            let expected = if fits { Ok(()) } else { Err(Refusal::Audience) };
            assert_eq!(checked(&issuer(), claims.clone()), expected, "{claims}");
        }
        assert_eq!(checked(&IssuerConfig { audiences: Vec::new(), ..issuer() }, json!({})), Ok(()));
    }

    #[test]
    fn times() {
        let issuer = IssuerConfig { audiences: Vec::new(), ..issuer() };
        let lenient = IssuerConfig { leeway: 10, ..issuer.clone() };
        let short = IssuerConfig { max_lifetime: Some(100), ..issuer.clone() };
        let endless = IssuerConfig { leeway: u64::MAX, ..issuer.clone() };
        let missing = |name| Err(Refusal::Member(Part::Claims, name));
        for (issuer, claims, expected) in [
            (&issuer, json!({ "exp": NOW + 1 }), Ok(())),
            (&issuer, json!({ "exp": NOW }), Err(Refusal::Expired(0))),
            (&issuer, json!({ "exp": NOW - 5 }), Err(Refusal::Expired(5))),
            (&issuer, json!({ "exp": 1_000_000.9 }), Err(Refusal::Expired(0))),
            (&issuer, json!({ "exp": 1_000_001.5 }), Ok(())),
            (&issuer, json!({ "exp": "2000000" }), missing("exp")),
            (&issuer, json!({ "exp": null }), missing("exp")),
            (&issuer, json!({ "exp": 1e300 }), missing("exp")),
            (&issuer, json!({ "exp": i64::MAX }), Ok(())),
            (&issuer, json!({ "exp": i64::MIN }), Err(Refusal::Expired(i64::MAX))),
            (&lenient, json!({ "exp": NOW - 9 }), Ok(())),
            (&lenient, json!({ "exp": NOW - 10 }), Err(Refusal::Expired(10))),
            (&endless, json!({ "exp": 5 }), Ok(())),
            (&issuer, json!({ "nbf": NOW }), Ok(())),
            (&issuer, json!({ "nbf": NOW + 3 }), Err(Refusal::NotYetValid(3))),
            (&lenient, json!({ "nbf": NOW + 10 }), Ok(())),
            (&issuer, json!({ "nbf": "soon" }), missing("nbf")),
            (&issuer, json!({ "iat": "x" }), missing("iat")),
            (&issuer, json!({ "iat": NOW + 100 }), Ok(())),
            (&short, json!({ "iat": NOW - 40 }), Ok(())),
            (&short, json!({ "iat": NOW - 41 }), Err(Refusal::Lifetime(101))),
            (&short, json!({}), missing("iat")),
            (&short, json!({ "iat": NOW + 1 }), Err(Refusal::IssuedInFuture(1))),
        ] {
            assert_eq!(checked(issuer, claims.clone()), expected, "{claims}");
        }
        assert_eq!(check(&issuer, &header(None), &Map::new(), NOW), missing("exp"));
    }

    #[test]
    fn token_use_and_type() {
        let issuer = IssuerConfig {
            audiences: Vec::new(),
            token_use: Some("access".to_owned()),
            token_type: Some("at+jwt".to_owned()),
            ..issuer()
        };
        let claims = |token_use| {
            let Value::Object(map) = json!({ "exp": NOW + 1, "token_use": token_use }) else { panic!() };
            map
        };
        for (token_type, expected) in [
            (Some("at+jwt"), Ok(())),
            (Some("application/AT+JWT"), Ok(())),
            (Some("application/x/at+jwt"), Err(Refusal::Type(Some(Quoted::new("application/x/at+jwt"))))),
            (Some("JWT"), Err(Refusal::Type(Some(Quoted::new("JWT"))))),
            (None, Err(Refusal::Type(None))),
        ] {
            assert_eq!(check(&issuer, &header(token_type), &claims("access"), NOW), expected);
        }
        let header = header(Some("at+jwt"));
        assert_eq!(check(&issuer, &header, &claims("id"), NOW), Err(Refusal::TokenUse));
    }

    #[test]
    fn without_a_type_the_usual_ones() {
        let issuer = IssuerConfig { audiences: Vec::new(), ..issuer() };
        let Value::Object(claims) = json!({ "exp": NOW + 1 }) else { panic!() };
        for (token_type, fits) in [
            (None, true),
            (Some("JWT"), true),
            (Some("jwt"), true),
            (Some("application/jwt"), true),
            (Some("at+jwt"), true),
            (Some("logout+jwt"), false),
            (Some("secevent+jwt"), false),
            (Some("dpop+jwt"), false),
            (Some("JWT "), false),
            (Some(""), false),
        ] {
            let expected = if fits { Ok(()) } else { Err(Refusal::Type(token_type.map(Quoted::new))) };
            assert_eq!(check(&issuer, &header(token_type), &claims, NOW), expected, "{token_type:?}");
        }
    }

    #[test]
    fn algorithms() {
        let issuer = IssuerConfig { algorithms: vec![Algorithm::ES256], ..issuer() };
        assert_eq!(checked(&issuer, json!({})), Err(Refusal::Algorithm(Algorithm::RS256)));
    }

    /// At no time do the times of a token that was looked at once say anything else than another look would.
    #[test]
    fn the_times_of_a_token_are_those_at_which_it_is_accepted() {
        let mut random = crate::token::tests::random();
        let (mut accepted, mut never) = (0, 0);
        for _ in 0..20_000 {
            let mut claims = Map::new();
            for name in ["exp", "nbf", "iat"] {
                let near = NOW + i64::try_from(random(40)).unwrap() - 20;
                let value = match random(12) {
                    0 | 1 => continue,
                    2 => json!(i64::MAX),
                    3 => json!(i64::MIN),
                    4 => json!(1_000_000.5),
                    5 => json!("x"),
                    _ => json!(near),
                };
                claims.insert(name.to_owned(), value);
            }
            let issuer = IssuerConfig {
                leeway: [0, 7, u64::MAX][random(3)],
                max_lifetime: [None, Some(10), Some(0)][random(3)],
                ..issuer()
            };
            let times = super::times(&issuer, &claims);
            never += u32::from(times.is_none());
            for now in (NOW - 60..NOW + 60).chain([0, i64::MAX, i64::MAX - 3]) {
                let is_accepted = check_times(&issuer, &claims, now).is_ok();
                let is_within = times.as_ref().is_some_and(|times| times.contains(&now));
                assert_eq!(is_within, is_accepted, "{claims:?} {issuer:?} {now}");
                accepted += u32::from(is_accepted);
            }
        }
        assert!(accepted > 50_000 && never > 1_000, "{accepted} {never}");
    }
}
