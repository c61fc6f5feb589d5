#!/usr/bin/env python3
"""Takes the CDK notes of authorizer/deploy at their word.

The code on the page is type-checked against the CDK's library and synthesised; cfn-lint reads the template, and what it says
of authorizers, permissions, the role, alarms, dashboard and logs is checked. Nothing is deployed.
"""

import sys

from harness import script


def main() -> int:
    options = script.options(script.parser(__doc__))
    script.enter()

    from cdk_run import run  # needs the environment

    return script.run(lambda folder, checks: run(options, folder, checks))


if __name__ == "__main__":
    sys.exit(main())
