//! What a hand would write for these rules and no others: a nested match, and a trie with bitsets.
//!
//! Neither looks for what policyctl refuses before any rule is asked: malformed paths, and claims with wildcards. What
//! the first of these costs a hand, [`CheckedMatch`] shows.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use matchit::Router;
use policy_engine::Verb;
use serde_json::Value;

use crate::Peer;
use crate::claims::Claims;
use crate::workload::{Asked, Workload};

/// The Users rules as a nested match.
pub struct NestedMatch;

/// What the match asks about a token.
#[derive(Clone, Copy)]
struct Who<'a> {
    sub: Option<&'a str>,
    admin: bool,
    profile: bool,
    verified: bool,
}

/// A token's facts and a request.
pub struct MatchInput<'a> {
    who: Who<'a>,
    verb: Verb,
    path: &'a str,
}

impl NestedMatch {
    fn allows(who: Who<'_>, verb: Verb, path: &str) -> bool {
        let mut segments = path.split('/').skip(1);
        let first = segments.next().unwrap_or_default();
        match (first, segments.next()) {
            ("users", None) => who.admin && matches!(verb, Verb::Get | Verb::Post),
            ("users", Some(user)) => match verb {
                Verb::Get | Verb::Put => who.admin || who.sub == Some(user),
                Verb::Delete => who.verified && (who.admin || who.sub == Some(user)),
                Verb::Post => who.admin,
                _ => false,
            },
            ("profile", None) => verb == Verb::Get && who.profile,
            _ => false,
        }
    }

    fn who(asked: &Asked) -> Who<'_> {
        let claims = asked.token.claims();
        let groups = claims.get("cognito:groups").and_then(Value::as_array);
        let scopes = claims.get("scope").and_then(Value::as_str);
        Who {
            sub: claims.get("sub").and_then(Value::as_str),
            admin: groups.is_some_and(|groups| groups.iter().any(|group| group == "apiAdmins")),
            profile: scopes.is_some_and(|scopes| scopes.split(' ').any(|scope| scope == "get:profile")),
            verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        }
    }
}

impl Peer for NestedMatch {
    type Input<'a> = MatchInput<'a>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> MatchInput<'a> {
        MatchInput { who: Self::who(asked), verb: asked.verb, path: &asked.path }
    }

    fn decide(&self, input: &MatchInput<'_>) -> bool {
        Self::allows(input.who, input.verb, input.path)
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Claims::parse(&asked.text);
        let scope = claims.scope.as_deref().unwrap_or_default();
        let who = Who {
            sub: claims.sub.as_deref(),
            admin: claims.groups.iter().any(|group| group.0 == "apiAdmins"),
            profile: scope.split(' ').any(|scope| scope == "get:profile"),
            verified: claims.email_verified,
        };
        Self::allows(who, asked.verb, &asked.path)
    }
}

/// The nested match, behind a check of the path: malformed ones are refused as policyctl refuses them.
pub struct CheckedMatch;

fn is_well_formed(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/').filter(|_| path.len() <= 8_192) else { return false };
    rest.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        && !rest.bytes().any(|byte| byte == b'\\' || byte.is_ascii_control())
        && !rest.as_bytes().windows(3).any(is_forbidden)
}

fn is_forbidden(escape: &[u8]) -> bool {
    escape[0] == b'%' && matches!(&escape.to_ascii_lowercase()[1..], b"2f" | b"5c" | b"2e" | b"00")
}

impl Peer for CheckedMatch {
    type Input<'a> = MatchInput<'a>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> MatchInput<'a> {
        NestedMatch.prepare(asked)
    }

    fn decide(&self, input: &MatchInput<'_>) -> bool {
        is_well_formed(input.path) && NestedMatch.decide(input)
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        is_well_formed(&asked.path) && NestedMatch.decide_text(asked)
    }
}

/// Who is let through, for one verb of one route.
#[derive(Clone, Copy, Default)]
struct Cell {
    groups: u128,
    scopes: u128,
    owner: bool,
    verified: bool,
}

/// The cells of a route, by verb.
type Route = [Cell; Verb::ALL.len()];

/// A trie of routes. Groups and scopes are numbered, and a token's are a set of bits.
pub struct Trie {
    routes: Router<Route>,
    groups: HashMap<String, u32, FixedState>,
    scopes: HashMap<String, u32, FixedState>,
    groups_claim: &'static str,
}

/// A token's facts.
#[derive(Clone, Copy)]
struct Bits<'a> {
    groups: u128,
    scopes: u128,
    sub: Option<&'a str>,
    verified: bool,
}

/// A token's facts and a request.
pub struct TrieInput<'a> {
    bits: Bits<'a>,
    verb: Verb,
    path: &'a str,
}

impl Trie {
    /// The rules of a workload.
    pub fn new(workload: Workload) -> Self {
        match workload {
            Workload::Users => Self::users(),
            Workload::Many(count) => Self::load(&many(count)),
        }
    }

    /// From one `/svc{i}/items/* g{j}` a line: a route that those of a group may read.
    pub fn load(text: &str) -> Self {
        let mut trie = Self::empty(Workload::Many(0).groups_claim());
        for line in text.lines() {
            let (path, group) = line.split_once(' ').expect("a path and a group");
            let next = u32::try_from(trie.groups.len()).expect("at most 128 groups");
            let bit = match trie.groups.get(group) {
                Some(bit) => *bit,
                None => *trie.groups.entry(group.to_owned()).or_insert(next),
            };
            let mut route = Route::default();
            route[Verb::Get as usize].groups = 1 << bit;
            trie.routes.insert(path.replace('*', "{item}"), route).expect("no two routes are the same");
        }
        trie
    }

    fn empty(groups_claim: &'static str) -> Self {
        Self { routes: Router::new(), groups: HashMap::default(), scopes: HashMap::default(), groups_claim }
    }

    fn users() -> Self {
        let mut trie = Self::empty(Workload::Users.groups_claim());
        trie.groups.insert("apiAdmins".to_owned(), 0);
        trie.scopes.insert("get:profile".to_owned(), 0);
        let admin = Cell { groups: 1, ..Cell::default() };
        let both = Cell { owner: true, ..admin };
        let mut list = Route::default();
        list[Verb::Get as usize] = admin;
        list[Verb::Post as usize] = admin;
        let mut record = Route::default();
        record[Verb::Get as usize] = both;
        record[Verb::Put as usize] = both;
        record[Verb::Post as usize] = admin;
        record[Verb::Delete as usize] = Cell { verified: true, ..both };
        let mut profile = Route::default();
        profile[Verb::Get as usize] = Cell { scopes: 1, ..Cell::default() };
        let routes = [
            ("/users", list),
            ("/users/{userid}", record),
            ("/users/{userid}/{*rest}", record),
            ("/profile", profile),
        ];
        for (path, route) in routes {
            trie.routes.insert(path, route).expect("no two routes are the same");
        }
        trie
    }

    fn allows(&self, bits: Bits<'_>, verb: Verb, path: &str) -> bool {
        let Ok(found) = self.routes.at(path) else { return false };
        let cell = found.value[verb as usize];
        let owner = cell.owner && bits.sub.is_some() && found.params.get("userid") == bits.sub;
        (cell.groups & bits.groups != 0 || cell.scopes & bits.scopes != 0 || owner)
            && (!cell.verified || bits.verified)
    }

    fn bits<'a>(&self, asked: &'a Asked) -> Bits<'a> {
        let claims = asked.token.claims();
        let groups = claims.get(self.groups_claim).and_then(Value::as_array).into_iter().flatten();
        let groups = set(&self.groups, groups.filter_map(Value::as_str));
        // No rule of the many asks for more than the groups.
        if self.scopes.is_empty() {
            return Bits { groups, scopes: 0, sub: None, verified: false };
        }
        let scopes = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        Bits {
            groups,
            scopes: set(&self.scopes, scopes.split(' ')),
            sub: claims.get("sub").and_then(Value::as_str),
            verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        }
    }
}

/// The many rules as [`Trie::load`] reads them.
pub fn many(count: usize) -> String {
    (0..count).map(|number| format!("/svc{number}/items/* g{}\n", number % 100)).collect()
}

fn set<'a>(known: &HashMap<String, u32, FixedState>, names: impl Iterator<Item = &'a str>) -> u128 {
    names.filter_map(|name| known.get(name)).fold(0, |bits, bit| bits | 1 << bit)
}

impl Peer for Trie {
    type Input<'a> = TrieInput<'a>;

    fn prepare<'a>(&'a self, asked: &'a Asked) -> TrieInput<'a> {
        TrieInput { bits: self.bits(asked), verb: asked.verb, path: &asked.path }
    }

    fn decide(&self, input: &TrieInput<'_>) -> bool {
        self.allows(input.bits, input.verb, input.path)
    }

    fn decide_text(&self, asked: &Asked) -> bool {
        let claims = Claims::parse(&asked.text);
        let scope = claims.scope.as_deref().unwrap_or_default();
        let bits = Bits {
            groups: set(&self.groups, claims.groups.iter().map(|group| &*group.0)),
            scopes: set(&self.scopes, scope.split(' ')),
            sub: claims.sub.as_deref(),
            verified: claims.email_verified,
        };
        self.allows(bits, asked.verb, &asked.path)
    }
}
