"""A story of a log that nobody reads any more: the desk goes on, counts what it could not say, and ends when told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from playground.server import Play
from tests.stories.hand import Hand
from tests.stories.seat import words

pytestmark = pytest.mark.slow

FLOOD = 800  # requests, with a line each: more than a pipe holds


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A pipe that is open for reading, and never read."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR)
    yield path
    os.close(reader)
    path.unlink()  # whoever looks for secrets in the files would wait in front of it


async def test_a_log_that_nobody_reads_stops_nothing(play: Play, pipe: Path) -> None:
    hand, replica = Hand(play, "ann"), play.replicas.all[0]
    met = await hand.sees(words("tap.summary"))
    await play.replicas.end(0)
    usual, replica.log = replica.log, pipe
    await play.replicas.start(0)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        for _ in range(FLOOD):
            async with session.get(f"{replica.url}/nothing-here/{'x' * 150}") as answer:
                assert answer.status in {404, 429}
    await play.teams.say("ann", "hello")
    await play.teams.wait("ann", has=words("tap.summary"), after=met, seconds=40)
    assert words("tap.field.reason") in await hand.look("tap")
    assert await play.replicas.end(0) == 0

    replica.log = usual
    await play.replicas.start(0)
