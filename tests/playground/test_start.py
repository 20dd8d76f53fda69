"""The playground starts with what it finds, or says what to do."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
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
    monkeypatch.setattr(npm, "_npm", lambda: str(broken))
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
