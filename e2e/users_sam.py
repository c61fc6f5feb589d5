#!/usr/bin/env python3
"""Deploys examples/users to an emulated AWS and calls it over HTTP, as its users would.

The authorizer is the real binary with the compiled policy, behind a REST API with a token authorizer whose cache is
on; the tokens come from an issuer on loopback. Without options it takes what `cargo build --release` left in target/.
"""

import argparse
import signal
import sys
from pathlib import Path

from harness import venv

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    options = arguments()
    venv.enter(TARGET / "e2e-venv", ROOT / "e2e" / "requirements.txt")

    from users_run import run  # needs the environment

    return run(options, ROOT)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", type=Path, default=TARGET / "release" / "bootstrap", help="the authorizer")
    parser.add_argument("--bundle", type=Path, help="the compiled policy; built from --policy unless given")
    parser.add_argument("--policyctl", type=Path, default=TARGET / "release" / "policyctl", help="builds the bundle")
    parser.add_argument("--policy", type=Path, default=ROOT / "policies" / "users.policy")
    options = parser.parse_args()
    needed = [options.bootstrap, *([options.bundle] if options.bundle else [options.policyctl, options.policy])]
    for path in needed:
        if not path.is_file():
            parser.error(f"there is no {path}")
    return options


if __name__ == "__main__":
    sys.exit(main())
