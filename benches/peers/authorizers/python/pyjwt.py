"""With PyJWT, whose keys are parsed once."""

import json

import jwt

from policy import answer, bearer


def authorizer(issuer: str, audience: str, jwks: dict):
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(jwks).keys}

    def handle(text: str) -> str:
        event = json.loads(text)
        token = bearer(event)
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)
        return answer(event, claims)

    return handle
