"""The run of the deployments' test: emulator, issuers, one deployment after the other, calls."""

import io
import os
import time
import traceback
import zipfile
from argparse import Namespace
from pathlib import Path

from deploy_checks import ADMIN_SCOPE, DeployChecks
from deploy_pages import not_run
from deploy_tools import NotInstalled, Sam, Serverless, Terraform, Wish
from harness import node
from harness.checks import Checks, indented
from harness.emulator import REGION, Emulator
from harness.package import make_package, packaging
from harness.pool import Pool
from harness.provider import Provider
from harness.script import ROOT, TARGET

AUDIENCE = "https://notes.example.com"
REQUIRED_VARIABLE = "E2E_REQUIRE_TERRAFORM"
ADMIN_GROUP = "notes-admins"
MAX_PACKAGE_BYTES = 4_000_000
TOOLS = {"sam": Sam, "serverless": Serverless, "terraform": Terraform}


def run(options: Namespace, folder: Path, checks: Checks) -> None:
    package = folder / "function.zip"
    make_package(options, ROOT / "authorizer" / "deploy" / "notes.policy", package)
    size = package.stat().st_size
    checks.true(f"the package has 4 MB at most: {size:,} bytes", size <= MAX_PACKAGE_BYTES)
    packages = TARGET / "e2e-node"
    node.install(packages, ROOT / "e2e" / "node")
    provider = Provider(packages, folder / "provider.log", AUDIENCE, [ADMIN_SCOPE], ["ana", "root"])
    with provider, Emulator(folder) as emulator:
        deploy_all(options, ROOT, package, emulator, provider, checks)


def deploy_all(
    options: Namespace, root: Path, package: Path, emulator: Emulator, provider: Provider, checks: Checks
) -> None:
    backend_arn = make_backend(emulator, root / "authorizer" / "deploy" / "serverless" / "backend.py")
    pool = Pool(emulator.client("cognito-idp"), emulator.url, REGION, ADMIN_GROUP)
    commands = [["policyctl", *packaging(Path(), Path(), package)]]
    for name in options.tool or TOOLS:
        print(f"== {name}", flush=True)
        tool = TOOLS[name](root, emulator.folder / name, package, emulator)
        try:
            timed(f"{name}: lint", tool.prepare)
            wish = Wish(f"{name}-provider", params(provider.url, provider.jwks_uri, AUDIENCE), "token", "2.0")
            deployed = timed(f"{name}: deployment", lambda wish=wish: tool.deploy(wish, backend_arn))
            timed(f"{name}: calls", lambda: DeployChecks(deployed, checks).with_provider(provider))
            wish = Wish(f"{name}-pool", params(pool.url, pool.jwks_uri, pool.client_id), "request", "1.0")
            deployed = timed(f"{name}: deployment", lambda wish=wish: tool.deploy(wish, backend_arn))
            timed(f"{name}: calls", lambda: DeployChecks(deployed, checks).with_pool(pool))
        except NotInstalled as problem:
            missing(name, problem, checks)
        except Exception as problem:
            checks.equal(f"{name} deploys", repr(problem), None, traceback.format_exc)
        commands += tool.commands
    if not options.tool and not checks.skipped:
        checks.equal("commands in the pages that were not run", not_run(root, commands), [])
    if checks.failed:
        print(f"--- end of ministack's log\n{indented(emulator.tail())}", flush=True)


def missing(name: str, problem: NotInstalled, checks: Checks) -> None:
    """Not every machine has every tool: it is said where nobody overlooks it, and is a failure where it has to be there."""
    checks.skipped.append(f"{name}: {problem}")
    print(f"  NOT RUN  {name}: {problem}", flush=True)
    if REQUIRED_VARIABLE in os.environ:
        checks.equal(f"{name}, which {REQUIRED_VARIABLE} wants to be there", "missing", "there")


def timed(what: str, work):
    started = time.monotonic()
    done = work()
    print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)
    return done


def params(issuer_url: str, jwks_uri: str, api_audience: str) -> dict[str, str]:
    return {
        "issuer_url": issuer_url,
        "jwks_uri": jwks_uri,
        "api_audience": api_audience,
        "admin_group": ADMIN_GROUP,
    }


def make_backend(emulator: Emulator, source: Path) -> str:
    """The function that the APIs are in front of; its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(source, "backend.py")
    role = emulator.client("iam").create_role(
        RoleName="backend",
        AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}',
    )
    made = emulator.client("lambda").create_function(
        FunctionName="backend",
        Runtime="python3.13",
        Handler="backend.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": packed.getvalue()},
    )
    return made["FunctionArn"]
