"""What was expected, what came, and the count of both."""

import json


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = []

    def equal(self, name: str, actual, wanted, explain=None) -> bool:
        """`explain` is called only for a failure, and says what helps to understand it."""
        if actual == wanted:
            self.passed += 1
            print(f"  ok    {name}", flush=True)
            return True
        self.failed += 1
        print(f"  FAIL  {name}: expected {wanted!r}, got {actual!r}", flush=True)
        if explain is not None:
            print(indented(explain()), flush=True)
        return False

    def true(self, name: str, holds: bool, explain=None) -> bool:
        return self.equal(name, bool(holds), True, explain)

    def summary(self) -> str:
        said = f"{self.passed} passed, {self.failed} failed"
        return "\n".join([*(f"NOT RUN: {what}" for what in self.skipped), said])


def indented(value) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    return "\n".join(f"        {line}" for line in text.splitlines())
