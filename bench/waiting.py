"""Waiting: hundreds for whom the channel has no threads; how long a newcomer, an approver and a lock wait with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import click
import psycopg

import cards
from bench import errands, whole
from bench.contestants import World
from bench.figures import Goal, Section, Table, number
from bench.issuer import SERVICE, TENANT
from bench.load import MARK, Deliveries, envelope
from bench.pace import Delivery, Door
from bench.replica import Now
from bench.rounds import Unsuited, percentile
from bot.core.actions import Ref, Submit
from bot.core.model import Chat, Status
from bot.core.packing import pack
from bot.core.ports import Job
from bot.core.queue import BOARD
from bot.core.queueing import Take
from bot.store.postgres import PostgresStore

NEWCOMERS: Final = 10
APART: Final = 1.0  # seconds between two of them
PATIENCE: Final = 120.0  # seconds until what does not come is given up
LOOK: Final = 0.05
CHUNK: Final = 10
MINUTE: Final = "1,000 in a minute"
CASES: Final[Mapping[str, tuple[int, float]]] = MappingProxyType({"300 at once": (300, 0.0), MINUTE: (1000, 60.0)})
TAKEN: Final = cards.text("queue.taken", "en")[:20].encode()
LOCKS: Final = {**pack(Submit("sessions", f"l{MARK}", {})), "reason": "other"}
CARDS: Final = "SELECT request FROM posted WHERE slot = 'requester' AND shown <> '' AND request = ANY(%s)"
SHOWN: Final = "SELECT request FROM posted WHERE request = %s AND slot = 'approvers' AND shown <> ''"
OPENED: Final = "SELECT request FROM posted WHERE request = %s AND slot = 'confirm' AND shown <> ''"
DONE: Final = "SELECT id FROM requests WHERE id = %s AND status = 'done'"
HOW: Final = f"""
`app.py serve` with its real desk on one core, as for the turns. So many people have signed in for a pass and wait for
an approver, put into the database with their jobs, at once or spread over a minute: a channel takes a thread every two
seconds, so nearly all of them stand in the line. Then {NEWCOMERS} newcomers, one a second; beside each somebody presses
*End my sessions*, which needs no approver, and an approver opens the newest request in the channel. *Card* is how long
it took until the card with the place stood in its person's chat, *line* until the channel showed the line, *opened*
from the press until the card stood in the approver's chat, *ended* from the press until Graph had ended the sessions.
"""


@dataclass(slots=True)
class Waits:
    """What was waited for, in seconds, in one case; `graph` are the calls to Graph meanwhile."""

    crowd: list[float] = field(default_factory=list)
    newcomers: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    line: float = 0.0
    graph: float = 0.0


@dataclass(slots=True)
class Office:
    """The desk, and hands to fill and press it with; numbers are of people nobody has seen."""

    store: PostgresStore
    url: str
    door: Door
    token: str
    came: dict[str, float] = field(default_factory=dict)

    async def come(self, numbers: Sequence[int]) -> None:
        """Let these people wait for an approver, with the job that brings their cards."""
        now = asyncio.get_running_loop().time()
        async with self.store.unit() as unit:
            for one in numbers:
                request = errands.asked(one, Status.APPROVAL)
                place = f"a:1-chat-{one:09d}-of-the-bench-as-long-as-it-is-in-teams"
                await unit.add(request)
                await unit.remember(request.requester, Chat(TENANT, place, SERVICE, personal=True, user=f"29:{one}"))
                await unit.defer(Job("cards", request.id))
                self.came[request.id] = now

    async def cards(self, into: list[float], wanted: Iterable[str]) -> None:
        """Note of each when its person's card stood there."""
        left, loop = set(wanted), asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as look:
            while left and loop.time() < until:
                for (name,) in await (await look.execute(CARDS, [list(left)])).fetchall():
                    into.append(loop.time() - self.came[name])
                    left.discard(name)
                await asyncio.sleep(LOOK)
        into += [PATIENCE] * len(left)

    async def until(self, statement: str, name: str, since: float) -> float:
        """Return how long it took until the database says so."""
        loop = asyncio.get_running_loop()
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as look:
            while loop.time() < since + PATIENCE:
                if await (await look.execute(statement, [name])).fetchone():
                    return loop.time() - since
                await asyncio.sleep(LOOK)
        return PATIENCE

    async def open(self, name: int) -> float:
        """Let an approver open a request from the channel's message."""
        since = asyncio.get_running_loop().time()
        press = Deliveries(self.token, errands.in_the_channel(Take(Ref(f"r{MARK}", 1))), chats=errands.APPROVERS)
        await self.door.deliver(Delivery("open", name, press.number(name), TAKEN))
        return await self.until(OPENED, f"r{name:09d}", since)

    async def lock(self, name: int) -> float:
        """Let somebody end their sessions."""
        since = asyncio.get_running_loop().time()
        activity = {**envelope("invoke"), "name": "task/submit", "value": {"data": LOCKS}, "replyToId": f"1763{MARK}"}
        sent = Deliveries(self.token, activity, chats=errands.MANY).number(name)
        await self.door.deliver(Delivery("lock", name, sent, b""))
        return await self.until(DONE, f"l{name:09d}", since)


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Each crowd on a database of its own, once: what is measured takes minutes."""
    return section({case: await _case(around, *crowd) for case, crowd in CASES.items()})


async def _case(around: World, many: int, seconds: float) -> Waits:
    async with whole.database(around) as url, around.running(whole.desk(url)) as bot:
        await whole.ready(bot)
        async with PostgresStore(url, clock=Now(), size=4, wait=30) as store:
            await store.ping()
            office = Office(store, url, Door(bot.port), around.issuer.token())
            for approver in range(errands.APPROVERS):
                async with store.unit() as unit:
                    await unit.remember(*errands.approver(approver))
            before = _graph(around)
            try:
                found = await _crowded(office, many, seconds)
            finally:
                office.door.close()
            found.graph = _graph(around) - before
    click.echo(f"{many}: newcomers {_pair(found.newcomers)} s, ended {_pair(found.ended)} s", err=True)
    return found


def _graph(around: World) -> int:
    return sum(calls for sort, calls in around.neighbours.asked.items() if sort.startswith("graph"))


async def _crowded(office: Office, many: int, seconds: float) -> Waits:
    found, loop, begin = Waits(), asyncio.get_running_loop(), asyncio.get_running_loop().time()
    newcomers = range(many + 1, many + NEWCOMERS + 1)
    async with asyncio.TaskGroup() as group:
        line = group.create_task(office.until(SHOWN, BOARD, begin))
        group.create_task(office.cards(found.crowd, [f"r{n:09d}" for n in range(1, many + 1)]))
        group.create_task(office.cards(found.newcomers, [f"r{n:09d}" for n in newcomers]))
        for first in range(1, many + 1, CHUNK):
            await asyncio.sleep(max(0.0, begin + seconds * first / many - loop.time()))
            await office.come(range(first, min(first + CHUNK, many + 1)))
        for one in newcomers:
            await office.come([one])
            presses: tuple[tuple[list[float], Callable[[int], Awaitable[float]]], ...] = (
                (found.opened, office.open),
                (found.ended, office.lock),
            )
            for into, press in presses:
                group.create_task(_noted(into, press(one)))
            await asyncio.sleep(APART)
    found.line = line.result()
    if not found.crowd:
        raise Unsuited("nobody's card came")
    return found


async def _noted(into: list[float], wait: Awaitable[float]) -> None:
    into.append(await wait)


def section(found: Mapping[str, Waits]) -> Section:
    rows = [(case, *_row(one)) for case, one in found.items()]
    goals = [
        goal
        for case, one in found.items()
        for goal in (
            Goal(f"{case}: a newcomer's card with their place", max(one.newcomers), 5, " s", most=True),
            Goal(f"{case}: the newest is opened by an approver", max(one.opened), 10, " s", most=True),
            Goal(f"{case}: sessions are ended", max(one.ended), 5, " s", most=True),
        )
    ]
    everybody = max(found[MINUTE].crowd)  # of 300 at once, Teams takes 40 messages a second
    goals.append(Goal(f"{MINUTE}: everybody's card with their place", everybody, 5, " s", most=True))
    head = ("waiting for an approver", "card s", "newcomer's card s", "line s", "opened s", "ended s", "calls to Graph")
    return Section(
        name="waiting",
        title="Hundreds wait for an approver",
        command="make bench",
        how=(HOW, "Each the median and the longest."),
        tables=(Table(head, tuple(rows)),),
        goals=tuple(goals),
    )


def _row(one: Waits) -> tuple[str, ...]:
    return (
        *(_pair(one.crowd), _pair(one.newcomers), number(one.line)),
        *(_pair(one.opened), _pair(one.ended), number(one.graph)),
    )


def _pair(waits: Sequence[float]) -> str:
    return f"{number(percentile(waits, 0.5))} / {number(max(waits))}"
