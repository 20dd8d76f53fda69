"""Graph: what a call costs the desk, beside the SDK as it is shipped and aiohttp alone, each in a new process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

import click

from bench import rounds
from bench.contestants import Contestant, World
from bench.figures import Goal, Section, Table, number

PATIENCE: Final = 120.0  # seconds for the SDK's first call on a busy machine, and any run
LONGEST: Final = 2.0  # seconds of a run
AT_ONCE: Final = 16
WAYS: Final = MappingProxyType({"ours": "Vouchsafe", "sdk": "msgraph-sdk", "bare": "aiohttp alone"})
RUNS: Final = (("read", 1), ("read", AT_ONCE), ("write", 1))
HOW: Final = f"""
One process in each way on one core, Graph played over TLS under its real name on the other. Each round each way begins
in a process of its own. *First* is its first call, from nothing but what it does at its start (ours warms itself up
before it is ready), with the connection and its TLS. *Read* asks for an account with the eleven fields a decision
needs, *write* makes a Temporary Access Pass; one after the other, and {AT_ONCE} reads at once. CPU is user and system
time of the process for each call, ours with its deadline, its metrics and what it makes of the answer. *RSS* is the
process at the end.
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """One way in one round; times in ms."""

    first: float
    cpu: Mapping[tuple[str, int], float]
    wall: Mapping[tuple[str, int], float]
    rss: int


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Let the three ways take turns."""
    cells: dict[str, list[Costs]] = defaultdict(list)
    for turn, way in rounds.interleaved(tuple(WAYS), count):
        cells[way].append(await _cell(around, way, min(seconds, LONGEST)))
        one = cells[way][-1]
        click.echo(
            f"round {turn + 1}: {WAYS[way]}: first {one.first:.0f} ms, {one.cpu['read', 1]:.2f} ms CPU", err=True
        )
    return section(cells)


async def _cell(around: World, way: str, seconds: float) -> Costs:
    caller = Contestant(f"caller-{way}", WAYS[way], lambda: (sys.executable, "-m", "bench.caller", way))
    async with around.running(caller) as bot:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)

        async def ask(sort: str, at_once: int, seconds: float) -> dict[str, float]:
            writer.write(f"{sort} {at_once} {seconds}\n".encode())
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
            if not line:
                raise rounds.Unsuited(f"{WAYS[way]}: {bot.log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
            told: dict[str, float] = json.loads(line)
            return told

        first = await ask("read", 1, 0)
        await ask("write", 1, 0)
        told = {(sort, at_once): await ask(sort, at_once, seconds) for sort, at_once in RUNS}
        writer.close()
    return Costs(
        first=first["wall"] * 1000,
        cpu={run: one["cpu"] / one["made"] * 1000 for run, one in told.items()},
        wall={run: one["wall"] / one["made"] * 1000 for run, one in told.items()},
        rss=int(told[RUNS[-1]]["rss"]),
    )


def section(cells: Mapping[str, Sequence[Costs]]) -> Section:
    ours = cells["ours"]
    rows = tuple(_row(WAYS[way], found, cells["bare"]) for way, found in cells.items())
    head = ("", "first ms", *(f"{s} x{n}, CPU ms" for s, n in RUNS), "read x1, ms", "CPU, x aiohttp", "RSS MB")
    cpu = rounds.middle(cell.cpu["read", 1] for cell in ours)
    sdk = rounds.ratio([c.cpu["read", 1] for c in cells["sdk"]], [c.cpu["read", 1] for c in ours])
    return Section(
        name="graph",
        title="A call to Graph",
        command="python -m bench graph --write",
        how=(HOW,),
        tables=(Table(head, rows),),
        goals=(
            Goal("CPU of a read", cpu, 1.5, " ms", most=True),
            Goal("the first call", rounds.middle(cell.first for cell in ours), 50, " ms", most=True),
            Goal("CPU of a read, the SDK's over ours", sdk, 3, "x"),
        ),
        versions=tuple(f"{name} {version(name)}" for name in ("msgraph-sdk", "aiohttp", "httpx")),
    )


def _row(title: str, found: Sequence[Costs], bare: Sequence[Costs]) -> tuple[str, ...]:
    over = rounds.ratio([c.cpu["read", 1] for c in found], [c.cpu["read", 1] for c in bare])
    return (
        title,
        number(rounds.middle(cell.first for cell in found)),
        *(number(rounds.middle(cell.cpu[run] for cell in found)) for run in RUNS),
        number(rounds.middle(cell.wall["read", 1] for cell in found)),
        number(over),
        number(rounds.middle(cell.rss / 1024 for cell in found)),
    )
