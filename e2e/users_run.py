"""The run of the Users service's test: emulator, issuer, deployment, calls; and what helps when it fails."""

import shutil
import subprocess
import time
from argparse import Namespace
from pathlib import Path

from harness.checks import Checks, indented
from harness.emulator import BIN, REGION, Emulator
from harness.issuer import Issuer
from harness.script import ROOT
from harness.stack import Stack
from users_checks import UsersChecks

CLIENT_ID = "e2eclient"
POOL_ID = f"{REGION}_e2eUsers"
ADMIN_GROUP = "apiAdmins"
LOG_LINES = 80


def run(options: Namespace, folder: Path, checks: Checks) -> None:
    package(folder / "app", ROOT / "examples" / "users", options)
    with Issuer(POOL_ID, CLIENT_ID) as issuer, Emulator(folder) as emulator:
        deploy_and_check(folder / "app", emulator, issuer, checks)


def package(app: Path, example: Path, options: Namespace) -> None:
    """The example's folder as its README says to fill it."""
    shutil.copytree(example, app, ignore=shutil.ignore_patterns("authorizer", ".aws-sam", "__pycache__"))
    authorizer = app / "authorizer"
    authorizer.mkdir()
    shutil.copy(options.bootstrap, authorizer / "bootstrap")
    bundle = authorizer / "policy.bundle"
    if options.bundle:
        shutil.copy(options.bundle, bundle)
    else:
        subprocess.run([options.policyctl, "build", options.policy, "-o", bundle], check=True)


def deploy_and_check(app: Path, emulator: Emulator, issuer: Issuer, checks: Checks) -> None:
    lint(app / "template.yaml", checks)
    stack = Stack(emulator, "users")
    started = time.monotonic()
    try:
        parameters = {"UserPoolId": POOL_ID, "ClientId": CLIENT_ID, "AdminGroup": ADMIN_GROUP, "IssuerUrl": issuer.url}
        stack.deploy(app, parameters)
        print(f"sam deploy: {time.monotonic() - started:.1f} s", flush=True)
        UsersChecks(stack, issuer, checks, ADMIN_GROUP).all()
    except Exception:
        explain(stack, issuer)
        raise
    if checks.failed:
        explain(stack, issuer)


def lint(template: Path, checks: Checks) -> None:
    done = subprocess.run([BIN / "cfn-lint", "--regions", REGION, "--", template], capture_output=True, text=True)
    checks.equal("cfn-lint finds nothing in the template", done.returncode, 0, lambda: done.stdout + done.stderr)


def explain(stack: Stack, issuer: Issuer) -> None:
    for function in ("AuthorizerFunction", "BackendFunction"):
        if function in stack.outputs:
            printed = [line for line in stack.log(function) if not line.startswith(("END ", "REPORT "))]
            section(f"log of {function}", "\n".join(printed[-LOG_LINES:]))
    section("requests to the issuer", "\n".join(issuer.requests))
    section("end of ministack's log", stack.emulator.tail())


def section(title: str, text: str) -> None:
    print(f"--- {title}\n{indented(text)}", flush=True)
