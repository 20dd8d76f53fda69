"""Memory: what turns leave behind in a process of the desk; each is a home card, decided with Graph and database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Final

import click

from bench import load, rounds, whole
from bench.contestants import Bot, World
from bench.figures import Goal, Section, Table, number

TURNS: Final = 5_000  # for each round asked for; a tenant takes 40 messages a second, so ten rounds take 21 minutes
CHATS: Final = 1_000
AT_ONCE: Final = 16
WARM: Final = 0.3  # share of the turns that fill what is kept on purpose: pools, caches, one chat after the other
MARKS: Final = (0, 0.1, 0.25, 0.5, 0.75, 1)  # shares of the turns that are in the table
SLICE: Final = 2.0  # seconds between two looks
HOW: Final = """
`app.py serve` with PostgreSQL, on one core; 1,000 people ask for help again and again, 16 at once, and get a home card
each time, for which the desk asks Graph who they are and reads their requests. Resident memory is read every two
seconds; the slope is a line fitted to all readings after the first three tenths of the turns. What is remembered of a
person (where their chat is, how much they were written to) is there after their first turn, and bounded.
"""


@dataclass(frozen=True, slots=True)
class Look:
    turns: int
    resident: int  # kB


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:  # noqa: ARG001 - every measure takes them
    """Let people ask for help until so many were answered."""
    async with whole.database(around) as url, around.running(whole.desk(url)) as bot:
        await whole.ready(bot)
        looks, cpu = await _looked(around, bot, TURNS * count)
        spent = (rounds.cpu_seconds(bot.pid) - cpu) / looks[-1].turns
    return section(looks, spent)


async def _looked(around: World, bot: Bot, turns: int) -> tuple[list[Look], float]:
    looks, cpu = [Look(0, rounds.resident(bot.pid))], rounds.cpu_seconds(bot.pid)
    deliveries, before = load.Deliveries(around.issuer.token(), chats=CHATS), around.neighbours.asked["reply"]
    while looks[-1].turns < turns:
        tally = await load.run(bot.port, deliveries, at_once=AT_ONCE, seconds=SLICE)
        replies = around.neighbours.asked["reply"] - before
        if tally.refused or tally.lost or replies != looks[-1].turns + tally.answered:
            raise rounds.Unsuited(f"{tally.statuses}, {tally.lost} lost, {replies} replies: see {bot.log}")
        looks.append(Look(looks[-1].turns + tally.answered, rounds.resident(bot.pid)))
        click.echo(f"{looks[-1].turns} turns: {looks[-1].resident / 1024:.1f} MB", err=True)
    return looks, cpu


def section(looks: Sequence[Look], cpu: float) -> Section:
    last = looks[-1]
    counted = [look for look in looks if look.turns >= WARM * last.turns]
    slope = linear_regression([look.turns for look in counted], [look.resident for look in counted]).slope
    marks = [min(looks, key=lambda look: abs(look.turns - share * last.turns)) for share in MARKS]
    return Section(
        name="memory",
        title="Memory under load",
        command="python -m bench memory --write",
        how=(HOW, f"{last.turns:,} turns, {number(cpu * 1000)} ms CPU each."),
        tables=(
            Table(
                ("turns", *(f"{look.turns:,}" for look in marks)),
                (("MB", *(number(look.resident / 1024) for look in marks)),),
            ),
        ),
        goals=(Goal("slope", max(0.0, slope), 0.1, " kB a turn", most=True),),
    )
