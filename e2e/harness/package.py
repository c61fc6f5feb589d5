"""The zip file that Lambda takes, made as the README makes it."""

import subprocess
from argparse import Namespace
from pathlib import Path


def make_package(options: Namespace, policy: Path, package: Path) -> None:
    """Tests the policy, and packs it with the authorizer."""
    subprocess.run([options.policyctl, "test", policy], check=True)
    subprocess.run([options.policyctl, *packaging(policy, options.bootstrap, package)], check=True)


def packaging(policy: Path, bootstrap: Path, package: Path) -> list[str]:
    """The command's words behind `policyctl`."""
    return ["package", str(policy), "--bootstrap", str(bootstrap), "-o", str(package)]
