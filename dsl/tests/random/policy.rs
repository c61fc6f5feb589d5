//! Random policies.

use std::collections::BTreeSet;

use super::condition::{Scope, condition};
use super::draft::{Draft, Pattern, Piece, RuleDraft, Segment, Tail};
use super::rng::Rng;
use super::words::{GLOBS, PARAMS, SEGMENTS};

const VERBS: &[&str] = &["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];

/// What a policy is made of.
struct Profile {
    globs: bool,
    reads_request: bool,
    /// How many of a hundred tests are of the path, where it has parameters.
    path_tests: usize,
    plain_path_tests: bool,
    /// How many of a hundred policies declare routes.
    declares: usize,
    depth: usize,
    rules: usize,
    /// The literal segments, few enough that patterns meet.
    segments: Vec<&'static str>,
    verbs: Vec<&'static str>,
    /// The routes that rules are about; any, where there are none.
    pool: Vec<Pattern>,
}

/// A policy that the checker accepts.
pub(crate) fn policy(rng: &mut Rng) -> Draft {
    let profile = Profile {
        globs: rng.percent(50),
        reads_request: rng.percent(50),
        path_tests: 50,
        plain_path_tests: false,
        declares: 40,
        depth: rng.below(4),
        rules: rng.between(1, 8),
        segments: rng.some(SEGMENTS, 4),
        verbs: rng.some(VERBS, 3),
        pool: Vec::new(),
    };
    drafted(rng, &profile)
}

/// A policy whose rules ask for little but parts of the path, so that the same answer often holds for
/// every request with a token.
pub(crate) fn path_policy(rng: &mut Rng) -> Draft {
    let profile = Profile {
        globs: rng.percent(20),
        reads_request: false,
        path_tests: 80,
        plain_path_tests: false,
        declares: 40,
        depth: rng.below(2),
        rules: rng.between(1, 5),
        segments: rng.some(SEGMENTS, 3),
        verbs: rng.some(VERBS, 2),
        pool: Vec::new(),
    };
    drafted(rng, &profile)
}

/// A policy of which each single condition can be said for the whole API: two rules to seven, with denies,
/// exclusions, globs and lists of claims, on few segments, so that rules meet; the patterns are any.
pub(crate) fn tangled_policy(rng: &mut Rng) -> Draft {
    sayable_policy(rng, Vec::new())
}

/// The same on the routes of an API as they are designed: collections, their items, and what these have;
/// several rules on one route.
pub(crate) fn api_policy(rng: &mut Rng) -> Draft {
    let segments = rng.some(SEGMENTS, 4);
    let pool = (0..rng.between(2, 4)).map(|_| designed(rng, &segments)).collect();
    sayable_policy(rng, pool)
}

fn sayable_policy(rng: &mut Rng, pool: Vec<Pattern>) -> Draft {
    let profile = Profile {
        globs: rng.percent(30),
        reads_request: false,
        path_tests: if pool.is_empty() { 70 } else { 40 },
        plain_path_tests: true,
        declares: 67,
        depth: rng.below(3),
        rules: rng.between(2, 7),
        segments: rng.some(SEGMENTS, 4),
        verbs: rng.some(VERBS, 3),
        pool,
    };
    let mut draft = drafted(rng, &profile);
    draft.pieces.retain(|piece| !matches!(piece, Piece::Fixed(text) if text.contains("max_policy_bytes")));
    draft.split = None;
    draft
}

fn drafted(rng: &mut Rng, profile: &Profile) -> Draft {
    let issuers = rng.between(1, 2);
    let mut scope = Scope {
        issuers: ["main", "other"][..issuers].to_vec(),
        reads_request: profile.reads_request,
        path_tests: profile.path_tests,
        plain_path_tests: profile.plain_path_tests,
        ..Scope::default()
    };
    let mut pieces: Vec<Piece> = params().chain((0..issuers).map(|at| issuer(rng, at))).collect();
    if rng.percent(profile.declares) {
        pieces.push(api(rng, profile));
    }
    for at in 0..rng.below(4) {
        pieces.push(named_condition(rng, &mut scope, &format!("c{at}"), profile.depth));
    }
    for at in 0..profile.rules {
        let piece = rule(rng, &scope, profile, at);
        pieces.push(piece);
    }
    pieces.extend(trimmings(rng, &scope));
    // Order never matters.
    for at in (1..pieces.len()).rev() {
        pieces.swap(at, rng.below(at + 1));
    }
    let split = rng.percent(10).then(|| rng.below(pieces.len()));
    keep_issuers_in_order(&mut pieces);
    Draft { pieces, split, issuers }
}

/// A token's issuer is known by its place among the issuers.
fn keep_issuers_in_order(pieces: &mut [Piece]) {
    let is = |piece: &Piece, name: &str| matches!(piece, Piece::Fixed(text) if text.starts_with(name));
    let main = pieces.iter().position(|piece| is(piece, "issuer main"));
    let other = pieces.iter().position(|piece| is(piece, "issuer other"));
    if let (Some(main), Some(other)) = (main, other)
        && other < main
    {
        pieces.swap(main, other);
    }
}

fn params() -> impl Iterator<Item = Piece> {
    [
        "param who = \"ana\"",
        "param part = \"na\"",
        "param team",
        "param pool",
        "param deadline = \"2026-01-01T00:00:00Z\"",
    ]
    .into_iter()
    .map(|text| Piece::Fixed(text.to_owned()))
}

fn issuer(rng: &mut Rng, at: usize) -> Piece {
    let name = ["main", "other"][at];
    // Somewhere there have to be groups.
    let groups = [
        "groups token.\"cognito:groups\"",
        "groups token.groups",
        "groups token.realm_access.roles",
        "groups token.tenant",
        "groups userinfo.list",
        "",
    ];
    let groups = groups[rng.below(groups.len() - usize::from(at == 0))];
    let scopes =
        rng.pick(&["", "", "", "scopes token.permissions", "scopes token.scp token.\"cognito:groups\""]);
    Piece::Fixed(format!(
        "issuer {name} {{\n    url \"https://{name}.example/${{pool}}\"\n    audience \"api\"\n    userinfo \
         \"https://{name}.example/userinfo\"\n    {groups}\n    {scopes}\n}}"
    ))
}

fn named_condition(rng: &mut Rng, scope: &mut Scope, name: &str, depth: usize) -> Piece {
    // A condition of its own can read the parameters of the paths that it is used for.
    let names: BTreeSet<&'static str> = path_names().filter(|_| rng.percent(30)).collect();
    let inner = Scope { names, ..scope.clone() };
    let drawn = condition(rng, &inner, depth);
    let text = drawn.to_string();
    let mut reads: BTreeSet<&'static str> =
        path_names().filter(|param| mentions(&text, &format!("path.{param}"))).collect();
    for (other, others) in &scope.lets {
        if mentions(&text, other) {
            reads.extend(others);
        }
    }
    scope.lets.push((name.to_owned(), reads));
    Piece::Let(name.to_owned(), drawn)
}

/// Every name that a path can bind.
fn path_names() -> impl Iterator<Item = &'static str> {
    PARAMS.iter().copied().chain(["rest"])
}

/// Whether the text holds the word, and not only a longer one.
fn mentions(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c))).any(|found| found == word)
}

fn rule(rng: &mut Rng, scope: &Scope, profile: &Profile, at: usize) -> Piece {
    let keyword = match rng.below(20) {
        0..=10 => "allow",
        11..=12 => "public",
        13..=17 => "deny",
        18 => "never allow",
        _ => "always allow",
    };
    let paths: Vec<Pattern> = (0..rng.between(1, 2)).map(|_| pattern(rng, profile, profile.globs)).collect();
    let mut names = paths[0].names();
    for path in &paths {
        names = names.intersection(&path.names()).copied().collect();
    }
    let scope = Scope { names, ..scope.clone() };
    let guarded = if keyword == "deny" { 90 } else { 75 };
    let when = rng.percent(guarded).then(|| condition(rng, &scope, profile.depth));
    let unless = rng.percent(20).then(|| condition(rng, &scope, profile.depth));
    let is_invariant = keyword.ends_with(" allow");
    Piece::Rule(RuleDraft {
        keyword,
        verbs: verbs(rng, profile),
        paths,
        when,
        unless,
        id: (!is_invariant && rng.percent(70)).then(|| format!("rule{at}")),
    })
}

fn verbs(rng: &mut Rng, profile: &Profile) -> Vec<&'static str> {
    match rng.below(10) {
        0..=2 => vec!["ANY"],
        3 => rng.some(VERBS, 4),
        _ => rng.some(&profile.verbs, 3),
    }
}

/// A route as APIs have them.
fn designed(rng: &mut Rng, segments: &[&'static str]) -> Pattern {
    let mut literal = || Segment::Literal(rng.pick(segments).to_owned());
    let (first, second) = (literal(), literal());
    let id = || Segment::Param("id");
    let (segments, tail) = match rng.below(20) {
        0..=4 => (vec![first], None),
        5..=10 => (vec![first, id()], None),
        11 | 12 => (vec![first, id(), second], None),
        13 | 14 => (vec![first, id(), second, Segment::Param("x")], None),
        15..=17 => (vec![first, second], None),
        18 => (vec![first], Some(Tail::Param("rest"))),
        _ => (Vec::new(), None),
    };
    Pattern { segments, tail }
}

/// A route of the pool; perhaps all below it, or a narrower one.
fn pooled(rng: &mut Rng, pool: &[Pattern], globs: bool) -> Pattern {
    let mut drawn = rng.choose(pool).clone();
    for segment in &mut drawn.segments {
        if matches!(segment, Segment::Param(_)) && rng.percent(12) {
            let (glob, matches) = rng.pick(GLOBS);
            *segment = if globs { Segment::Glob(glob, matches) } else { Segment::Any };
        }
    }
    if drawn.tail.is_none() && rng.percent(15) {
        drawn.tail = Some(if rng.percent(50) { Tail::Any } else { Tail::Param("rest") });
        if rng.percent(50) {
            drawn.segments.pop();
        }
    }
    drawn
}

fn pattern(rng: &mut Rng, profile: &Profile, globs: bool) -> Pattern {
    if !profile.pool.is_empty() {
        return pooled(rng, &profile.pool, globs);
    }
    let length = rng.pick(&[0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4]);
    let mut names = PARAMS.to_vec();
    let segments = (0..length)
        .map(|_| match rng.below(20) {
            0..=8 => Segment::Literal(rng.pick(&profile.segments).to_owned()),
            9..=15 => Segment::Param(names.swap_remove(rng.below(names.len()))),
            16 | 17 if globs => {
                let (glob, matches) = rng.pick(GLOBS);
                Segment::Glob(glob, matches)
            }
            _ => Segment::Any,
        })
        .collect();
    let tail = match rng.below(10) {
        0 | 1 => Some(Tail::Any),
        2 | 3 => Some(Tail::Param("rest")),
        _ => None,
    };
    Pattern { segments, tail }
}

fn api(rng: &mut Rng, profile: &Profile) -> Piece {
    let as_route = |mut route: Pattern| {
        let mut names = ["p0", "p1", "p2", "p3"].into_iter();
        for segment in &mut route.segments {
            if matches!(segment, Segment::Any | Segment::Param(_)) {
                *segment = Segment::Param(names.next().unwrap_or("p4"));
            }
        }
        route.tail = route.tail.map(|_| Tail::Param("proxy"));
        route
    };
    if !profile.pool.is_empty() {
        let routes = profile.pool.iter().cloned().map(as_route);
        return Piece::Api(routes.map(|route| (verbs(rng, profile), vec![route])).collect());
    }
    let routes = (0..rng.between(1, 4))
        .map(|_| {
            let paths = (0..rng.between(1, 2)).map(|_| as_route(pattern(rng, profile, false))).collect();
            (verbs(rng, profile), paths)
        })
        .collect();
    Piece::Api(routes)
}

/// Statements that change no decision.
fn trimmings(rng: &mut Rng, scope: &Scope) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if rng.percent(50) {
        let settings: Vec<&str> =
            ["resource_policy yes", "expire_with_token yes", "max_policy_bytes 1500", "cache 300"]
                .into_iter()
                .filter(|_| rng.percent(25))
                .collect();
        pieces.push(Piece::Fixed(format!("authorizer {{ {} }}", settings.join(" "))));
    }
    if rng.percent(30) {
        let known = scope.lets.iter().find(|(_, reads)| reads.is_empty());
        let entry = known.map_or(String::new(), |(name, _)| format!("flag = {name} "));
        pieces.push(Piece::Fixed(format!("context {{ user = token.sub {entry}roles = json(token.list) }}")));
    }
    pieces
}
