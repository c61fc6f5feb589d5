#!/usr/bin/env python3
"""What the authorizer takes of a machine: the time from the start of its process to its first answer, its memory, and
the sizes of what is deployed; beside a floor, which is a process that verifies a token and knows no rules
(`benches/src/bin/floor.rs`). Needs Python 3 alone.

The processes are started in turns, each on its own, under a Lambda Runtime API on a loopback address.
"""

import argparse
import io
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: Kilobytes and bytes as the targets have them.
LIMITS = {
    "users_kib": 8 * 1024,
    "rules_10000_kib": 24 * 1024,
    "bootstrap_bytes": 5_000_000,
}
POLICIES = ("users", "rules_10000")


class Http:
    """One request after the other on kept connections, a thread for each connection."""

    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile("rb")
        try:
            while line := stream.readline():
                method, target = line.split()[:2]
                headers = dict(header(line) for line in iter(stream.readline, b"\r\n"))
                body = read_body(stream, headers)
                headers, body = self.answer(method.decode(), target.decode(), body)
                head = "".join("%s: %s\r\n" % pair for pair in headers.items())
                head = "HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n" % (head, len(body))
                connection.sendall(head.encode() + body)
        except OSError:
            pass  # The process that asked was ended.
        finally:
            connection.close()


def header(line):
    name, value = line.decode().split(":", 1)
    return name.strip().lower(), value.strip()


def read_body(stream, headers):
    if "content-length" in headers:
        return stream.read(int(headers["content-length"]))
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    return body


class RuntimeApi:
    """Hands out events, and notes when each was answered, and with what. One for each process: what one that was
    ended has still asked for must not reach the next."""

    def __init__(self, events):
        self.http = Http(self.answer)
        self.events = iter(events)
        self.answers = []
        self.done = threading.Event()
        self.count = len(events)

    def answer(self, method, target, body):
        if method == "GET":
            event = next(self.events, None)
            if event is None:
                threading.Event().wait()  # Until the process is ended.
            return {
                "lambda-runtime-aws-request-id": "request-1",
                "lambda-runtime-deadline-ms": "9999999999999",
                "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:1:function:authorizer",
                "content-type": "application/json",
            }, event
        self.answers.append((time.perf_counter(), target, body))
        if len(self.answers) == self.count:
            self.done.set()
        return {}, b"{}"


class Subject:
    """A program and its environment."""

    def __init__(self, program, environment):
        self.program = program
        self.environment = environment

    def run(self, events):
        """The milliseconds to the first answer, and the peak of the memory after the last, in KiB."""
        api = RuntimeApi(events)
        environment = {
            "AWS_LAMBDA_RUNTIME_API": api.http.address,
            "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            **self.environment,
        }
        start = time.perf_counter()
        process = subprocess.Popen(
            [self.program], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        try:
            drain = threading.Thread(target=process.stderr.read, daemon=True)
            drain.start()
            if not api.done.wait(60):
                raise SystemExit(f"{self.program} does not answer")
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.kill()
            process.wait()
        first, target, body = api.answers[0]
        if not target.endswith("/response") or json.loads(body)["principalId"] != "ana":
            raise SystemExit(f"{self.program} answered {target} {body!r}")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return (first - start) * 1000, int(peak.split()[1])


def build():
    cargo = ["cargo", "build", "--release", "--quiet"]
    subprocess.run([*cargo, "--package", "policy-authorizer", "--bin", "bootstrap"], cwd=ROOT, check=True)
    bins = ["--features", "tools", "--bin", "floor", "--bin", "footprint-inputs"]
    subprocess.run([*cargo, "--package", "policy-benches", "--features", "tools", *bins], cwd=ROOT, check=True)


def packaged(bootstrap):
    """The size of the deployment package without the policy."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(bootstrap, "bootstrap")
    return len(package.getvalue())


def measure(programs, runs):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        keys = Http(lambda *_: ({}, (folder / "jwks.json").read_bytes()))
        inputs = [str(programs / "footprint-inputs"), str(folder), f"http://{keys.address}/jwks.json"]
        subprocess.run(inputs, check=True)
        events = (folder / "events.jsonl").read_bytes().splitlines()
        bootstrap, floor = programs / "bootstrap", programs / "floor"
        subjects = {"floor": Subject(floor, {"FLOOR_KEY": (folder / "key.pem").read_text()})}
        for policy in POLICIES:
            for kind, suffix in (("fixed", ""), ("fetched", "_fetched_keys")):
                bundle = {"POLICY_BUNDLE": str(folder / f"{policy}.{kind}.bundle")}
                subjects[policy + suffix] = Subject(bootstrap, bundle)
        times = {name: [] for name in subjects}
        for turn in range(runs + 2):
            for name, subject in subjects.items():
                elapsed, _ = subject.run(events[:1])
                if turn >= 2:  # The first ones find the files cold.
                    times[name].append(elapsed)
        cold = {name: statistics.median(values) for name, values in times.items()}
        memory = {name: subjects[name].run(events)[1] for name in ("floor", *POLICIES)}
        sizes = {"bootstrap": bootstrap.stat().st_size, "floor": floor.stat().st_size, "package": packaged(bootstrap)}
        for policy in POLICIES:
            sizes[f"bundle_{policy}"] = (folder / f"{policy}.fixed.bundle").stat().st_size
            sizes[f"text_{policy}"] = (folder / f"{policy}.fixed.policy").stat().st_size
    return {
        "runs": runs,
        "cold_start_ms": cold,
        "cold_start_ratio": {name: value / cold["floor"] for name, value in cold.items() if name != "floor"},
        "peak_memory_kib": memory,
        "bytes": sizes,
        "limits": LIMITS,
    }


def show(found):
    print(f"{'process start to first answer':36} {'ms':>8} {'x floor':>8}")
    for name, value in found["cold_start_ms"].items():
        ratio = found["cold_start_ratio"].get(name)
        print(f"  {name:34} {value:8.2f} {'' if ratio is None else f'{ratio:.2f}':>8}")
    print(f"{'peak memory':36} {'KiB':>8}")
    for name, value in found["peak_memory_kib"].items():
        print(f"  {name:34} {value:8}")
    print(f"{'size':36} {'bytes':>10}")
    for name, value in found["bytes"].items():
        print(f"  {name:34} {value:10,}")


def beyond(found):
    """What is over its limit, as text: memory and size. A time would fail on a busy machine; that a start has less to do
    is held by `benches/instructions.py`."""
    memory, size = found["peak_memory_kib"], found["bytes"]["bootstrap"]
    checks = [
        ("memory, Users", memory["users"], LIMITS["users_kib"]),
        ("memory, 10,000 rules", memory["rules_10000"], LIMITS["rules_10000_kib"]),
        ("bootstrap", size, LIMITS["bootstrap_bytes"]),
    ]
    return [f"{name}: {value:,.6g} is over {limit:,}" for name, value, limit in checks if value > limit]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="writes the numbers there, too")
    parser.add_argument("--runs", type=int, default=40, metavar="N", help="starts of each process (40)")
    parser.add_argument("--no-build", action="store_true", help="takes the programs as they are")
    parser.add_argument("--check", action="store_true", help="fails where memory or size is over its limit")
    arguments = parser.parse_args()
    if not arguments.no_build:
        build()
    programs = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    found = measure(programs, arguments.runs)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    over = beyond(found)
    for line in over:
        print(line)
    return 1 if over and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
