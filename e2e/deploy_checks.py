"""What the callers of a deployed API see, the same for each tool, API and authorizer."""

from collections.abc import Callable

from deploy_tools import ORIGIN, Deployed
from harness.calls import Answer
from harness.checks import Checks
from harness.pool import Pool
from harness.provider import Provider, claims
from harness.watched import Watched

PERMISSIONS = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
}
ALARMS = {
    *("Errors", "Throttles", "Duration"),
    *("Unauthorized", "TokensRefused", "KeyFetchFailures", "StaleKeyUses"),
}
APIS = ("rest", "http")
ADMIN_SCOPE = "notes:admin"
LOG_LINES = 6
LOG_DAYS = 90
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
        self.authorizer_is_looked_after()
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

    def authorizer_is_looked_after(self) -> None:
        """The function, its role, log, alarms and dashboard are as the template says, in whatever tool's words."""
        aws = self.deployed.emulator.client
        function = aws("lambda").get_function_configuration(FunctionName=self.deployed.function)
        self.checks.equal("runtime", function["Runtime"], "provided.al2023")
        self.checks.equal("tracing", function["TracingConfig"]["Mode"], "Active")
        self.checks.equal("what the role may do", self.permissions(function["Role"].split("/")[-1]), PERMISSIONS)

        rest = aws("apigateway").get_rest_api(restApiId=self.deployed.rest_id)["name"]
        names = (function["FunctionName"], self.deployed.backend, rest, self.deployed.http_id)
        watched = Watched(self.deployed.emulator, self.checks, *names)
        watched.alarms(ALARMS)
        watched.dashboard()
        watched.log_is_kept(self.deployed.log_group, LOG_DAYS)
        for api in APIS:
            watched.access_log(api, *self.deployed.access_log(api), LOG_DAYS)

    def permissions(self, role: str) -> set[str]:
        iam = self.deployed.emulator.client("iam")
        managed = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        allowed = {policy["PolicyArn"] for policy in managed}
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                actions = statement["Action"]
                allowed.update([actions] if isinstance(actions, str) else actions)
        return allowed

    def nobody(self, api: str) -> None:
        answer = self.expect(401, api, "GET", "/notes", None, "nobody")
        self.refusal_has_cors(api, answer)
        garbage = self.deployed.call(api, "GET", "/notes", "a.b.c")
        # The emulator's HTTP APIs do not know how an authorizer says 401, and answer 500.
        refusals = {"rest": [401], "http": [401, 500]}[api]
        self.checks.true(f"{api}: garbage is refused", garbage.status in refusals, lambda: self.why(garbage))
        if api in self.deployed.cors:
            preflight = self.deployed.call(api, "OPTIONS", "/notes", None)
            name = f"{api}: a browser asks before it sends a token"
            self.checks.true(name, preflight.status in (200, 204), lambda: repr(preflight))
            self.cors(api, preflight)

    def person(self, api: str, sign_in: Callable[[], str], who: str) -> None:
        """One answer of the authorizer serves all routes, whichever is called first."""
        token = sign_in()
        sub = claims(token)["sub"]
        before = self.deployed.runs()
        allowed = self.expect(200, api, "GET", f"/notes/{sub}", token, who)
        self.told(api, allowed, sub, admin=False)
        refused = self.expect(403, api, "GET", "/notes", token, who)
        self.refusal_has_cors(api, refused)
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

    def refusal_has_cors(self, api: str, answer: Answer) -> None:
        # HTTP APIs have the headers on preflights and on what a backend answered; no more is documented.
        if api == "rest":
            self.cors(api, answer)

    def cors(self, api: str, answer: Answer) -> None:
        """A page's script sees an answer only with this header."""
        if api not in self.deployed.cors:
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
