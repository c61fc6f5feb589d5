"""An OpenID provider on loopback: npm's oidc-provider, whose tokens are those of its client credentials grant."""

import base64
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

SCRIPT = Path(__file__).with_name("provider.mjs")
SECRET = "a-secret-between-loopback-and-loopback"
STOP_SECONDS = 10
CALL_SECONDS = 30


class Provider:
    """A running provider; a context manager, since it holds a process."""

    def __init__(self, packages: Path, log: Path, audience: str, scopes: list[str], clients: list[str]):
        self.audience = audience
        self.settings = {"audience": audience, "scopes": scopes, "clients": clients, "secret": SECRET}
        self.log = log
        # Modules are looked for beside the script.
        self.script = Path(shutil.copy(SCRIPT, packages))
        self.process = None
        self.url = None

    def __enter__(self):
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["node", self.script, json.dumps(self.settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.url = self.said()["issuer"]
        return self

    def __exit__(self, *_failure):
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def said(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the OpenID provider ended:\n{self.log.read_text()}")
        return json.loads(line)

    @property
    def jwks_uri(self) -> str:
        with urllib.request.urlopen(f"{self.url}/.well-known/openid-configuration", timeout=CALL_SECONDS) as answer:
            return json.load(answer)["jwks_uri"]

    def rotate(self) -> None:
        """From now on it has other keys, and no longer those of before."""
        self.process.stdin.write("rotate\n")
        self.process.stdin.flush()
        self.said()

    def token(self, client: str, scope: str = "", algorithm: str = "RS256") -> str:
        """An access token; its subject is the client."""
        form = {"grant_type": "client_credentials", "resource": f"{self.audience}/{algorithm.lower()}"}
        if scope:
            form["scope"] = scope
        credentials = base64.b64encode(f"{client}:{SECRET}".encode()).decode()
        request = urllib.request.Request(
            f"{self.url}/token",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": f"Basic {credentials}"},
        )
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            token = json.load(answer)["access_token"]
        signed_with = header(token)["alg"]
        if signed_with != algorithm:
            raise RuntimeError(f"the provider signed with {signed_with} rather than {algorithm}")
        return token


def header(token: str) -> dict:
    return part(token, 0)


def claims(token: str) -> dict:
    return part(token, 1)


def part(token: str, index: int) -> dict:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
