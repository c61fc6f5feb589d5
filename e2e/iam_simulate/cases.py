"""Policies, and who asks for what of them. Colons, Unicode, the root and all that is malformed are among it."""

# The start of an ARN, up to and with the stage.
PREFIXES = [
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod",
    "arn:aws:execute-api:us-east-1:123456789012:abc123/$default",
    "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/prod",
    "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc123/dev",
]

EARLY, LATE = "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"
HOME = {"ip": "10.1.2.3", "now": LATE}


def with_malformed(path: str) -> list:
    return [path, f"{path}/", f"{path}//x", f"{path}/../x", f"{path}/.", f"{path}%2Fx", f"{path}\\x", f"{path}%2e"]


CASES = [
    {
        "policy": "records.policy",
        "people": [
            None,
            {"sub": "ana"},
            {"sub": "auth0|abc"},
            {"sub": "a:b"},
            {"sub": "größe"},
            {"sub": "a b@c", "groups": ["red:1", "blå"]},
            {"sub": "*"},
            {"groups": ["ops"]},
        ],
        "verbs": ["GET", "POST", "PATCH", "OPTIONS"],
        "contexts": [HOME],
        "paths": [
            "/",
            "/users",
            *with_malformed("/users/ana"),
            "/users/ana/photos/1",
            "/users/ben/ana",
            "/users/auth0|abc",
            "/users/auth0%7Cabc/x",
            "/users/a:b",
            "/users/a%3Ab/c:d",
            "/users/größe",
            "/users/gr%C3%B6%C3%9Fe",
            "/users/a%20b@c",
            "/users/a%20b%40c",
            "/docs/a.html",
            "/docs/.html",
            "/docs/a/b.html",
            "/teams/red:1",
            "/teams/bl%C3%A5",
            "/teams/red:1/x",
            "/gr%C3%B6%C3%9Fe/x/y",
            "/gr%C3%B6%C3%9Fe/geheim",
            "/gr%C3%B6%C3%9Fe/geheim/x",
            "/größe/x",
            "/a:b/c:d",
            "/a:b/c/d",
            "/notes/ana",
            "/notes/1",
            "/notes/1/2",
            *with_malformed("/files/private"),
            "/files/private/key",
            "/files/private/key/2",
            "/x/users/ana",
        ],
    },
    {
        "policy": "conflict.policy",
        "people": [None, {"sub": "ana"}, {"sub": "ü"}],
        "verbs": ["GET", "PUT"],
        "contexts": [HOME],
        "paths": [
            "/users",
            "/users/ana",
            "/users/ben",
            "/users/ana/photos",
            "/users/ben/photos",
            "/users/%C3%BC/photos",
            "/users/ana/photos/1",
            "/users//photos",
        ],
    },
    {
        "policy": "network.policy",
        "people": [None, {"sub": "ana"}],
        "verbs": ["GET", "POST"],
        "contexts": [
            {"ip": ip, "now": now}
            for ip in ["10.1.2.3", "10.2.0.1", "192.0.2.7", "2001:db8::1", "2001:db9::1"]
            for now in [EARLY, LATE]
        ],
        "paths": ["/reports", "/reports/2026", "/reports/secret", "/reports/secret/", "/reports/secret/x", "/"],
    },
    {
        "policy": "expiring.policy",
        "people": [
            {"sub": "ana", "exp": 1_767_225_599},
            {"sub": "ana", "exp": 1_767_225_600, "voted": ["one", "zwei:2"]},
            {"sub": "ben:1", "exp": 1_767_225_601},
        ],
        "verbs": ["GET", "POST"],
        "contexts": [{"ip": "10.1.2.3", "now": now} for now in [EARLY, LATE]],
        "expiring": True,
        "paths": [
            "/songs",
            "/songs/one",
            "/songs/one/",
            "/songs/one/vote",
            "/songs/zwei:2/vote",
            "/songs/%2e/vote",
            "/people/ana/votes",
            "/people/ben:1/votes",
            "/people/ben%3A1/votes",
        ],
    },
]
