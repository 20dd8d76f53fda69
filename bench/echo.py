"""Echo: one authenticated activity in, one reply out through the connector; ours beside the peers and two floors."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import click

from bench import contestants, environments, load, rounds
from bench.contestants import EVERYBODY, Bot, World
from bench.figures import Goal, Section, Table, number

AT_ONCE: Final = 32
WARM: Final = 0.5  # seconds before the first round
PYTHON_PEERS: Final = ("stock", "agents", "teams")
# Ours over whom, and by how much: remembering verified tokens, and verifying each time.
GOALS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "ours": {"stock": 100, "best": 5, "node": 2.5, "fast": 0.5, "plain": 1.0},
        "each": {"stock": 60, "best": 3.5, "node": 1.6, "plain": 0.65},
    }
)
FLOOR: Final = "a floor has no SDK's turn, no limits, deadlines, metrics or log"
FLAT: Final = "of ours, half is HTTP's server and client, a fourteenth JSON, a twentieth the access log, the rest small"
WHY: Final[Mapping[str, str]] = MappingProxyType({"fast": FLOOR, "plain": FLOOR})
HOW: Final = """
One process of each bot on one core, the load and everything a bot speaks to on the other. The connector, Entra and
the issuer's keys answer over TLS under their real names, so that every bot runs with its production addresses and
checks real tokens. The load delivers messages from 20,000 private chats over plain HTTP, as behind an ingress, one or
32 at once, each sent when the one before was answered; a delivery is answered when the connector took the reply.
Replies counted at the connector are as many as deliveries answered. Every figure is the median of the rounds, a ratio
the median of the ratios round by round. CPU is user and system time of the bot's process for each turn at 32 at once:
what others do on the machine disturbs it least. *No* says how a delivery without a token and one with a changed token
are refused. Ours is put together as in production, with its access log, its metrics and Teams' limit for each chat,
but for its desk, which says one line and asks no database, and the tenant's limit, which replicas share there; the
peers log nothing and keep to no limit.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One contestant in one round."""

    rate: float
    rate_alone: float
    alone: tuple[float, float]  # p50 and p99 in ms, one at a time
    together: tuple[float, float]
    cpu: float  # ms a turn
    others: float  # share of the bot's core that others used
    load: float  # share of the other core that the load and the neighbours used


Cells = Mapping[str, Sequence[Cell]]


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:
    """Start everybody, check everybody, and let them take turns."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        bots: dict[str, Bot] = {}
        refusals: dict[str, str] = {}
        for name in names:
            bots[name] = await stack.enter_async_context(around.running(EVERYBODY[name]))
            refusals[name] = await contestants.check(around, EVERYBODY[name], bots[name])
            await contestants.deliver(around, bots[name], at_once=AT_ONCE, seconds=WARM)
        for number_, name in rounds.interleaved(names, count):
            cells[name].append(await _cell(around, bots[name], seconds))
            click.echo(f"round {number_ + 1}: {EVERYBODY[name].title}: {cells[name][-1].rate:.0f}/s", err=True)
    return section(cells, refusals)


async def _cell(around: World, bot: Bot, seconds: float) -> Cell:
    alone = await contestants.deliver(around, bot, at_once=1, seconds=seconds / 2)
    cpu, busy, load_busy = _accounts(bot)
    together = await contestants.deliver(around, bot, at_once=AT_ONCE, seconds=seconds)
    used, all_used, load_used = (
        after - before for after, before in zip(_accounts(bot), (cpu, busy, load_busy), strict=True)
    )
    return Cell(
        rate=together.rate,
        rate_alone=alone.rate,
        alone=_waits(alone),
        together=_waits(together),
        cpu=used / together.answered * 1000,
        others=max(0.0, all_used - used) / together.took,
        load=load_used / together.took,
    )


def _accounts(bot: Bot) -> tuple[float, float, float]:
    return rounds.cpu_seconds(bot.pid), rounds.busy_seconds(rounds.BOT_CORE), time.process_time()


def _waits(tally: load.Tally) -> tuple[float, float]:
    return rounds.percentile(tally.waits, 0.5) * 1000, rounds.percentile(tally.waits, 0.99) * 1000


def section(cells: Cells, refusals: Mapping[str, str]) -> Section:
    """Return the figures, with the ratios for those who took part."""
    return Section(
        name="echo",
        title="Echo: one activity in, one reply out",
        command="make bench",
        how=(HOW,),
        tables=(_everybody(cells, refusals), _ratios(cells), _quality(cells)),
        goals=tuple(_goals(cells)),
        versions=tuple(dict.fromkeys(environments.versions(EVERYBODY[n].of) for n in cells if EVERYBODY[n].of)),
    )


def _everybody(cells: Cells, refusals: Mapping[str, str]) -> Table:
    head = ("bot", "req/s, 32", "CPU ms", "p50/p99 ms, 32", "req/s, 1", "p50/p99 ms, 1", "no")
    rows = [
        (
            EVERYBODY[name].title,
            number(_median(cells[name], "rate")),
            number(_median(cells[name], "cpu")),
            _pair([cell.together for cell in cells[name]]),
            number(_median(cells[name], "rate_alone")),
            _pair([cell.alone for cell in cells[name]]),
            refusals[name],
        )
        for name in cells
    ]
    return Table(head, tuple(rows))


def _ratios(cells: Cells) -> Table:
    """Compare ours with everybody else, by deliveries a second and by CPU."""
    ours = [name for name in GOALS if name in cells]
    head = ("over", *(f"{EVERYBODY[name].title}: {what}" for name in ours for what in ("req/s", "CPU")))
    rows = [
        (
            EVERYBODY[other].title,
            *(text for name in ours for text in (number(_rate(cells, name, other)), number(_cpu(cells, name, other)))),
        )
        for other in cells
        if other not in GOALS
    ]
    return Table(head, tuple(rows), caption="How many times as fast, and how many times less CPU:")


def _quality(cells: Cells) -> Table:
    """Say how good the figures are: who else used the bot's core, and whether the load was the limit."""
    rows = [
        (EVERYBODY[name].title, f"{_median(cells[name], 'others'):.0%}", f"{_median(cells[name], 'load'):.0%}")
        for name in cells
    ]
    return Table(
        ("bot", "its core, used by others", "the other core, used by the load"),
        tuple(rows),
        caption="How good the figures are:",
    )


def _goals(cells: Cells) -> list[Goal]:
    found: list[Goal] = []
    best = max((n for n in PYTHON_PEERS if n in cells), key=lambda n: _median(cells[n], "rate"), default="")
    for ours, goals in GOALS.items():
        for key, wanted in goals.items():
            other = best if key == "best" else key
            if ours not in cells or other not in cells:
                continue
            title = f"the best Python peer ({EVERYBODY[other].title})" if key == "best" else EVERYBODY[other].title
            rate, note = _rate(cells, ours, other), f"{number(_cpu(cells, ours, other))} by CPU; {WHY.get(key, FLAT)}"
            missed = "" if rate >= wanted else note
            found.append(Goal(f"{EVERYBODY[ours].title}, over {title}", rate, wanted, " times", note=missed))
    return found


def _rate(cells: Cells, ours: str, other: str) -> float:
    return rounds.ratio([cell.rate for cell in cells[ours]], [cell.rate for cell in cells[other]])


def _cpu(cells: Cells, ours: str, other: str) -> float:
    return rounds.ratio([cell.cpu for cell in cells[other]], [cell.cpu for cell in cells[ours]])


def _median(cells: Sequence[Cell], name: str) -> float:
    return rounds.middle(getattr(cell, name) for cell in cells)


def _pair(pairs: Sequence[tuple[float, float]]) -> str:
    return " / ".join(number(rounds.middle(values)) for values in zip(*pairs, strict=True))
