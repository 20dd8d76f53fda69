"""Crowd: hundreds wait for an approver while everything goes wrong; what must not wait with them is timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any, Final

import psycopg

import cards
from playground.teams.views import Seen
from tests.chaos.errands import ANSWER, Agent
from tests.chaos.eyes import data_of, verbs
from tests.chaos.eyes import found as found_in
from tests.chaos.person import GLANCE, TROUBLE, Person
from tests.chaos.plans import Plan
from tests.chaos.stage import Stage

NEWCOMERS: Final = (
    6  # of those who wait come later, one by one; beside each a pass is taken back and sessions are ended
)
EARLY: Final = 3  # of them come with the crowd, the others while all of it waits
LULL: Final = 5.0  # seconds between two of those others
APART: Final = 2.0  # seconds between two looks of approvers at the line
LOOK: Final = 0.05
PATIENCE: Final = 120.0  # seconds until what does not come is given up
PROMISED: Final = 60.0  # seconds for anything of it, whatever goes wrong meanwhile; a replica that dies costs ten
OVER: Final = timedelta(minutes=241)  # then nobody waits: to begin a thread for each would take ten minutes
MOST: Final = (
    0.94  # of the crowd wait at once, more than 300 of 320: some are decided, some accounts are locked meanwhile
)
MANY: Final = 30  # jobs: with fewer before it, it says nothing that something overtook them
SHARE: Final = 0.5  # of the jobs that stood there before a take-back, so many may go first, in the middle case
PLACED: Final = cards.text("request.approval.place", "en", at="", place="").rpartition("**")[2][:30]
WAITING: Final = "SELECT count(*) FROM requests WHERE status = 'approval'"
QUEUED: Final = """SELECT coalesce(array_agg(id), '{}') FROM procrastinate_jobs
                   WHERE status = 'todo' AND priority = 0 AND coalesce(scheduled_at, now()) <= now()"""
LEFT: Final = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something took; of so many jobs that were `queued` before it, so many went `first`."""

    seconds: float
    queued: int = 0
    first: int = 0


@dataclass
class Crowd:
    """What was waited for, beside so many `people`. `most` is how many waited for an approver at the same time."""

    people: int = 0
    taken_back: list[Wait] = field(default_factory=list)
    ended: list[Wait] = field(default_factory=list)
    placed: list[Wait] = field(default_factory=list)
    most: int = 0
    decided: int = 0

    def broken(self) -> Iterator[str]:
        """Say what took longer than it may or went behind what is less urgent, and whether it was a crowd at all."""
        if self.most < MOST * self.people:
            yield f"of {self.people} people at most {self.most} waited at once"
        for what, waits in self._every():
            yield from (f"{what}: {one.seconds:.0f} s" for one in waits if one.seconds > PROMISED)
            if len(waits) < NEWCOMERS:
                yield f"{what}: {len(waits)} times, not {NEWCOMERS}"
        if (share := self._share()) > SHARE:
            yield f"{share:.0%} of what is less urgent went before a pass was taken back"

    def told(self) -> Iterator[str]:
        yield f"at most {self.most} waited for an approver at once; {self.decided} were decided meanwhile"
        for what, waits in self._every():
            took = sorted(one.seconds for one in waits)
            yield f"  {what}: " + ", ".join(f"{one:.1f}" for one in took) + " s"
        queued = [one for one in self.taken_back if one.queued >= MANY]
        before = ", ".join(f"{one.first} of {one.queued}" for one in queued)
        yield f"  of jobs less urgent, so many went before a pass was taken back: {before or 'none stood there'}"

    def _every(self) -> tuple[tuple[str, list[Wait]], ...]:
        placed = "a newcomer's card has their place"
        return (("a pass is taken back", self.taken_back), ("sessions are ended", self.ended), (placed, self.placed))

    def _share(self) -> float:
        shares = [one.first / one.queued for one in self.taken_back if one.queued >= MANY]
        return median(shares) if shares else 0.0


async def waited(stage: Stage, *, spread: float) -> Crowd:
    """Let the crowd come within so many seconds, in bad weather, and see how long everything else takes meanwhile."""
    over, there = asyncio.Event(), asyncio.Event()
    holders, enders = stage.agents[:NEWCOMERS], stage.agents[NEWCOMERS : 2 * NEWCOMERS]
    passes = await asyncio.gather(*(agent.holds(plan("tap")) for agent in holders))
    come, new = stage.waiting[:-NEWCOMERS], stage.waiting[-NEWCOMERS:]
    found = Crowd(len(come))
    stage.weather.crowd = [agent.me for agent in come]

    async def _round(number: int) -> None:
        if number >= EARLY:
            await there.wait()
        await asyncio.sleep(LULL * (number - EARLY) if number >= EARLY else spread * (number + 1) / EARLY)
        await asyncio.gather(
            _taken_back(stage, found, holders[number], passes[number]),
            _ended(stage, found, enders[number]),
            _placed(found, new[number]),
        )

    async with asyncio.TaskGroup() as group:
        for work in (stage.weather.rage(over), _watched(stage, found, over), _helped(stage, found, over)):
            group.create_task(work)
        rounds = [group.create_task(_round(number)) for number in range(NEWCOMERS)]
        await asyncio.gather(*(_comes(agent, spread) for agent in come))
        there.set()
        await asyncio.gather(*rounds)
        over.set()
    stage.play.world.clock.advance(OVER)
    return found


def plan(kind: str) -> Plan:
    """Return a plan of somebody who wants only this, and does nothing odd on the way."""
    return Plan(
        kind=kind,
        ending="through",
        double=False,
        stranger=False,
        own=False,
        writes=False,
        wrong_face=False,
        level="low",
    )


async def _comes(agent: Agent, spread: float) -> None:
    """Ask until it is asked for, or somebody says that this account is in other hands."""
    await asyncio.sleep(agent.me.random.uniform(0, spread))
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(*TROUBLE):
            if await agent.begins(plan("tap")):
                return


# -- what is timed ---------------------------------------------------------------------------------------


async def _taken_back(stage: Stage, found: Crowd, agent: Agent, request: str) -> None:
    """Time from the press until Graph has no such pass any more."""
    me, passes = agent.me, stage.play.world.graph.passes
    queued = (await _asked(stage, QUEUED))[0]
    took = await _until(lambda: me.key not in passes, lambda: _pressed(me, request, "revoke"))
    left = (await _asked(stage, LEFT, queued))[0]
    found.taken_back.append(Wait(took, len(queued), len(queued) - left))


async def _ended(stage: Stage, found: Crowd, agent: Agent) -> None:
    """Time from the first press until Graph has ended the sessions."""
    revoked, key = stage.play.world.graph.revoked, agent.me.key
    asks = plan("sessions")
    took = await _until(lambda: any(one.person == key for one in revoked), lambda: agent.begins(asks))
    found.ended.append(Wait(took))


async def _placed(found: Crowd, agent: Agent) -> None:
    """Time from the first press until a card says the place."""
    me, asks = agent.me, plan("tap")
    took = await _until(lambda: any(PLACED in seen.words for seen in me.reads()), lambda: agent.begins(asks))
    found.placed.append(Wait(took))


async def _until(done: Callable[[], bool], tries: Callable[[], Awaitable[object]]) -> float:
    """Try it again and again as people do, and return how many seconds it took until it was done."""
    began = time.monotonic()

    async def trying() -> None:
        while not done():
            with suppress(*TROUBLE):
                await tries()
            await asyncio.sleep(GLANCE)

    trier = asyncio.create_task(trying())
    while not done() and time.monotonic() - began < PATIENCE:
        await asyncio.sleep(LOOK)
    took = time.monotonic() - began
    trier.cancel()
    await asyncio.wait({trier})
    return took


async def _pressed(me: Person, request: str, verb: str) -> None:
    seen = me.sees(request)
    if seen is not None:
        await me.press(seen, verb)


# -- meanwhile -------------------------------------------------------------------------------------------


async def _watched(stage: Stage, found: Crowd, over: asyncio.Event) -> None:
    """Count who waits."""
    while not over.is_set():
        found.most = max(found.most, (await _asked(stage, WAITING))[0])
        await asyncio.sleep(0.5)


async def _helped(stage: Stage, found: Crowd, over: asyncio.Event) -> None:
    """Let approvers take from the line, one after the other."""
    approvers = stage.waiting[0].approvers
    while not over.is_set():
        for approver in approvers:
            with suppress(*TROUBLE):
                found.decided += await _took(stage, approver)
            await asyncio.sleep(APART)


async def _took(stage: Stage, approver: Person) -> bool:
    """Open what stands first in the line, approve it in private and sign in for that."""
    line = approver.eyes.latest(approver.key, approver.play.teams.chat(approver.key, "helpdesk"), "take", "")
    button = found_in(line.cards, "take") if line is not None else None
    if line is None or button is None:
        return False
    request = str(data_of(button)["id"])
    stage.opened[request].add(approver.key)
    await approver.press(line, "take")
    for verb in ("approve", "sign-in-window"):
        seen = await _stands(approver, request, verb)
        if seen is None:
            return False
        if verb == "approve":
            await approver.press(seen, verb)
        else:
            return await approver.sign_in(seen)
    return False


async def _stands(who: Person, request: str, verb: str) -> Seen | None:
    """Wait until a card of somebody's offers this."""
    until = time.monotonic() + ANSWER
    while time.monotonic() < until:
        seen = who.sees(request)
        if seen is not None and verb in verbs(seen):
            return seen
        await who.pause()
    return None


async def _asked(stage: Stage, statement: str, *given: object) -> tuple[Any, ...]:
    """Ask the database, however often it is away; it is for those who measure, and counts for nothing."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(stage.play.database_url) as connection:
                row = await (await connection.execute(statement, given)).fetchone()
        except psycopg.Error:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(LOOK)
        else:
            assert row is not None
            return row
