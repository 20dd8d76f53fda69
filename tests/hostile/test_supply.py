"""What is built from: locked, looked up, written down; the audit fails for what is known, and for what nobody knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
LOCKS: Final = ("requirements.lock", "requirements-playground.lock", "requirements-dev.lock", ".ci/audit.lock")
LOCKED: Final = "one==1.0 \\\n    --hash=sha256:aa\ntwo==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:bb\n"
NOTE: Final = "| package | version |\n|---|---|\n| `one` | 1.0 | x |\n| `two` | 2.0 | x |\n"
# What plays pip-audit: it answers for what it was asked, in the form of the real one.
PLAYED: Final = """
import json, re, sys
told = dict(zip(sys.argv, sys.argv[1:]))
wanted = re.findall(r"(.+)==(.+)", open(told["--requirement"]).read())
answers = [{"name": name, "version": version, "vulns": []} for name, version in wanted]
HOW
json.dump({"dependencies": answers, "fixes": []}, open(told["--output"], "w"))
"""


@pytest.mark.parametrize(
    ("how", "note", "code", "says"),
    [
        ("", "", 0, "2 locked packages were looked up, 0 are known to be vulnerable"),
        (
            "answers[-1]['vulns'] = [{'id': 'PYSEC-2026-1'}] * (len(answers) > 1)",
            NOTE,
            1,
            "two: known to be vulnerable",
        ),
        ("answers = [{'name': a['name'], 'skip_reason': 'not found'} for a in answers]", NOTE, 0, "No database"),
        ("answers = [{'name': a['name'], 'skip_reason': 'not found'} for a in answers]", "", 1, "one 1.0 is locked"),
        ("answers = answers[:1]", NOTE.replace("2.0", "1.9"), 1, "two 2.0 is locked and not in docs/audit.md"),
        ("raise SystemExit(1)", NOTE, 0, "No database of vulnerabilities could be asked"),
        ("answers = None", NOTE.replace("`one`", "`other`"), 1, "one 1.0 is locked and not in docs/audit.md"),
    ],
)
def test_a_known_vulnerability_fails_and_silence_is_no_answer(
    tmp_path: Path, how: str, note: str, code: int, says: str
) -> None:
    for name in (".ci", "docs"):
        (tmp_path / name).mkdir()
    (tmp_path / ".ci" / "audit.py").write_text((ROOT / ".ci" / "audit.py").read_text(encoding="utf-8"))
    for lock in LOCKS:
        (tmp_path / lock).write_text(LOCKED)
    (tmp_path / "docs" / "audit.md").write_text(note)
    (tmp_path / "pip_audit.py").write_text(PLAYED.replace("HOW", how))
    done = subprocess.run(
        [sys.executable, str(tmp_path / ".ci" / "audit.py")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert says in done.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_installed_but_what_was_locked_by_its_hash(lock: str) -> None:
    whole = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in whole.splitlines() if re.match(r"[a-z0-9]", line)]
    assert pinned
    assert all(re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line) for line in pinned)
    said = ("Makefile", ".ci/install", "README.md", "docs/setup.md")
    made = "".join((ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ") for name in said)
    ours = "--no-deps ./vouchsafe-"  # a file that was built here: it fetches nothing
    assert all("--require-hashes" in line or ours in line for line in made.splitlines() if "pip install" in line)


def test_what_runs_is_locked_as_what_is_tested_and_no_tool_is_in_it() -> None:
    runs, tested = (_pins(lock) for lock in ("requirements-playground.lock", "requirements-dev.lock"))
    assert _pins("requirements.lock") <= runs <= tested
    assert {name for name, _ in runs}.isdisjoint({"ruff", "mypy", "pytest", "playwright", "hypothesis", "uv"})


def _pins(lock: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_a_build_audits() -> None:
    assert "make audit\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
