"""Turns: what each turn of a request for a pass costs the desk, with a PostgreSQL, beside a fast and a slow Graph."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click
import psycopg

from bench import errands, pace, rounds, tenant, whole
from bench.contestants import Bot, World
from bench.errands import MIX, SORTS
from bench.figures import Goal, Section, Table, number
from bench.pace import Delivery, Told
from bench.rounds import Unsuited, middle, percentile
from playground.wire import Wire, wire

RATE: Final = 50.0  # turns a second
SLOW: Final = 0.15  # seconds Graph takes
LONGER: Final = 5  # times as long as others measure: a p99 needs many
CROWD, AT_ONCE = 300, 16
LOOKS: Final = 9  # turns one after the other whose statements are counted
DRAINED: Final = 60.0  # seconds until what follows the turns must be over
REST: Final = 3.0  # seconds in which an idle desk is watched
GRAPHS: Final[Mapping[str, float]] = MappingProxyType({"at once": 0.0, "in 150 ms": SLOW})
LEFT: Final = (
    "SELECT queue_name, status::text, count(*), max(attempts) FROM procrastinate_jobs "
    "WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
)
MS: Final = 1000
HOW: Final = f"""
`app.py serve` with its real desk on one core; PostgreSQL, the load and the neighbours of the echo, Graph among them,
over TLS on the other. Each turn is by somebody who has done nothing yet, and about a request of their own that is
where it must be; each answer is looked at. *Statements* and *round trips* are counted on the wire to PostgreSQL, one
turn after the other ({LOOKS} of each, the median); what follows a turn by itself (messages to other cards) is not in
them. *CPU* is user and system time of the process for a turn with all that follows it, at {AT_ONCE} at once, less what
it takes idle. *Turns a second* are reached with {AT_ONCE} at once; a home card is a message, of which a tenant takes 40
a second. The other times are those of the mix of an errand ({", ".join(SORTS[one].title for one in MIX)}),
{RATE:.0f} turns a second whether or not those before were answered, with a Graph that answers at once and one that
takes 150 ms for each call. Where Graph and the connector answer at once, all of a turn is the desk's own, with what the
load, TLS and PostgreSQL take of it.
"""


@dataclass(slots=True)
class Cost:
    """What one sort of turn costs, by rounds."""

    statements: float = 0.0
    trips: float = 0.0
    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


Times = dict[str, list[list[Told]]]  # by Graph and round


class Numbers:
    """Numbers nobody has had, for deliveries of these sorts, with the requests they are about."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._next = count(1)
        self._deliveries = {sort: errands.deliveries(token, sort) for sort in SORTS}

    async def drawn(self, sorts: Iterable[str]) -> list[Delivery]:
        wanted = {next(self._next): sort for sort in sorts}
        await errands.seed(self._url, wanted)
        return [Delivery(sort, n, self._deliveries[sort].number(n), SORTS[sort].answer) for n, sort in wanted.items()]


async def measure(around: World, names: Sequence[str], rounds_: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Count on the wire, let each sort crowd in, then let everybody come at the pace of an office."""
    costs, times = {sort: Cost() for sort in SORTS}, Times({graph: [] for graph in GRAPHS})
    async with whole.database(around) as url:
        numbers = Numbers(url, around.issuer.token())
        await _counted(around, url, numbers, costs)
        async with around.running(whole.desk(url)) as bot:
            await whole.ready(bot)
            await _crowded(around, url, bot, await numbers.drawn(SORTS))  # whose calls the others find open
            for _, sort in rounds.interleaved(tuple(SORTS), rounds_):
                found = await _crowded(around, url, bot, await numbers.drawn([sort] * CROWD))
                costs[sort].rate.append(found[0])
                costs[sort].cpu.append(found[1])
                click.echo(f"{sort}: {found[0]:.0f}/s, {found[1]:.2f} ms CPU", err=True)
            for _, graph in rounds.interleaved(tuple(GRAPHS), rounds_):
                every = await numbers.drawn(islice(cycle(MIX), round(RATE * seconds * LONGER)))
                times[graph].append(await _paced(around, url, bot, every, GRAPHS[graph]))
                click.echo(f"Graph {graph}: p99 {_median(times[graph][-1:], 0.99):.1f} ms", err=True)
    if around.neighbours.unknown:
        raise Unsuited(f"asked for what nobody plays: {dict(around.neighbours.unknown)}")
    return section(costs, times)


async def _counted(around: World, url: str, numbers: Numbers, costs: Mapping[str, Cost]) -> None:
    """One turn after the other, each waited for with all that follows it."""
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        async with wire(url, Path(folder)) as laid, around.running(whole.desk(laid.url(url))) as bot:
            await whole.ready(bot)
            for sort, cost in costs.items():
                found = [await _trip(laid, url, bot, one) for one in await numbers.drawn([sort] * (LOOKS + 1))][1:]
                cost.statements, cost.trips = (middle(values) for values in zip(*found, strict=True))


async def _trip(laid: Wire, url: str, bot: Bot, one: Delivery) -> tuple[int, int]:
    before = laid.statements, laid.trips
    await pace.crowded(bot.port, [one], at_once=1)
    found = laid.statements - before[0], laid.trips - before[1]
    await drained(url)
    return found


async def _crowded(around: World, url: str, bot: Bot, every: Sequence[Delivery]) -> tuple[float, float]:
    """Return the turns a second, and the milliseconds of CPU for each, with all that followed."""
    idle, began = await _idle(bot), asyncio.get_running_loop().time()
    cpu, posts = rounds.cpu_seconds(bot.pid), around.neighbours.asked["reply"]
    told = await pace.crowded(bot.port, every, at_once=AT_ONCE)
    took = max(one.ended for one in told) - min(one.began for one in told)
    await drained(url)
    used = rounds.cpu_seconds(bot.pid) - cpu - idle * (asyncio.get_running_loop().time() - began - REST)
    if any(SORTS[one.sort].posts for one in every) and around.neighbours.asked["reply"] == posts:
        raise Unsuited("home cards were asked for, and nothing was posted")
    return len(told) / took, used / len(told) * MS


async def _idle(bot: Bot) -> float:
    """Return the share of a core that the desk takes while nobody asks it."""
    before = rounds.cpu_seconds(bot.pid)
    await asyncio.sleep(REST)
    return (rounds.cpu_seconds(bot.pid) - before) / REST


async def _paced(around: World, url: str, bot: Bot, every: Sequence[Delivery], graph: float) -> list[Told]:
    around.neighbours.delay.update(dict.fromkeys(tenant.ANSWERS, graph))
    try:
        told = await pace.paced(bot.port, every, rate=RATE)
    finally:
        around.neighbours.delay.clear()
    await drained(url)
    return told


async def drained(url: str) -> None:
    """Wait until nothing is left to do. Raises `Unsuited`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + DRAINED
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while left := await (await connection.execute(LEFT)).fetchall():
            if loop.time() > until:
                raise Unsuited(f"The desk still had work to do after {DRAINED:.0f} s: {left}")
            await asyncio.sleep(0.05)


def section(costs: Mapping[str, Cost], times: Times) -> Section:
    head = ("turn", "statements", "round trips", "CPU ms", "turns/s")
    rows = [
        (
            SORTS[sort].title,
            number(cost.statements),
            number(cost.trips),
            number(middle(cost.cpu)),
            number(middle(cost.rate)),
        )
        for sort, cost in costs.items()
    ]
    overhead = _median(times["at once"], 0.99)
    return Section(
        name="turns",
        title="The real turns",
        command="make bench",
        how=(HOW,),
        tables=(Table(head, tuple(rows)), _waits(times)),
        goals=(
            Goal("round trips to the database of an ask", costs["ask"].trips, 6, "", most=True),
            Goal("desk overhead at 50 turns/s, p99", overhead, 25, " ms", most=True),
        ),
    )


def _waits(times: Times) -> Table:
    """Return p50 and p99 of each sort, and of all."""
    rows = [
        (SORTS[sort].title if sort else "all", *(_pair(found, sort) for found in times.values()))
        for sort in (*SORTS, "")
    ]
    return Table(("p50 / p99 ms at 50 turns/s", *(f"Graph {graph}" for graph in times)), tuple(rows))


def _pair(found: Sequence[Sequence[Told]], sort: str) -> str:
    chosen = [[one for one in told if sort in {"", one.sort}] for told in found]
    return f"{number(_median(chosen, 0.5))} / {number(_median(chosen, 0.99))}"


def _median(found: Sequence[Sequence[Told]], share: float) -> float:
    return middle(percentile([one.took for one in told], share) for told in found) * MS
