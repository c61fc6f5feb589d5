"""As AWS's example of decoding and verifying a Cognito token writes it, with python-jose."""

import json
import time

from jose import jwk, jwt
from jose.utils import base64url_decode

from policy import answer, bearer


def authorizer(issuer: str, audience: str, jwks: dict):
    keys = jwks["keys"]

    def verify(token: str) -> dict:
        kid = jwt.get_unverified_headers(token)["kid"]
        found = next((key for key in keys if key["kid"] == kid), None)
        if found is None:
            raise PermissionError("no such key")
        public_key = jwk.construct(found)
        message, encoded_signature = token.rsplit(".", 1)
        signature = base64url_decode(encoded_signature.encode("utf-8"))
        if not public_key.verify(message.encode("utf-8"), signature):
            raise PermissionError("wrong signature")
        claims = jwt.get_unverified_claims(token)
        if time.time() > claims["exp"] or claims["aud"] != audience or claims["iss"] != issuer:
            raise PermissionError("not a token for here and now")
        return claims

    def handle(text: str) -> str:
        event = json.loads(text)
        return answer(event, verify(bearer(event)))

    return handle
