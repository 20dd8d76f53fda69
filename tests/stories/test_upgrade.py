"""A story of a rolling upgrade: the version before the newest migration and this one, side by side on one database."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from playground import postgres
from playground.replicas import ROOT
from playground.server import Play, playground
from tests.stories.hand import Hand
from tests.stories.seat import words
from tests.stories.test_death import hands, whole
from tests.stories.test_replicas import a_pass

pytestmark = pytest.mark.slow

MIGRATIONS = "bot/store/migrations/versions"
DONE = re.compile(r'^vouchsafe_jobs_total\{.*outcome="done".*\} ([0-9.]+)$', re.MULTILINE)
GIVEN_UP = re.compile(r'^vouchsafe_jobs_total\{.*outcome="failed".*\}', re.MULTILINE)


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, timeout=60).stdout


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code as it was before the newest migration. It runs with the libraries of today: that is what it shares."""
    folder = tmp_path_factory.mktemp("before")
    try:
        added = git("log", "-M", "--diff-filter=A", "--format=%H", "-1", "--", MIGRATIONS).decode().strip()
        code = git("archive", f"{added}~1")
    except (OSError, subprocess.SubprocessError):
        pytest.skip("NO HISTORY: no rolling upgrade was tried. Clone it whole, e.g. `git fetch --unshallow`.")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=code, check=True, timeout=60)
    return folder


@pytest.fixture
async def play(data: Path, tmp_path: Path) -> AsyncIterator[Play]:
    """A playground with a database that nobody has touched, and no bot."""
    name = f"story_{uuid4().hex}"
    async with playground(
        folder=tmp_path, replicas=0, database=name, database_folder=data, like=postgres.EMPTY
    ) as started:
        yield started


def known(code: Path, env: dict[str, str]) -> dict[str, str]:
    """The settings that this version has: one that it does not know would be an error."""
    said = "".join(page.read_text(encoding="utf-8") for page in [code / "README.md", *(code / "docs").glob("*.md")])
    return {name: value for name, value in env.items() if f"`{name}`" in said}


async def test_the_old_version_and_the_new_one_share_the_work(play: Play, before: Path) -> None:
    replicas, ours = play.replicas, play.replicas.env
    theirs = {**known(before, ours), "VOUCHSAFE_DATABASE_URL": play.database_url}  # nobody was granted anything yet
    old, new = replicas.add(root=before, env=theirs), replicas.add(root=ROOT, env=ours)
    await replicas.migrate(before, theirs)
    await replicas.start(old)
    play.teams.announce()
    ann, ben = hands(play)
    await ann.sees(words("home.title"))
    await replicas.migrate()  # while the old one works
    await replicas.start(new)
    await play.teams.delivery.settled()
    await a_pass(play, ann, ben)

    people = iter([Hand(play, key) for key in ("lou", "tess", "rita", "sam", "mo", "cleo")])
    while not (await jobs(play, old) and await jobs(play, new)):
        replicas.route(old, new)
        hand = next(people)
        await hand.want("sessions", reason="other")
        await hand.sees(words("sessions.request.done.title"))

    assert await replicas.end(old) == 0
    await replicas.migrate(before, theirs)  # a version knows that a newer schema serves it
    await replicas.start(old)
    replicas.route()
    await ann.want("sessions", reason="other")
    await ann.sees(words("sessions.request.done.title"))
    await whole(play, plain_until=10_000)  # what the old one wrote carries no key


async def jobs(play: Play, number: int) -> float:
    """How many jobs this replica has done; none was given up."""
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession() as session,
        session.get(f"{play.replicas.all[number].url}/metrics") as answer,
    ):
        said = await answer.text()
    assert not GIVEN_UP.search(said), said
    return sum(map(float, DONE.findall(said)))
