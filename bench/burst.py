"""Burst: many people ask in the same second; how many are told to wait or refused, and how long the others wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import click

import cards
from bench import rounds, tenant, whole
from bench.contestants import Bot, World
from bench.figures import Goal, Section, Table, number
from bench.pace import Delivery, Door
from bench.rounds import Unsuited, middle, percentile
from bench.turns import SLOW, Numbers, drained

ASKS: Final = 200
WITHIN: Final = 1.0  # seconds
WORKING: Final = cards.text("said.working", "en")[:20]
SUSTAINED: Final = 60.0  # asks a second
MS: Final = 1000
CASES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "200 in a second, Graph at once": (ASKS / WITHIN, 0.0),
        "200 in a second, Graph in 150 ms": (ASKS / WITHIN, SLOW),
        "60 a second, Graph at once": (SUSTAINED, 0.0),
    }
)
HOW: Final = f"""
`app.py serve` with its real desk on one core, as for the turns. {ASKS} people send a form for a pass, each their first,
so many a second whether or not those before were answered. *Answered* got the card of their request; *later* a true
sentence, with the work done a little later; *refused* a no or an error of any kind.
"""


@dataclass(slots=True)
class Answers:
    """What came back: how many of each sort, and how long those waited who were answered at once."""

    sorts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Let the same number come in each case, interleaved by rounds; all that follows is waited for."""
    found: dict[str, list[Answers]] = {case: [] for case in CASES}
    async with whole.database(around) as url:
        numbers = Numbers(url, around.issuer.token())
        async with around.running(whole.desk(url)) as bot:
            await whole.ready(bot)
            await _burst(bot, await numbers.drawn(["ask"] * ASKS), SUSTAINED)  # whose calls the others find open
            await drained(url)
            for _, case in rounds.interleaved(tuple(CASES), count):
                rate, graph = CASES[case]
                every = await numbers.drawn(["ask"] * ASKS)
                around.neighbours.delay.update(dict.fromkeys(tenant.ANSWERS, graph))
                try:
                    found[case].append(await _burst(bot, every, rate))
                finally:
                    around.neighbours.delay.clear()
                click.echo(f"{case}: {dict(found[case][-1].sorts)}, p99 {_p99(found[case][-1:]):.0f} ms", err=True)
                await drained(url)
    return section(found)


async def _burst(bot: Bot, every: Sequence[Delivery], rate: float) -> Answers:
    door, loop, heard = Door(bot.port), asyncio.get_running_loop(), Answers()
    begin = loop.time()

    async def one(place: int, delivery: Delivery) -> None:
        await asyncio.sleep(max(0.0, begin + place / rate - loop.time()))
        try:
            told = await door.deliver(delivery)
        except Unsuited as odd:
            heard.sorts["later" if WORKING in str(odd) else "refused"] += 1
            return
        heard.sorts["answered"] += 1
        heard.waits.append(told.took)

    try:
        async with asyncio.TaskGroup() as group:
            for place, delivery in enumerate(every):
                group.create_task(one(place, delivery))
    finally:
        door.close()
    return heard


def _p99(found: Sequence[Answers]) -> float:
    return middle(percentile(heard.waits, 0.99) if heard.waits else float("inf") for heard in found) * MS


def _of(found: Sequence[Answers], sort: str) -> float:
    return max(heard.sorts[sort] for heard in found)


def section(found: Mapping[str, Sequence[Answers]]) -> Section:
    rows = [
        (
            case,
            number(middle(heard.sorts["answered"] for heard in several)),
            number(_of(several, "later")),
            number(_of(several, "refused")),
            number(middle(percentile(heard.waits, 0.5) if heard.waits else 0.0 for heard in several) * MS),
            number(_p99(several)),
        )
        for case, several in found.items()
    ]
    crowd = found["200 in a second, Graph at once"]
    return Section(
        name="burst",
        title="Many at once",
        command="make bench",
        how=(HOW,),
        tables=(Table(("asks", "answered", "later, at most", "refused, at most", "p50 ms", "p99 ms"), tuple(rows)),),
        goals=(
            Goal("refused of 200 asks in a second", _of(crowd, "refused"), 0, "", most=True),
            Goal("200 asks in a second, p99", _p99(crowd), 1000, " ms", most=True),
        ),
    )
