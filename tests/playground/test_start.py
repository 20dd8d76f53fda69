"""The playground starts with what it finds, or says what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psycopg
import pytest

from playground import npm, postgres
from playground.replicas import HOST, ROOT, NotStarted, Replicas
from playground.server import listen, playground


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder another user may enter: as root, the database runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="vouchsafe-start-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_taken_port_is_not_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with listen(port) as door:
            other = door.getsockname()[1]
    assert other != port
    assert capsys.readouterr().err == f"Port {port} is taken; the playground uses {other} instead.\n"


def test_without_npm_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "npm"
    broken.write_text("#!/bin/sh\necho 'no route to the registry' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(npm, "program", lambda: str(broken))
    with pytest.raises(npm.Unreachable, match=r"pinned in(.|\n)*no route to the registry"):
        npm.install(tmp_path / "store")


def test_the_lock_names_versions_and_hashes_and_no_host() -> None:
    lock = (npm.LOCK / "package-lock.json").read_text()
    assert '"version": "3.0.6"' in lock
    assert '"version": "2.58.0"' in lock
    assert '"resolved"' not in lock
    assert "registry" not in lock


@pytest.mark.slow
async def test_the_world_stands_without_a_bot(room: Path) -> None:
    async with playground(folder=room, replicas=0) as play:
        async with aiohttp.ClientSession() as session:
            for path in ("/", "/panel", f"/entra/{play.world.tenant}/v2.0/.well-known/openid-configuration"):
                async with session.get(f"{play.url}{path}") as answer:
                    assert answer.status == 200
            async with session.get(f"{play.url}/step-up/start") as answer:
                assert answer.status == 502
        assert (room / "cloud.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("called", ["a b/base/common", "50% & c=d/ö'e"])
def test_the_folder_and_the_locale_may_be_any(room: Path, called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout may lie in a folder with a space, on a machine where the locale that is set is not installed."""
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.setenv(name, "xx_XX.UTF-8")
    folder = room / called / "postgres"
    with psycopg.connect(postgres.start(folder), connect_timeout=10) as connection:
        found = connection.execute("SELECT current_setting('server_encoding'), upper('a')").fetchone()
    assert found == ("UTF8", "A")
    postgres.restart(folder)
    with psycopg.connect(postgres.as_desk(postgres.start(folder)), connect_timeout=10) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (postgres.DESK,)
    postgres.stop(folder)
    postgres.stop(folder)
    assert not (folder / "postmaster.pid").exists()
    assert os.environ["LC_ALL"] == "xx_XX.UTF-8"


@pytest.mark.slow
async def test_a_newcomer_hears_what_is_done_and_last_where_to_look(room: Path) -> None:
    """As `make try` runs it: with next to no environment, and a locale that is not installed."""
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "xx_XX.UTF-8"}
    command = [sys.executable, str(ROOT / "app.py"), "playground", "--port", "0", "--no-browser"]
    home = room / "a b"
    home.mkdir()
    play = await asyncio.create_subprocess_exec(*command, cwd=home, env=bare, stdout=asyncio.subprocess.PIPE)
    assert play.stdout is not None
    heard: list[str] = []
    async with asyncio.timeout(100):
        while not heard or not heard[-1].startswith("Ready. Open "):
            heard.append((await play.stdout.readline()).decode().strip())
            assert heard[-1], heard
    assert [line for line in heard if "PostgreSQL" in line]
    assert [line for line in heard if "Starting the desk" in line]
    async with aiohttp.ClientSession() as session, session.get(heard[-1].removeprefix("Ready. Open ")) as answer:
        assert answer.status == 200
    play.terminate()
    assert await asyncio.wait_for(play.wait(), 30) == 0


def test_a_database_that_cannot_be_started_says_so(room: Path) -> None:
    folder = room / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    (folder / "log").write_text("FATAL: what stood last\n")
    with pytest.raises(postgres.NoDatabase, match=r"could not be started(.|\n)*delete(.|\n)*FATAL"):
        postgres.start(folder)


@pytest.mark.slow
def test_a_database_is_fresh_each_time_and_the_server_is_shared(room: Path) -> None:
    folder = room / "postgres"
    first = postgres.start(folder)
    assert postgres.start(folder, database="other") != first
    postgres.stop(folder)
    assert postgres.start(folder) == first
    postgres.stop(folder)
    postgres.stop(folder)
    assert not (folder / "postmaster.pid").exists()


@pytest.mark.slow
async def test_a_bot_that_does_not_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    replicas = Replicas(count=1, env={"VOUCHSAFE_APP_ID": "nonsense"}, cloud=tmp_path / "none.json", logs=tmp_path)
    try:
        with pytest.raises(NotStarted, match="VOUCHSAFE_APP_ID"):
            await replicas.start(0)
    finally:
        await asyncio.wait_for(replicas.stop(), 20)
    assert replicas.urls() == []


@pytest.mark.slow
def test_policies_that_are_wrong_are_told_and_end_it(room: Path) -> None:
    file = room / "policies.toml"
    file.write_text('[tap]\napprovals = "two"\n')
    command = [
        sys.executable,
        str(ROOT / "app.py"),
        "playground",
        "--no-browser",
        "--port",
        "0",
        "--policies",
        str(file),
    ]
    done = subprocess.run(command, cwd=room, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "approvals" in done.stderr
