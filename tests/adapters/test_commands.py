"""The command line as an operator meets it: what it refuses, what it says, how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from click.testing import CliRunner

import app
from bot import __version__
from bot.config import environment
from bot.core.audit import Deed, Note
from bot.core.model import Mode, Person, Request, Status
from bot.process.clock import SystemClock
from bot.store.postgres import PostgresStore

ROOT = Path(app.__file__).parent
TENANT = "e1d94b07-6a2c-4f58-8b13-90c7ad5e26f4"
WHOLE = {
    "VOUCHSAFE_APP_ID": "7c0f8a52-41de-4b39-9a6e-2f8b1d05c3e7",
    "VOUCHSAFE_APP_SECRET": "kq8Q~hW2vN0xZt6.rLp3mYb9dF-sUe7aGcJ1iK4o",
    "VOUCHSAFE_TENANT_ID": TENANT,
    "VOUCHSAFE_PUBLIC_URL": "https://desk.contoso.com",
    "VOUCHSAFE_APPROVERS_GROUP": "52b8e6f1-0d3a-4c97-a4e5-8f719c2b60d3",
    "VOUCHSAFE_ALLOWED_GROUPS": "52b8e6f1-0d3a-4c97-a4e5-8f719c2b60d3",
    "VOUCHSAFE_HELPDESK_CHANNEL": "19:help@thread.tacv2",
    "VOUCHSAFE_SECURITY_CHANNEL": "19:sec@thread.tacv2",
    "VOUCHSAFE_HELPDESK_CONTACT": "extension 4357",
    "VOUCHSAFE_AUDIT_KEYS": "2026-11:kZ3v1Qw8Lr5tYb0nXc7uMe2sJd4fGh6iPa9oRqTlVxE",
    "VOUCHSAFE_HOST": "127.0.0.1",
    "VOUCHSAFE_PORT": "0",
}
AWAY = "postgresql://nobody@127.0.0.1:1/none"


def _run(*arguments: str, database: str = AWAY, **changes: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("VOUCHSAFE_")}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        env={**own, **WHOLE, "VOUCHSAFE_DATABASE_URL": database, **changes},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_a_clone_says_its_version_without_being_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--version"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"vouchsafe, version {__version__}\n", "")


@pytest.mark.slow
def test_a_set_up_that_cannot_work_is_told_and_ends_with_two() -> None:
    done = _run("serve", VOUCHSAFE_APP_ID="", VOUCHSAFE_PUBLIC_URL="ftp://x")
    assert done.returncode == 2
    assert "VOUCHSAFE_APP_ID" in done.stderr
    assert "VOUCHSAFE_PUBLIC_URL" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/nowhere/cloud.json", "README.md"])
def test_a_cloud_file_that_is_none_ends_with_two(path: str) -> None:
    done = _run("serve", "--cloud", path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "--cloud" in done.stderr


@pytest.mark.slow
def test_a_cloud_file_off_loopback_ends_with_two() -> None:
    done = _run("serve", "--cloud", "cloud.json", VOUCHSAFE_HOST="0.0.0.0")  # noqa: S104 - what is refused
    assert done.returncode == 2
    assert "loopback" in done.stderr


@pytest.mark.slow
def test_a_database_that_is_away_ends_with_one() -> None:
    commands = (("serve",), ("migrate",), ("audit", "verify"))
    with ThreadPoolExecutor() as all_at_once:  # each waits for it a while
        ended = list(all_at_once.map(lambda command: _run(*command), commands))
    for done in ended:
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert "Not available" in done.stderr


@pytest.mark.slow
def test_an_old_database_is_told_and_migrate_mends_it(empty_database_url: str) -> None:
    for command in (("serve",), ("audit", "export")):
        done = _run(*command, database=empty_database_url)
        assert done.returncode == 2
        assert "vouchsafe migrate" in done.stderr
    for _ in range(2):
        assert _run("migrate", database=empty_database_url).returncode == 0
    assert _run("audit", "export", database=empty_database_url).returncode == 0


@pytest.mark.slow
def test_a_process_told_to_stop_stops(database_url: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("VOUCHSAFE_")}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "serve"],
        env={**own, **WHOLE, "VOUCHSAFE_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as out:
        assert any('"listening"' in line for line in out)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


@pytest.fixture
def trail(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A trail of three entries, and the environment to read it."""
    for name, value in {**WHOLE, "VOUCHSAFE_DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    asyncio.run(_written(database_url))
    return database_url


async def _written(url: str) -> None:
    ann = Person(TENANT, "ann", "Änn")
    request = Request("r1", "tap", ann, ann, {}, Mode.ENFORCE, Status.STEP_UP, 1, datetime.now(UTC))
    async with PostgresStore(url, clock=SystemClock(), keys=environment.load().keys) as store, store.unit() as unit:
        await unit.note(request, Note(Deed.ASKED), Note(Deed.STEP_UP_BEGUN), Note(Deed.WITHDRAWN, {"by": "ann"}))


@pytest.mark.usefixtures("trail")
def test_the_trail_is_exported_as_lines() -> None:
    done = CliRunner().invoke(app.cli, ["audit", "export"], catch_exceptions=False)
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [(line["seq"], line["deed"]) for line in lines] == [(1, "asked"), (2, "step_up_begun"), (3, "withdrawn")]
    assert lines[2]["data"] == {"by": "ann"}
    assert datetime.fromisoformat(lines[0]["at"]).tzinfo is not None


@pytest.mark.usefixtures("trail")
def test_a_whole_trail_is_said_to_be_whole() -> None:
    done = CliRunner().invoke(app.cli, ["audit", "verify", "--tenant", TENANT])
    assert (done.exit_code, done.output) == (
        0,
        f"{TENANT}: 3 entries, whole; with a key from entry 1 on (2026-11)\n",
    )


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ('UPDATE audit SET data = \'{"by": "ben"}\' WHERE seq = 3', "entry 3"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2"),
        ("DELETE FROM audit WHERE seq = 3", "the end of the chain"),
    ],
)
def test_a_harmed_trail_is_found(trail: str, harm: str, says: str) -> None:
    with psycopg.connect(trail, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute(harm.encode())
    done = CliRunner().invoke(app.cli, ["audit", "verify"])
    assert done.exit_code == 1
    assert says in done.output
    assert "BROKEN" in done.output


@pytest.mark.usefixtures("trail")
def test_a_trail_nobody_has_is_told() -> None:
    done = CliRunner().invoke(app.cli, ["audit", "verify", "--tenant", "other"])
    assert done.exit_code == 2
    assert TENANT in done.output


def _packed(file: Path, *arguments: str, env: Mapping[str, str | None]) -> dict[str, Any]:
    """Write a package with next to nothing in the environment, and read its manifest."""
    bare = dict.fromkeys(WHOLE) | {"VOUCHSAFE_DATABASE_URL": None} | dict(env)
    done = CliRunner().invoke(app.cli, ["package", "--out", str(file), *arguments], env=bare, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "standard" in done.output
    with ZipFile(file) as packed:
        read: dict[str, Any] = json.loads(packed.read("manifest.json"))
    return read


def test_a_package_needs_no_secret_and_no_database_and_is_newer_each_time(tmp_path: Path) -> None:
    known = {name: WHOLE[name] for name in ("VOUCHSAFE_APP_ID", "VOUCHSAFE_PUBLIC_URL")}
    first = _packed(tmp_path / "out" / "vouchsafe.zip", env=known)
    assert first["id"] == WHOLE["VOUCHSAFE_APP_ID"]
    assert first["version"].startswith(__version__.rpartition(".")[0] + ".")
    other = "8d1f9b63-52ef-4c4a-8b7f-3a9c2e16d4f8"
    known = {"VOUCHSAFE_APP_ID": other, "VOUCHSAFE_PUBLIC_URL": " https://desk.fabrikam.com "}
    second = _packed(tmp_path / "second.zip", "--app-version", "3.2.1", env=known)
    assert (second["id"], second["version"]) == (other, "3.2.1")
    assert second["developer"]["privacyUrl"].startswith("https://desk.fabrikam.com/")


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, ["VOUCHSAFE_APP_ID: is missing", "VOUCHSAFE_PUBLIC_URL: is missing"]),
        ({"VOUCHSAFE_PUBLIC_URL": "https://desk.example.com"}, ["VOUCHSAFE_APP_ID: is missing"]),
        (
            {"VOUCHSAFE_APP_ID": "00000000-0000-0000-0000-000000000000", "VOUCHSAFE_PUBLIC_URL": "http://desk.test"},
            ["VOUCHSAFE_APP_ID: is only an example", "VOUCHSAFE_PUBLIC_URL: must be https", "leads nowhere"],
        ),
    ],
)
def test_a_package_says_what_it_lacks(tmp_path: Path, env: dict[str, str], told: list[str]) -> None:
    bare = dict.fromkeys(WHOLE) | env
    done = CliRunner().invoke(app.cli, ["package", "--out", str(tmp_path / "x.zip")], env=bare)
    assert done.exit_code == 2
    assert all(line in done.output for line in told)
    assert "SECRET" not in done.output
    assert "DATABASE" not in done.output


def test_the_cards_are_written(tmp_path: Path) -> None:
    CliRunner().invoke(app.cli, ["cards", "--out", str(tmp_path / "cards")], catch_exceptions=False)
    written = list((tmp_path / "cards").rglob("*.json"))
    assert len(written) > 20
    assert all(json.loads(file.read_text(encoding="utf-8"))["type"] for file in written)


@pytest.mark.usefixtures("trail")
def test_a_package_teams_would_not_take_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app.cli, ["package", "--out", str(tmp_path / "x.zip"), "--name", "x" * 60])
    assert done.exit_code == 2
    assert not (tmp_path / "x.zip").exists()
