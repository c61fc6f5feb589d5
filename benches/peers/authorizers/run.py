"""Times whole authorizers as they are written in Node.js and Python: JSON text in, JSON text out, the keys in memory,
14 resources in the policy. Each is warm, with many answers in one process, and fresh, a process for one event.

What they need is installed below the target folder: Node.js packages by their lock file, Python's into a virtual
environment. Prints JSON: the versions, and for each authorizer `warm_ns` by the kind of event, `fresh_ns` and
`fresh_peak_kb`, medians all."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
AUTHORIZERS = {
    "Node.js, aws-jwt-verify": ("node", "aws-jwt-verify"),
    "Node.js, jsonwebtoken + jwks-rsa": ("node", "jsonwebtoken"),
    "Python, python-jose": ("python", "python_jose"),
    "Python, PyJWT": ("python", "pyjwt"),
}
EVENTS = ["TOKEN", "REQUEST"]
PACKAGES = {
    "node": ["aws-jwt-verify", "jsonwebtoken", "jwks-rsa"],
    "python": ["python-jose", "PyJWT", "cryptography"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, required=True, help="the folder to install into")
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions")
    options = parser.parse_args()
    if not shutil.which("node") or not shutil.which("npm"):
        sys.exit("Node.js is needed: there is no `node`, or no `npm`")
    folder = options.target.resolve() / "authorizers"
    commands = {"node": node(folder / "node"), "python": python(folder / "python")}
    fixture = folder / "fixture.json"
    made = subprocess.run(["node", folder / "node" / "fixture.mjs"], check=True, capture_output=True)
    fixture.write_bytes(made.stdout)
    answers, starts = (2_000, 5) if options.quick else (20_000, 31)
    timed = {
        name: {
            "warm_ns": {
                kind: warm([*commands[language], "warm", module, str(fixture), str(answers), kind]) for kind in EVENTS
            },
            **fresh([*commands[language], "once", module, str(fixture)], starts),
        }
        for name, (language, module) in AUTHORIZERS.items()
    }
    print(json.dumps({"versions": versions(folder), "authorizers": timed}, indent=2))


def node(folder: Path) -> list:
    def install() -> None:
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run(npm, cwd=folder, check=True, stdout=sys.stderr)

    installed(folder, HERE / "node", "package-lock.json", install)
    return ["node", str(folder / "run.mjs")]


def python(folder: Path) -> list:
    interpreter = folder / "venv" / "bin" / "python"

    def install() -> None:
        venv.create(folder / "venv", with_pip=True)
        pip = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", folder / "requirements.txt"], check=True, stdout=sys.stderr)

    installed(folder, HERE / "python", "requirements.txt", install)
    return [str(interpreter), str(folder / "run.py")]


def installed(folder: Path, source: Path, pinned: str, install) -> None:
    """The scripts and what they need in the folder, where they have to stand side by side."""
    wanted = (source / pinned).read_text()
    done = folder / "installed"
    if not done.exists() or done.read_text() != wanted:
        print(f"installing {pinned}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        install()
        done.write_text(wanted)
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, folder)


def warm(command: list) -> float:
    """The median of many answers in one process, and of three such processes, in nanoseconds."""
    medians = []
    for _ in range(3):
        result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        check(result["answer"], command)
        medians.append(result["median_ns"])
    return statistics.median(medians)


def fresh(command: list, starts: int) -> dict:
    """From the start of a process to its end, with one answer in between."""
    times, peaks = [], []
    for _ in range(starts):
        start = time.perf_counter_ns()
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter_ns() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{command} failed")
        peaks.append(usage.ru_maxrss)
        check(answer, command)
    return {"fresh_ns": statistics.median(times), "fresh_peak_kb": statistics.median(peaks)}


def check(answer: str | bytes, command: list) -> None:
    policy = json.loads(answer)["policyDocument"]
    # The order of resources means nothing.
    policy["Statement"][0]["Resource"].sort()
    if policy != json.loads((HERE / "expected.json").read_text()):
        sys.exit(f"{command} answers otherwise: {policy}")


def versions(folder: Path) -> dict:
    output = lambda command: subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    found = {"Node.js": output(["node", "--version"]).removeprefix("v")}
    for package in PACKAGES["node"]:
        manifest = folder / "node" / "node_modules" / package / "package.json"
        found[package] = json.loads(manifest.read_text())["version"]
    interpreter = folder / "python" / "venv" / "bin" / "python"
    found["Python"] = output([interpreter, "--version"]).removeprefix("Python ")
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]), sep='\\n')"
    names = PACKAGES["python"]
    found.update(zip(names, output([interpreter, "-c", script, *names]).splitlines(), strict=True))
    return found


if __name__ == "__main__":
    main()
