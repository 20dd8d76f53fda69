#!/usr/bin/env python3
"""Audit: are vulnerabilities known in what is locked? Where nobody can be asked, a note says what was checked and when.

Exit code 1 for a known vulnerability, and for a locked package that neither a database nor the note knows.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = tuple(
    ROOT / f"{name}.lock" for name in ("requirements", "requirements-playground", "requirements-dev", ".ci/audit")
)
NOTE = ROOT / "docs" / "audit.md"
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", flags=re.MULTILINE)
NOTED = re.compile(r"^\| `([^`]+)` \| ([^\s|]+) \|", flags=re.MULTILINE)
PROBE, WHOLE = 12, 40  # seconds for one package, and for all of them


def main() -> int:
    """Ask the database; where it cannot be asked, hold the locks against the note."""
    pinned = {found for lock in LOCKS for found in PINNED.findall(lock.read_text(encoding="utf-8"))}
    told = asked({min(pinned)}, PROBE)  # one first: where nobody answers, that is soon known
    if told is not None:
        told = asked(pinned, WHOLE)
    if told is None:
        return noted(pinned)
    for package in sorted(told):
        say(f"{package}: known to be vulnerable ({', '.join(told[package])})")
    say(f"{len(pinned)} locked packages were looked up, {len(told)} are known to be vulnerable.")
    return 1 if told else 0


def asked(pinned: set[tuple[str, str]], patience: int) -> dict[str, list[str]] | None:
    """Return the vulnerable ones, or None where the database does not answer for every one of them."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, found = Path(folder) / "wanted.txt", Path(folder) / "found.json"
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in sorted(pinned)), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        command += ["--timeout", "5", "--format", "json", "--output", str(found), "--requirement", str(wanted)]
        try:
            subprocess.run(command, timeout=patience, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own interpreter, and names from our locks
            answered = json.loads(found.read_text(encoding="utf-8"))["dependencies"]
            known = {package["name"]: package["vulns"] for package in answered if "vulns" in package}
        except (subprocess.TimeoutExpired, OSError, ValueError, KeyError, TypeError):
            return None
    if set(known) != {name for name, _ in pinned}:  # it skips in silence what nobody could tell it about
        return None
    return {name: [one["id"] for one in vulns] for name, vulns in known.items() if vulns}


def noted(pinned: set[tuple[str, str]]) -> int:
    text = NOTE.read_text(encoding="utf-8")
    unknown = sorted(pinned - set(NOTED.findall(text)))
    say("No database of vulnerabilities could be asked. docs/audit.md says what was checked, how and when.")
    for name, version in unknown:
        say(f"{name} {version} is locked and not in docs/audit.md: have it looked up, and write it down there")
    return 1 if unknown else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
