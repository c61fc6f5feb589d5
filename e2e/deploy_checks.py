"""What the callers of a deployed API see, the same for each tool, API and authorizer."""

from collections.abc import Callable

from deploy_tools import ORIGIN, Deployed
from harness.calls import Answer
from harness.checks import Checks
from harness.pool import Pool
from harness.provider import Provider, claims

APIS = ("rest", "http")
ADMIN_SCOPE = "notes:admin"
LOG_LINES = 6
NOISE = ("START ", "END ", "REPORT ", '{"_aws"')


class DeployChecks:
    def __init__(self, deployed: Deployed, checks: Checks):
        self.deployed = deployed
        self.checks = checks

    def expect(self, status: int, api: str, method: str, path: str, token: str | None, who: str) -> Answer:
        answer = self.deployed.call(api, method, path, token)
        name = f"{api}: {method} {path} by {who}: {status}"
        self.checks.equal(name, answer.status, status, lambda: self.why(answer))
        return answer

    def why(self, answer: Answer) -> dict:
        said = [line for line in self.deployed.log() if not line.startswith(NOISE)]
        return {"body": answer.body, "the authorizer's log": said[-LOG_LINES:]}

    def with_provider(self, provider: Provider) -> None:
        for api, algorithm in zip(APIS, ("RS256", "ES256"), strict=True):
            who = f"somebody with an {algorithm} token"
            self.nobody(api)
            self.person(api, lambda a=algorithm: provider.token("ana", algorithm=a), who)
            self.administrator(api, provider.token("root", ADMIN_SCOPE, algorithm), "a machine with the scope")
        self.rotated_keys(provider)

    def with_pool(self, pool: Pool) -> None:
        for api in APIS:
            name = pool.person(["a-readers"])
            self.nobody(api)
            self.person(api, lambda n=name: pool.token(n), "a member of the pool")
            self.administrator(api, pool.token(pool.person(["a-readers", pool.group])), "a member of the group")
            self.promoted(api, pool)

    def nobody(self, api: str) -> None:
        answer = self.expect(401, api, "GET", "/notes", None, "nobody")
        self.cors(api, answer)

    def person(self, api: str, sign_in: Callable[[], str], who: str) -> None:
        """One answer of the authorizer serves all routes, whichever is called first."""
        token = sign_in()
        sub = claims(token)["sub"]
        before = self.deployed.runs()
        allowed = self.expect(200, api, "GET", f"/notes/{sub}", token, who)
        self.told(api, allowed, sub, admin=False)
        refused = self.expect(403, api, "GET", "/notes", token, who)
        self.cors(api, refused)
        self.expect(403, api, "GET", "/notes/somebody-else", token, who)
        self.expect(200, api, "PUT", f"/notes/{sub}", token, who)
        self.checks.equal(f"{api}: these asked the authorizer once", self.deployed.runs() - before, 1)

        # The same person with a token that the gateway has not seen yet, and begins with what is refused.
        other = sign_in()
        self.expect(403, api, "DELETE", "/notes/somebody-else", other, who)
        self.expect(200, api, "DELETE", f"/notes/{sub}", other, who)

    def administrator(self, api: str, token: str, who: str) -> None:
        listed = self.expect(200, api, "GET", "/notes", token, who)
        self.told(api, listed, claims(token)["sub"], admin=True)
        self.expect(200, api, "GET", "/notes/somebody-else", token, who)
        self.expect(403, api, "DELETE", "/notes/somebody-else", token, who)

    def told(self, api: str, answer: Answer, sub: str, *, admin: bool) -> None:
        """What the backend was told, which it echoes."""
        told = answer.field("told") or {}
        # REST APIs and payload 1.0 hand text on, whatever the authorizer said.
        said = {True: ("true", True), False: ("false", False)}[admin]
        self.checks.equal(f"{api}: the backend is told who it is", told.get("person"), sub, lambda: self.why(answer))
        self.checks.true(f"{api}: and whether it administers: {admin}", told.get("admin") in said, lambda: answer.text)

    def cors(self, api: str, answer: Answer) -> None:
        """A page's script sees a refusal only with this header."""
        if not self.deployed.refusals_have_cors(api):
            return
        name = f"{api}: a {answer.status} has the header for scripts"
        self.checks.equal(name, answer.headers.get("access-control-allow-origin"), ORIGIN, lambda: answer.headers)

    def promoted(self, api: str, pool: Pool) -> None:
        """Groups count with the next token, and the old one's answer does not change."""
        name = pool.person()
        before = pool.token(name)
        self.expect(403, api, "GET", "/notes", before, "somebody before joining the group")
        pool.join(name, pool.group)
        self.expect(200, api, "GET", "/notes", pool.token(name), "the same with a new token")
        self.expect(403, api, "GET", "/notes", before, "the same with the old token")

    def rotated_keys(self, provider: Provider) -> None:
        """New keys are found at once, and old ones die, with neither a deployment nor a cold start."""
        unseen = provider.token("ana")
        provider.rotate()
        for api, algorithm in zip(APIS, ("ES256", "RS256"), strict=True):
            token = provider.token("ana", algorithm=algorithm)
            self.expect(200, api, "GET", "/notes/ana", token, f"somebody with a new key's {algorithm} token")
        self.expect(401, "rest", "GET", "/notes/ana", unseen, "somebody with a removed key's token")
        starts = sum('"policy loaded"' in line for line in self.deployed.log())
        self.checks.equal("the authorizer started once", starts, 1)
