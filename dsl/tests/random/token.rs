//! Random tokens.

use policy_engine::Token;
use policy_engine::condition::IssuerId;
use serde_json::{Map, Value as Json, json};

use super::rng::Rng;
use super::words::{GROUPS, HOSTILE, PLAIN, SECONDS};

/// A token of one of the issuers, or none.
pub(crate) fn token(rng: &mut Rng, issuers: usize) -> Option<Token> {
    if rng.percent(8) {
        return None;
    }
    // Most tokens are as they should be; some have a few claims that are not.
    let noise = rng.pick(&[0, 0, 8, 40, 40]);
    let mut claims = Map::new();
    let text = |rng: &mut Rng| json!(rng.pick(PLAIN));
    for name in ["sub", "tenant", "email", "app:id"] {
        put(rng, &mut claims, name, noise, text);
    }
    put(rng, &mut claims, "profile", noise, |rng| {
        let name = text(rng);
        json!({ "name": odd(rng, noise, name) })
    });
    put(rng, &mut claims, "act", noise, |rng| {
        let name = text(rng);
        json!({ "profile": { "name": odd(rng, noise, name) } })
    });
    for name in ["list", "cognito:groups", "groups"] {
        put(rng, &mut claims, name, noise, |rng| list(rng, noise));
    }
    put(rng, &mut claims, "realm_access", noise, |rng| json!({ "roles": list(rng, noise) }));
    for name in ["scope", "scp", "permissions"] {
        if rng.percent(45) {
            put(rng, &mut claims, name, noise, |rng| scopes(rng, noise));
        }
    }
    put(rng, &mut claims, "email_verified", noise, |rng| json!(rng.percent(60)));
    put(rng, &mut claims, "flags", noise, |rng| json!({ "beta": rng.percent(50) }));
    for name in ["level", "iat", "exp"] {
        put(rng, &mut claims, name, noise, number);
    }
    let issuer = IssuerId(u32::try_from(rng.below(issuers)).unwrap_or(0));
    let token = Token::new(issuer, claims);
    if rng.percent(50) {
        return Some(token);
    }
    let mut userinfo = Map::new();
    put(rng, &mut userinfo, "email", noise, text);
    put(rng, &mut userinfo, "list", noise, |rng| list(rng, noise));
    put(rng, &mut userinfo, "email_verified", noise, |rng| json!(rng.percent(60)));
    Some(token.with_userinfo(userinfo))
}

/// A claim, which may be missing, or other than it should be.
fn put(
    rng: &mut Rng,
    claims: &mut Map<String, Json>,
    name: &str,
    noise: usize,
    right: impl Fn(&mut Rng) -> Json,
) {
    if rng.percent(5 + noise / 2) {
        return;
    }
    let value = right(rng);
    claims.insert(name.to_owned(), odd(rng, noise, value));
}

/// The value, or another one.
fn odd(rng: &mut Rng, noise: usize, right: Json) -> Json {
    if !rng.percent(noise) {
        return right;
    }
    match rng.below(11) {
        0 => Json::Null,
        1..=5 => json!(rng.pick(HOSTILE)),
        6 => json!(rng.percent(50)),
        7 => number(rng),
        8 => json!([rng.pick(PLAIN), right]),
        9 => json!({ "name": right, "0": "ana" }),
        _ => json!(rng.pick(PLAIN)),
    }
}

fn number(rng: &mut Rng) -> Json {
    match rng.below(12) {
        0 => json!(1.5),
        1 => json!(1.0),
        2 => json!(u64::MAX),
        3 => json!(9_007_199_254_740_993_i64),
        4 => json!(9_007_199_254_740_992.0),
        5 => json!(-0.0),
        6 | 7 => json!(rng.pick(SECONDS)),
        _ => json!(rng.below(3)),
    }
}

fn list(rng: &mut Rng, noise: usize) -> Json {
    // One group is sometimes not put into a list.
    if rng.percent(15) {
        return json!(rng.pick(GROUPS));
    }
    let items = (0..rng.below(4)).map(|_| {
        if noise > 0 && rng.percent(15) {
            return number(rng);
        }
        let item = if rng.percent(50) { rng.pick(GROUPS) } else { rng.pick(PLAIN) };
        odd(rng, noise / 3, json!(item))
    });
    Json::Array(items.collect())
}

fn scopes(rng: &mut Rng, noise: usize) -> Json {
    if rng.percent(40) {
        return list(rng, noise);
    }
    let mut text = String::from(rng.pick(&["", "", " "]));
    for _ in 0..rng.below(4) {
        text.push_str(rng.pick(GROUPS));
        text.push_str(rng.pick(&[" ", " ", "  ", "\t", "\u{a0}", "\n"]));
    }
    json!(text)
}
