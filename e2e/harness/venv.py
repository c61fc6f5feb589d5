"""Runs a script inside a virtual environment of its own, made at the first run."""

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path


def enter(folder: Path, requirements: Path) -> None:
    """Comes back inside the environment; outside of it, makes it and starts the script again."""
    if Path(sys.prefix) == folder.resolve():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make(folder, requirements)
    python = folder.resolve() / "bin" / "python"
    os.execv(python, [str(python), *sys.argv])


def make(folder: Path, requirements: Path) -> None:
    wanted = requirements.read_text()
    installed = folder / "installed-requirements.txt"
    if installed.exists() and installed.read_text() == wanted:
        return
    print(f"installing {requirements.name} into {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", requirements], check=True)
    installed.write_text(wanted)
