"""A story of a process that is told to stop: its turn is answered, its job is the other's, and it is gone in time."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping
from datetime import datetime

import aiohttp
import psycopg
import pytest

from bot.process.lifetime import LAST
from playground.faults import Fault
from playground.replicas import Replica
from playground.server import Play
from tests.stories.hand import Hand, come_true
from tests.stories.seat import words
from tests.stories.test_death import whole

pytestmark = pytest.mark.slow

DRAIN = 1
MARGIN = 5  # seconds by which a loaded machine may be late


@pytest.fixture
def setting() -> Mapping[str, object]:
    return {"replicas": 2, "env": {"VOUCHSAFE_DRAIN": str(DRAIN)}}


async def test_what_is_under_way_is_finished_here_or_elsewhere(play: Play) -> None:
    ann, lou, replicas = Hand(play, "ann"), Hand(play, "lou"), play.replicas
    await play.teams.delivery.settled()
    await asyncio.gather(*(hand.sees(words("tap.summary")) for hand in (ann, lou)))

    replicas.tell(1, signal.SIGSTOP)  # so that the job is the first one's
    replicas.route(0)
    play.world.faults.add(Fault(where="connector", match="POST", kind="slow", seconds=9, times=1))
    await ann.want("tap", reason="new_phone")
    await come_true(lambda: not play.world.faults.live)
    assert await running(play) == 1
    play.world.faults.add(Fault(where="graph", match="GET", kind="slow", seconds=1.5, times=1))
    asked = asyncio.create_task(lou.look("tap"))
    await come_true(lambda: not play.world.faults.live)
    replicas.tell(1, signal.SIGCONT)
    replicas.tell(0)

    await unready(replicas.all[0])
    replicas.route(1)
    assert words("tap.field.reason") in await asked
    assert await replicas.gone(0, patience=60) == 0
    assert seconds(replicas.all[0]) < DRAIN + LAST + MARGIN
    assert (await ann.sign_in()).kind == "signed"
    await whole(play)


async def running(play: Play) -> int:
    async with await psycopg.AsyncConnection.connect(play.database_url) as connection:
        asked = await connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
        row = await asked.fetchone()
        return int(row[0]) if row else 0


async def unready(replica: Replica) -> None:
    """Wait until it says itself that it takes no more work: it still answers then."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{replica.url}/readyz") as answer:
                if answer.status == 503:
                    assert "stopping" in await answer.text()
                    return
            await asyncio.sleep(0.05)


def at(replica: Replica, event: str) -> datetime | None:
    """When it said so in its log."""
    lines = [line for line in replica.log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
    said = [json.loads(line) for line in lines if f'"event": "{event}"' in line]
    return datetime.fromisoformat(said[-1]["timestamp"]) if said else None


def seconds(replica: Replica) -> float:
    """How long it took to go down, by its own clock."""
    began, ended = at(replica, "stopping"), at(replica, "stopped")
    assert began is not None
    assert ended is not None
    return (ended - began).total_seconds()
