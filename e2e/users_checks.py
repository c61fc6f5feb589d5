"""What the users of the Users service see, call by call."""

import json
import time
import uuid

from harness.calls import Answer
from harness.checks import Checks
from harness.issuer import HOUR, Issuer
from harness.stack import Stack, rest_access_log
from harness.watched import Watched

# A verifier may wait before it asks an issuer again.
ROTATION_SECONDS = 90
ALARMS = {"Errors", "Throttles", "Duration", "TokensRefused", "StaleKeyUses"}
AUTHORIZER_LOG_DAYS = 90
ACCESS_LOG_DAYS = 30


class UsersChecks:
    def __init__(self, stack: Stack, issuer: Issuer, checks: Checks, admin_group: str):
        self.stack = stack
        self.issuer = issuer
        self.checks = checks
        self.admin_group = admin_group

    def all(self) -> None:
        if not self.authorizer_starts():
            return
        for part in (
            self.looked_after,
            self.no_valid_token,
            self.regular_user,
            self.look_alike_users,
            self.administrator,
            self.promoted_user,
            self.cached_answer,
            self.rotated_key,
        ):
            print(part.__name__.replace("_", " "), flush=True)
            part()

    def expect(self, status: int, method: str, path: str, token: str | None, who: str, body: str | None = None):
        answer = self.stack.call(method, path, token, body)
        name = f"{method} {path} by {who}: {status}"
        self.checks.equal(name, answer.status, status, lambda: self.why(answer, method, path, token))
        return answer

    def why(self, answer: Answer, method: str, path: str, token: str | None) -> dict:
        said = None if token is None else self.stack.ask_authorizer(method, path, token)
        return {"body": answer.body, "asked directly, the authorizer says": said}

    def admin_token(self, sub: str) -> str:
        return self.issuer.token(sub, ["eu-west-1_e2eUsers_Google", self.admin_group, "readers"])

    def authorizer_starts(self) -> bool:
        print("the authorizer starts")
        started = time.monotonic()
        answer = self.stack.ask_authorizer("GET", "/users", "garbage")
        print(f"  first invocation: {time.monotonic() - started:.2f} s")
        name = "a token that is none gives exactly Unauthorized"
        return self.checks.equal(name, answer.get("errorMessage"), "Unauthorized", lambda: answer)

    def looked_after(self) -> None:
        """Alarms, dashboard and logs, as the service's operators want them."""
        outputs = self.stack.outputs
        names = (outputs["AuthorizerFunction"], outputs["BackendFunction"], self.stack.name)
        watched = Watched(self.stack.emulator, self.checks, *names)
        watched.alarms(ALARMS)
        watched.dashboard()
        watched.log_is_kept(outputs["AuthorizerFunctionLogs"], AUTHORIZER_LOG_DAYS)
        log = rest_access_log(self.stack.emulator, self.stack.name)
        watched.access_log("the API", log["destinationArn"], log["format"], ACCESS_LOG_DAYS)

    def no_valid_token(self) -> None:
        sub = user_id()
        group = [self.admin_group]
        wrong = {
            "nobody": None,
            "garbage": "garbage",
            "three parts of garbage": "a.b.c",
            "an expired token": self.issuer.token(sub, group, exp=int(time.time()) - HOUR),
            "another client's token": self.issuer.token(sub, group, aud="another-client"),
            "another issuer's token": self.issuer.token(sub, group, iss=f"{self.issuer.url}2"),
            "a forged token": self.issuer.forged(sub, group),
            "an unsigned token": self.issuer.unsigned(sub, group),
        }
        for who, token in wrong.items():
            self.expect(401, "GET", "/users", token, who)
            self.expect(401, "GET", f"/users/{sub}", token, who)

    def regular_user(self) -> None:
        sub, other = user_id(), user_id()
        token = self.issuer.token(sub)
        own = f"/users/{sub}"
        who = "a regular user"
        self.expect(403, "GET", "/users", token, who)
        self.expect(403, "POST", "/users", token, who, "{}")
        for method in ("GET", "PUT", "DELETE"):
            self.expect(403, method, f"/users/{other}", token, who, "{}" if method == "PUT" else None)

        before = self.expect(200, "GET", own, token, who)
        self.checks.equal("a record that is not there is {}", before.body, {})
        sent = '{"name": "Ana", "score": 1.5, "userid": "someone-else", "timestamp": "old"}'
        put = self.expect(200, "PUT", own, token, who, sent)
        self.checks.equal("PUT keeps the path's id", put.field("userid"), sub)
        self.checks.true("PUT sets a new timestamp", put.field("timestamp") not in (None, "old"), lambda: put.text)
        got = self.expect(200, "GET", own, token, who)
        self.checks.equal("GET gives what PUT answered", got.body, put.body)
        self.expect(400, "PUT", own, token, who, "not JSON")
        deleted = self.expect(200, "DELETE", own, token, who)
        self.checks.equal("DELETE answers {}", deleted.body, {})
        self.checks.equal("and the record is gone", self.stack.call("GET", own, token).body, {})

    def look_alike_users(self) -> None:
        sub = user_id()
        self.expect(403, "GET", f"/users/{sub}2", self.issuer.token(sub), "one whose id this begins with")
        for hostile in ("*", f"{sub[:-1]}?", "${*}"):
            self.expect(403, "GET", f"/users/{sub}", self.issuer.token(hostile), f"one called {hostile}")
        self.expect(403, "GET", "/users", self.issuer.token(sub, [f"{self.admin_group}2"]), "a member of a like group")

    def administrator(self) -> None:
        token = self.admin_token(user_id())
        who = "an administrator"
        created = self.expect(200, "POST", "/users", token, who, '{"name": "Ben"}')
        self.checks.true("POST adds a UUID", is_uuid(created.field("userid")), lambda: created.text)
        self.checks.true("POST adds a timestamp", created.field("timestamp"), lambda: created.text)
        chosen = user_id()
        given = self.expect(200, "POST", "/users", token, who, f'{{"userid": "{chosen}"}}')
        self.checks.equal("POST keeps a given id", given.field("userid"), chosen)
        self.expect(400, "POST", "/users", token, who, "not JSON")
        self.expect(400, "POST", "/users", token, who, "[]")
        listed = self.expect(200, "GET", "/users", token, who)
        self.checks.equal("GET /users lists both", by_id(listed.body), by_id([created.body, given.body]))

        path = f"/users/{chosen}"
        self.checks.equal("a record is read", self.expect(200, "GET", path, token, who).body, given.body)
        self.expect(200, "PUT", path, token, who, '{"name": "Cem"}')
        self.expect(200, "DELETE", path, token, who)
        left = self.stack.call("GET", "/users", token).body
        self.checks.equal("a deleted record is listed no more", by_id(left), by_id([created.body]))

    def promoted_user(self) -> None:
        sub, other = user_id(), user_id()
        before = self.issuer.token(sub, ["readers"])
        self.expect(403, "GET", "/users", before, "somebody before joining the administrators")
        after = self.issuer.token(sub, ["readers", self.admin_group])
        self.expect(200, "GET", "/users", after, "the same with a new token")
        self.expect(200, "GET", f"/users/{other}", after, "the same with a new token")
        self.expect(403, "GET", "/users", before, "the same with the old token")

    def cached_answer(self) -> None:
        """One answer serves every route: what API Gateway's cache makes of an authorizer."""
        user, other = user_id(), user_id()
        own = f"/users/{user}"
        self.one_invocation(
            "a user",
            self.issuer.token(user),
            [
                (200, "PUT", own),
                (200, "GET", own),
                (403, "GET", "/users"),
                (403, "GET", f"/users/{other}"),
                (200, "DELETE", own),
            ],
        )
        self.one_invocation(
            "a user whose first call is refused",
            self.issuer.token(other),
            [(403, "GET", "/users"), (200, "GET", f"/users/{other}"), (403, "GET", own)],
        )
        self.one_invocation(
            "an administrator",
            self.admin_token(user_id()),
            [
                (200, "GET", "/users"),
                (200, "PUT", own),
                (200, "GET", own),
                (200, "POST", "/users"),
                (200, "DELETE", own),
            ],
        )

    def one_invocation(self, who: str, token: str, calls: list[tuple[int, str, str]]) -> None:
        before = self.stack.runs("AuthorizerFunction")
        for status, method, path in calls:
            self.expect(status, method, path, token, who, "{}" if method in ("PUT", "POST") else None)
        runs = self.stack.runs("AuthorizerFunction") - before
        self.checks.equal(f"{len(calls)} calls by {who} cost one invocation of the authorizer", runs, 1)

    def rotated_key(self) -> None:
        """A new key is found without a new deployment or cold start."""
        sub = user_id()
        self.issuer.rotate()
        token = self.issuer.token(sub)
        started = time.monotonic()
        answer = self.stack.call("GET", f"/users/{sub}", token)
        while answer.status == 401 and time.monotonic() - started < ROTATION_SECONDS:
            time.sleep(2)
            answer = self.stack.call("GET", f"/users/{sub}", token)
        print(f"  after {time.monotonic() - started:.1f} s")
        self.checks.equal("a token signed with a rotated key: 200", answer.status, 200, lambda: answer.body)


def user_id() -> str:
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except (TypeError, ValueError):
        return False


def by_id(users):
    """Users in one order; an error's body as it is."""
    return sorted(users, key=sorted_text) if isinstance(users, list) else users


def sorted_text(value) -> str:
    return json.dumps(value, sort_keys=True)
