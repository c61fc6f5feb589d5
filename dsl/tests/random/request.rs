//! Random requests, aimed at what a policy is about.

use std::fmt::Write;

use policy_engine::{RequestContext, Token, Verb};
use serde_json::Value as Json;

use super::draft::{Draft, Pattern, Segment};
use super::rng::Rng;
use super::words::{ADDRESSES, GROUPS, HEADERS, HOSTILE, PLAIN, QUERIES, SECONDS, SEGMENTS, STAGES};

/// A verb and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) verb: Verb,
    pub(crate) path: String,
}

impl Asked {
    /// A request near one of the policy's patterns.
    pub(crate) fn draw(rng: &mut Rng, draft: &Draft, token: Option<&Token>) -> Self {
        let patterns = draft.patterns();
        let any = rng.pick(&Verb::ALL);
        if patterns.is_empty() {
            return Self { verb: any, path: "/users".to_owned() };
        }
        let (verbs, pattern) = rng.pick(&patterns);
        let named = Verb::parse(rng.pick(verbs)).unwrap_or(any);
        let verb = if rng.percent(85) { named } else { any };
        Self { verb, path: path(rng, pattern, token) }
    }
}

/// A path that the pattern matches, or nearly.
pub(crate) fn path(rng: &mut Rng, pattern: &Pattern, token: Option<&Token>) -> String {
    let words = words(token);
    let mut segments: Vec<String> = Vec::new();
    for segment in &pattern.segments {
        let filled = match segments.last() {
            // Parts of the path are compared with each other, too.
            Some(last) if rng.percent(8) => rng.choose(&[last.clone(), last.to_uppercase()]).clone(),
            _ => fill(rng, segment, &words),
        };
        segments.push(filled);
    }
    if pattern.tail.is_some() {
        segments.extend((0..rng.between(1, 3)).map(|_| word(rng, &words)));
    }
    if rng.percent(6) {
        segments.push(word(rng, &words));
    }
    if rng.percent(4) {
        segments.pop();
    }
    let path = format!("/{}", segments.join("/"));
    if rng.percent(8) { malformed(rng, &path) } else { path }
}

fn fill(rng: &mut Rng, segment: &Segment, words: &[String]) -> String {
    match segment {
        Segment::Literal(text) => match rng.below(30) {
            0 => text.to_uppercase(),
            1 => format!("{text}x"),
            2 => word(rng, words),
            // What a gateway that decodes would take for the same.
            3 => format!("%{:02x}{}", text.as_bytes()[0], &text[1..]),
            _ => text.clone(),
        },
        Segment::Any | Segment::Param(_) => word(rng, words),
        Segment::Glob(_, matches) => {
            if rng.percent(75) {
                rng.pick(matches).to_owned()
            } else {
                word(rng, words)
            }
        }
    }
}

/// A segment; most often a value of the token's, in one of its writings.
fn word(rng: &mut Rng, words: &[String]) -> String {
    let plain = if !words.is_empty() && rng.percent(60) {
        rng.choose(words).clone()
    } else {
        let vocabulary = rng.pick(&[SEGMENTS, PLAIN, GROUPS]);
        rng.pick(vocabulary).to_owned()
    };
    let written = spelt(rng, &plain);
    match rng.below(40) {
        0 => written.to_lowercase(),
        1 => written.to_uppercase(),
        2 => rng.pick(HOSTILE).to_owned(),
        3 => format!("{written}x"),
        _ => written,
    }
}

/// The text as it is, or percent-encoded, with the characters kept that one or another encoder keeps.
fn spelt(rng: &mut Rng, text: &str) -> String {
    let kept = match rng.below(8) {
        0..=2 => return text.to_owned(),
        3 | 4 => "-._~!$&'()*+,;=:@",
        5 | 6 => "-_.!~*'()",
        _ => "-._~",
    };
    let mut spelt = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || kept.contains(c) {
            spelt.push(c);
        } else {
            let _ = write!(spelt, "%{byte:02X}");
        }
    }
    spelt
}

/// The strings that a token holds.
fn words(token: Option<&Token>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(token) = token {
        let roots = [Some(token.claims()), token.userinfo()];
        for claim in roots.into_iter().flatten().flat_map(serde_json::Map::values) {
            collect(claim, &mut words);
        }
    }
    words
}

fn collect(json: &Json, words: &mut Vec<String>) {
    match json {
        Json::String(text) => words.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Json::Object(object) => object.values().for_each(|item| collect(item, words)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A path that is malformed, made of one that is not.
pub(crate) fn malformed(rng: &mut Rng, path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let at = rng.pick(&slashes);
    let (before, after) = path.split_at(at);
    match rng.below(12) {
        0 => format!("{path}/"),
        1 => format!("{before}/{after}"),
        2 => format!("{before}/.{after}"),
        3 => format!("{before}/..{after}"),
        4 => format!("{path}/."),
        5 => format!("{path}/.."),
        6 => format!("{before}{}{}", rng.pick(&["%2f", "%2F", "%5c", "%5C"]), &after[1..]),
        7 => format!("{path}{}", rng.pick(&["%2e", "%2E%2e", "%00", "%2f", "%5Cx"])),
        8 => format!("{before}\\{}", &after[1..]),
        9 => format!("{path}{}", rng.pick(&["\u{0}", "\n", "\u{1f}", "\u{7f}"])),
        10 => path[1..].to_owned(),
        _ => format!("{before}/%2e%2E{after}"),
    }
}

/// What a request carries besides.
pub(crate) fn context(rng: &mut Rng, token: Option<&Token>) -> RequestContext {
    let words = words(token);
    let value = |rng: &mut Rng| {
        if !words.is_empty() && rng.percent(40) {
            rng.choose(&words).clone()
        } else {
            rng.pick(PLAIN).to_owned()
        }
    };
    RequestContext {
        headers: (0..rng.below(4)).map(|_| (rng.pick(HEADERS).to_owned(), value(rng))).collect(),
        query: (0..rng.below(3)).map(|_| (rng.pick(QUERIES).to_owned(), value(rng))).collect(),
        ip: if rng.percent(80) { rng.pick(ADDRESSES).parse().ok() } else { None },
        time: rng.percent(80).then(|| rng.pick(SECONDS)),
        stage: rng.percent(80).then(|| rng.pick(STAGES).to_owned()),
    }
}

/// A context for each way in which the policy can ask for the time and the address, as far as its text and the
/// token go: the points around which anything changes, and those right beside them.
pub(crate) fn circumstances(text: &str, token: Option<&Token>, base: &RequestContext) -> Vec<RequestContext> {
    let mut times = vec![base.time];
    if text.contains("request.time") || text.contains("expire_with_token yes") {
        let claims =
            token.map_or_else(Vec::new, |token| token.claims().values().filter_map(Json::as_i64).collect());
        let points = SECONDS.iter().copied().chain(claims).filter(|second| second.abs() < 1 << 33);
        times.extend(points.flat_map(|second| [second - 1, second, second + 1].map(Some)));
        times.sort_unstable();
        times.dedup();
    }
    let mut addresses = vec![base.ip];
    if text.contains("request.ip") {
        addresses.extend(ADDRESSES.iter().map(|address| address.parse().ok()));
        addresses.sort_unstable();
        addresses.dedup();
    }
    let pairs = times.iter().flat_map(|time| addresses.iter().map(|ip| (*time, *ip)));
    pairs.map(|(time, ip)| RequestContext { time, ip, ..base.clone() }).collect()
}
