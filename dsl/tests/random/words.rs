//! The vocabulary.

/// Literal segments of patterns.
pub(super) const SEGMENTS: &[&str] = &["users", "photos", "admin", "a", "me", "v1", "ana", "a%20b", "%C3%BC"];

/// Globs of one segment, each with segments that it matches.
pub(super) const GLOBS: &[(&str, &[&str])] = &[
    ("report-*.pdf", &["report-1.pdf", "report-.pdf", "report-a.pdf.pdf"]),
    ("a*", &["a", "ana", "admin", "a:b"]),
    ("*n", &["ben", "admin", "n"]),
    ("an?", &["ana", "ann"]),
    ("v[0-9]", &["v1", "v2"]),
    ("[!u]*", &["ana", "photos", "ü"]),
    ("{ana,ben}", &["ana", "ben"]),
    ("{a,users}*", &["admin", "users", "users2"]),
    ("*e*", &["me", "users", "ben"]),
    ("*.*", &["a@b.example", "report-1.pdf"]),
    (".{.,a}", &[".a"]),
    ("{*,a}*", &["ana", "users"]),
];

/// Names of path parameters.
pub(super) const PARAMS: &[&str] = &["id", "userid", "x", "y"];

/// Claim values that may be compared with a path, some of which a path holds percent-encoded.
pub(super) const PLAIN: &[&str] = &[
    "ana",
    "ben",
    "ana",
    "ben",
    "me",
    "admin",
    "users",
    "a",
    "1",
    "auth0|abc",
    "a b",
    "ü",
    "a@b.example",
    "x+y",
    "a:b",
    "(z)'!",
    "a,b;c=d&e",
    "~t",
    "ANA",
    "a.b",
    "x\"y<z>",
    "日本",
    "a b@c",
    "é+1|2",
];

/// Values that may not.
pub(super) const HOSTILE: &[&str] = &[
    "", "*", "an?", "${token}", "$", "a/b", "/", "..\\x", "100%", "%2f", "ana%20", "a\nb", "\u{7f}", "ana*",
];

/// Names of groups and scopes.
pub(super) const GROUPS: &[&str] = &["admins", "ops", "ana", "users", "read:all", "ben"];

/// Claims that hold a string, where a token is as it should be. A name that is more than a word is quoted.
pub(super) const TEXT_CLAIMS: &[&str] =
    &["sub", "tenant", "email", "\"app:id\"", "profile.name", "act.profile.name"];

/// Claims that hold a list.
pub(super) const LIST_CLAIMS: &[&str] = &["list", "realm_access.roles", "\"cognito:groups\""];

/// Claims that hold a boolean.
pub(super) const BOOL_CLAIMS: &[&str] = &["email_verified", "flags.beta"];

/// Claims that hold a number.
pub(super) const NUMBER_CLAIMS: &[&str] = &["level", "iat", "exp"];

/// Claims that a userinfo endpoint answers with.
pub(super) const USERINFO_CLAIMS: &[&str] = &["email", "list", "email_verified"];

/// Header names, written in several ways.
pub(super) const HEADERS: &[&str] = &["x-tenant", "X-Tenant", "user-agent"];

/// Names of query parameters.
pub(super) const QUERIES: &[&str] = &["page", "mode"];

/// Stages.
pub(super) const STAGES: &[&str] = &["prod", "dev", "$default"];

/// Blocks of addresses and addresses.
pub(super) const BLOCKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/16",
    "0.0.0.0/0",
    "192.0.2.7",
    "192.0.2.7/32",
    "2001:db8::/32",
    "::/0",
    "::ffff:10.0.0.0/104",
    "2001:db8::1",
];

/// Addresses of callers.
pub(super) const ADDRESSES: &[&str] = &[
    "10.1.2.3",
    "10.2.0.1",
    "192.0.2.7",
    "203.0.113.9",
    "2001:db8::1",
    "2001:db9::1",
    "::ffff:10.1.2.3",
    "::1",
];

/// Points in time.
pub(super) const TIMES: &[&str] =
    &["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2027-06-30T12:00:00.0Z", "1970-01-01T00:00:01Z"];

/// The same, in seconds, and what lies around them.
pub(super) const SECONDS: &[i64] =
    &[1_767_225_600, 1_767_225_599, 1_767_225_601, 1_814_356_800, 0, 1, -5, 2_000_000_000];
