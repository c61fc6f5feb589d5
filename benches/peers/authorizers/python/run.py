"""run.py once NAME FIXTURE         answers one event and prints the answer
run.py warm NAME FIXTURE COUNT   prints the median of so many answers, in nanoseconds"""

import json
import sys
import time
from importlib import import_module


def main() -> None:
    way, name, fixture, *count = sys.argv[1:]
    with open(fixture) as file:
        given = json.load(file)
    answer = import_module(name).authorizer(given["issuer"], given["audience"], given["jwks"])
    if way == "once":
        sys.stdout.write(answer(given["event"]))
        return
    if not refuses(answer, given["forged"]):
        sys.exit("a token with changed claims is taken")
    times = []
    for _ in range(int(count[0]) // 2):
        answer(given["event"])
    for _ in range(int(count[0])):
        start = time.perf_counter_ns()
        answer(given["event"])
        times.append(time.perf_counter_ns() - start)
    times.sort()
    print(json.dumps({"median_ns": times[len(times) // 2], "answer": answer(given["event"])}))


def refuses(answer, event: str) -> bool:
    try:
        answer(event)
    except Exception:  # noqa: BLE001 - each library has its own
        return True
    return False


main()
