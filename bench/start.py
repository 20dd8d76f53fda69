"""Start: how long a process of the desk takes from nothing to ready, and what it holds while nobody asks it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import click

from bench import rounds, whole
from bench.contestants import World
from bench.figures import Goal, Section, Table, number

IDLE: Final = 5.0  # seconds until memory is looked at
HOW: Final = """
`app.py serve` on one core, with a migrated PostgreSQL and everything it speaks to on the other; its bytecode is
compiled. *Ready* is the time from the start of the process to the first 200 of `/readyz`, which proves the database and
its schema, Teams' keys and the app's tokens. *CPU* is what the process had used by then, and says how long it would
take on a core that nobody else uses. *Others* is the share of the core that others used meanwhile. *Idle* is its
resident memory five seconds later.
"""


@dataclass(frozen=True, slots=True)
class Start:
    ready: float  # seconds
    cpu: float  # seconds
    others: float  # share of the core
    idle: float  # MB


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Start it again and again; the first start compiles and fills caches, and does not count."""
    async with whole.database(around) as url:
        await _started(around, url)
        found = [await _started(around, url) for _ in range(count)]
    return section(found)


async def _started(around: World, url: str) -> Start:
    busy, began = rounds.busy_seconds(rounds.BOT_CORE), time.perf_counter()
    async with around.running(whole.desk(url)) as bot:
        await whole.ready(bot)
        took, cpu = time.perf_counter() - began, rounds.cpu_seconds(bot.pid)
        others = (rounds.busy_seconds(rounds.BOT_CORE) - busy - cpu) / took
        await asyncio.sleep(IDLE)
        start = Start(took, cpu, max(0.0, others), rounds.resident(bot.pid) / 1024)
    click.echo(f"ready in {start.ready:.2f} s, {start.cpu:.2f} s CPU, {start.idle:.0f} MB", err=True)
    return start


def section(found: Sequence[Start]) -> Section:
    def middle(what: str) -> float:
        return rounds.middle(getattr(start, what) for start in found)

    row = (number(middle("ready")), number(middle("cpu")), f"{middle('others'):.0%}", number(middle("idle")))
    return Section(
        name="start",
        title="Start and idle memory",
        command="python -m bench start --write",
        how=(HOW,),
        tables=(Table(("", "ready s", "CPU s", "others", "idle MB"), (("Vouchsafe", *row),)),),
        goals=(
            Goal("from nothing to ready", middle("ready"), 2, " s", most=True),
            Goal("idle memory", middle("idle"), 120, " MB", most=True),
        ),
    )
