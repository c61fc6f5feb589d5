"""The run of the CDK notes' test: from the page to a template."""

import json
import os
import re
import shutil
import subprocess
from argparse import Namespace
from pathlib import Path

from cdk_checks import CdkChecks
from harness import node
from harness.checks import Checks
from harness.emulator import BIN, REGION
from harness.package import make_package
from harness.script import ROOT, TARGET

PAGE = ROOT / "authorizer" / "deploy" / "cdk" / "README.md"
POLICY = ROOT / "authorizer" / "deploy" / "notes.policy"
CODE = re.compile(r"^```ts\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = ("policy-authorizer.ts", "app.ts")
STACK = "Notes"
STRICT = ("--strict", "--noUnusedLocals", "--noUnusedParameters", "--noImplicitReturns", "--noImplicitOverride")
COMPILED_FOR = ("--target", "es2022", "--module", "commonjs", "--skipLibCheck")
# The CDK says dependencies twice.
GENERATED = ("W3005",)


def run(options: Namespace, folder: Path, checks: Checks) -> None:
    packages = TARGET / "e2e-cdk"
    node.install(packages, ROOT / "e2e" / "cdk")
    blocks = CODE.findall(PAGE.read_text())
    checks.equal("files on the page", len(blocks), len(FILES))
    for name, text in zip(FILES, blocks, strict=True):
        (folder / name).write_text(text)
    make_package(options, POLICY, folder / "function.zip")
    # Modules are looked for beside the files, and above.
    (folder / "node_modules").symlink_to(packages / "node_modules")
    tsc = packages / "node_modules" / ".bin" / "tsc"
    if not succeeds(checks, "the code type-checks", [tsc, *STRICT, *COMPILED_FOR, "--outDir", "js", *FILES], folder):
        return
    node_program = shutil.which("node")
    if not succeeds(checks, "the stack is synthesised", [node_program, "js/app.js"], folder, CDK_OUTDIR="out"):
        return
    template = folder / "out" / f"{STACK}.template.json"
    lint = [BIN / "cfn-lint", "--ignore-checks", *GENERATED, "--regions", REGION, "--", template]
    succeeds(checks, "cfn-lint finds nothing in the template", lint, folder)
    CdkChecks(json.loads(template.read_text())["Resources"], checks).all()


def succeeds(checks: Checks, name: str, command: list, folder: Path, **environment: str) -> bool:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"CDK_DISABLE_CLI_TELEMETRY": "1"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return checks.equal(name, done.returncode, 0, lambda: done.stdout + done.stderr)
