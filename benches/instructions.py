#!/usr/bin/env python3
"""Counts the instructions of a decision, an emission and a whole answer, with valgrind's callgrind.

Times differ from run to run and from machine to machine; counts hardly do. `benches/instructions.json` keeps them:

    python3 benches/instructions.py            shows the counts beside those that are kept
    python3 benches/instructions.py --check    the same, and fails where one has grown by more than 5 percent
    python3 benches/instructions.py --update   keeps the new ones

Each kind of work is done a few times and many times, in a process each: the difference is the work's alone. Needs
valgrind, and a processor of x86-64 with AVX2, where the kept counts were taken.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "benches" / "instructions.json"
GROWTH = 1.05

# How often each kind of work is done beyond the first few times.
TIMES = {
    "decide-users": 20_000,
    "decide-last-of-10000": 20_000,
    "facts-users": 20_000,
    "facts-10000": 20_000,
    "emit-14": 20_000,
    "emit-14-first": 500,
    "emit-100": 20_000,
    "emit-100-first": 200,
    "emit-25-declared-first": 20,
    "load-users": 1_000,
    "load-10000": 20,
    "authorize-new": 1_000,
    "authorize-known": 10_000,
    "authorize-request-new": 1_000,
    "authorize-request-known": 10_000,
}
FEW = 10


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def build() -> tuple[str, str]:
    """Builds the program that does the work, and the one that writes what it needs; their paths."""
    names = ["instructions", "footprint-inputs"]
    flags = ["--release", "--package", "policy-benches", "--features", "tools"]
    flags += [flag for name in names for flag in ("--bin", name)]
    lines = run(["cargo", "build", "--message-format", "json", *flags]).splitlines()
    messages = [json.loads(line) for line in lines if line.startswith("{")]
    paths = {message["target"]["name"]: message["executable"] for message in messages if message.get("executable")}
    return paths["instructions"], paths["footprint-inputs"]


def collected(program: str, kind: str, times: int, inputs: str) -> int:
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={inputs}/callgrind.out"]
    output = run([*valgrind, program, kind, str(times), inputs])
    found = re.search(r"Collected : (\d+)", output)
    if not found:
        sys.exit(f"callgrind counted nothing:\n{output}")
    return int(found.group(1))


def counted(program: str, inputs: str) -> dict[str, int]:
    kinds = run([program]).split()
    if kinds != list(TIMES):
        sys.exit(f"the program does {kinds}, and this script counts {list(TIMES)}")
    counts = {}
    for kind, times in TIMES.items():
        few, many = (collected(program, kind, count, inputs) for count in (FEW, FEW + times))
        counts[kind] = round((many - few) / times)
    return counts


def shown(counts: dict[str, int], kept: dict[str, int]) -> list[str]:
    """Prints both; the kinds that have grown too much."""
    grown = []
    print(f"{'instructions':<26}{'now':>12}{'kept':>12}{'ratio':>8}")
    for kind, count in counts.items():
        old = kept.get(kind)
        print(f"{kind:<26}{count:>12,}{old or 0:>12,}{count / old if old else 0:>8.3f}")
        if old is None or count > GROWTH * old:
            grown.append(kind)
    return grown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail where a count has grown by more than 5 percent")
    parser.add_argument("--update", action="store_true", help="keep the counts of this run")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed: apt-get install valgrind")
    rustc = run(["rustc", "--version"]).strip()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"rustc": rustc, "instructions": {}}
    program, write_inputs = build()
    with tempfile.TemporaryDirectory() as folder:
        run([write_inputs, folder, "http://127.0.0.1:9/jwks.json"])
        counts = counted(program, folder)
    grown = shown(counts, kept["instructions"])
    if rustc != kept["rustc"]:
        print(f"kept with {kept['rustc']}; this is {rustc}")
    if arguments.update:
        KEPT.write_text(json.dumps({"rustc": rustc, "instructions": counts}, indent=2) + "\n")
    elif arguments.check and grown:
        sys.exit(f"grown by more than 5 percent: {', '.join(grown)}; if it must be so, run this with --update")


if __name__ == "__main__":
    main()
