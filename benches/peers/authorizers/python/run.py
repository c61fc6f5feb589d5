"""run.py once NAME FIXTURE              answers one event and prints the answer
run.py warm NAME FIXTURE COUNT KIND   prints the median of so many answers to such an event, in nanoseconds"""

import json
import sys
import time
from importlib import import_module


def main() -> None:
    way, name, fixture, *repeated = sys.argv[1:]
    with open(fixture) as file:
        given = json.load(file)
    answer = import_module(name).authorizer(given["issuer"], given["audience"], given["jwks"])
    if way == "once":
        sys.stdout.write(answer(given["events"]["TOKEN"]))
        return
    count, event = int(repeated[0]), given["events"][repeated[1]]
    if not refuses(answer, given["forged"]):
        sys.exit("a token with changed claims is taken")
    times = []
    for _ in range(count // 2):
        answer(event)
    for _ in range(count):
        start = time.perf_counter_ns()
        answer(event)
        times.append(time.perf_counter_ns() - start)
    times.sort()
    print(json.dumps({"median_ns": times[len(times) // 2], "answer": answer(event)}))


def refuses(answer, event: str) -> bool:
    try:
        answer(event)
    except Exception:  # noqa: BLE001 - each library has its own
        return True
    return False


main()
