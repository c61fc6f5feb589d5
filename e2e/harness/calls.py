"""Calls of an emulated API, and what comes back."""

import http.client
import json
from dataclasses import dataclass, field

CALL_SECONDS = 60


@dataclass
class Answer:
    status: int
    text: str
    headers: dict = field(default_factory=dict)

    @property
    def body(self):
        """The answer as JSON; its text when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text

    def field(self, name: str):
        """A field of the object that was answered; nothing of anything else."""
        return self.body.get(name) if isinstance(self.body, dict) else None


def call(port: int, method: str, address: str, headers: dict, body: str | None = None) -> Answer:
    """One request over HTTP to loopback. The answer's headers have small letters."""
    if body is not None:
        headers = headers | {"Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
    try:
        connection.request(method, address, body, headers)
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read().decode(), named)
    finally:
        connection.close()
