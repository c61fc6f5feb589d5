"""The rules, as a hand writes them: people read and delete their own records of six kinds, a scope opens the profile,
and the status is public. The policy is right for the whole API, so that it may be cached."""

import json

KINDS = ["albums", "drafts", "feeds", "keys", "notes", "users"]


def answer(event: dict, claims: dict) -> str:
    """The answer to an event, as text, from the claims of its token."""
    stage = "/".join(event["methodArn"].split("/", 2)[:2])
    user = claims["sub"]
    resources = [f"{stage}/DELETE/{kind}/{user}" for kind in KINDS]
    resources += [f"{stage}/GET/{kind}/{user}" for kind in KINDS]
    if "get:profile" in claims.get("scope", "").split(" "):
        resources.append(f"{stage}/GET/profile")
    resources.append(f"{stage}/GET/status")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}
    return json.dumps({
        "principalId": user,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    })


def bearer(event: dict) -> str:
    """The token of a TOKEN event, or of a REQUEST event."""
    value = event["authorizationToken"] if event["type"] == "TOKEN" else event["headers"]["Authorization"]
    scheme, _, token = value.partition(" ")
    if scheme != "Bearer" or not token:
        raise PermissionError("Unauthorized")
    return token
