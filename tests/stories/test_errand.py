"""A whole errand for a pass, counted: what it asks of Graph and of the database has a ceiling."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from playground import postgres
from playground.replicas import ROOT
from playground.server import Play
from playground.wire import Wire, wire
from tests.stories.seat import words

GRAPH = 62  # calls; one is the mail that tells of it
# Measured are 108 to 113 and 213 to 220, and a dozen more where the machine is slow: what the desk does besides is
# taken off by a rate. What each turn takes is held to the trip in adapters/test_trips; this is for what lies between.
TRIPS = 123  # round trips to the database; about twenty are for the mail and the line to security
STATEMENTS = 240
CALM = 1.5  # seconds until nothing follows any more
REST = 3.0  # seconds in which a desk without people is watched

pytestmark = pytest.mark.slow


@pytest.fixture
def setting() -> Mapping[str, object]:
    return {"replicas": 0}


@pytest.fixture
async def laid(play: Play) -> AsyncIterator[Wire]:
    """One replica, with a wire to its database that counts."""
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - the server runs as another user when we are root
        async with wire(play.database_url, Path(folder)) as line:
            env = {**play.replicas.env, "VOUCHSAFE_DATABASE_URL": line.url(postgres.as_desk(play.database_url))}
            await play.replicas.start(play.replicas.add(root=ROOT, env=env))
            play.teams.announce()
            await play.teams.delivery.settled()
            yield line


async def errand(play: Play, key: str) -> None:
    teams = play.teams
    await teams.say(key, "I have a new phone")
    home = await teams.wait(key, has=words("tap.summary"))
    form = await teams.open_dialog(key, home, words("tap.button.ask"))
    await teams.submit_dialog(key, home, form, words("button.send"), {"reason": "new_phone"})
    await teams.sign_in(key, await teams.wait(key, has=words("request.step_up.title")), button=words("button.sign_in"))
    title = words("tap.approvers.title", name=play.world.people[key].name)
    await teams.press("ben", await teams.wait("ben", "helpdesk", has=title), words("button.approve"))
    mine = await teams.wait("ben", has=title)
    await teams.sign_in("ben", mine, button=words("button.sign_in_and_approve"))
    ready = await teams.wait(key, has=words("tap.request.ready.title"))
    await teams.press(key, ready, words("tap.button.show"))


async def test_what_a_whole_errand_takes(play: Play, laid: Wire) -> None:
    """What the desk does while nobody asks is watched before, and is not the errand's."""
    loop = asyncio.get_running_loop()
    await errand(play, "rita")  # who finds everything cold
    await asyncio.sleep(CALM)
    before = laid.trips, laid.statements
    await asyncio.sleep(REST)
    idle = [(now - then) / REST for now, then in zip((laid.trips, laid.statements), before, strict=True)]
    began, graph, before = loop.time(), len(play.world.journal.of("graph")), (laid.trips, laid.statements)
    await errand(play, "ann")
    await asyncio.sleep(CALM)
    took, after = loop.time() - began, (laid.trips, laid.statements)
    trips, statements = (a - b - took * rate for a, b, rate in zip(after, before, idle, strict=True))
    asked = [f"{c.method} {c.path.partition('?')[0]}" for c in play.world.journal.of("graph")[graph:]]
    assert len(play.world.graph.issued) == 2
    assert len(asked) <= GRAPH, asked
    assert trips <= TRIPS
    assert statements <= STATEMENTS
