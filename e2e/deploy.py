#!/usr/bin/env python3
"""Deploys the folders of authorizer/deploy to an emulated AWS with the tools that they are for, and calls the APIs.

Each tool deploys a REST API and an HTTP API twice: with tokens of an OpenID provider (RS256, ES256, keys that rotate),
and with those of a Cognito user pool. The authorizer is the real binary, packaged by `policyctl package`. Without options
it takes what `cargo build --release` left in target/.
"""

import sys

from harness import script

TOOLS = ("sam", "serverless", "terraform")


def main() -> int:
    parser = script.parser(__doc__)
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only this one; may be given again")
    options = script.options(parser)
    script.enter()

    from deploy_run import run  # needs the environment

    return script.run(lambda folder, checks: run(options, folder, checks))


if __name__ == "__main__":
    sys.exit(main())
