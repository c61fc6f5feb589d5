#!/usr/bin/env python3
"""Deploys examples/users to an emulated AWS and calls it over HTTP, as its users would.

The authorizer is the real binary with the compiled policy, behind a REST API with a token authorizer whose cache is
on; the tokens come from an issuer on loopback. Without options it takes what `cargo build --release` left in target/.
"""

import sys
from argparse import Namespace
from pathlib import Path

from harness import script


def main() -> int:
    parser = script.parser(__doc__)
    parser.add_argument("--bundle", type=Path, help="the compiled policy; built from --policy unless given")
    parser.add_argument("--policy", type=Path, default=script.ROOT / "policies" / "users.policy")
    options = script.options(parser, needed)
    script.enter()

    from users_run import run  # needs the environment

    return script.run(lambda folder, checks: run(options, folder, checks))


def needed(options: Namespace) -> list[Path]:
    return [options.bootstrap, *([options.bundle] if options.bundle else [options.policyctl, options.policy])]


if __name__ == "__main__":
    sys.exit(main())
