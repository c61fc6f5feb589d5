//! The two workloads: the Users rules, and N rules that differ in their first segment and their group.

use policy_benches::corpus::{Corpus, Probe, SEED, Shape};
use policy_engine::{Token, Verb};
use serde_json::Value;

/// Which rules a peer is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// People keep their own record, administrators keep all, a scope opens the profile, and nothing is deleted
    /// without a verified e-mail address.
    Users,
    /// Rule `i` allows `GET /svc{i}/items/*` for the group `g{i mod 100}`.
    Many(usize),
}

impl Workload {
    /// The claim that has the groups.
    pub const fn groups_claim(self) -> &'static str {
        match self {
            Self::Users => "cognito:groups",
            Self::Many(_) => "groups",
        }
    }
}

/// A request, and the answer.
#[derive(Debug)]
pub struct Asked {
    /// What it is called in a benchmark.
    pub name: &'static str,
    /// The claims as they stand in the token.
    pub text: String,
    /// The parsed claims.
    pub token: Token,
    /// The verb.
    pub verb: Verb,
    /// The path.
    pub path: String,
    /// Whether it is allowed.
    pub allowed: bool,
}

impl Asked {
    fn new(name: &'static str, text: &str, verb: Verb, path: &str, allowed: bool) -> Self {
        let claims: Value = serde_json::from_str(text).expect("the claims are JSON");
        let token = policy_benches::token(&claims);
        Self { name, text: text.to_owned(), token, verb, path: path.to_owned(), allowed }
    }
}

const ANA: &str = r#"{"sub":"ana","email_verified":true,"scope":"openid"}"#;
const UNVERIFIED: &str = r#"{"sub":"ana","email_verified":false,"scope":"openid get:profile"}"#;
const UNSAID: &str = r#"{"sub":"ana"}"#;
const ROOT: &str = r#"{"sub":"root","cognito:groups":["staff","apiAdmins"]}"#;
const VERIFIED_ROOT: &str = r#"{"sub":"root","cognito:groups":["staff","apiAdmins"],"email_verified":true}"#;

/// The requests that are timed.
pub fn users() -> Vec<Asked> {
    vec![
        Asked::new("owner GET", ANA, Verb::Get, "/users/ana", true),
        Asked::new("stranger GET", ANA, Verb::Get, "/users/ben", false),
        Asked::new("administrator list", ROOT, Verb::Get, "/users", true),
        Asked::new("profile without the scope", ANA, Verb::Get, "/profile", false),
    ]
}

/// Requests that are not timed, and on which all have to agree too.
pub fn more_users() -> Vec<Asked> {
    [
        (ANA, Verb::Delete, "/users/ana", true),
        (ANA, Verb::Put, "/users/ana/photos/1", true),
        (ANA, Verb::Get, "/users", false),
        (ANA, Verb::Post, "/users/ana", false),
        (ANA, Verb::Patch, "/users/ana", false),
        (ANA, Verb::Get, "/other", false),
        (UNVERIFIED, Verb::Delete, "/users/ana", false),
        (UNVERIFIED, Verb::Get, "/profile", true),
        (UNVERIFIED, Verb::Put, "/profile", false),
        (UNSAID, Verb::Delete, "/users/ana", false),
        (UNSAID, Verb::Get, "/users/ana", true),
        (ROOT, Verb::Post, "/users", true),
        (ROOT, Verb::Post, "/users/ben", true),
        (ROOT, Verb::Put, "/users/ben/photos/1", true),
        (ROOT, Verb::Delete, "/users/ben", false),
        (ROOT, Verb::Get, "/profile", false),
        (VERIFIED_ROOT, Verb::Delete, "/users/ben", true),
    ]
    .map(|(claims, verb, path, allowed)| Asked::new("", claims, verb, path, allowed))
    .into()
}

/// Requests with malformed paths, which policyctl and the match that checks refuse.
pub fn malformed() -> Vec<Asked> {
    [
        "/users/ana/",
        "/users//ana",
        "/users/ana/..",
        "/users/ana/%2Fx",
        "/users/ana/%2e",
        "/users/ana/\\",
        "/users/ana/\u{1}",
    ]
    .map(|path| Asked::new("", ANA, Verb::Get, path, false))
    .into()
}

/// A request for the last rule, and one for none.
pub fn many(count: usize) -> Vec<Asked> {
    let corpus = Corpus::new(Shape::DistinctPrefixes, count, SEED);
    let asked = |name, probe: &Probe, allowed| {
        Asked::new(name, &probe.claims.to_string(), Verb::Get, &probe.path, allowed)
    };
    vec![asked("last rule", &corpus.last, true), asked("no rule", &corpus.none, false)]
}

/// Requests among the many that are not timed: another group, another verb, and paths of another length.
pub fn more_many(count: usize) -> Vec<Asked> {
    let last = count - 1;
    let own = format!(r#"{{"groups":["staff","g{}"]}}"#, last % 100);
    let other = r#"{"groups":["staff"]}"#;
    [
        (own.as_str(), Verb::Get, format!("/svc{last}/items/x"), true),
        (other, Verb::Get, format!("/svc{last}/items/x"), false),
        ("{}", Verb::Get, format!("/svc{last}/items/x"), false),
        (own.as_str(), Verb::Put, format!("/svc{last}/items/x"), false),
        (own.as_str(), Verb::Get, format!("/svc{last}/items"), false),
        (own.as_str(), Verb::Get, format!("/svc{count}/items/x"), false),
    ]
    .map(|(claims, verb, path, allowed)| Asked::new("", claims, verb, &path, allowed))
    .into()
}
