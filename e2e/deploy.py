#!/usr/bin/env python3
"""Deploys the folders of authorizer/deploy to an emulated AWS with the tools that they are for, and calls the APIs.

Each tool deploys a REST API and an HTTP API twice: with tokens of an OpenID provider (RS256, ES256, keys that rotate),
and with those of a Cognito user pool. The authorizer is the real binary, packaged by `policyctl package`. Without options
it takes what `cargo build --release` left in target/.
"""

import argparse
import signal
import sys
from pathlib import Path

from harness import venv

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target"
TOOLS = ("sam", "serverless", "terraform")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    options = arguments()
    venv.enter(TARGET / "e2e-venv", ROOT / "e2e" / "requirements.txt")

    from deploy_run import run  # needs the environment

    return run(options, ROOT)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", type=Path, default=TARGET / "release" / "bootstrap", help="the authorizer")
    parser.add_argument("--policyctl", type=Path, default=TARGET / "release" / "policyctl", help="packages it")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only this one; may be given again")
    options = parser.parse_args()
    for path in (options.bootstrap, options.policyctl):
        if not path.is_file():
            parser.error(f"there is no {path}")
    return options


if __name__ == "__main__":
    sys.exit(main())
