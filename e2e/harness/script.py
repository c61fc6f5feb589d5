"""What the end-to-end scripts do around their tests: the binaries, an environment, a folder, the count of the checks."""

import argparse
import signal
import sys
import tempfile
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from pathlib import Path

from harness import venv
from harness.checks import Checks

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "target"
BINARIES = {"bootstrap": "the authorizer", "policyctl": "builds and packages"}


def parser(description: str) -> ArgumentParser:
    """A command line that names the binaries; those of `cargo build --release` unless given."""
    made = ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, what in BINARIES.items():
        made.add_argument(f"--{name}", type=Path, default=TARGET / "release" / name, help=what)
    return made


def options(made: ArgumentParser, needed: Callable[[Namespace], Iterable[Path]] | None = None) -> Namespace:
    """The options, once all files that they name are there."""
    given = made.parse_args()
    files = needed(given) if needed else [getattr(given, name) for name in BINARIES]
    for path in files:
        if not path.is_file():
            made.error(f"there is no {path}")
    return given


def enter() -> None:
    """Goes on inside the environment of the requirements."""
    # What was started is then ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    venv.enter(TARGET / "e2e-venv", ROOT / "e2e" / "requirements.txt")


def run(work: Callable[[Path, Checks], None]) -> int:
    """Works in a folder that goes away afterwards; the exit status."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="e2e-run-", dir=TARGET) as name:
        try:
            work(Path(name), checks)
        except Exception:
            checks.failed += 1
            traceback.print_exc()
    print(checks.summary())
    return 1 if checks.failed else 0
