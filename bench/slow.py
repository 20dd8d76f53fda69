"""Slow: what is left of the echo while a neighbour takes its time, and what an unknown key costs."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import aiohttp
import click

from bench import contestants, load, rounds
from bench.contestants import EVERYBODY, Bot, Contestant, World
from bench.figures import Goal, Section, Table, number

AT_ONCE: Final = 32
CONNECTOR, ENTRA = 0.2, 0.1  # seconds each call takes
POSSIBLE: Final = AT_ONCE / CONNECTOR
FLOORS: Final = frozenset({"fast", "plain", "each"})  # nothing is to be learned from these here
ASKED: Final = ("token", "authority", "instance")  # what Entra is asked
STRANGERS: Final = 5  # deliveries whose token names a key nobody published
LEAST: Final = 0.95
STALL: Final = 50.0  # ms
HEARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"ours": (sys.executable, "-m", "bench.ours", "--heart")}
)
HOW: Final = f"""
Set up as for the echo, {AT_ONCE} at once. *Connector*: each post takes {CONNECTOR * 1000:.0f} ms, so that
{POSSIBLE:.0f} deliveries a second are possible. *Entra*: each call to Entra takes {ENTRA * 1000:.0f} ms; each bot is
started anew, gets {AT_ONCE} deliveries at once before it has a token, and then runs; its deliveries a second are
compared with those of a process whose Entra answers at once. *Stall* is how long our event loop was held up at most,
from the first delivery on, as a task on it saw that wanted to run every 5 ms; waiting for the core is left out.
*Unknown key*: {STRANGERS} deliveries whose tokens name a key that is not published, how they are answered, and how
often the keys were fetched for them.
"""


@dataclass(frozen=True, slots=True)
class Cold:
    """One start with a slow Entra, beside one with a fast one."""

    kept: float  # of the deliveries a second
    rate: float
    tokens: int
    stall: float  # ms


@dataclass(slots=True)
class Found:
    """What was measured of one contestant, by rounds."""

    connector: list[float]
    cold: list[Cold]
    stranger: tuple[int, int] = (0, 0)  # the status, and how often the keys were fetched


async def measure(around: World, names: Sequence[str], count: int, seconds: float) -> Section:
    """Let everybody run beside a slow connector, then start everybody beside a slow Entra."""
    chosen = [name for name in names if name not in FLOORS]
    found: dict[str, Found] = defaultdict(lambda: Found([], []))
    async with AsyncExitStack() as stack:
        bots = {name: await stack.enter_async_context(around.running(EVERYBODY[name])) for name in chosen}
        for name, bot in bots.items():
            await contestants.check(around, EVERYBODY[name], bot)
            found[name].stranger = await _stranger(around, bot)
        for _, name in rounds.interleaved(chosen, count):
            found[name].connector.append(await _connector(around, bots[name], seconds))
    for number_, name in rounds.interleaved(chosen, count):
        found[name].cold.append(await _cold(around, EVERYBODY[name], seconds))
        click.echo(f"round {number_ + 1}: {EVERYBODY[name].title}: {found[name].cold[-1].kept:.2f} kept", err=True)
    return section(found)


async def _stranger(around: World, bot: Bot) -> tuple[int, int]:
    """Deliver with tokens of an unknown key, one by one; return the last status, and the fetches they cost."""
    before = around.neighbours.asked["keys"]
    deliveries = load.Deliveries(around.issuer.token(kid="nobody's"))
    statuses = [(await load.run(bot.port, deliveries, at_once=1, seconds=0)).statuses for _ in range(STRANGERS)]
    return max(set.union(*statuses)), around.neighbours.asked["keys"] - before


async def _connector(around: World, bot: Bot, seconds: float) -> float:
    around.neighbours.delay["reply"] = CONNECTOR
    try:
        await contestants.deliver(around, bot, at_once=AT_ONCE, seconds=0)  # whose connections the others find open
        return (await contestants.deliver(around, bot, at_once=AT_ONCE, seconds=seconds)).rate
    finally:
        around.neighbours.delay.clear()


async def _cold(around: World, one: Contestant, seconds: float) -> Cold:
    fast, _, _ = await _started(around, one, seconds)
    around.neighbours.delay.update(dict.fromkeys(ASKED, ENTRA))
    try:
        slow, tokens, stall = await _started(around, one, seconds)
    finally:
        around.neighbours.delay.clear()
    return Cold(slow / fast, slow, tokens, stall)


async def _started(around: World, one: Contestant, seconds: float) -> tuple[float, int, float]:
    """Start a bot; return its deliveries a second, the tokens it asked for, and the longest stall in ms."""
    async with around.running(one, HEARTS.get(one.name, ())) as bot:
        before = around.neighbours.asked["token"]
        await contestants.deliver(around, bot, at_once=AT_ONCE, seconds=0)
        tally = await contestants.deliver(around, bot, at_once=AT_ONCE, seconds=seconds)
        stall = await _stall(bot) if one.name in HEARTS else 0.0
        return tally.rate, around.neighbours.asked["token"] - before, stall


async def _stall(bot: Bot) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{bot.port}/stall") as told:
        return float((await told.json())["stall"]) * 1000


def section(found: Mapping[str, Found]) -> Section:
    head = ("bot", "connector: req/s", "of what is possible", "Entra: req/s", "kept", "token requests", "unknown key")
    rows = [
        (
            EVERYBODY[name].title,
            number(rounds.middle(one.connector)),
            f"{rounds.middle(one.connector) / POSSIBLE:.0%}",
            number(rounds.middle(cold.rate for cold in one.cold)),
            f"{rounds.middle(cold.kept for cold in one.cold):.0%}",
            str(max(cold.tokens for cold in one.cold)),
            f"{one.stranger[0]}, {one.stranger[1]} fetched",
        )
        for name, one in found.items()
    ]
    return Section(
        name="slow",
        title="Slow neighbours",
        command="make bench",
        how=(HOW,),
        tables=(Table(head, tuple(rows)),),
        goals=tuple(_goals(found["ours"])) if "ours" in found else (),
    )


def _goals(ours: Found) -> list[Goal]:
    stalls = [cold.stall for cold in ours.cold]
    status, fetched = ours.stranger
    return [
        Goal("connector at 200 ms, of what is possible", rounds.middle(ours.connector) / POSSIBLE, LEAST),
        Goal("Entra at 100 ms, kept", rounds.middle(cold.kept for cold in ours.cold), LEAST),
        Goal("token requests for each scope and lifetime", max(cold.tokens for cold in ours.cold), 1, most=True),
        Goal("longest stall of the event loop", rounds.middle(stalls), STALL, " ms", most=True),
        Goal("fetches for an unknown key", fetched, 1, most=True),
        Goal("answers to an unknown key that are 401", float(status == 401), 1),  # noqa: PLR2004 - Unauthorized
    ]
