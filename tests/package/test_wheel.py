"""What is installed is whole: a wheel in an environment without a clone, started elsewhere, serves."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from email.parser import Parser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import aiohttp
import pytest
from click.testing import CliRunner

import app
from bot import __version__
from playground import postgres
from playground.replicas import HOST, Replica, free_port
from playground.server import Play, environment, playground
from tests.package.conftest import ROOT, sources
from tests.stories.hand import Hand
from tests.stories.seat import words

PACKAGES = ("bot", "cards", "manifest", "playground")
INFO = f"vouchsafe-{__version__}.dist-info"


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder another user may enter: as root, the database runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="vouchsafe-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that has the wheel, and beside it only what is locked."""
    folder = tmp_path_factory.mktemp("environment")
    python = folder / "bin" / "python"
    _told(sys.executable, "-m", "venv", "--without-pip", str(folder))
    _told(sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    packages = Path(_told(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "vouchsafe"


def _told(*command: str, **env: str) -> str:
    """What a command that must succeed says, from a folder in which there is nothing of ours."""
    with tempfile.TemporaryDirectory() as nowhere:
        done = subprocess.run(
            command, cwd=nowhere, env=_own(env), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _own(env: dict[str, str]) -> dict[str, str]:
    """The environment without anything that leads to the clone."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VOUCHSAFE_") and k != "PYTHONPATH"}
    return {**kept, **env}


@pytest.mark.slow
def test_the_wheel_has_every_file_of_its_packages_and_no_other(wheel: Path) -> None:
    with ZipFile(wheel) as packed:
        names = [PurePosixPath(name) for name in packed.namelist()]
    wanted = {name for name in sources() if name.parts[0] in PACKAGES} | {PurePosixPath("app.py")}
    assert {name for name in names if name.parts[0] != INFO} == wanted
    assert {PurePosixPath(package, "py.typed") for package in PACKAGES} <= wanted
    assert PurePosixPath(INFO, "licenses", "LICENSE") in names


@pytest.mark.slow
def test_the_wheel_says_its_version_and_its_licence(wheel: Path) -> None:
    with ZipFile(wheel) as packed:
        told = Parser().parsestr(packed.read(f"{INFO}/METADATA").decode())
    assert (told["Version"], told["License-Expression"]) == (__version__, "Apache-2.0")


@pytest.mark.slow
def test_the_installed_command_knows_its_version_and_its_texts(installed: Path, tmp_path: Path) -> None:
    assert _told(str(installed), "--version") == f"vouchsafe, version {__version__}\n"
    assert "Wrote" in _told(str(installed), "cards", "--out", str(tmp_path))
    where = _told(str(installed.with_name("python")), "-c", "import bot, app; print(bot.__file__, app.__file__)")
    assert all(Path(file).is_relative_to(installed.parents[1]) for file in where.split())


@asynccontextmanager
async def _serving(play: Play, vouchsafe: Path, room: Path) -> AsyncIterator[Replica]:
    """The installed desk as the playground's only replica; told to stop at the end, which it must do by itself."""
    replica = Replica(0, free_port(), room / "bot.log")
    env = {**environment(play.world, play.database_url), "VOUCHSAFE_PORT": str(replica.port)}
    with replica.log.open("wb") as log:
        replica.process = await asyncio.create_subprocess_exec(
            vouchsafe, "serve", "--cloud", room / "cloud.json", cwd=room, env=_own(env), stdout=log, stderr=log
        )
    play.replicas.all.append(replica)
    try:
        yield replica
        replica.process.terminate()
        assert await asyncio.wait_for(replica.process.wait(), 20) == 0
    finally:
        with suppress(ProcessLookupError):
            replica.process.kill()
        await replica.process.wait()


async def _answers(replica: Replica, path: str) -> int:
    """The status with which that path answers, once anybody does."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while replica.running:
            with suppress(aiohttp.ClientConnectionError):
                async with session.get(f"http://{HOST}:{replica.port}{path}") as answer:
                    return answer.status
            await asyncio.sleep(0.1)
    pytest.fail(replica.log.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_what_is_installed_migrates_and_serves(installed: Path, room: Path) -> None:
    async with playground(folder=room, replicas=0, like=postgres.EMPTY) as play:
        told = await asyncio.to_thread(_told, str(installed), "migrate", **environment(play.world, play.database_url))
        assert told == "The database is up to date.\n"
        async with _serving(play, installed, room) as replica:
            assert await _answers(replica, "/healthz") == 200
            async with asyncio.timeout(60):
                while await _answers(replica, "/readyz") != 200:
                    await asyncio.sleep(0.2)
            assert await _answers(replica, "/step-up/static/step-up.js") == 200
            play.teams.announce()
            await play.teams.say("ann", "I need a TAP")
            await Hand(play, "ann").sees(words("tap.summary"))


def test_nobody_in_the_wheel_looks_above_their_own_package_or_where_they_were_started() -> None:
    """Only `playground.replicas` does, for the app.py that lies beside it in a clone as in a wheel."""
    looks = re.compile(r"\.parent\.parent|\.parents\b|getcwd|\.cwd\(\)")
    shipped = [name for name in sources() if name.parts[0] in {*PACKAGES, "app.py"} and name.suffix == ".py"]
    assert [str(name) for name in shipped if looks.search((ROOT / name).read_text(encoding="utf-8"))] == [
        "playground/replicas.py"
    ]


def test_a_playground_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    done = CliRunner().invoke(app.cli, ["playground", "--no-browser"])
    assert done.exit_code == 2
    assert "segno" in done.output
    assert "pip install 'vouchsafe[playground]'" in done.output
