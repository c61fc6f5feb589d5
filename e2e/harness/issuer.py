"""An OpenID issuer on loopback: it serves its keys and signs ID tokens like a Cognito user pool's."""

import base64
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

HOUR = 3600


class Key:
    """A signing key with its id."""

    def __init__(self):
        self.id = uuid.uuid4().hex
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public_jwk(self) -> dict:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": base64url(numbers.n.to_bytes(256, "big")),
            "e": base64url(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, claims: dict, key_id: str | None = None) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": key_id or self.id}
        signed = f"{json_part(header)}.{json_part(claims)}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{base64url(signature)}"


class Issuer:
    """A user pool's issuer; a context manager, since it holds a server."""

    def __init__(self, pool: str, client_id: str):
        self.pool = pool
        self.client_id = client_id
        self.key = Key()
        self.requests = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/{pool}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_failure):
        self.server.shutdown()
        self.server.server_close()

    def rotate(self) -> None:
        """From now on there is one key, and it is another one."""
        self.key = Key()

    def claims(self, sub: str, groups: list[str] = (), **changes) -> dict:
        now = int(time.time())
        claims = {
            "sub": sub,
            "iss": self.url,
            "aud": self.client_id,
            "token_use": "id",
            "iat": now - 10,
            "exp": now + HOUR,
            "email": "someone@example.com",
            "email_verified": True,
        }
        if groups:
            claims["cognito:groups"] = list(groups)
        return claims | changes

    def token(self, sub: str, groups: list[str] = (), **changes) -> str:
        return self.key.sign(self.claims(sub, groups, **changes))

    def forged(self, sub: str, groups: list[str] = ()) -> str:
        """Signed with a stranger's key, which claims to be this issuer's."""
        return Key().sign(self.claims(sub, groups), key_id=self.key.id)

    def unsigned(self, sub: str, groups: list[str] = ()) -> str:
        return f"{json_part({'alg': 'none', 'typ': 'JWT'})}.{json_part(self.claims(sub, groups))}."

    def document(self, path: str) -> dict | None:
        well_known = f"/{self.pool}/.well-known"
        if path == f"{well_known}/jwks.json":
            return {"keys": [self.key.public_jwk()]}
        if path == f"{well_known}/openid-configuration":
            return {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "token"],
                "subject_types_supported": ["public"],
            }
        return None


def handler(issuer: Issuer) -> type:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            document = issuer.document(self.path)
            status = 404 if document is None else 200
            issuer.requests.append(f"GET {self.path} -> {status}")
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    return Handler


def json_part(value: dict) -> str:
    return base64url(json.dumps(value).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
