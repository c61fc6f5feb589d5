"""Packages from npm, installed as the lock file has them, in a folder of their own."""

import fcntl
import shutil
import subprocess
from pathlib import Path

LOCK = "package-lock.json"


def install(folder: Path, source: Path) -> None:
    """`npm ci`, unless the folder has what `source` wants."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = folder / "installed.json"
        wanted = (source / LOCK).read_text()
        if installed.exists() and installed.read_text() == wanted:
            return
        print(f"installing {source.name}/{LOCK} into {folder}", flush=True)
        for name in ("package.json", LOCK):
            shutil.copy(source / name, folder / name)
        if shutil.which("npm") is None:
            raise RuntimeError("npm is not on the PATH; it comes with Node.js")
        # Scripts of packages are not run: what they would do is not needed here.
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)
        installed.write_text(wanted)
