"""Runs the benchmarks and gathers what they wrote."""

import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benches" / "peers"
# Short runs for a look: the figures are then worth little.
QUICK = ["--warm-up-time", "0.2", "--measurement-time", "0.5"]
LIBRARIES = [
    "cedar-policy", "regorus", "casbin", "globset", "matchit", "jsonwebtoken", "aws-lc-rs", "aws_lambda_events",
    "criterion",
]


def measure(quick: bool) -> dict:
    """Everything, one after the other, on this machine. What is printed meanwhile is for whoever waits."""
    started = time.time()
    load = os.getloadavg()[0]
    begun = datetime.datetime.now(datetime.UTC)
    options = ["--noplot", *(QUICK if quick else [])]
    run(["cargo", "bench", "--package", "policy-benches", "--", *options])
    # From its own folder, for the settings in .cargo.
    run(["cargo", "bench", "--locked", "--", *options], PEERS)
    folders = {target(ROOT), target(PEERS)}
    return {
        "date": begun.date().isoformat(),
        "minutes": 0,
        "quick": quick,
        "machine": machine(load),
        "versions": versions(),
        "criterion": {name: ns for folder in folders for name, ns in estimates(folder, started).items()},
        "authorizers": authorizers(quick),
        "footprint": footprint(quick),
    } | {"minutes": round((time.time() - started) / 60)}


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

    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
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
