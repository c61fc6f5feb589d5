"""The commands that README.md and docs/deploy.md show, held against those that were run."""

import re
import shlex
from pathlib import Path

PAGES = ("README.md", "docs/deploy.md")
PROGRAMS = {"cfn-lint", "osls", "policyctl", "sam", "terraform"}
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def not_run(root: Path, commands: list[list[str]]) -> list[str]:
    """The shown commands that no command did: one with the same program and subcommand, and all its options and names
    of parameters, whatever their values."""
    done = [shape(command) for command in commands]
    return [
        f"{page}: {line}"
        for page in PAGES
        for line in shown((root / page).read_text())
        if not any(shape(shlex.split(line)) <= one for one in done)
    ]


def shown(page: str) -> list[str]:
    lines = [line for fence in FENCE.findall(page) for line in fence.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.split()[0] in PROGRAMS]


def shape(command: list[str]) -> set[str]:
    program, *words = command
    subcommand = [word for word in words[:1] if word.isalpha()]
    settings = [word.rpartition("=")[0] or word for word in words if word.startswith("-") or "=" in word]
    return {Path(program).name, *(f" {word}" for word in subcommand), *settings}
