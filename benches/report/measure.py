"""Runs the benchmarks and gathers what they wrote."""

import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benches" / "peers"
FULL = ["--warm-up-time", "1", "--measurement-time", "3"]
# Short runs for a look: the figures are then worth little.
QUICK = ["--warm-up-time", "0.2", "--measurement-time", "0.5"]
# What most aims compare is measured several times, the one right after the other: a machine's speed changes within
# minutes.
ROUNDS = 7
EVENT_TIMES = ["--warm-up-time", "0.3", "--measurement-time", "0.8"]
OTHER_TIMES = ["--warm-up-time", "0.3", "--measurement-time", "0.7"]
# Whose benchmarks, their file, which of them, and how long each takes.
EVENTS = [
    ("ours", "authorizer", "(TOKEN|REQUEST) event, RS256/(floor|new tokens$|a token seen before$)", EVENT_TIMES),
]
PAIRED = [
    ("ours", "authorizer", "claims to facts", OTHER_TIMES),
    ("ours", "shapes", "(distinct prefixes|shared prefix|shared path)/.*/(10|10000)$", OTHER_TIMES),
    ("peers", "peers", "(Users/(policyctl|nested match|trie)/from (its|parsed)|resources/(policyctl|direct write))",
     OTHER_TIMES),
]
LIBRARIES = [
    "cedar-policy", "regorus", "casbin", "globset", "matchit", "jsonwebtoken", "aws-lc-rs", "aws_lambda_events",
    "criterion",
]


def measure(quick: bool) -> dict:
    """Everything, one after the other, on this machine. What is printed meanwhile is for whoever waits."""
    began = datetime.datetime.now(datetime.UTC)
    load = os.getloadavg()[0]
    ours, peers = ["cargo", "bench", "--package", "policy-benches"], ["cargo", "bench", "--locked"]
    # The peers' in their own folder, where their settings are.
    run([*ours, "--no-run"])
    run([*peers, "--no-run"], PEERS)
    measured = {
        "date": began.date().isoformat(),
        "quick": quick,
        "machine": machine(load),
        "versions": versions(),
        "footprint": footprint(quick),
        "authorizers": authorizers(quick),
    }
    options = ["--", "--noplot", *(QUICK if quick else FULL)]
    run([*ours, *options])
    run([*peers, *options], PEERS)
    folders = {target(ROOT), target(PEERS)}
    measured["criterion"] = {
        name: time for folder in folders for name, time in estimates(folder, began.timestamp()).items()
    }
    # Events come twice in each: they take longest, so that what is compared lies furthest apart in time.
    kinds = [EVENTS, PAIRED, EVENTS]
    measured["rounds"] = [a_round(quick, kind) for _ in range(1 if quick else ROUNDS) for kind in kinds]
    measured["minutes"] = round((datetime.datetime.now(datetime.UTC) - began).total_seconds() / 60)
    return measured


def a_round(quick: bool, benches: list) -> dict:
    """These benchmarks once more, apart from the rest."""
    began = datetime.datetime.now(datetime.UTC).timestamp()
    for whose, file, which, options in benches:
        bench = ["cargo", "bench", "--bench", file]
        bench += ["--package", "policy-benches"] if whose == "ours" else ["--locked"]
        run([*bench, "--", "--noplot", *(QUICK if quick else options), which], ROOT if whose == "ours" else PEERS)
    return {name: time for folder in (ROOT, PEERS) for name, time in estimates(target(folder), began).items()}


def run(command: list, folder: Path = ROOT) -> None:
    print("==", *command, file=sys.stderr, flush=True)
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)


def authorizers(quick: bool) -> dict:
    """Those in Node.js and Python."""
    script = PEERS / "authorizers" / "run.py"
    command = [sys.executable, str(script), "--target", str(target(ROOT)), *(["--quick"] if quick else [])]
    print("== the authorizers in Node.js and Python", file=sys.stderr, flush=True)
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def footprint(quick: bool) -> dict:
    """Cold starts, memory and sizes."""
    file = target(ROOT) / "report" / "footprint.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "benches/footprint.py", "--json", str(file), *(["--runs", "5"] if quick else [])])
    return json.loads(file.read_text())


def metadata(folder: Path, *arguments: str) -> dict:
    command = ["cargo", "metadata", "--format-version", "1", *arguments]
    return json.loads(subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout)


def target(folder: Path) -> Path:
    return Path(metadata(folder, "--no-deps")["target_directory"]).resolve()


def estimates(folder: Path, since: float) -> dict:
    """The median of each benchmark that ran since then, in nanoseconds, by its whole name."""
    found = {}
    for file in sorted((folder / "criterion").rglob("new/estimates.json")):
        if file.stat().st_mtime >= since:
            name = json.loads((file.parent / "benchmark.json").read_text())["full_id"]
            found[name] = json.loads(file.read_text())["median"]["point_estimate"]
    return found


def machine(load: float) -> dict:
    def field(file: str, name: str) -> str:
        found = re.search(rf"^{name}\s*:\s*(.*)$", Path(file).read_text(), re.MULTILINE)
        return found.group(1).strip() if found else "unknown"

    # The name alone can stand for processors of many years.
    cpu = "{} (family {}, model {})".format(
        *(field("/proc/cpuinfo", name) for name in ["model name", "cpu family", "model"])
    )
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        # The version proper: what is behind it is a build's name.
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "load": round(load, 1),
    }


def versions() -> dict:
    packages = {package["name"]: package["version"] for package in metadata(PEERS)["packages"]}
    output = lambda *command: subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = {"policyctl": output("git", "rev-parse", "--short", "HEAD").strip()}
    found["rustc"] = output("rustc", "--version").split()[1]
    found.update((name, packages[name]) for name in LIBRARIES)
    return found


def tools_missing() -> list:
    return [tool for tool in ["cargo", "git", "node", "npm"] if not shutil.which(tool)]
