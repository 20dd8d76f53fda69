"""Life: whole requests for a pass, one's own and opened by the helpdesk, in the playground: what each takes."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import Awaitable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import click
import psycopg

from bench import rounds
from bench.contestants import World
from bench.figures import Goal, Section, Table, number
from cards import text
from playground import postgres
from playground.replicas import ROOT
from playground.server import Play, playground
from playground.teams.views import Seen
from playground.wire import Wire, wire

PEOPLE: Final = 20  # half of them by a call; of many more in a row the windows of one approver would be held back
MORE: Final = 8  # round trips that an errand opened for a colleague may take beyond one's own
REST: Final = 5.0  # seconds in which a desk without people is watched
CALM: Final = 1.5  # seconds after an errand until what follows it is over
MS: Final = 1000
HOW: Final = """
One replica in the playground, with its real Teams client, Entra and Graph on this machine. One person after the other
writes that they have a new phone, fills in the form, signs in by the window, is approved by somebody of the helpdesk
who signs in as well, and presses *Show*. Everything the desk does for it is counted until nothing follows any more,
less what it does while nobody asks: its CPU, what is asked of PostgreSQL on the wire and in how many transactions, the
calls to Graph and to the connector. No card is brought into view again. For every second person somebody of the
helpdesk opens it, once they have signed in to prove that it is they who ring. Counted apart are that call and, from the
agent's form on, what was opened: its person wants it, signs in, has it approved by another of the helpdesk and is shown
it.
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


OWN, CALL, OPENED = (
    "one's own, from the first word to Show",
    "the call before",
    "opened for a colleague, from the form to Show",
)
Found = dict[str, list[tuple[float, ...]]]


async def measure(_: World, __: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Let people come one after the other."""
    os.sched_setaffinity(0, {rounds.LOAD_CORE, rounds.BOT_CORE})
    with tempfile.TemporaryDirectory(prefix="life-") as name, tempfile.TemporaryDirectory(prefix="wire-") as line:
        os.chmod(name, 0o711)  # noqa: PTH101, S103 - the server runs as another user when we are root
        policies = Path(name) / "policies.toml"
        policies.write_text("[tap]\nassisted = true\n", encoding="utf-8")
        env = {"VOUCHSAFE_POLICIES": str(policies)}
        async with playground(folder=Path(name), replicas=0, extras=PEOPLE, env=env) as play:
            await play.replicas.migrate()
            async with wire(play.database_url, Path(line)) as laid:
                env = {**play.replicas.env, "VOUCHSAFE_DATABASE_URL": laid.url(postgres.as_desk(play.database_url))}
                await play.replicas.start(play.replicas.add(root=ROOT, env=env))
                play.teams.announce()
                await play.teams.delivery.settled()
                found = await _lived(play, laid)
    return _section(found)


async def _lived(play: Play, laid: Wire) -> Found:
    people_ = [person.key for person in play.world.people if person.key.startswith("p")][:PEOPLE]
    for key, errand in zip(people_, (_errand, _rung), strict=False):  # who find everything cold
        await errand(play, key)
    await _opened(play, people_[1])
    await asyncio.sleep(CALM)
    before = _counted(play, laid)
    await asyncio.sleep(REST)
    idle = [(after - first) / REST for after, first in zip(astuple(_counted(play, laid)), astuple(before), strict=True)]
    found: Found = {OWN: [], CALL: [], OPENED: []}
    for own, others in zip(people_[2::2], people_[3::2], strict=True):
        for what, errand, key in ((OWN, _errand, own), (CALL, _rung, others), (OPENED, _opened, others)):
            found[what].append(await _taken(play, laid, errand(play, key), idle))
            click.echo(f"{key}, {what}: {', '.join(number(value) for value in found[what][-1])}", err=True)
    return found


async def _taken(play: Play, laid: Wire, errand: Awaitable[None], idle: Sequence[float]) -> tuple[float, ...]:
    """Count one until nothing follows it any more, less what is done all the time."""
    loop = asyncio.get_running_loop()
    began, before = loop.time(), _counted(play, laid)
    await errand
    await asyncio.sleep(CALM)
    took, after = loop.time() - began, _counted(play, laid)
    pairs = zip(astuple(after), astuple(before), idle, strict=True)
    return tuple(now - first - each * took for now, first, each in pairs)


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
    await _from_the_sign_in_on(play, key, "ben")


async def _rung(play: Play, key: str) -> None:
    """Ben has somebody asked who rings, and they prove with a sign-in that it is them."""
    teams, upn = play.teams, play.world.people[key].upn
    await teams.say("ben", "verify a caller")
    door = await teams.wait("ben", has=text("call.door", "en"))
    form = await teams.open_dialog("ben", door, text("call.button.begin", "en"))
    found = await teams.submit_dialog("ben", door, form, text("call.button.find", "en"), {"typed": upn})
    await teams.submit_dialog("ben", door, found, text("call.button.ask", "en"), {})
    asked = await teams.wait(key, has=text("call.caller.title", "en"))
    await teams.sign_in(key, asked, button=text("call.button.prove", "en"))
    await teams.wait("ben", has=_proved(play, key))


def _proved(play: Play, key: str) -> str:
    return text("call.agent.opens", "en", name=play.world.people[key].name)


async def _opened(play: Play, key: str) -> None:
    """Ben opens it for whom he has verified, and Cleo approves."""
    teams = play.teams
    proved = await teams.wait("ben", has=_proved(play, key))
    form = await teams.open_dialog("ben", proved, text("tap.title", "en"))
    await teams.submit_dialog("ben", proved, form, text("button.send", "en"), {"reason": "new_phone"})
    wanted = await teams.wait(key, has=text("request.consent.title", "en"))
    await teams.press(key, wanted, text("button.consent", "en"))
    await _from_the_sign_in_on(play, key, "cleo")


async def _from_the_sign_in_on(play: Play, key: str, approver: str) -> None:
    teams = play.teams
    asked = await teams.wait(key, has=text("request.step_up.title", "en"))
    await teams.sign_in(key, asked, button=text("button.sign_in", "en"))
    title = text("tap.approvers.title", "en", name=play.world.people[key].name)
    await teams.press(approver, await teams.wait(approver, "helpdesk", has=title), text("button.approve", "en"))
    mine: Seen = await teams.wait(approver, has=title)
    await teams.sign_in(approver, mine, button=text("button.sign_in_and_approve", "en"))
    ready = await teams.wait(key, has=text("tap.request.ready.title", "en"))
    await teams.press(key, ready, text("tap.button.show", "en"))


def _section(found: Found) -> Section:
    middle = {what: [rounds.middle(values) for values in zip(*rows, strict=True)] for what, rows in found.items()}
    low, _, high = statistics.quantiles((values[0] for values in found[OWN]), n=4)
    trips = WORDS.index("round trips")
    more = middle[OPENED][trips] - middle[OWN][trips]
    return Section(
        name="life",
        title="A whole errand",
        command="make bench",
        how=(
            HOW,
            f"Medians of {len(found[OWN])} of each; half of one's own took {number(low)} to {number(high)} ms of CPU.",
        ),
        tables=(Table(("a pass", *WORDS), tuple((what, *map(number, values)) for what, values in middle.items())),),
        goals=(Goal("round trips of what was opened for a colleague, beyond one's own", more, MORE, "", most=True),),
    )
