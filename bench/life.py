"""Life: whole requests for a pass, both sign-ins among them, in the playground: what of everything one takes."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import click
import psycopg

from bench import rounds
from bench.contestants import World
from bench.figures import Section, Table, number
from cards import text
from playground import postgres
from playground.replicas import ROOT
from playground.server import Play, playground
from playground.teams.views import Seen
from playground.wire import Wire, wire

PEOPLE: Final = 20  # of many more in a row the windows of the one approver would be held back
REST: Final = 5.0  # seconds in which a desk without people is watched
CALM: Final = 1.5  # seconds after an errand until what follows it is over
MS: Final = 1000
HOW: Final = """
One replica in the playground, with its real Teams client, Entra and Graph on this machine. One person after the other
writes that they have a new phone, fills in the form, signs in by the window, is approved by somebody of the helpdesk
who signs in as well, and presses *Show*. Everything the desk does for it is counted until nothing follows any more,
less what it does while nobody asks: its CPU, what is asked of PostgreSQL on the wire and in how many transactions, the
calls to Graph and to the connector. No card is brought into view again.
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was used up to now."""

    cpu: float
    statements: float
    trips: float
    transactions: float
    graph: float
    messages: float


WORDS: Final = ("CPU ms", "statements", "round trips", "transactions", "calls to Graph", "calls to the connector")


async def measure(_: World, __: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Let people come one after the other."""
    os.sched_setaffinity(0, {rounds.LOAD_CORE, rounds.BOT_CORE})
    with tempfile.TemporaryDirectory(prefix="life-") as name, tempfile.TemporaryDirectory(prefix="wire-") as line:
        os.chmod(name, 0o711)  # noqa: PTH101, S103 - the server runs as another user when we are root
        async with playground(folder=Path(name), replicas=0, extras=PEOPLE) as play:
            await play.replicas.migrate()
            async with wire(play.database_url, Path(line)) as laid:
                env = {**play.replicas.env, "VOUCHSAFE_DATABASE_URL": laid.url(postgres.as_desk(play.database_url))}
                await play.replicas.start(play.replicas.add(root=ROOT, env=env))
                play.teams.announce()
                await play.teams.delivery.settled()
                found = await _lived(play, laid)
    return _section(found)


async def _lived(play: Play, laid: Wire) -> list[tuple[float, ...]]:
    people_ = [person.key for person in play.world.people if person.key.startswith("p")][:PEOPLE]
    await _errand(play, people_[0])  # who finds everything cold
    await asyncio.sleep(CALM)
    before = _counted(play, laid)
    await asyncio.sleep(REST)
    idle = [(after - first) / REST for after, first in zip(astuple(_counted(play, laid)), astuple(before), strict=True)]
    found, loop = [], asyncio.get_running_loop()
    for key in people_[1:]:
        began, before = loop.time(), _counted(play, laid)
        await _errand(play, key)
        await asyncio.sleep(CALM)
        took, after = loop.time() - began, _counted(play, laid)
        pairs = zip(astuple(after), astuple(before), idle, strict=True)
        found.append(tuple(now - first - each * took for now, first, each in pairs))
        click.echo(f"{key}: {', '.join(number(value) for value in found[-1])}", err=True)
    return found


def _counted(play: Play, laid: Wire) -> Counts:
    process = play.replicas.all[0].process
    with psycopg.connect(play.database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        transactions = (found.fetchone() or (0,))[0]
    journal = play.world.journal
    return Counts(
        rounds.cpu_seconds(process.pid if process is not None else 0) * MS,
        laid.statements,
        laid.trips,
        transactions,
        len(journal.of("graph")),
        len(journal.of("connector")),
    )


async def _errand(play: Play, key: str) -> None:
    teams = play.teams
    await teams.say(key, "I have a new phone")
    home = await teams.wait(key, has=text("tap.summary", "en"))
    form = await teams.open_dialog(key, home, text("tap.button.ask", "en"))
    await teams.submit_dialog(key, home, form, text("button.send", "en"), {"reason": "new_phone"})
    asked = await teams.wait(key, has=text("request.step_up.title", "en"))
    await teams.sign_in(key, asked, button=text("button.sign_in", "en"))
    title = text("tap.approvers.title", "en", name=play.world.people[key].name)
    await teams.press("ben", await teams.wait("ben", "helpdesk", has=title), text("button.approve", "en"))
    mine: Seen = await teams.wait("ben", has=title)
    await teams.sign_in("ben", mine, button=text("button.sign_in_and_approve", "en"))
    ready = await teams.wait(key, has=text("tap.request.ready.title", "en"))
    await teams.press(key, ready, text("tap.button.show", "en"))


def _section(found: Sequence[tuple[float, ...]]) -> Section:
    row = tuple(number(rounds.middle(values)) for values in zip(*found, strict=True))
    low, _, high = statistics.quantiles((values[0] for values in found), n=4)
    return Section(
        name="life",
        title="A whole errand",
        command="make bench",
        how=(
            HOW,
            f"Medians of {len(found)} errands; half of them took between {number(low)} and {number(high)} ms of CPU.",
        ),
        tables=(Table(("a pass, from the first word to Show", *WORDS), (("one errand", *row),)),),
    )
